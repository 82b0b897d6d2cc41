package kiln.codegen;

import kiln.ir.Type;

/** The register files that both instruction sets have. */
public enum RegClass {
    /** General-purpose registers, 64 bits. */
    INT,
    /** Floating-point and vector registers, 128 bits. */
    VECTOR;

    /** Where values of a type live. */
    public static RegClass of(Type type) {
        return switch (type) {
            case I32, I64, REF -> INT;
            case F32, F64, V128 -> VECTOR;
        };
    }
}
