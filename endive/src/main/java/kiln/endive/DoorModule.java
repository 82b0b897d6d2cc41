package kiln.endive;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Rewrites a module for the door: what Endive reaches by number gets a name, and the start function is not started,
 * because Endive starts it once its own objects are there. Sections are copied otherwise; only those are read that say
 * what there is.
 *
 * <p>Exported are all memories, mutable globals and tags, and the functions that references may refer to. Tables of the
 * module's own are left alone: if nothing changes them, calls through them are faster, and Endive fills a copy for the
 * host to read.
 *
 * <p>Structures and arrays stay inside: what is imported and exported may not be able to hold one. Endive's classes for
 * them are final and keep the fields in arrays of Java's, so that nobody is asked when the host reads or writes one;
 * and a copy would have to take along all that can be reached from it.
 */
public final class DoorModule {
    /** What the added names begin with; then a letter for the kind, and the number. */
    static final String PREFIX = "kiln.endive:";
    /** The name of the function that is to be started. */
    static final String START = PREFIX + "start";

    private static final int TYPE = 1;
    private static final int IMPORT = 2;
    private static final int FUNCTION = 3;
    private static final int TABLE = 4;
    private static final int MEMORY = 5;
    private static final int GLOBAL = 6;
    private static final int EXPORT = 7;
    private static final int START_SECTION = 8;
    private static final int ELEMENT = 9;
    private static final int TAG = 13;

    /** In place of a type's number: of these values none is a structure or an array. */
    private static final int PLAIN = -1;
    /** In place of a type's number: a value that may be a structure or an array. */
    private static final int OBJECT = -2;

    private final byte[] wasm;
    private int at;
    /** For each type the types of parameters and results, or null: it is no function's. */
    private final List<int[]> signatures = new ArrayList<>();
    /** The numbers of types of all functions, and of all tags. */
    private final List<Integer> functions = new ArrayList<>();

    private final List<Integer> tagTypes = new ArrayList<>();
    /** The types of all globals, and of what is in all tables. */
    private final List<Integer> globalTypes = new ArrayList<>();

    private final List<Integer> elementTypes = new ArrayList<>();
    private int memories;
    private int start = -1;
    private final BitSet mutableGlobals = new BitSet();
    private final BitSet referenced = new BitSet();

    /** Where the content of the export section begins and ends, or 0. */
    private int exportsStart;

    private int exportsEnd;

    private DoorModule(byte[] wasm) {
        this.wasm = wasm;
    }

    /** The name that a thing got. */
    static String name(char kind, int index) {
        return PREFIX + kind + index;
    }

    /**
     * The rewritten module.
     *
     * @throws IllegalArgumentException if it has something that is not known here
     */
    public static byte[] rewrite(byte[] wasm) {
        try {
            return new DoorModule(wasm).run();
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the module ends too early", e);
        }
    }

    private byte[] run() {
        at = 8;
        while (at < wasm.length) {
            int id = wasm[at++];
            int size = u32();
            int end = at + size;
            scan(id, end);
            at = end;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(wasm.length + 1024);
        out.write(wasm, 0, 8);
        boolean written = false;
        at = 8;
        while (at < wasm.length) {
            int begin = at;
            int id = wasm[at++];
            int size = u32();
            int end = at + size;
            // Of the sections behind the exports each has a greater number, but for tags, which come before globals.
            if (!written && (id == EXPORT || id > EXPORT && id != TAG)) {
                writeExports(out);
                written = true;
            }
            if (id != EXPORT && id != START_SECTION) {
                out.write(wasm, begin, end - begin);
            }
            at = end;
        }
        if (!written) {
            writeExports(out);
        }
        return out.toByteArray();
    }

    private void scan(int id, int end) {
        switch (id) {
            case TYPE -> types(u32());
            case IMPORT -> imports();
            case FUNCTION -> numbers(functions, u32());
            case TABLE -> tables();
            case MEMORY -> memories += u32();
            case GLOBAL -> globals();
            case TAG -> {
                for (int n = u32(); n > 0; n--) {
                    at++;
                    tagTypes.add(u32());
                }
            }
            case EXPORT -> {
                exportsStart = at;
                exportsEnd = end;
                exports();
            }
            case START_SECTION -> start = u32();
            case ELEMENT -> elements();
            default -> {
                // Custom sections, and what has no names.
            }
        }
    }

    private void writeExports(ByteArrayOutputStream out) {
        int count = 0;
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        if (exportsEnd != 0) {
            at = exportsStart;
            count = u32();
            names.write(wasm, at, exportsEnd - at);
        }
        for (int f = referenced.nextSetBit(0); f >= 0; f = referenced.nextSetBit(f + 1)) {
            count += export(names, name('f', f), 0, f);
        }
        if (start >= 0) {
            count += export(names, START, 0, start);
        }
        for (int i = 0; i < memories; i++) {
            count += export(names, name('m', i), 2, i);
        }
        for (int g = mutableGlobals.nextSetBit(0); g >= 0; g = mutableGlobals.nextSetBit(g + 1)) {
            count += export(names, name('g', g), 3, g);
        }
        for (int i = 0; i < tagTypes.size(); i++) {
            count += export(names, name('t', i), 4, i);
        }
        if (count == 0) {
            return;
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        writeU32(content, count);
        content.writeBytes(names.toByteArray());
        out.write(EXPORT);
        writeU32(out, content.size());
        out.writeBytes(content.toByteArray());
    }

    private static int export(ByteArrayOutputStream out, String name, int kind, int index) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        writeU32(out, bytes.length);
        out.writeBytes(bytes);
        out.write(kind);
        writeU32(out, index);
        return 1;
    }

    // ---- sections

    private void types(int count) {
        for (int i = 0; i < count; i++) {
            int form = wasm[at++];
            switch (form) {
                case 0x4e -> types(u32());
                case 0x4f, 0x50 -> {
                    for (int n = u32(); n > 0; n--) {
                        u32();
                    }
                    types(1);
                }
                case 0x5e -> {
                    field();
                    signatures.add(null);
                }
                case 0x5f -> {
                    for (int n = u32(); n > 0; n--) {
                        field();
                    }
                    signatures.add(null);
                }
                case 0x60 -> {
                    List<Integer> values = new ArrayList<>();
                    for (int row = 0; row < 2; row++) {
                        for (int n = u32(); n > 0; n--) {
                            values.add(valueType());
                        }
                    }
                    signatures.add(values.stream().mapToInt(Integer::intValue).toArray());
                }
                default -> throw new IllegalArgumentException("a type of the form 0x" + Integer.toHexString(form));
            }
        }
    }

    /** Of a structure or an array. */
    private void field() {
        valueType();
        at++;
    }

    private void numbers(List<Integer> to, int count) {
        for (int n = count; n > 0; n--) {
            to.add(u32());
        }
    }

    private void imports() {
        int count = u32();
        for (int i = 0; i < count; i++) {
            String name = text() + "." + text();
            int kind = wasm[at++];
            switch (kind) {
                case 0 -> functions.add(u32());
                case 1 -> {
                    elementTypes.add(valueType());
                    limits();
                }
                case 2 -> {
                    limits();
                    memories++;
                }
                case 3 -> {
                    globalTypes.add(valueType());
                    mutableGlobals.set(globalTypes.size() - 1, wasm[at++] != 0);
                }
                case 4 -> {
                    at++;
                    tagTypes.add(u32());
                }
                default -> throw new IllegalArgumentException("import of kind " + kind);
            }
            requireNoObjects("imports " + name, kind, -1);
        }
    }

    private void exports() {
        int count = u32();
        for (int i = 0; i < count; i++) {
            String name = text();
            int kind = wasm[at++];
            requireNoObjects("exports " + name, kind, u32());
        }
    }

    /** @param index of the thing, or -1 for the newest of its kind */
    private void requireNoObjects(String what, int kind, int index) {
        boolean crosses = switch (kind) {
            case 0 -> hasObjects(get(functions, index));
            case 1 -> isObject(get(elementTypes, index));
            case 3 -> isObject(get(globalTypes, index));
            case 4 -> hasObjects(get(tagTypes, index));
            default -> false;
        };
        if (crosses) {
            throw new IllegalArgumentException("it " + what + ", through which structures or arrays of the GC proposal"
                    + " can pass: Endive's objects for them cannot be Kiln's");
        }
    }

    private static int get(List<Integer> list, int index) {
        return index < 0 ? list.getLast() : list.get(index);
    }

    private boolean hasObjects(int type) {
        int[] signature = signatures.get(type);
        if (signature == null) {
            throw new IllegalArgumentException("type " + type + " is no function's");
        }
        return Arrays.stream(signature).anyMatch(this::isObject);
    }

    private boolean isObject(int type) {
        return type == OBJECT || type >= 0 && signatures.get(type) == null;
    }

    private void tables() {
        int count = u32();
        for (int i = 0; i < count; i++) {
            boolean initialised = wasm[at] == 0x40;
            if (initialised) {
                at += 2;
            }
            elementTypes.add(valueType());
            limits();
            if (initialised) {
                constant();
            }
        }
    }

    private void globals() {
        int count = u32();
        for (int i = 0; i < count; i++) {
            globalTypes.add(valueType());
            mutableGlobals.set(globalTypes.size() - 1, wasm[at++] != 0);
            constant();
        }
    }

    private void elements() {
        int count = u32();
        for (int i = 0; i < count; i++) {
            int flags = u32();
            if ((flags & 1) == 0) {
                if ((flags & 2) != 0) {
                    u32();
                }
                constant();
            }
            if ((flags & 4) == 0) {
                if ((flags & 3) != 0) {
                    at++;
                }
                int items = u32();
                for (int k = 0; k < items; k++) {
                    referenced.set(u32());
                }
            } else {
                if ((flags & 3) != 0) {
                    valueType();
                }
                int items = u32();
                for (int k = 0; k < items; k++) {
                    constant();
                }
            }
        }
    }

    /** What values of this type may be: a type's number, {@link #PLAIN} or {@link #OBJECT}. */
    private int valueType() {
        int code = wasm[at++];
        if (code == 0x63 || code == 0x64) {
            // A type's number, or a single byte, which is negative.
            int heap = wasm[at];
            if ((heap & 0xc0) != 0x40) {
                return u32();
            }
            at++;
            code = heap;
        }
        return switch (code) {
            // arrayref, structref, eqref, anyref
            case 0x6a, 0x6b, 0x6d, 0x6e -> OBJECT;
            // Numbers, functions, externrefs, exceptions, i31, and null of any kind.
            default -> PLAIN;
        };
    }

    private void limits() {
        int flags = u32();
        skipLeb();
        if ((flags & 1) != 0) {
            skipLeb();
        }
        if ((flags & 8) != 0) {
            skipLeb();
        }
    }

    private void constant() {
        while (true) {
            int opcode = wasm[at++] & 0xff;
            switch (opcode) {
                case 0x0b -> {
                    return;
                }
                case 0x41, 0x42, 0x23, 0xd0 -> skipLeb();
                case 0x43 -> at += 4;
                case 0x44 -> at += 8;
                case 0xd2 -> referenced.set(u32());
                case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e -> {
                    // Arithmetic without operands of its own.
                }
                case 0xfb -> heapConstant(u32());
                case 0xfd -> {
                    if (u32() != 12) {
                        throw new IllegalArgumentException("a vector instruction in a constant");
                    }
                    at += 16;
                }
                default ->
                    throw new IllegalArgumentException(
                            "instruction 0x" + Integer.toHexString(opcode) + " in a constant at offset " + (at - 1));
            }
        }
    }

    /** What makes objects: with a type's number, and a length if that is fixed. */
    private void heapConstant(int opcode) {
        switch (opcode) {
            // struct.new, struct.new_default, array.new, array.new_default
            case 0, 1, 6, 7 -> u32();
            // array.new_fixed
            case 8 -> {
                u32();
                u32();
            }
            // any.convert_extern, ref.i31
            case 26, 28 -> {
                // Nothing more.
            }
            // Of extern.convert_any Endive would have an object of its own, and Kiln another.
            default -> throw new IllegalArgumentException("instruction 0xfb " + opcode + " in a constant");
        }
    }

    // ---- numbers and texts

    private String text() {
        int length = u32();
        at += length;
        return new String(wasm, at - length, length, StandardCharsets.UTF_8);
    }

    private void skipLeb() {
        while (wasm[at++] < 0) {
            // Until a byte without the sign.
        }
    }

    private int u32() {
        int result = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte b = wasm[at++];
            result |= (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
        }
        return result;
    }

    private static void writeU32(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >>> 7 != 0) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }

    /** Whether bytes are WebAssembly, as opposed to what was compiled from it. */
    static boolean isWasm(byte[] code) {
        return code.length >= 8 && Arrays.equals(code, 0, 4, new byte[] {0, 'a', 's', 'm'}, 0, 4);
    }
}
