package kiln.wasm;

/** Decodes binary modules (5.5) and validates everything but function bodies. */
public final class ModuleDecoder {
    private ModuleDecoder() {}

    /**
     * @param bytes    the module; kept, not copied
     * @param name     the file's name, for messages
     * @param features the proposals that are allowed
     * @throws WasmException if the module is malformed, or invalid outside its function bodies
     */
    public static WasmModule decode(byte[] bytes, String name, Features features) {
        return new SectionReader(bytes, name, features).read();
    }
}
