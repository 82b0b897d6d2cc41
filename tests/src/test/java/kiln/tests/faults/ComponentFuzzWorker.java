package kiln.tests.faults;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.runtime.Engine;
import kiln.runtime.LinkException;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;

/**
 * A process that compiles mutants of components, makes instances of them with imports that return nothing, and calls
 * what they export; see {@link ChildBatches}.
 */
public final class ComponentFuzzWorker {
    private static final Duration TIME = Duration.ofMillis(Corpus.EMULATED ? 400 : 40);
    private static final Pattern UNKNOWN_RESOURCE = Pattern.compile("unknown resource (\\S+?)(?=[;,]?(\\s|$))");
    private static final Pattern SIGNATURE = Pattern.compile(" is func\\((.*?)\\)(?: -> .*?)?: ");

    private final ComponentMutator mutator;
    private final Map<String, Integer> counts = new TreeMap<>();

    /** What a function of the host's throws that would have to return something. */
    private static final class HostFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private ComponentFuzzWorker(List<byte[]> originals) {
        mutator = new ComponentMutator(originals);
    }

    public static void main(String[] args) throws IOException {
        ComponentFuzzWorker worker = new ComponentFuzzWorker(ComponentMutator.originals(Path.of(args[0])));
        if (args[2].equals("--show")) {
            byte[] wasm = worker.mutator.mutant(Long.parseLong(args[3]));
            Files.write(Path.of(args[4]), wasm);
            worker.check(Long.parseLong(args[3]), wasm);
            System.out.println(worker.counts);
            return;
        }
        try (RandomAccessFile progress = new RandomAccessFile(args[2], "rw")) {
            for (long seed = Long.parseLong(args[3]); seed < Long.parseLong(args[4]); seed++) {
                progress.seek(0);
                progress.writeLong(seed);
                worker.one(seed);
            }
        }
        worker.counts.forEach((name, count) -> System.out.println("COUNT " + name + " " + count));
        System.out.println("DONE");
        System.exit(0);
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void one(long seed) {
        try {
            check(seed, mutator.mutant(seed));
        } catch (CompileException e) {
            count("refused");
        } catch (Throwable t) {
            StringBuilder text = new StringBuilder("FAILURE seed " + seed + ": "
                    + String.valueOf(t).lines().findFirst().orElse(""));
            for (int i = 0; i < Math.min(4, t.getStackTrace().length); i++) {
                text.append(" < ").append(t.getStackTrace()[i]);
            }
            System.out.println(text);
        }
    }

    private void check(long seed, byte[] wasm) {
        CompilerOptions options = CompilerOptions.defaults()
                .withJobs(1)
                .withOptLevel((seed & 1) == 0 ? 2 : 0)
                .withCheck(true)
                .withInterruptible(true)
                .withExplicitBounds((seed & 7) == 3)
                .withKeepAll((seed & 3) == 1);
        byte[] compiled = CrossCompiler.compile("mutant", wasm, options);
        count("compiled");
        if ((seed & 7) == 2) {
            Target other = Target.host() == Target.X86_64_LINUX ? Target.AARCH64_LINUX : Target.X86_64_LINUX;
            CrossCompiler.compile("mutant", wasm, options.withTarget(other));
        }
        try (Engine engine = new Engine();
                Component component = Component.load(engine, compiled);
                Store store = new Store(engine, Subject.LIMITS)) {
            store.setDeadline(TIME);
            ComponentInstance instance = link(engine, store, component);
            if (instance != null) {
                count("instantiated");
                for (String name : component.exports()) {
                    call(instance, name);
                }
            }
        }
    }

    private ComponentInstance link(Engine engine, Store store, Component component) {
        ComponentLinker linker = new ComponentLinker(engine);
        for (List<String> path : component.imports()) {
            linker.func(String.join("#", path.subList(0, path.size() - 1)), path.getLast(), (_, _) -> {
                throw new HostFailure();
            });
        }
        for (int round = 0; round < 2; round++) {
            try {
                return linker.instantiate(store, component);
            } catch (LinkException e) {
                Matcher m = UNKNOWN_RESOURCE.matcher(e.getMessage());
                while (m.find()) {
                    String name = m.group(1);
                    int hash = name.lastIndexOf('#');
                    linker.resource(
                            hash < 0 ? "" : name.substring(0, hash), name.substring(hash + 1), Object.class, _ -> {});
                }
            } catch (TrapException | ThrownException | HostFailure e) {
                count("trapped at once");
                return null;
            }
        }
        count("not linked");
        return null;
    }

    private void call(ComponentInstance instance, String name) {
        try {
            instance.func(name).invokeText(arguments(instance, name));
            count("calls that return");
        } catch (IllegalArgumentException e) {
            count("not called");
        } catch (TrapException | ThrownException | HostFailure e) {
            count("calls that trap");
        }
    }

    /** Something for each parameter, by what the function says of itself when it is called with too much. */
    private static String arguments(ComponentInstance instance, String name) {
        try {
            instance.func(name).invokeText("(" + "1, ".repeat(200) + "1)");
        } catch (IllegalArgumentException e) {
            Matcher m = SIGNATURE.matcher(e.getMessage());
            if (m.find()) {
                List<String> values = new ArrayList<>();
                String params = m.group(1);
                for (int from = 0; from < params.length(); ) {
                    int colon = params.indexOf(": ", from);
                    int end = end(params, colon + 2);
                    values.add(value(params.substring(colon + 2, end)));
                    from = end + 2;
                }
                return "(" + String.join(", ", values) + ")";
            }
        }
        return "()";
    }

    /** Where a type ends that begins at a place: at a comma that is not in brackets. */
    private static int end(String types, int from) {
        int depth = 0;
        int at = from;
        for (; at < types.length() && (depth > 0 || types.charAt(at) != ','); at++) {
            char c = types.charAt(at);
            depth += c == '<' || c == '{' ? 1 : c == '>' || c == '}' ? -1 : 0;
        }
        return at;
    }

    private static String value(String type) {
        int open = type.indexOf('<');
        String head = open < 0 ? type : type.substring(0, open);
        String inner = open < 0 ? "" : type.substring(open + 1, type.length() - 1);
        return switch (head) {
            case "string" -> "\"\u00e4bc\"";
            case "char" -> "'x'";
            case "bool" -> "true";
            case "list" -> "[" + value(inner) + ", " + value(inner) + "]";
            case "option" -> "some(" + value(inner) + ")";
            case "tuple" -> {
                List<String> parts = new ArrayList<>();
                for (int from = 0; from < inner.length(); ) {
                    int end = end(inner, from);
                    parts.add(value(inner.substring(from, end)));
                    from = end + 2;
                }
                yield "(" + String.join(", ", parts) + ")";
            }
            default -> "1";
        };
    }
}
