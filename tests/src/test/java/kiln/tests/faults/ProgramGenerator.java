package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes a valid module for each seed: functions of all number types that call each other directly, through a table and
 * by tail calls, with loops, branches, memory, globals. Every function and loop takes from a global {@code fuel} and
 * traps when there is none, so that everything ends, at the same place in every engine. NaNs whose bits a program could
 * see are made canonical first.
 */
final class ProgramGenerator extends CodeWriter {
    /** Globals: fuel, then one of each type. */
    private static final int FUEL = 0;

    private static final int SCRATCH = 2;

    /** Parameter and result types, as binary type codes. */
    record Signature(int[] params, int[] results) {}

    private final List<Signature> functions = new ArrayList<>();
    private final ExceptionWriter exceptions;
    /** Null if there are none, as the next two. */
    private final LoopWriter loops;

    private final VectorWriter vectors;
    private final ObjectWriter objects;
    /** Whether addresses are numbers of 64 bits. */
    private final boolean isWide;

    private final boolean changesTable;
    private Signature self;
    private int[] locals;
    private int scratch;

    ProgramGenerator(long seed) {
        this(seed, ExceptionWriter.Form.NONE);
    }

    ProgramGenerator(long seed, ExceptionWriter.Form form) {
        this(seed, form, false);
    }

    /** {@code shapes}: loops as compilers make them, and, in some programs each, vectors, objects, 64-bit memories. */
    ProgramGenerator(long seed, ExceptionWriter.Form form, boolean shapes) {
        super(new SplittableRandom(seed * 0x2545_f491_4f6c_dd1dL + 7));
        exceptions = new ExceptionWriter(this, random, form);
        loops = shapes ? new LoopWriter(this, random) : null;
        vectors = shapes && chance(45) ? new VectorWriter(this, random) : null;
        objects = shapes && chance(35) ? new ObjectWriter(this, random) : null;
        isWide = shapes && chance(35);
        changesTable = shapes && chance(35);
        int n = 2 + random.nextInt(6);
        for (int i = 0; i < n; i++) {
            functions.add(
                    new Signature(types(random.nextInt(5)), types(random.nextInt(4) == 0 ? random.nextInt(4) : 1)));
        }
        // Doubles, so that some indirect calls find the right type.
        functions.add(functions.get(random.nextInt(n)));
    }

    /** Exported as f0, f1 and so on. */
    List<Signature> functions() {
        return functions;
    }

    private int[] types(int n) {
        int[] types = new int[n];
        for (int i = 0; i < n; i++) {
            types[i] = type();
        }
        return types;
    }

    // The module

    byte[] module() {
        WasmFile file = new WasmFile();
        int tags = exceptions.isUsed() ? ExceptionWriter.TAGS.length : 0;
        ByteArrayOutputStream types = list(
                functions.size() + (tags > 0 ? ExceptionWriter.TYPES : 0) + (objects != null ? ObjectWriter.TYPES : 0));
        ByteArrayOutputStream declarations = list(functions.size());
        ByteArrayOutputStream exports = list(functions.size() + 6 + tags);
        for (int i = 0; i < functions.size(); i++) {
            types.write(0x60);
            values(types, functions.get(i).params);
            values(types, functions.get(i).results);
            declarations.write(i);
            export(exports, "f" + i, 0, i);
        }
        export(exports, "memory", 2, 0);
        for (int g = 0; g < 5; g++) {
            export(exports, "g" + g, 3, g);
        }
        if (tags > 0) {
            exceptions.types(types);
            for (int t = 0; t < tags; t++) {
                export(exports, "t" + t, 4, t);
            }
        }
        if (objects != null) {
            objects.types(types, functions.size() + (tags > 0 ? ExceptionWriter.TYPES : 0));
        }
        file.set(WasmFile.TYPE, types.toByteArray());
        file.set(WasmFile.FUNCTION, declarations.toByteArray());
        file.set(4, bytes(1, 0x70, 1, functions.size() + 1, functions.size() + 1));
        file.set(5, bytes(1, isWide ? 5 : 1, 1, 3));
        ByteArrayOutputStream globals = list(objects != null ? 6 : 5);
        for (int type : new int[] {I32, I32, I64, F32, F64}) {
            globals.writeBytes(bytes(type, 1));
            out = globals;
            constant(type);
            globals.write(0x0b);
        }
        if (objects != null) {
            objects.global(globals);
        }
        file.set(6, globals.toByteArray());
        file.set(WasmFile.EXPORT, exports.toByteArray());
        // Element 0 stays null.
        ByteArrayOutputStream elements = list(1);
        elements.writeBytes(bytes(0, 0x41, 1, 0x0b));
        WasmFile.unsigned(elements, functions.size());
        for (int i = 0; i < functions.size(); i++) {
            elements.write(i);
        }
        file.set(9, elements.toByteArray());
        // The data count is section 12, before the code.
        ByteArrayOutputStream data = list(2);
        data.writeBytes(bytes(0, isWide ? 0x42 : 0x41, 16, 0x0b, 8, 1, 2, 3, 4, 250, 251, 252, 253));
        data.writeBytes(bytes(1, 8, 'p', 'a', 's', 's', 'i', 'v', 'e', 0x80));
        List<byte[]> bodies = new ArrayList<>();
        for (Signature s : functions) {
            bodies.add(body(s));
        }
        file.sections.add(new WasmFile.Section(12, bytes(2)));
        ByteArrayOutputStream code = list(bodies.size());
        for (byte[] b : bodies) {
            WasmFile.unsigned(code, b.length);
            code.writeBytes(b);
        }
        file.sections.add(new WasmFile.Section(WasmFile.CODE, code.toByteArray()));
        file.sections.add(new WasmFile.Section(11, data.toByteArray()));
        if (tags > 0) {
            // Number 13, but in front of the globals.
            int at = 0;
            while (file.sections.get(at).id() != 6) {
                at++;
            }
            file.sections.add(at, new WasmFile.Section(13, ExceptionWriter.tags(functions.size())));
        }
        return file.toBytes();
    }

    private static ByteArrayOutputStream list(int n) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WasmFile.unsigned(out, n);
        return out;
    }

    static void values(ByteArrayOutputStream out, int[] types) {
        WasmFile.unsigned(out, types.length);
        for (int t : types) {
            out.write(t);
        }
    }

    private static void export(ByteArrayOutputStream out, String name, int kind, int index) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        out.write(bytes.length);
        out.writeBytes(bytes);
        out.write(kind);
        out.write(index);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    // A function

    private byte[] body(Signature s) {
        self = s;
        int[] own = types(random.nextInt(7));
        locals = new int[s.params.length + own.length + SCRATCH];
        System.arraycopy(s.params, 0, locals, 0, s.params.length);
        System.arraycopy(own, 0, locals, s.params.length, own.length);
        scratch = s.params.length + own.length;
        locals[scratch] = F32;
        locals[scratch + 1] = F64;
        out = new ByteArrayOutputStream();
        WasmFile.unsigned(
                out,
                own.length
                        + SCRATCH
                        + (exceptions.locals() > 0 ? 1 : 0)
                        + (loops != null ? loops.groups() : 0)
                        + (vectors != null ? vectors.groups() : 0)
                        + (objects != null ? objects.groups() : 0));
        for (int i = s.params.length; i < locals.length; i++) {
            out.write(1);
            out.write(locals[i]);
        }
        exceptions.begin(out, locals.length);
        int next = locals.length + exceptions.locals();
        next = loops != null ? loops.begin(out, next) : next;
        next = vectors != null ? vectors.begin(out, next) : next;
        if (objects != null) {
            objects.begin(out, next);
        }
        labels.clear();
        labels.add(new Label(s.results, false));
        // Small functions are copied into others.
        size = random.nextInt(3) == 0 ? 12 : 60 + random.nextInt(250);
        burn();
        statements(3);
        for (int r : s.results) {
            expr(r, 4);
        }
        emit(0x0b);
        return out.toByteArray();
    }

    /** Takes from the fuel, or traps. */
    void burn() {
        emit(0x23, FUEL, 0x45, 4, VOID, 0, 0x0b, 0x23, FUEL, 0x41, 1, 0x6b, 0x24, FUEL);
    }

    void statements(int depth) {
        for (int n = 1 + random.nextInt(4); n > 0 && size > 0; n--) {
            statement(depth);
        }
    }

    private void statement(int depth) {
        if (exceptions.isUsed() && chance(20)) {
            exceptions.statement(depth);
            return;
        }
        if (loops != null && chance(45)) {
            shape(depth);
            return;
        }
        switch (random.nextInt(depth > 0 ? 16 : 7)) {
            case 0, 1 -> {
                int l = random.nextInt(scratch + 1);
                if (l < scratch) {
                    expr(locals[l], 3);
                    emit(0x21);
                    index(l);
                }
            }
            case 2 -> {
                int g = 1 + random.nextInt(4);
                expr(TYPES[g - 1], 3);
                emit(0x24, g);
            }
            case 3, 4 -> store();
            case 5 -> {
                expr(type(), 2);
                emit(0x1a);
            }
            case 6 -> branchIf();
            case 7, 8 -> {
                expr(I32, 2);
                emit(4, VOID);
                within(new Label(new int[0], false), () -> statements(depth - 1));
                if (chance(60)) {
                    emit(5);
                    within(new Label(new int[0], false), () -> statements(depth - 1));
                }
                emit(0x0b);
            }
            case 9 -> {
                emit(2, VOID);
                within(new Label(new int[0], false), () -> statements(depth - 1));
                emit(0x0b);
            }
            case 10, 11, 12 -> {
                emit(3, VOID);
                within(new Label(new int[0], true), () -> {
                    burn();
                    statements(depth - 1);
                    if (chance(70)) {
                        expr(I32, 2);
                        emit(0x0d, 0);
                    }
                });
                emit(0x0b);
            }
            case 13 -> table(depth);
            case 14 -> call();
            default -> bulk();
        }
    }

    /** What only some programs have. */
    private void shape(int depth) {
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                if (vectors != null) {
                    vectors.statement(depth);
                    return;
                }
            }
            case 2, 3, 4 -> {
                if (objects != null) {
                    objects.statement(depth);
                    return;
                }
            }
            case 5 -> {
                if (changesTable) {
                    // One that may have another type.
                    emit(0x41, 1 + random.nextInt(functions.size()), 0xd2, random.nextInt(functions.size()), 0x26, 0);
                    return;
                }
            }
            default -> {}
        }
        loops.statement(depth);
    }

    /** Leaves a block early, perhaps with values, perhaps the function. */
    private void branchIf() {
        List<Label> visible = labels.stream().filter(l -> !l.hidden).toList();
        Label target = visible.get(visible.size() - 1 - random.nextInt(visible.size()));
        if (target.isLoop) {
            return;
        }
        boolean leaves = target == labels.getFirst() && chance(40);
        expr(I32, 2);
        emit(4, VOID);
        within(new Label(new int[0], false), () -> {
            for (int t : target.types) {
                expr(t, 1);
            }
            if (leaves) {
                tailCallOrReturn();
            } else {
                emit(0x0c);
                index(depthOf(target));
            }
        });
        emit(0x0b);
    }

    /** The results are on the stack: a tail call leaves them there. */
    private void tailCallOrReturn() {
        int f = random.nextInt(functions.size());
        if (chance(60) && Arrays.equals(functions.get(f).results, self.results)) {
            for (int p : functions.get(f).params) {
                expr(p, 1);
            }
            if (chance(70)) {
                emit(0x12, f);
            } else {
                element(f);
                emit(0x13, f, 0);
            }
        } else {
            emit(0x0f);
        }
    }

    private void table(int depth) {
        int n = 1 + random.nextInt(4);
        for (int i = 0; i < n; i++) {
            emit(2, VOID);
            labels.add(new Label(new int[0], false));
        }
        expr(I32, 2);
        if (chance(70)) {
            emit(0x41, 7, 0x71);
        }
        emit(0x0e, n - 1);
        for (int i = 0; i < n; i++) {
            emit(random.nextInt(n));
        }
        emit(0x0b);
        labels.removeLast();
        for (int i = 1; i < n; i++) {
            statements(depth - 1);
            emit(0x0b);
            labels.removeLast();
        }
    }

    /** A call whose results go to locals, or nowhere. */
    void call() {
        take(invoke(random.nextInt(functions.size())).results);
    }

    /** Values from the stack to locals, or nowhere. */
    void take(int[] types) {
        for (int i = types.length - 1; i >= 0; i--) {
            int to = -1;
            for (int l = 0; l < scratch; l++) {
                to = locals[l] == types[i] && (to < 0 || chance(50)) ? l : to;
            }
            if (to < 0) {
                emit(0x1a);
            } else {
                emit(0x21);
                index(to);
            }
        }
    }

    private Signature invoke(int f) {
        Signature callee = functions.get(f);
        for (int p : callee.params) {
            expr(p, 2);
        }
        if (chance(70)) {
            emit(0x10, f);
        } else {
            element(f);
            emit(0x11, f, 0);
        }
        return callee;
    }

    /** The index of a function in the table; sometimes anything. */
    private void element(int f) {
        if (chance(90)) {
            emit(0x41, f + 1);
        } else {
            expr(I32, 1);
            if (chance(80)) {
                emit(0x41, 7, 0x71);
            }
        }
    }

    private void bulk() {
        int kind = random.nextInt(4);
        boolean segment = kind > 1;
        address();
        if (kind == 1) {
            expr(I32, 1);
        } else if (segment) {
            emit(0x41, random.nextInt(4));
        } else {
            address();
        }
        if (segment) {
            emit(0x41, random.nextInt(6));
            emit(0xfc, 8, 1, 0);
        } else {
            expr(I32, 1);
            emit(0x41);
            WasmFile.signed(out, 0x3ff);
            emit(0x71);
            if (isWide) {
                emit(0xad);
            }
            if (kind == 1) {
                emit(0xfc, 0x0b, 0);
            } else {
                emit(0xfc, 0x0a, 0, 0);
            }
        }
    }

    // Memory

    /** The type of addresses. */
    int addressType() {
        return isWide ? I64 : I32;
    }

    /** Mostly within the first page. */
    void address() {
        if (loops != null && chance(60) && loops.address(addressType())) {
            return;
        }
        if (loops != null && chance(7)) {
            // Where accesses of some widths end within memory, and others behind it.
            number(addressType(), 65536 - 1 - random.nextInt(20));
            return;
        }
        if (isWide && chance(50)) {
            expr(I64, 2);
            if (chance(90)) {
                number(I64, chance(50) ? 0xff : 0xfff8);
                emit(0x83);
            }
            return;
        }
        expr(I32, 2);
        if (chance(90)) {
            emit(0x41);
            WasmFile.signed(out, chance(50) ? 0xff : 0xfff8);
            emit(0x71);
        }
        if (isWide) {
            emit(pick(0xac, 0xad));
        }
    }

    private void access(int opcode) {
        emit(opcode);
        memarg();
    }

    /** Alignment and offset. */
    void memarg() {
        emit(0);
        WasmFile.unsigned(
                out,
                chance(loops != null ? 94 : 70)
                        ? random.nextInt(16)
                        : chance(80) ? random.nextInt(70_000) : random.nextLong() >>> 32 & 0x7fff_ffff);
    }

    /** A store to anywhere. */
    void store() {
        address();
        int type = type();
        expr(type, 2);
        canonical(type);
        access(
                switch (type) {
                    case I32 -> new int[] {0x36, 0x3a, 0x3b}[random.nextInt(3)];
                    case I64 -> 0x3c + random.nextInt(4) == 0x3f ? 0x37 : 0x3c + random.nextInt(3);
                    case F32 -> 0x38;
                    default -> 0x39;
                });
    }

    /** A load from anywhere. */
    void load(int type) {
        address();
        access(
                switch (type) {
                    case I32 -> chance(40) ? 0x28 : 0x2c + random.nextInt(4);
                    case I64 -> chance(30) ? 0x29 : 0x30 + random.nextInt(6);
                    case F32 -> 0x2a;
                    default -> 0x2b;
                });
        // A signalling NaN may become a quiet one on its way through an engine.
        canonical(type);
    }

    /** Gives a NaN on the stack the bits that all engines give it. */
    void canonical(int type) {
        if (type == F32 || type == F64) {
            int l = type == F32 ? scratch : scratch + 1;
            emit(0x22, l);
            if (type == F32) {
                emit(0x43, 0, 0, 0xc0, 0x7f);
            } else {
                emit(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f);
            }
            emit(0x20, l, 0x20, l, type == F32 ? 0x5b : 0x61, 0x1b);
        }
    }

    // Expressions

    void expr(int type, int depth) {
        if (depth <= 0 || size <= 0) {
            leaf(type);
            return;
        }
        if (vectors != null && chance(8)) {
            vectors.read(type, depth - 1);
            return;
        }
        if (objects != null && chance(12) && objects.read(type, depth - 1)) {
            return;
        }
        switch (random.nextInt(16)) {
            case 0, 1 -> leaf(type);
            case 2 -> load(type);
            case 3 -> {
                expr(type, depth - 1);
                expr(type, depth - 1);
                expr(I32, depth - 1);
                emit(0x1b);
            }
            case 4 -> {
                expr(I32, depth - 1);
                emit(4, type);
                within(new Label(new int[] {type}, false), () -> expr(type, depth - 1));
                emit(5);
                within(new Label(new int[] {type}, false), () -> expr(type, depth - 1));
                emit(0x0b);
            }
            case 5 -> {
                emit(2, type);
                within(new Label(new int[] {type}, false), () -> {
                    if (chance(50)) {
                        statement(1);
                    }
                    expr(type, depth - 1);
                    if (chance(60)) {
                        expr(I32, depth - 1);
                        emit(0x0d, 0);
                    }
                });
                emit(0x0b);
            }
            case 6 -> callFor(type, depth);
            case 7 -> {
                int l = localOf(type);
                expr(type, depth - 1);
                if (l >= 0) {
                    emit(0x22);
                    index(l);
                }
            }
            case 8, 9 -> unary(type, depth);
            case 10 -> conversion(type, depth);
            default -> binary(type, depth);
        }
    }

    /** A local of that type that anybody may write, or -1. */
    int localOf(int type) {
        int found = -1;
        for (int l = 0; l < scratch; l++) {
            found = locals[l] == type && (found < 0 || chance(50)) ? l : found;
        }
        return found;
    }

    private void leaf(int type) {
        if (loops != null && chance(25) && loops.counter(type)) {
            return;
        }
        int l = localOf(type);
        if (l >= 0 && chance(60)) {
            emit(0x20);
            index(l);
        } else if (chance(20)) {
            emit(0x23, 1 + (0x7f - type));
        } else if (type == I32 && chance(5)) {
            emit(0x3f, 0);
            if (isWide) {
                emit(0xa7);
            }
        } else {
            constant(type);
        }
    }

    private void callFor(int type, int depth) {
        int f = random.nextInt(functions.size());
        for (int i = 0; i < functions.size(); i++) {
            int k = (f + i) % functions.size();
            Signature s = functions.get(k);
            if (s.results.length == 1 && s.results[0] == type && depth > 1) {
                invoke(k);
                return;
            }
        }
        leaf(type);
    }

    private void unary(int type, int depth) {
        switch (type) {
            case I32 -> {
                int from = type();
                expr(from, depth - 1);
                switch (from) {
                    case I32 -> emit(pick(0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1));
                    case I64 -> emit(pick(0x50, 0xa7));
                    default -> comparison(from, depth);
                }
            }
            case I64 -> {
                expr(I64, depth - 1);
                emit(pick(0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4));
            }
            case F32 -> {
                expr(F32, depth - 1);
                emit(pick(0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91));
            }
            default -> {
                expr(F64, depth - 1);
                emit(pick(0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f));
            }
        }
    }

    /** The first operand is on the stack. */
    private void comparison(int type, int depth) {
        expr(type, depth - 1);
        emit(
                switch (type) {
                    case I32 -> 0x46 + random.nextInt(10);
                    case I64 -> 0x51 + random.nextInt(10);
                    case F32 -> 0x5b + random.nextInt(6);
                    default -> 0x61 + random.nextInt(6);
                });
    }

    private void binary(int type, int depth) {
        if (type == I32 && chance(35)) {
            int of = type();
            expr(of, depth - 1);
            comparison(of, depth);
            return;
        }
        expr(type, depth - 1);
        boolean integer = type == I32 || type == I64;
        int first = switch (type) {
            case I32 -> 0x6a;
            case I64 -> 0x7c;
            case F32 -> 0x92;
            default -> 0xa0;
        };
        int op = random.nextInt(integer ? 15 : 7);
        expr(type, depth - 1);
        boolean divides = integer && op >= 3 && op <= 6;
        if (divides && chance(85)) {
            // Not by zero, and mostly not by -1.
            emit(type == I32 ? 0x41 : 0x42, pick(1, 2, 3, 5));
            emit(type == I32 ? 0x72 : 0x84);
        }
        if (!integer && op == 6) {
            canonical(type);
        }
        emit(first + op);
    }

    private void conversion(int type, int depth) {
        int from = type();
        switch (type) {
            case I32 -> {
                expr(from, depth - 1);
                switch (from) {
                    case I32 -> {
                        if (isWide) {
                            emit(0xac);
                        }
                        emit(0x40, 0);
                        if (isWide) {
                            emit(0xa7);
                        }
                    }
                    case I64 -> emit(0xa7);
                    case F32 -> truncate(from, 0xa8, 0, 0xbc);
                    default -> truncate(from, 0xaa, 2, -1);
                }
            }
            case I64 -> {
                int source = from == I64 ? I32 : from;
                expr(source, depth - 1);
                switch (source) {
                    case I32 -> emit(pick(0xac, 0xad));
                    case F32 -> truncate(source, 0xae, 4, -1);
                    default -> truncate(source, 0xb0, 6, 0xbd);
                }
            }
            case F32 -> {
                expr(from == F32 ? F64 : from, depth - 1);
                switch (from) {
                    case I32 -> emit(pick(0xb2, 0xb3));
                    case I64 -> emit(pick(0xb4, 0xb5));
                    default -> emit(0xb6);
                }
            }
            default -> {
                expr(from == F64 ? F32 : from, depth - 1);
                switch (from) {
                    case I32 -> emit(pick(0xb7, 0xb8));
                    case I64 -> emit(pick(0xb9, 0xba));
                    default -> emit(0xbb);
                }
            }
        }
    }

    /** Trapping, saturating, or the bits as they are. */
    private void truncate(int from, int trapping, int saturating, int reinterpret) {
        if (reinterpret >= 0 && chance(40)) {
            canonical(from);
            emit(reinterpret);
        } else if (chance(15)) {
            emit(trapping + random.nextInt(2));
        } else {
            emit(0xfc, saturating + random.nextInt(2));
        }
    }
}
