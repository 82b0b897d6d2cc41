package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.wasm.Feature;
import kiln.wasm.FuncType;
import kiln.wasm.HeapType;
import kiln.wasm.TypeSpace;
import kiln.wasm.ValType;

/**
 * Which IR type a wasm value has. A reference to a function is the address of its funcref record (or 0): an integer,
 * since no collector moves records. Every other reference is a {@link Type#REF}.
 */
final class IrTypes {
    /** Whether objects of the garbage-collected heap are executed: not yet everywhere. */
    static final boolean OBJECTS = Boolean.getBoolean("kiln.objects");

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

    /** The proposal that must be executed for values of this type to exist and is not yet, or null. */
    static Feature missing(TypeSpace types, int valType) {
        if (!ValType.isRef(valType)) {
            return null;
        }
        return switch (types.top(ValType.heap(valType))) {
            case HeapType.FUNC, HeapType.EXTERN, HeapType.EXN -> null;
            default -> OBJECTS ? null : Feature.GC;
        };
    }

    /** As {@link #missing(TypeSpace, int)} for all parameters and results. */
    static Feature missing(TypeSpace types, FuncType type) {
        for (int i = 0; i < type.paramCount(); i++) {
            Feature f = missing(types, type.param(i));
            if (f != null) {
                return f;
            }
        }
        for (int i = 0; i < type.resultCount(); i++) {
            Feature f = missing(types, type.result(i));
            if (f != null) {
                return f;
            }
        }
        return null;
    }
}
