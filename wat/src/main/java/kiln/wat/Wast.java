package kiln.wat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Scripts of the specification's test suite ({@code .wast}). */
public final class Wast {
    /**
     * One command of a script, under the name and with the parts that the JSON form of scripts has.
     *
     * @param type for example {@code module} or {@code assert_return}
     * @param line in the script, from 1
     * @param name what it names: the module defined, or the one registered; null for none
     * @param as of {@code register}: under which name; of an instance: the definition's name; of a thread: the module
     *     whose memories it shares; else null
     * @param module the module that it is about, or null
     * @param action what it does, or null
     * @param expected results
     * @param text what is expected to go wrong, or null
     * @param commands of a thread
     */
    public record Command(
            String type,
            int line,
            String name,
            String as,
            Module module,
            Action action,
            List<Value> expected,
            String text,
            List<Command> commands) {
        Command(
                String type,
                int line,
                String name,
                String as,
                Module module,
                Action action,
                List<Value> expected,
                String text) {
            this(type, line, name, as, module, action, expected, text, List.of());
        }
    }

    /**
     * A module of a script.
     *
     * @param name or null
     * @param isText whether it is given as a quoted text
     */
    public record Module(String name, boolean isText, Tokens tokens, int start) {
        /**
         * The module in the binary format.
         *
         * @throws WatException if it is text and malformed
         */
        public byte[] encode() {
            Reader r = new Reader(tokens, start);
            r.open();
            r.expect("module");
            r.accept("definition");
            return Wat.module(r, tokens.match(start), tokens.file());
        }
    }

    /**
     * A call of a function, or reading a global.
     *
     * @param type {@code invoke} or {@code get}
     * @param module the instance's name, or null for the last one
     */
    public record Action(String type, String module, String field, List<Value> args) {}

    /**
     * A value, or a set of values.
     *
     * @param type {@code i32}, {@code funcref}, {@code refnull}, {@code either} and so on
     * @param laneType of a vector
     * @param values decimal numbers, one for each lane; bits of floats, or {@code nan:canonical} and
     *     {@code nan:arithmetic}; of references a number or {@code null}, nothing if any will do
     * @param either alternatives
     */
    public record Value(String type, String laneType, List<String> values, List<Value> either) {}

    private static final Set<String> SHAPES = Set.of("i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2");

    private final Tokens tokens;
    private final Reader r;
    /** Of the script, or of the thread that is being read. */
    private List<Command> commands = new ArrayList<>();

    private Wast(Tokens tokens) {
        this.tokens = tokens;
        this.r = new Reader(tokens, 0);
    }

    /**
     * Reads a script. Its modules are encoded when they are asked for.
     *
     * @param file name of the script, for messages
     * @param text UTF-8
     * @throws WatException if it is no script
     */
    public static List<Command> parse(String file, byte[] text) {
        Wast script = new Wast(Wat.tokens(file, text));
        if (script.isModuleAlone()) {
            script.commands.add(new Command(
                    "module", 1, null, null, new Module(null, true, wrapped(file, text), 0), null, List.of(), null));
            return script.commands;
        }
        while (script.r.kind() != Tokens.Kind.END) {
            script.command();
        }
        return script.commands;
    }

    /** Whether the file has fields of a module, and no commands. */
    private boolean isModuleAlone() {
        String first = r.opened();
        return first != null
                && List.of(
                                "type", "rec", "import", "func", "table", "memory", "global", "tag", "export", "start",
                                "elem", "data")
                        .contains(first);
    }

    private static Tokens wrapped(String file, byte[] text) {
        return new Tokens(file, "(module " + new String(text, StandardCharsets.UTF_8) + ")");
    }

    private void command() {
        int start = r.at();
        int line = tokens.line(start);
        String type = r.opened();
        if (type == null) {
            throw r.unexpected();
        }
        int end = tokens.match(start);
        r.goTo(start + 2);
        Command c = switch (type) {
            case "module" -> module(start, line);
            case "register" -> {
                String as = r.nameText();
                yield new Command(type, line, idWithSign(), as, null, null, List.of(), null);
            }
            case "invoke", "get" -> {
                r.goTo(start);
                Action action = action();
                r.goTo(end);
                yield new Command("action", line, null, null, null, action, List.of(), null);
            }
            case "assert_return" -> {
                Action action = action();
                List<Value> expected = new ArrayList<>();
                while (r.isOpen()) {
                    expected.add(value());
                }
                yield new Command(type, line, null, null, null, action, expected, null);
            }
            case "assert_exception" -> new Command(type, line, null, null, null, action(), List.of(), null);
            case "assert_trap", "assert_exhaustion" -> {
                if (r.opens("module")) {
                    Module m = moduleHere();
                    yield new Command("assert_uninstantiable", line, null, null, m, null, List.of(), r.nameText());
                }
                Action action = action();
                yield new Command(type, line, null, null, null, action, List.of(), r.nameText());
            }
            case "assert_malformed",
                    "assert_invalid",
                    "assert_unlinkable",
                    "assert_malformed_custom",
                    "assert_invalid_custom" -> {
                Module m = moduleHere();
                yield new Command(type, line, null, null, m, null, List.of(), r.nameText());
            }
            case "thread" -> thread(line);
            case "wait" -> new Command(type, line, idWithSign(), null, null, null, List.of(), null);
            default -> throw tokens.errorAt(start + 1, "unknown command " + type);
        };
        commands.add(c);
        if (r.at() != end) {
            throw r.unexpected();
        }
        r.close();
    }

    private Command thread(int line) {
        String name = idWithSign();
        String shared = null;
        if (r.acceptOpen("shared")) {
            r.open();
            r.expect("module");
            shared = idWithSign();
            r.close();
            r.close();
        }
        List<Command> outer = commands;
        List<Command> own = new ArrayList<>();
        commands = own;
        while (r.isOpen()) {
            command();
        }
        commands = outer;
        return new Command("thread", line, name, shared, null, null, List.of(), null, own);
    }

    private Command module(int start, int line) {
        if (r.accept("instance")) {
            String name = idWithSign();
            return new Command("module_instance", line, name, idWithSign(), null, null, List.of(), null);
        }
        String type = r.is("definition") ? "module_definition" : "module";
        r.goTo(start);
        Module m = moduleHere();
        r.goTo(tokens.match(start));
        return new Command(type, line, m.name, null, m, null, List.of(), null);
    }

    private Module moduleHere() {
        int start = r.at();
        r.open();
        r.expect("module");
        r.accept("definition");
        String name = idWithSign();
        boolean isText = r.is("quote");
        r.goTo(tokens.match(start) + 1);
        return new Module(name, isText, tokens, start);
    }

    private String idWithSign() {
        String id = r.optionalId();
        return id == null ? null : "$" + id;
    }

    private Action action() {
        r.open();
        String type = r.atom();
        String module = idWithSign();
        String field = r.nameText();
        List<Value> args = new ArrayList<>();
        while (r.isOpen()) {
            args.add(value());
        }
        r.close();
        return new Action(type, module, field, args);
    }

    // ---- values

    private Value value() {
        r.open();
        int token = r.at();
        String type = r.atom();
        Value v = switch (type) {
            case "i32.const" -> number("i32", Long.toString((int) r.integer(32)));
            case "i64.const" -> number("i64", Long.toString(r.integer(64)));
            case "f32.const" -> number("f32", floating(false));
            case "f64.const" -> number("f64", floating(true));
            case "v128.const" -> vector();
            case "ref.null" -> nullReference();
            case "either" -> {
                List<Value> all = new ArrayList<>();
                while (r.isOpen()) {
                    all.add(value());
                }
                yield new Value("either", null, List.of(), all);
            }
            default -> {
                if (!type.startsWith("ref.")) {
                    throw tokens.errorAt(token, "unexpected token " + type);
                }
                String of = type.substring("ref.".length());
                String name = of.equals("host") ? "anyref" : of + "ref";
                yield new Value(
                        name, null, r.isNatural() ? List.of(Long.toString(r.natural(32))) : List.of(), List.of());
            }
        };
        r.close();
        return v;
    }

    /** A null of any type, or of one. */
    private Value nullReference() {
        if (r.isClose()) {
            return new Value("refnull", null, List.of(), List.of());
        }
        String heap = r.atom();
        return new Value(heap + "ref", null, List.of("null"), List.of());
    }

    private static Value number(String type, String value) {
        return new Value(type, null, List.of(value), List.of());
    }

    private String floating(boolean is64) {
        if (r.is("nan:canonical") || r.is("nan:arithmetic")) {
            return r.atom();
        }
        return Long.toUnsignedString(r.floating(is64));
    }

    private Value vector() {
        int token = r.at();
        String shape = r.atom();
        if (!SHAPES.contains(shape)) {
            throw tokens.errorAt(token, "unexpected token " + shape);
        }
        String lane = shape.substring(0, shape.indexOf('x'));
        int count = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (lane.startsWith("f")) {
                values.add(floating(count == 2));
            } else {
                values.add(Long.toUnsignedString(r.integer(128 / count)));
            }
        }
        return new Value("v128", lane, values, List.of());
    }
}
