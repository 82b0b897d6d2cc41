package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.artifact.Artifact;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.wasi.ExitException;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Calls in a text that is larger than a direct call reaches go through veneers; here a real program's text is that
 * large.
 */
class FarCallsTest {
    /** Larger than the largest function with its island, smaller than the text. */
    private static final long RANGE = 32 << 10;

    private static byte[] wasm() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        return Files.readAllBytes((here.getFileName().toString().equals("tests") ? here.getParent() : here)
                .resolve("examples/raytrace.wasm"));
    }

    private static CompilerOptions options() {
        return CompilerOptions.defaults().withJobs(1);
    }

    @Test
    void veneersLeadToTheirFunctions() throws IOException {
        assertEquals(
                run(Compiler.compile("a", wasm(), options())), run(Compiler.compile("a", wasm(), options(), RANGE)));
    }

    @ParameterizedTest
    @EnumSource
    void bothBackEndsHaveThem(Target target) throws IOException {
        byte[] near = Compiler.compile("a", wasm(), options().withTarget(target));
        byte[] far = Compiler.compile("a", wasm(), options().withTarget(target), RANGE);
        assertTrue(textLength(near) > RANGE, "the text is too small for this test");
        assertTrue(textLength(far) > textLength(near), "there is no veneer");
    }

    private static long textLength(byte[] file) {
        return Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.DEFAULT)
                .textLength();
    }

    private static String run(byte[] compiled) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compiled);
                Store store = new Store(engine);
                Wasi wasi = Wasi.builder()
                        .args(List.of("raytrace", "40", "12", "1"))
                        .stdout(out)
                        .build()) {
            Linker linker = new Linker(engine);
            wasi.addTo(linker);
            Instance instance = linker.instantiate(store, module);
            try {
                instance.func("_start").call();
            } catch (ExitException e) {
                assertEquals(0, e.code());
            }
            wasi.flush();
        }
        assertTrue(out.size() > 100);
        return out.toString(StandardCharsets.UTF_8);
    }
}
