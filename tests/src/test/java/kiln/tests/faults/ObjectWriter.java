package kiln.tests.faults;

import static kiln.tests.faults.CodeWriter.F64;
import static kiln.tests.faults.CodeWriter.I32;
import static kiln.tests.faults.CodeWriter.I64;

import java.io.ByteArrayOutputStream;
import java.util.SplittableRandom;
import kiln.tests.faults.CodeWriter.Label;

/**
 * Objects in the programs of {@link ProgramGenerator}: structs that refer to each other, one of a subtype, and arrays
 * of numbers and bytes, in locals and in a global; some escape and some do not.
 */
final class ObjectWriter {
    /** How many types {@link #types} writes. */
    static final int TYPES = 4;
    /** The global that holds a struct. */
    static final int GLOBAL = 5;

    private static final int NULLABLE = 0x63;
    private static final int NOT_NULL = 0x64;
    private static final int STRUCTS = 3;
    private static final int ARRAYS = 2;
    /** Fields of the struct: a byte is the last. */
    private static final int LINK = 3;

    private static final int BYTE = 4;

    private final ProgramGenerator g;
    private final SplittableRandom random;
    /** Types: a struct, one of its subtype, then arrays of numbers and of bytes. */
    private int struct;

    private int first;

    ObjectWriter(ProgramGenerator g, SplittableRandom random) {
        this.g = g;
        this.random = random;
    }

    /** A module with a struct and a 64-bit memory. */
    static byte[] smallest() {
        WasmFile file = new WasmFile();
        file.set(WasmFile.TYPE, new byte[] {1, 0x5f, 0});
        file.set(5, new byte[] {1, 4, 1});
        return file.toBytes();
    }

    private int sub() {
        return struct + 1;
    }

    private int numbers() {
        return struct + 2;
    }

    private int bytes() {
        return struct + 3;
    }

    /** Writes types, the first of which gets the number {@code number}. */
    void types(ByteArrayOutputStream out, int number) {
        struct = number;
        byte[] fields = {I32, 1, I64, 1, F64, 1, NULLABLE, (byte) struct, 1, 0x78, 1};
        out.writeBytes(new byte[] {0x50, 0, 0x5f, 5});
        out.writeBytes(fields);
        out.writeBytes(new byte[] {0x4f, 1, (byte) struct, 0x5f, 6});
        out.writeBytes(fields);
        out.writeBytes(new byte[] {I32, 1});
        out.writeBytes(new byte[] {0x5e, I32, 1, 0x5e, 0x78, 1});
    }

    /** Writes a global that is null. */
    void global(ByteArrayOutputStream out) {
        out.writeBytes(new byte[] {NULLABLE, (byte) struct, 1, (byte) 0xd0, (byte) struct, 0x0b});
    }

    int groups() {
        return 3;
    }

    /** Declares locals; returns the number of the next one. */
    int begin(ByteArrayOutputStream out, int firstLocal) {
        first = firstLocal;
        out.writeBytes(new byte[] {STRUCTS, NULLABLE, (byte) struct});
        out.writeBytes(new byte[] {ARRAYS, NULLABLE, (byte) numbers()});
        out.writeBytes(new byte[] {ARRAYS, NULLABLE, (byte) bytes()});
        return first + STRUCTS + 2 * ARRAYS;
    }

    private void set(int local) {
        g.emit(0x21);
        g.index(local);
    }

    private void get(int local) {
        g.emit(0x20);
        g.index(local);
    }

    private int structLocal() {
        return first + random.nextInt(STRUCTS);
    }

    private int arrayLocal(boolean ofBytes) {
        return first + STRUCTS + (ofBytes ? ARRAYS : 0) + random.nextInt(ARRAYS);
    }

    // Statements

    void statement(int depth) {
        boolean ofBytes = g.chance(40);
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> {
                maybe(2);
                set(structLocal());
            }
            case 3, 4 -> {
                object();
                int field = random.nextInt(BYTE + 1);
                content(field);
                g.emit(0xfb, 5, struct, field);
            }
            case 5 -> {
                make(ofBytes);
                set(arrayLocal(ofBytes));
            }
            case 6, 7 -> {
                array(ofBytes);
                element(ofBytes);
                g.expr(I32, 2);
                g.emit(0xfb, 14, ofBytes ? bytes() : numbers());
            }
            case 8 -> {
                maybe(1);
                g.emit(0x24, GLOBAL);
            }
            default -> bulk(ofBytes);
        }
    }

    /** Fills or copies part of an array. */
    private void bulk(boolean ofBytes) {
        int type = ofBytes ? bytes() : numbers();
        array(ofBytes);
        small();
        if (g.chance(50)) {
            g.expr(I32, 1);
            small();
            g.emit(0xfb, 16, type);
        } else {
            array(ofBytes);
            small();
            small();
            g.emit(0xfb, 17, type, type);
        }
    }

    private void small() {
        g.expr(I32, 1);
        g.emit(0x41, 3, 0x71);
    }

    /** An index that is mostly within arrays. */
    private void element(boolean ofBytes) {
        if (g.chance(8)) {
            g.expr(I32, 1);
        } else {
            small();
        }
    }

    private void content(int field) {
        switch (field) {
            case 0, BYTE -> g.expr(I32, 2);
            case 1 -> g.expr(I64, 2);
            case 2 -> g.expr(F64, 2);
            default -> maybe(1);
        }
    }

    // References

    /** A struct or null. */
    private void maybe(int depth) {
        switch (random.nextInt(depth > 0 && g.size > 0 ? 8 : 3)) {
            case 0, 1 -> get(structLocal());
            case 2 -> g.emit(0x23, GLOBAL);
            case 3 -> g.emit(0xd0, struct);
            case 4 -> {
                object();
                g.emit(0xfb, 2, struct, LINK);
            }
            case 5 -> {
                maybe(depth - 1);
                maybe(depth - 1);
                g.expr(I32, 1);
                g.emit(0x1c, 1, NULLABLE, struct);
            }
            default -> construct(depth);
        }
    }

    private void construct(int depth) {
        boolean isSub = g.chance(40);
        if (g.chance(20)) {
            g.emit(0xfb, 1, isSub ? sub() : struct);
            return;
        }
        g.expr(I32, 1);
        g.expr(I64, 1);
        g.expr(F64, 1);
        maybe(depth - 1);
        g.expr(I32, 1);
        if (isSub) {
            g.expr(I32, 1);
        }
        g.emit(0xfb, 0, isSub ? sub() : struct);
    }

    /** A struct; what reads it traps if it is null. */
    private void object() {
        if (g.chance(8)) {
            get(structLocal());
            return;
        }
        // Another one in place of null.
        g.emit(2, NOT_NULL, struct);
        Label label = g.open();
        maybe(g.chance(30) ? 1 : 0);
        g.emit(0xd6, 0);
        g.emit(0xfb, 1, g.chance(50) ? sub() : struct);
        g.emit(0x0b);
        g.close(label);
    }

    private void make(boolean ofBytes) {
        int type = ofBytes ? bytes() : numbers();
        switch (random.nextInt(3)) {
            case 0 -> {
                g.expr(I32, 1);
                g.emit(0x41, 15, 0x71);
                g.emit(0xfb, 7, type);
            }
            case 1 -> {
                g.expr(I32, 1);
                g.number(I32, 4 + random.nextInt(20));
                g.emit(0xfb, 6, type);
            }
            default -> {
                int n = 4 + random.nextInt(3);
                for (int i = 0; i < n; i++) {
                    g.expr(I32, 1);
                }
                g.emit(0xfb, 8, type, n);
            }
        }
    }

    private void array(boolean ofBytes) {
        if (g.chance(5)) {
            get(arrayLocal(ofBytes));
            return;
        }
        g.emit(2, NOT_NULL, ofBytes ? bytes() : numbers());
        Label label = g.open();
        get(arrayLocal(ofBytes));
        g.emit(0xd6, 0);
        g.emit(0x41, 8, 0xfb, 7, ofBytes ? bytes() : numbers());
        g.emit(0x0b);
        g.close(label);
    }

    // Numbers

    /** A number out of an object, or about one; false if there is none of the type. */
    boolean read(int type, int depth) {
        switch (type) {
            case I32 -> narrow(depth);
            case I64 -> {
                object();
                g.emit(0xfb, 2, struct, 1);
            }
            case F64 -> {
                object();
                g.emit(0xfb, 2, struct, 2);
                g.canonical(F64);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void narrow(int depth) {
        boolean ofBytes = g.chance(40);
        switch (random.nextInt(9)) {
            case 0 -> {
                object();
                g.emit(0xfb, 2, struct, 0);
            }
            case 1 -> {
                object();
                g.emit(0xfb, g.pick(3, 4), struct, BYTE);
            }
            case 2, 3 -> {
                array(ofBytes);
                element(ofBytes);
                g.emit(0xfb, ofBytes ? g.pick(12, 13) : 11, ofBytes ? bytes() : numbers());
            }
            case 4 -> {
                array(ofBytes);
                g.emit(0xfb, 15);
            }
            case 5 -> {
                maybe(1);
                g.emit(0xd1);
            }
            case 6 -> {
                maybe(1);
                maybe(1);
                g.emit(0xd3);
            }
            case 7 -> {
                maybe(1);
                g.emit(0xfb, g.pick(20, 21), sub());
            }
            default -> cast(depth);
        }
    }

    /** A field that only the subtype has, of what is one, or a number in a reference. */
    private void cast(int depth) {
        if (g.chance(40)) {
            g.expr(I32, depth - 1);
            g.emit(0xfb, 28, 0xfb, g.pick(29, 30));
            return;
        }
        if (g.chance(30)) {
            maybe(1);
            g.emit(0xfb, 22, sub());
            g.emit(0xfb, 2, sub(), 5);
            return;
        }
        // What is no subtype goes to the end of the block.
        g.emit(2, NULLABLE, struct);
        Label label = g.open();
        maybe(1);
        g.emit(0xfb, 25, 1, 0, struct, sub());
        g.emit(0xfb, 2, sub(), 5);
        g.take(new int[] {I32});
        g.emit(0xd0, struct);
        g.emit(0x0b);
        g.close(label);
        g.emit(0xd1);
    }
}
