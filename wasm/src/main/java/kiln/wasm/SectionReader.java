package kiln.wasm;

final class SectionReader {
    private final ModuleBuilder m;

    SectionReader(byte[] bytes, String name, Features features) {
        this.m = new ModuleBuilder(bytes, name, features);
    }

    WasmModule read() {
        return new WasmModule(m);
    }
}
