package kiln.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;

/**
 * Reads the text form that {@link Printer} writes. Values and blocks keep their numbers. Operands may be used before
 * the text defines them, as long as some block does.
 */
public final class Parser {
    private static final Map<String, Opcode> OPCODES = new HashMap<>();
    private static final Map<String, Type> TYPES = new HashMap<>();

    static {
        for (Opcode op : Opcode.values()) {
            OPCODES.put(op.toString(), op);
        }
        for (Type t : Type.values()) {
            TYPES.put(t.toString(), t);
        }
    }

    private final String text;
    private int pos;
    private int line = 1;

    /** The lines of the current token and of the one before it. */
    private int tokenLine = 1;

    private int lastLine = 1;
    private String token;
    private Function function;
    private final HashMap<Integer, Block> blocks = new HashMap<>();
    private final HashMap<Integer, Value> values = new HashMap<>();

    /** Operands to be looked up when all values are known. */
    private final ArrayList<Runnable> fixups = new ArrayList<>();

    /** Text that is not a function. */
    public static final class ParseException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ParseException(int line, String message) {
            super("line " + line + ": " + message);
        }
    }

    private Parser(String text) {
        this.text = text;
        advance();
    }

    /**
     * The only function in {@code text}.
     *
     * @throws ParseException if the text is malformed
     */
    public static Function parse(String text) {
        List<Function> all = parseAll(text);
        if (all.size() != 1) {
            throw new ParseException(1, "one function expected, not " + all.size());
        }
        return all.getFirst();
    }

    /**
     * All functions in {@code text}.
     *
     * @throws ParseException if the text is malformed
     */
    public static List<Function> parseAll(String text) {
        Parser p = new Parser(text);
        ArrayList<Function> all = new ArrayList<>();
        while (!p.token.isEmpty()) {
            all.add(p.function());
        }
        return all;
    }

    private Function function() {
        blocks.clear();
        values.clear();
        fixups.clear();
        expect("function");
        FuncKey key = key();
        function = new Function(key, signature());
        expect("{");
        while (!token.equals("}")) {
            block();
        }
        expect("}");
        fixups.forEach(Runnable::run);
        for (Block b : blocks.values()) {
            if (b.first() == null) {
                throw error(b + " is used but not defined");
            }
        }
        return function;
    }

    private void block() {
        Block b = blockNamed(next());
        if (b.first() != null || function.blocks().contains(b)) {
            throw error(b + " is defined twice");
        }
        function.blocks().add(b);
        if (accept("(")) {
            do {
                int id = number(next(), 'v');
                expect(":");
                Value v = newValue(id, type(next()));
                v.block = b;
                v.index = b.params().size();
                b.params().add(v);
            } while (accept(","));
            expect(")");
        }
        b.setFrequency(accept("cold") ? Frequency.RARE : Frequency.ONCE);
        expect(":");
        do {
            inst(b);
        } while (b.terminator() == null);
    }

    private void inst(Block b) {
        ArrayList<Integer> results = new ArrayList<>();
        if (isValue(token)) {
            do {
                results.add(number(next(), 'v'));
            } while (accept(","));
            expect("=");
        }
        String[] name = next().split("\\.");
        Opcode op = OPCODES.get(name[0]);
        if (op == null) {
            throw error("no such operation: " + name[0]);
        }
        Type type = name.length > 1 ? type(name[1]) : null;
        if (type == null && op.types().isTyped()) {
            throw error(op + " needs a type");
        }
        long imm = 0;
        SideData data = null;
        ArrayList<Integer> args = new ArrayList<>();
        ArrayList<Edge> targets = new ArrayList<>();
        switch (op.data()) {
            case NONE -> {}
            case INTEGER, FLOAT_BITS -> imm = longNumber();
            case AREA -> {
                data = accept("references") ? StackArea.REFERENCES : StackArea.BYTES;
                imm = longNumber();
            }
            case BYTES -> data = bytes();
            case INT_COND -> data = constant(IntCond.class, part(name, 2));
            case FLOAT_COND -> data = constant(FloatCond.class, part(name, 2));
            case LANES -> data = lanes(op, name);
            case LANE -> {
                data = lanes(op, name);
                imm = longNumber();
            }
            case TRAP -> data = TrapReason.of(constant(TrapCode.class, next()));
            case VECTOR, INDICES -> data = new V128(longNumber(), longNumber());
            case ACCESS, ATOMIC -> {
                MemoryOp memory = memory();
                data = op.data() == SideData.Kind.ACCESS
                        ? memory
                        : new AtomicAccess(constant(AtomicOp.class, part(name, 2)), memory);
                expect("[");
                for (int i = 0; i < op.addressOperands(); i++) {
                    args.add(number(next(), 'v'));
                    expect("+");
                }
                imm = longNumber();
                expect("]");
                if (op.types().operands().size() > op.addressOperands()) {
                    expect(",");
                }
            }
            case CALLEE -> {
                data = new CallTarget(token.equals("(") ? null : key(), signature());
                expect("(");
            }
        }
        // Only what is on the same line: the next line may begin with a value or a block, too.
        while ((isValue(token) || isBlock(token)) && tokenLine == lastLine) {
            if (isValue(token)) {
                args.add(number(next(), 'v'));
            } else {
                targets.add(edge());
            }
            if (!accept(",")) {
                break;
            }
        }
        if (op.data() == SideData.Kind.CALLEE) {
            expect(")");
            while (accept(",")) {
                targets.add(edge());
            }
        }
        int position = accept("@") ? (int) longNumber() : -1;
        Value[] operands = new Value[args.size()];
        Inst inst =
                function.newInstWithoutResults(op, type, imm, data, operands, targets.toArray(Edge[]::new), position);
        int at = lastLine;
        fixups.add(() -> {
            for (int i = 0; i < operands.length; i++) {
                operands[i] = valueNumbered(args.get(i), at);
            }
        });
        List<Type> types = op.types().results(type, data instanceof CallTarget callee ? callee : null);
        if (types.size() != results.size()) {
            throw error(op + " has " + types.size() + " results, not " + results.size());
        }
        Value[] values = new Value[types.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = newValue(results.get(i), types.get(i));
        }
        inst.setResults(values);
        b.append(inst);
    }

    /** A part of an operation's name, or nothing. */
    private static String part(String[] name, int i) {
        return i < name.length ? name[i] : "";
    }

    private LaneOp lanes(Opcode op, String[] name) {
        String text = part(name, 2) + "." + part(name, 3);
        LaneOp lanes = LaneOp.named(text);
        if (lanes == null || lanes.op().opcode() != op) {
            throw error("no such operation: " + op + "." + text);
        }
        return lanes;
    }

    private Edge edge() {
        Edge e = new Edge(blockNamed(next()));
        if (accept("(")) {
            ArrayList<Integer> args = new ArrayList<>();
            do {
                args.add(number(next(), 'v'));
            } while (accept(","));
            expect(")");
            int at = lastLine;
            fixups.add(
                    () -> e.setArgs(args.stream().map(i -> valueNumbered(i, at)).toArray(Value[]::new)));
        }
        return e;
    }

    private MemoryOp memory() {
        boolean isSmall = accept("small");
        Region region = region(next(), isSmall);
        int width = number(next(), 'w');
        boolean signed = accept("signed");
        boolean guarded = accept("guarded");
        TrapCode trap = accept("trap") ? TrapCode.MEMORY_OUT_OF_BOUNDS : null;
        if (trap != null && accept("=")) {
            trap = constant(TrapCode.class, next());
        }
        return new MemoryOp(width, signed, region, guarded || trap != null, accept("readonly"), trap);
    }

    private Region region(String name, boolean isSmall) {
        int digits = name.length();
        while (digits > 0 && (Character.isDigit(name.charAt(digits - 1)) || name.charAt(digits - 1) == '*')) {
            digits--;
        }
        String index = name.substring(digits);
        Region.Kind kind = constant(Region.Kind.class, name.substring(0, digits));
        if (index.isEmpty()) {
            throw error("region without a number: " + name);
        }
        return new Region(kind, index.equals("*") ? Region.IMPORTED : Integer.parseInt(index), isSmall);
    }

    private FuncKey key() {
        FuncKey.Kind kind = constant(FuncKey.Kind.class, next());
        expect("[");
        int payload = (int) longNumber();
        expect(",");
        int index = (int) longNumber();
        expect("]");
        return FuncKey.of(kind, payload, index);
    }

    private Signature signature() {
        List<Type> params = types();
        expect("->");
        return new Signature(params, types());
    }

    private List<Type> types() {
        ArrayList<Type> types = new ArrayList<>();
        expect("(");
        if (!token.equals(")")) {
            do {
                types.add(type(next()));
            } while (accept(","));
        }
        expect(")");
        return types;
    }

    private Type type(String name) {
        Type t = TYPES.get(name);
        if (t == null) {
            throw error("no such type: " + name);
        }
        return t;
    }

    private <E extends Enum<E>> E constant(Class<E> type, String name) {
        try {
            return Enum.valueOf(type, name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw error("no such " + type.getSimpleName() + ": " + name);
        }
    }

    private Block blockNamed(String name) {
        return blocks.computeIfAbsent(number(name, 'b'), function::newDetachedBlock);
    }

    private Value newValue(int id, Type type) {
        Value v = function.newValue(id, type);
        if (values.put(id, v) != null) {
            throw error(v + " is defined twice");
        }
        return v;
    }

    private Value valueNumbered(int id, int at) {
        Value v = values.get(id);
        if (v == null) {
            throw new ParseException(at, "v" + id + " is used but not defined");
        }
        return v;
    }

    private static boolean isValue(String token) {
        return isNumbered(token, 'v');
    }

    private static boolean isBlock(String token) {
        return isNumbered(token, 'b');
    }

    private static boolean isNumbered(String token, char letter) {
        return token.length() > 1 && token.charAt(0) == letter && Character.isDigit(token.charAt(1));
    }

    private int number(String token, char letter) {
        if (!isNumbered(token, letter)) {
            throw error("'" + letter + "' and a number expected, not '" + token + "'");
        }
        return Integer.parseInt(token.substring(1));
    }

    private ConstantBytes bytes() {
        long length = longNumber();
        if (length < 1 || length > text.length()) {
            throw error("length out of range");
        }
        byte[] bytes = new byte[(int) length];
        long word = 0;
        for (int i = 0; i < bytes.length; i++) {
            word = i % Long.BYTES == 0 ? longNumber() : word >>> 8;
            bytes[i] = (byte) word;
        }
        return ConstantBytes.of(bytes);
    }

    private long longNumber() {
        String t = next();
        try {
            return t.startsWith("0x") ? Long.parseUnsignedLong(t.substring(2), 16) : Long.parseLong(t);
        } catch (NumberFormatException e) {
            throw error("number expected, not '" + t + "'");
        }
    }

    private void expect(String t) {
        if (!accept(t)) {
            throw error("'" + t + "' expected, not '" + token + "'");
        }
    }

    private boolean accept(String t) {
        if (token.equals(t)) {
            advance();
            return true;
        }
        return false;
    }

    private String next() {
        String t = token;
        advance();
        return t;
    }

    /** Tokens are runs of letters, digits and {@code _ . * -}, the arrow, and single other characters. */
    private void advance() {
        lastLine = tokenLine;
        skipBlanks();
        tokenLine = line;
        int start = pos;
        if (pos == text.length()) {
            token = "";
            return;
        }
        if (text.startsWith("->", pos)) {
            pos += 2;
        } else if (isWordPart(text.charAt(pos))) {
            while (pos < text.length() && isWordPart(text.charAt(pos))) {
                pos++;
            }
        } else {
            pos++;
        }
        token = text.substring(start, pos);
    }

    private void skipBlanks() {
        while (pos < text.length()) {
            char c = text.charAt(pos);
            if (c == ';') {
                while (pos < text.length() && text.charAt(pos) != '\n') {
                    pos++;
                }
            } else if (Character.isWhitespace(c)) {
                line += c == '\n' ? 1 : 0;
                pos++;
            } else {
                return;
            }
        }
    }

    private static boolean isWordPart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '*' || c == '-';
    }

    private ParseException error(String message) {
        return new ParseException(lastLine, message);
    }
}
