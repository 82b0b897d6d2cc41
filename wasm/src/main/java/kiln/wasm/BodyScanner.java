package kiln.wasm;

/**
 * Goes through the instructions of function bodies without validating them, for facts about a module that must be known
 * before the first function is compiled. Indices and operands may be wrong; only the binary form is checked.
 */
public final class BodyScanner extends BodyCursor {
    private final WasmModule module;

    public BodyScanner(WasmModule module) {
        super(new ByteReader(module.bytes(), module.fileName()), module.features(), module.types());
        this.module = module;
    }

    /** Starts with a defined function. */
    public void begin(int func) {
        int start = module.bodyOffset(func);
        in.function = func;
        in.seek(start, start + module.bodyLength(func));
        for (int groups = in.count(); groups > 0; groups--) {
            in.u32();
            typeReader.valType();
        }
    }

    /** Goes to the next instruction; false at the end of the body. */
    public boolean next() {
        if (in.remaining() == 0) {
            return false;
        }
        fetch();
        return true;
    }
}
