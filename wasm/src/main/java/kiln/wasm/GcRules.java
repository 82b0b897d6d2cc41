package kiln.wasm;

import kiln.types.ArrayType;
import kiln.types.FieldType;
import kiln.types.HeapType;
import kiln.types.StructType;
import kiln.types.ValType;

/** Validation of structures, arrays, i31 and casts (3.4.6 to 3.4.9). */
final class GcRules {
    /** The bound of the JavaScript API on array.new_fixed. */
    private static final int MAX_FIXED = 10_000;

    private final ValidationState v;

    GcRules(ValidationState v) {
        this.v = v;
    }

    void check(Op o) {
        switch (o) {
            case REF_EQ -> {
                v.pop(ValType.EQREF);
                v.pop(ValType.EQREF);
                v.push(ValType.I32);
            }
            case REF_TEST, REF_TEST_NULL -> {
                popCastOperand();
                v.push(ValType.I32);
            }
            case REF_CAST, REF_CAST_NULL -> {
                popCastOperand();
                v.push(v.valType);
            }
            case BR_ON_CAST, BR_ON_CAST_FAIL -> branchOnCast(o == Op.BR_ON_CAST);
            case ANY_CONVERT_EXTERN -> {
                int from = v.pop(ValType.EXTERNREF);
                v.push(ValType.ref(ValType.isNullable(from), HeapType.ANY));
            }
            case EXTERN_CONVERT_ANY -> {
                int from = v.pop(ValType.ANYREF);
                v.push(ValType.ref(ValType.isNullable(from), HeapType.EXTERN));
            }
            case REF_I31 -> {
                v.pop(ValType.I32);
                v.push(ValType.ref(false, HeapType.I31));
            }
            case I31_GET_S, I31_GET_U -> {
                v.pop(ValType.I31REF);
                v.push(ValType.I32);
            }
            case ARRAY_LEN -> {
                v.pop(ValType.ARRAYREF);
                v.push(ValType.I32);
            }
            case STRUCT_NEW, STRUCT_NEW_DEFAULT, STRUCT_GET, STRUCT_GET_S, STRUCT_GET_U, STRUCT_SET -> structs(o);
            default -> arrays(o);
        }
    }

    /** A cast takes any reference of the same hierarchy. */
    private void popCastOperand() {
        v.pop(ValType.ref(true, v.types.top(ValType.heap(v.valType))));
    }

    private void branchOnCast(boolean onSuccess) {
        v.checkLabel(v.label);
        int source = v.valType;
        int target = v.valType2;
        if (!v.types.isSubtype(target, source)) {
            throw v.mismatch(ValType.toString(target) + " is not a subtype of " + ValType.toString(source));
        }
        // What is left of the source type where the cast fails: null has gone if the target includes it.
        int failed = ValType.isNullable(target) ? ValType.asNonNull(source) : source;
        int[] list = v.labelTypes(v.label);
        int rest = list.length - 1;
        if (rest < 0 || !v.types.isSubtype(onSuccess ? target : failed, list[rest])) {
            throw v.mismatch("the label does not take the reference");
        }
        v.pop(source);
        v.keep(list, rest);
        v.push(onSuccess ? failed : target);
    }

    private void structs(Op o) {
        int index = v.index;
        StructType type = v.types.struct(index);
        if (type == null) {
            throw v.mismatch("type " + index + " is not a structure type");
        }
        switch (o) {
            case STRUCT_NEW -> {
                for (int i = type.fields().size() - 1; i >= 0; i--) {
                    v.pop(type.fields().get(i).unpacked());
                }
                v.push(ValType.ref(false, index));
            }
            case STRUCT_NEW_DEFAULT -> {
                for (FieldType field : type.fields()) {
                    requireDefault(field);
                }
                v.push(ValType.ref(false, index));
            }
            case STRUCT_SET -> {
                FieldType field = field(type);
                requireMutable(field, "field");
                v.pop(field.unpacked());
                v.pop(ValType.ref(true, index));
            }
            default -> {
                FieldType field = field(type);
                requirePacking(field, o != Op.STRUCT_GET);
                v.pop(ValType.ref(true, index));
                v.push(field.unpacked());
            }
        }
    }

    private FieldType field(StructType type) {
        if (v.index2 >= type.fields().size()) {
            throw v.in.invalid("unknown field " + Integer.toUnsignedString(v.index2), v.offset);
        }
        return type.fields().get(v.index2);
    }

    private void requireDefault(FieldType field) {
        if (!ValType.isDefaultable(field.storage())) {
            throw v.mismatch("field type is not defaultable");
        }
    }

    private void requireMutable(FieldType field, String what) {
        if (!field.mutable()) {
            throw v.in.invalid("immutable " + what + ": " + what + " is immutable", v.offset);
        }
    }

    private void requirePacking(FieldType field, boolean packed) {
        if (ValType.isPacked(field.storage()) != packed) {
            throw v.mismatch(packed ? "field is unpacked" : "field is packed");
        }
    }

    private FieldType element(int index) {
        ArrayType type = v.types.array(index);
        if (type == null) {
            throw v.mismatch("type " + index + " is not an array type");
        }
        return type.element();
    }

    private void arrays(Op o) {
        int index = v.index;
        FieldType element = element(index);
        switch (o) {
            case ARRAY_NEW -> {
                v.pop(ValType.I32);
                v.pop(element.unpacked());
                v.push(ValType.ref(false, index));
            }
            case ARRAY_NEW_DEFAULT -> {
                requireDefault(element);
                v.pop(ValType.I32);
                v.push(ValType.ref(false, index));
            }
            case ARRAY_NEW_FIXED -> {
                if (v.index2 > MAX_FIXED) {
                    throw v.in.invalid("array.new_fixed of more than " + MAX_FIXED + " elements", v.offset);
                }
                for (int i = 0; i < v.index2; i++) {
                    v.pop(element.unpacked());
                }
                v.push(ValType.ref(false, index));
            }
            case ARRAY_NEW_DATA, ARRAY_NEW_ELEM -> {
                checkSegment(element, o == Op.ARRAY_NEW_DATA);
                v.pop(ValType.I32);
                v.pop(ValType.I32);
                v.push(ValType.ref(false, index));
            }
            case ARRAY_INIT_DATA, ARRAY_INIT_ELEM -> {
                requireMutable(element, "array");
                checkSegment(element, o == Op.ARRAY_INIT_DATA);
                v.pop(ValType.I32);
                v.pop(ValType.I32);
                popPlace(index);
            }
            case ARRAY_GET, ARRAY_GET_S, ARRAY_GET_U -> {
                requirePacking(element, o != Op.ARRAY_GET);
                popPlace(index);
                v.push(element.unpacked());
            }
            case ARRAY_SET -> {
                requireMutable(element, "array");
                v.pop(element.unpacked());
                popPlace(index);
            }
            case ARRAY_FILL -> {
                requireMutable(element, "array");
                v.pop(ValType.I32);
                v.pop(element.unpacked());
                popPlace(index);
            }
            case ARRAY_COPY -> {
                requireMutable(element, "array");
                int source = v.index2;
                if (!v.types.isSubtype(element(source).storage(), element.storage())) {
                    throw v.mismatch("array types do not match");
                }
                v.pop(ValType.I32);
                popPlace(source);
                popPlace(index);
            }
            default -> throw new AssertionError(o);
        }
    }

    /** An array and an index into it. */
    private void popPlace(int arrayType) {
        v.pop(ValType.I32);
        v.pop(ValType.ref(true, arrayType));
    }

    private void checkSegment(FieldType element, boolean isData) {
        if (isData) {
            if (ValType.isRef(element.storage())) {
                throw v.mismatch("array type is not numeric or vector");
            }
            v.checkData(v.index2);
        } else if (!v.types.isSubtype(v.checkElem(v.index2).type(), element.storage())) {
            throw v.mismatch("elem segment and array");
        }
    }
}
