package kiln.translate;

import kiln.artifact.Printable;
import kiln.wasm.Feature;
import kiln.wasm.WasmModule;

/** A valid module uses something that is not compiled. The message names the proposal, the thing and the place. */
public final class UnsupportedFeatureException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Feature feature;
    private final String what;
    private final int function;
    private final int offset;

    private UnsupportedFeatureException(String message, Feature feature, String what, int function, int offset) {
        super(message);
        this.feature = feature;
        this.what = what;
        this.function = function;
        this.offset = offset;
    }

    /** {@code what} (an instruction or a type) stands at {@code offset} in the body of {@code function}. */
    static UnsupportedFeatureException inFunction(
            WasmModule module, Feature feature, String what, int function, int offset) {
        String message = "not supported: " + what + " (proposal " + feature.proposal() + ") in "
                + module.describeFunc(function) + " at 0x" + Integer.toHexString(offset) + of(module);
        return new UnsupportedFeatureException(message, feature, what, function, offset);
    }

    /** {@code what}, a part of the module outside of function bodies, stands at {@code offset}. */
    static UnsupportedFeatureException inModule(WasmModule module, Feature feature, String what, int offset) {
        String message = "not supported: " + what + " (proposal " + feature.proposal() + ") at 0x"
                + Integer.toHexString(offset) + of(module);
        return new UnsupportedFeatureException(message, feature, what, -1, offset);
    }

    private static String of(WasmModule module) {
        return module.fileName().isEmpty() ? "" : " of " + Printable.name(module.fileName());
    }

    /** The proposal that brought what is missing. */
    public Feature feature() {
        return feature;
    }

    /** The instruction or the type that is not supported. */
    public String what() {
        return what;
    }

    /** Function index, or -1 outside of function bodies. */
    public int function() {
        return function;
    }

    /** Byte offset in the module. */
    public int offset() {
        return offset;
    }
}
