package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Inst;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/** Calls of the routines of {@link Builtin}. */
final class BuiltinCalls {
    private final Builder b;
    private final int module;

    BuiltinCalls(Builder b, int module) {
        this.b = b;
        this.module = module;
    }

    /** Calls a builtin; its result, or null if it has none. */
    Value call(Builtin builtin, Value... args) {
        Type reference = builtin == Builtin.EXCEPTION_ALLOCATE ? Type.REF : Type.I64;
        int r = builtin.params().indexOf('r');
        if (r >= 0) {
            // A funcref is an i64 here and any other reference a ref: the same register either way.
            reference = args[r].type();
        }
        Signature signature = signature(builtin, reference);
        Inst call = b.call(new CallTarget(FuncKey.builtin(module, builtin), signature), args);
        return call.resultCount() == 0 ? null : call.result();
    }

    /** Parameters and results of a builtin that takes references of IR type {@code reference}. */
    static Signature signature(Builtin builtin, Type reference) {
        return new Signature(types(builtin.params(), reference), types(builtin.results(), reference));
    }

    private static List<Type> types(String letters, Type reference) {
        List<Type> types = new ArrayList<>(letters.length());
        for (char c : letters.toCharArray()) {
            types.add(
                    switch (c) {
                        case 'i' -> Type.I32;
                        case 'j' -> Type.I64;
                        case 'r' -> reference;
                        case 'o' -> Type.REF;
                        default -> throw new IllegalArgumentException(letters);
                    });
        }
        return types;
    }
}
