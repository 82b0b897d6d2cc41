package kiln.translate;

import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;

/**
 * How an instruction that is one operation of the IR is translated.
 *
 * @param shape what it pops and pushes
 * @param opcode the operation; null for constants, loads, stores and comparisons
 * @param type result type, or the type of the value stored, or of the operands compared
 * @param intCond for COMPARE of integers
 * @param floatCond for COMPARE of floats
 * @param log2Width of a memory access
 * @param signed whether a narrow load sign-extends
 * @param makesNan whether the result may be a NaN whose bits depend on the machine
 */
record Rule(
        Shape shape,
        Opcode opcode,
        Type type,
        IntCond intCond,
        FloatCond floatCond,
        int log2Width,
        boolean signed,
        boolean makesNan) {
    enum Shape {
        /** (x, y) to opcode(x, y). */
        BINARY,
        /** (x) to opcode(x), of the same type. */
        UNARY,
        /** (x) to opcode(x), of another type. */
        CONVERT,
        /** (x, y) to i32. */
        COMPARE_INT,
        /** (x, y) to i32. */
        COMPARE_FLOAT,
        /** (x) to whether x is zero. */
        EQZ,
        /** (address) to value. */
        LOAD,
        /** (address, value) to nothing. */
        STORE
    }

    static Rule binary(Opcode opcode, Type type) {
        boolean nan = type.isFloat() && opcode != Opcode.FCOPYSIGN;
        return new Rule(Shape.BINARY, opcode, type, null, null, 0, false, nan);
    }

    static Rule unary(Opcode opcode, Type type) {
        boolean nan = type.isFloat() && opcode != Opcode.FABS && opcode != Opcode.FNEG;
        return new Rule(Shape.UNARY, opcode, type, null, null, 0, false, nan);
    }

    static Rule convert(Opcode opcode, Type type) {
        boolean nan = opcode == Opcode.FPROMOTE || opcode == Opcode.FDEMOTE;
        return new Rule(Shape.CONVERT, opcode, type, null, null, 0, false, nan);
    }

    static Rule compare(IntCond cond, Type type) {
        return new Rule(Shape.COMPARE_INT, null, type, cond, null, 0, false, false);
    }

    static Rule compare(FloatCond cond, Type type) {
        return new Rule(Shape.COMPARE_FLOAT, null, type, null, cond, 0, false, false);
    }

    static Rule eqz(Type type) {
        return new Rule(Shape.EQZ, null, type, null, null, 0, false, false);
    }

    static Rule load(Type type, int log2Width, boolean signed) {
        return new Rule(Shape.LOAD, null, type, null, null, log2Width, signed, false);
    }

    static Rule store(Type type, int log2Width) {
        return new Rule(Shape.STORE, null, type, null, null, log2Width, false, false);
    }
}
