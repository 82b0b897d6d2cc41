package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.wasm.FuncType;
import kiln.wasm.HeapType;
import kiln.wasm.TypeSpace;
import kiln.wasm.ValType;

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
