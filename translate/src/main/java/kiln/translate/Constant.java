package kiln.translate;

import kiln.ir.Builder;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;

/**
 * A value known when compiling.
 *
 * @param bits the value as in VCONST; of a scalar in the low half, as in ICONST and FCONST; zero for a function
 * @param function the function that a funcref refers to, or -1
 */
record Constant(Type type, V128 bits, int function) {
    static Constant number(Type type, long bits) {
        return new Constant(type, new V128(bits, 0), -1);
    }

    static Constant vector(V128 bits) {
        return new Constant(Type.V128, bits, -1);
    }

    static Constant function(int function) {
        return new Constant(Type.I64, V128.ZERO, function);
    }

    /** The value of a scalar. */
    long scalar() {
        return bits.low();
    }

    /** The constant in code; not for a function. */
    Value in(Builder b) {
        return type == Type.V128 ? b.vconst(bits) : b.constant(type, scalar());
    }
}
