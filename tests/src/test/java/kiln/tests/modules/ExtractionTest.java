package kiln.tests.modules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Store;
import kiln.wat.Wat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code -Dkiln.extract=FOLDER} what is loaded has a file there. */
class ExtractionTest {
    @TempDir
    Path dir;

    private final Engine engine = new Engine();

    private static byte[] compiled(int answer) {
        String text = "(func (export \"f\") (result i32) (i32.const " + answer + "))";
        byte[] wasm = Wat.encode("guest.wat", text.getBytes(StandardCharsets.UTF_8));
        return Compiler.compile("guest", wasm, CompilerOptions.defaults());
    }

    @AfterEach
    void reset() {
        System.clearProperty("kiln.extract");
        engine.close();
    }

    private void answers(int expected, CompiledModule module) {
        try (module;
                Instance i = Instance.create(module)) {
            assertEquals(expected, i.func("f").call());
        }
    }

    private long files(Path folder) throws Exception {
        try (Stream<Path> all = Files.list(folder)) {
            return all.count();
        }
    }

    @Test
    void oneFileForEachContent() throws Exception {
        Path folder = dir.resolve("a/b");
        System.setProperty("kiln.extract", folder.toString());
        Path file = Files.write(dir.resolve("guest.cwasm"), compiled(7));
        answers(7, CompiledModule.load(engine, file));
        answers(7, CompiledModule.load(engine, Files.readAllBytes(file)));
        assertEquals(1, files(folder));
        answers(8, CompiledModule.load(engine, compiled(8)));
        assertEquals(2, files(folder));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));

        try (CompiledModule module = CompiledModule.load(engine, compiled(9))) {
            assertTrue(Files.readString(Path.of("/proc/self/maps")).contains(folder.toString()), module::toString);
        }
    }

    @Test
    void aFolderThatOthersMayWriteToIsRefused() throws Exception {
        Path folder = Files.createDirectory(dir.resolve("open"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        System.setProperty("kiln.extract", folder.toString());
        var e = assertThrows(UncheckedIOException.class, () -> CompiledModule.load(engine, compiled(7)));
        assertTrue(e.getMessage().contains("kiln.extract") && e.getMessage().contains("others may write"), e::toString);
    }

    /** What a host refuses is tried once more where something was freed, and is the same error then. */
    @Test
    void aRefusalStaysOneWhereSomethingWasFreed() throws Exception {
        System.setProperty("kiln.extract", Files.createFile(dir.resolve("file")).toString());
        byte[] code = compiled(7);
        for (int i = 0; i < 10; i++) {
            new Store(engine);
        }
        var e = assertThrows(UncheckedIOException.class, () -> CompiledModule.load(engine, code));
        assertTrue(e.getMessage().contains("kiln.extract"), e::toString);
    }
}
