package kiln.translate;

import java.io.ByteArrayOutputStream;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;

/** Puts a small module together from the bytes of its sections. */
final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes() {
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
    }

    /** Adds a section; the content must be shorter than 128 bytes. */
    Bytes section(int id, int... content) {
        out.write(id);
        out.write(content.length);
        for (int x : content) {
            out.write(x);
        }
        return this;
    }

    WasmModule decode() {
        return ModuleDecoder.decode(out.toByteArray(), "bytes.wasm", Features.ALL);
    }
}
