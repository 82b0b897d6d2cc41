package kiln.component;

import java.util.Map;
import kiln.types.TypeSpace;
import kiln.wasm.ExternType;
import kiln.wasm.ImportMatching;
import kiln.wasm.WasmModule;

/**
 * A core module seen from outside.
 *
 * @param imports by both names, in the module's order
 * @param exports by name, in the module's order
 * @param face a module without code that imports all of {@code imports}, then all of {@code exports}, and exports the
 *     latter again; null for the type of a module that lies in the file
 */
public record CoreModuleType(Map<Import, Core> imports, Map<String, Core> exports, WasmModule face) {
    /** The two names of a core import. */
    public record Import(String module, String name) {}

    /**
     * A function, table, memory, global or tag of core WebAssembly.
     *
     * @param types what the type's indices refer to
     */
    public record Core(TypeSpace types, ExternType type) {
        /** Whether this may be given where {@code wanted} is imported. */
        boolean matches(Core wanted) {
            return ImportMatching.matches(types, type, wanted.types, wanted.type);
        }
    }

    /** Whether a module of this type may stand where one of the other is wanted. */
    boolean matches(CoreModuleType wanted) {
        for (Map.Entry<Import, Core> i : imports.entrySet()) {
            Core given = wanted.imports.get(i.getKey());
            if (given == null || !given.matches(i.getValue())) {
                return false;
            }
        }
        for (Map.Entry<String, Core> e : wanted.exports.entrySet()) {
            Core offered = exports.get(e.getKey());
            if (offered == null || !offered.matches(e.getValue())) {
                return false;
            }
        }
        return true;
    }
}
