package kiln.types;

/** Heap types as ints: a type index, or one of these negative constants, which are the binary format's (5.3.3). */
public final class HeapType {
    /** Below every heap type: what a reference of unknown type in unreachable code refers to. Never in a module. */
    public static final int BOT = -1;

    public static final int NOEXN = -12;
    public static final int NOFUNC = -13;
    public static final int NOEXTERN = -14;
    public static final int NONE = -15;
    public static final int FUNC = -16;
    public static final int EXTERN = -17;
    public static final int ANY = -18;
    public static final int EQ = -19;
    public static final int I31 = -20;
    public static final int STRUCT = -21;
    public static final int ARRAY = -22;
    public static final int EXN = -23;

    private HeapType() {}

    public static boolean isConcrete(int heap) {
        return heap >= 0;
    }

    /** The greatest heap type above an abstract one: any, func, extern or exn. */
    public static int top(int heap) {
        return switch (heap) {
            case FUNC, NOFUNC -> FUNC;
            case EXTERN, NOEXTERN -> EXTERN;
            case EXN, NOEXN -> EXN;
            default -> ANY;
        };
    }

    /** Whether this is an abstract heap type of the binary format. */
    public static boolean isAbstract(int heap) {
        return heap <= NOEXN && heap >= EXN;
    }

    /** The heap type as the text format writes it. */
    public static String toString(int heap) {
        return switch (heap) {
            case BOT -> "bot";
            case NOEXN -> "noexn";
            case NOFUNC -> "nofunc";
            case NOEXTERN -> "noextern";
            case NONE -> "none";
            case FUNC -> "func";
            case EXTERN -> "extern";
            case ANY -> "any";
            case EQ -> "eq";
            case I31 -> "i31";
            case STRUCT -> "struct";
            case ARRAY -> "array";
            case EXN -> "exn";
            default -> Integer.toString(heap);
        };
    }

    /** The short name of the nullable reference type to an abstract heap type. */
    public static String shorthand(int heap) {
        return switch (heap) {
            case NOEXN -> "nullexnref";
            case NOFUNC -> "nullfuncref";
            case NOEXTERN -> "nullexternref";
            case NONE -> "nullref";
            default -> toString(heap) + "ref";
        };
    }
}
