package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import kiln.artifact.Artifact;
import kiln.artifact.api.ArtifactException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.wasi.Wasi;

/**
 * A process that loads a compiled file again and again, and uses everything in memory that comes from it, while others
 * truncate and rewrite the file: {@code FileStorm FILE FOLDER LOADS} goes on until so many loads have succeeded and as
 * many have failed, and prints how many of each there were. FOLDER has a file "input" for the guest, which others
 * change, too.
 */
public final class FileStorm {
    private static final int DATA = 11;
    private static final int ACTIVE = 2 << 20;
    static final int PASSIVE = 1 << 20;

    private final Engine engine = new Engine();
    private final Linker linker = new Linker(engine);
    private final Path file;

    private FileStorm(Path file) {
        this.file = file;
    }

    /** The module that it runs, with enough data that reading it takes a while. */
    static byte[] wasm() throws IOException {
        WasmFile wasm;
        try (InputStream in = FileStorm.class.getResourceAsStream("pages.wasm")) {
            wasm = WasmFile.parse(in.readAllBytes());
        }
        Random random = new Random(9);
        byte[] active = new byte[ACTIVE];
        byte[] passive = new byte[PASSIVE];
        random.nextBytes(active);
        random.nextBytes(passive);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        // Two segments: an active one at (i32.const 0), then a passive one.
        data.writeBytes(new byte[] {2, 0, 0x41, 0, 0x0b});
        WasmFile.unsigned(data, active.length);
        data.writeBytes(active);
        data.write(1);
        WasmFile.unsigned(data, passive.length);
        data.writeBytes(passive);
        wasm.set(DATA, data.toByteArray());
        return wasm.toBytes();
    }

    public static void main(String[] args) throws Exception {
        int wanted = Integer.parseInt(args[2]);
        FileStorm storm = new FileStorm(Path.of(args[0]));
        int loaded = 0;
        int refused = 0;
        try (Wasi wasi = Wasi.builder().preopen(Path.of(args[1]), ".").build()) {
            wasi.addTo(storm.linker);
            // Before the storm; it is used all the time.
            try (CompiledModule kept = CompiledModule.load(storm.engine, storm.file)) {
                long sum = storm.use(kept, 0);
                System.out.println("READY");
                for (int round = 0; loaded < wanted || refused < wanted; round++) {
                    require(storm.use(kept, round) == sum);
                    try (CompiledModule module = CompiledModule.load(storm.engine, storm.file)) {
                        require(storm.use(module, round) == sum);
                        loaded++;
                    } catch (ArtifactException e) {
                        refused++;
                    } catch (UncheckedIOException e) {
                        // Nothing that a change of the file explains.
                        throw new AssertionError(e);
                    }
                    try (Artifact artifact = Artifact.open(storm.file)) {
                        artifact.verify();
                    } catch (ArtifactException _) {
                        refused++;
                    }
                }
            }
        }
        System.out.println("STORM " + loaded + " loaded, " + refused + " refused");
        System.exit(0);
    }

    /** Returns what tells whether an instance began with the right contents. */
    private long use(CompiledModule module, int round) {
        try (Store store = new Store(engine)) {
            Instance i = linker.instantiate(store, module);
            long sum = i.func("sum").call(ACTIVE);
            int at = round * 4099 % ACTIVE;
            i.func("copy").call(at, ACTIVE - at, Math.min(at, ACTIVE - at));
            i.func("init").call(at / 2, round % 1000, PASSIVE - 1000);
            i.func("indirect").call(round % 2, at, 200);
            Memory memory = i.memory("memory");
            require(memory.readBytes(0, ACTIVE).length
                    == memory.segment().asSlice(0, ACTIVE).toArray(ValueLayout.JAVA_BYTE).length);
            i.func("fill").call(at, 7, ACTIVE - at);
            require(i.func("grow").call(round % 3) == 33);
            long read = i.func("input").call(100, 100_000);
            require(read >= 0 && read <= 100_000);
            return sum;
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("does not hold");
        }
    }
}
