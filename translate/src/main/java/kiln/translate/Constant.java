package kiln.translate;

import kiln.ir.Type;

/**
 * A value known when compiling.
 *
 * @param bits the value as in ICONST and FCONST; 0 for a function
 * @param function the function that a funcref refers to, or -1
 */
record Constant(Type type, long bits, int function) {
    static Constant number(Type type, long bits) {
        return new Constant(type, bits, -1);
    }

    static Constant function(int function) {
        return new Constant(Type.I64, 0, function);
    }
}
