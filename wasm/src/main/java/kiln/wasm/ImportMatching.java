package kiln.wasm;

import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * Whether what one module exports may be what another imports (specification 4.5.2), as far as it does not depend on
 * what happens before: sizes may have grown.
 */
public final class ImportMatching {
    private ImportMatching() {}

    /**
     * @param types what the indices in {@code offered} refer to
     * @param wantedTypes what those in {@code wanted} refer to
     */
    public static boolean matches(TypeSpace types, ExternType offered, TypeSpace wantedTypes, ExternType wanted) {
        if (offered instanceof ExternType.Func o && wanted instanceof ExternType.Func w) {
            return isSubtype(types, o.typeIndex(), wantedTypes.canonicalKey(w.typeIndex()));
        } else if (offered instanceof ExternType.Tag o && wanted instanceof ExternType.Tag w) {
            return types.canonicalKey(o.typeIndex()).equals(wantedTypes.canonicalKey(w.typeIndex()));
        } else if (offered instanceof ExternType.Memory o && wanted instanceof ExternType.Memory w) {
            return o.is64() == w.is64()
                    && o.shared() == w.shared()
                    && o.pageShift() == w.pageShift()
                    && fits(o.limits(), w.limits());
        } else if (offered instanceof ExternType.Table o && wanted instanceof ExternType.Table w) {
            return o.is64() == w.is64()
                    && fits(o.limits(), w.limits())
                    && types.canonicalKeyOfValType(o.element()).equals(wantedTypes.canonicalKeyOfValType(w.element()));
        } else if (offered instanceof ExternType.Global o && wanted instanceof ExternType.Global w) {
            return o.mutable() == w.mutable()
                    && (types.canonicalKeyOfValType(o.type()).equals(wantedTypes.canonicalKeyOfValType(w.type()))
                            || !o.mutable() && isValueSubtype(types, o.type(), w.type()));
        }
        return false;
    }

    private static boolean isSubtype(TypeSpace types, int type, String wanted) {
        for (int t = type; t >= 0; t = types.get(t).supertype()) {
            if (types.canonicalKey(t).equals(wanted)) {
                return true;
            }
        }
        return false;
    }

    /** Of types that mean the same in all modules, or a reference to one of the exporter's types. */
    private static boolean isValueSubtype(TypeSpace types, int offered, int wanted) {
        return ValType.isRef(offered)
                && ValType.isRef(wanted)
                && ValType.heap(wanted) < 0
                && types.isSubtype(offered, wanted);
    }

    private static boolean fits(Limits offered, Limits wanted) {
        return !wanted.hasMax() || offered.hasMax() && Long.compareUnsigned(offered.max(), wanted.max()) <= 0;
    }
}
