package kiln.wasm;

/** Validates all function bodies of a module on the calling thread. */
public final class Validator {
    private Validator() {}

    /**
     * Checks every body of {@code module}.
     *
     * @throws WasmException at the first problem
     */
    public static void validate(WasmModule module) {
        FunctionValidator v = new FunctionValidator(module);
        for (int func = module.importedFuncCount(); func < module.funcCount(); func++) {
            v.begin(func);
            while (v.next()) {
                // next() itself validates.
            }
        }
    }
}
