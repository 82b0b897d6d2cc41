package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.disasm.Disassembler;

/** Files with expected text; {@code -Dkiln.golden.update=true} writes them anew. */
final class Golden {
    static final boolean UPDATE = Boolean.getBoolean("kiln.golden.update");

    private static final Path FOLDER = Path.of("src/test/resources/golden");

    private Golden() {}

    /** An AArch64 machine need not have Capstone: what these tests look at does not depend on the host. */
    static void assumeDisassembler() {
        assumeTrue(
                !System.getProperty("os.arch").equals("aarch64") || Disassembler.isAvailable(),
                "an emulated JVM cannot load the disassembler");
    }

    static void check(String name, String actual) throws IOException {
        Path file = FOLDER.resolve(name);
        if (UPDATE) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, actual);
        }
        assertEquals(Files.exists(file) ? Files.readString(file) : "", actual, name);
    }
}
