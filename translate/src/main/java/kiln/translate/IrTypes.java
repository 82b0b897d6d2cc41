package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.component.CoreType;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * Which IR type a wasm value has. A reference to a function is the address of its funcref record (or 0): an integer,
 * since no collector moves records. Every other reference is a {@link Type#REF}.
 */
final class IrTypes {
    private IrTypes() {}

    static Type of(TypeSpace types, int valType) {
        return switch (valType) {
            case ValType.I32 -> Type.I32;
            case ValType.I64 -> Type.I64;
            case ValType.F32 -> Type.F32;
            case ValType.F64 -> Type.F64;
            case ValType.V128 -> Type.V128;
            default -> isFunc(types, valType) ? Type.I64 : Type.REF;
        };
    }

    /** The types of core values. */
    static List<Type> of(List<CoreType> types) {
        List<Type> result = new ArrayList<>(types.size());
        for (CoreType t : types) {
            result.add(
                    switch (t) {
                        case I32 -> Type.I32;
                        case I64 -> Type.I64;
                        case F32 -> Type.F32;
                        case F64 -> Type.F64;
                    });
        }
        return result;
    }

    /** Whether a reference type refers to functions. */
    static boolean isFunc(TypeSpace types, int valType) {
        return types.top(ValType.heap(valType)) == HeapType.FUNC;
    }

    static Signature signature(TypeSpace types, FuncType type) {
        List<Type> params = new ArrayList<>(type.paramCount());
        for (int i = 0; i < type.paramCount(); i++) {
            params.add(of(types, type.param(i)));
        }
        List<Type> results = new ArrayList<>(type.resultCount());
        for (int i = 0; i < type.resultCount(); i++) {
            results.add(of(types, type.result(i)));
        }
        return new Signature(params, results);
    }
}
