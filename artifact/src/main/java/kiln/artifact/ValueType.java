package kiln.artifact;

import java.util.Locale;
import kiln.artifact.api.HeapType;

/** The type of a wasm value, as the runtime sees it: independent of the decoder's types. */
public sealed interface ValueType {
    ValueType I32 = Num.I32;
    ValueType I64 = Num.I64;
    ValueType F32 = Num.F32;
    ValueType F64 = Num.F64;
    ValueType V128 = Num.V128;
    Ref FUNCREF = new Ref(true, HeapType.Abstract.FUNC);
    Ref EXTERNREF = new Ref(true, HeapType.Abstract.EXTERN);

    /** Numbers and vectors. The ordinal is the type's number in files: entries are only appended. */
    enum Num implements ValueType {
        I32,
        I64,
        F32,
        F64,
        V128;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A reference: (ref null? heap). */
    record Ref(boolean nullable, HeapType heap) implements ValueType {
        @Override
        public String toString() {
            if (nullable && heap instanceof HeapType.Abstract) {
                return heap + "ref";
            }
            return (nullable ? "(ref null " : "(ref ") + heap + ")";
        }
    }
}
