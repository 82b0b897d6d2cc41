package kiln.cli;

import kiln.artifact.Artifact;
import kiln.artifact.Builtin;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.artifact.Printable;

/** Names of the functions of a compiled file, as the user knows them. */
final class ArtifactNames {
    private final Artifact artifact;

    ArtifactNames(Artifact artifact) {
        this.artifact = artifact;
    }

    /** The name of a function of any kind, to be shown. */
    String of(FuncKey key) {
        return Printable.name(exact(key));
    }

    /** Whether the user means this function: by its name, or by what is shown of that. */
    boolean isNamed(FuncKey key, String wanted) {
        String name = exact(key);
        return name.equals(wanted) || Printable.name(name).equals(wanted);
    }

    private String exact(FuncKey key) {
        return switch (key.kind()) {
            case WASM_FUNCTION -> wasmFunction(key);
            case ARRAY_TO_WASM -> "array-to-wasm type " + key.index();
            case WASM_TO_ARRAY -> "wasm-to-array type " + key.index();
            case BUILTIN -> "builtin " + Builtin.values()[key.index()].name().toLowerCase(java.util.Locale.ROOT);
            case MODULE_STARTUP -> "startup";
            case COMPONENT_ADAPTER -> "component adapter " + Integer.toUnsignedString(key.index());
            case COMPONENT_HELPER -> "component helper " + Integer.toUnsignedString(key.index());
            case COMPONENT_TRAMPOLINE -> "component built-in " + Integer.toUnsignedString(key.index());
        };
    }

    /** Index of a defined wasm function in its module's function space, imports counted. */
    int functionIndex(FuncKey key) {
        ModuleInfo module = artifact.modules().get(key.payload());
        return module.imported(ExternType.Kind.FUNC) + key.index();
    }

    /** The key of a function that a module defines, from its index in the module's function space. */
    FuncKey key(int module, int function) {
        return FuncKey.wasmFunction(
                module, function - artifact.modules().get(module).imported(ExternType.Kind.FUNC));
    }

    private String wasmFunction(FuncKey key) {
        int function = functionIndex(key);
        String name = artifact.names() == null ? null : artifact.names().find(key.payload(), function);
        if (name != null) {
            return name;
        }
        for (ModuleInfo.Export e : artifact.modules().get(key.payload()).exports()) {
            if (e.kind() == ExternType.Kind.FUNC && e.index() == function) {
                return e.name();
            }
        }
        return "func[" + function + "]";
    }
}
