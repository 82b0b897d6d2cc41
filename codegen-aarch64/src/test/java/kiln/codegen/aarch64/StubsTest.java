package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import org.junit.jupiter.api.Test;

class StubsTest {
    private static final Path SOURCE = Path.of("../loader/src/main/java/kiln/loader/StubsAarch64.java");

    @Test
    void theLoaderHasTheseStubs() throws IOException {
        if (Golden.UPDATE) {
            Files.writeString(SOURCE, Stubs.source());
        }
        assertEquals(Stubs.source(), Files.readString(SOURCE));
    }

    @Test
    void disassemblesAsBefore() throws IOException {
        Golden.assumeDisassembler();
        byte[] image = Stubs.image();
        int header = 4 + image[0] * 20;
        try (Disassembler d = new Disassembler(Isa.AARCH64)) {
            List<Instruction> code = d.disassemble(Arrays.copyOfRange(image, header, image.length), 0);
            // Capstone 4 takes the padding, which is UDF #0, for data.
            assertFalse(code.stream().anyMatch(i -> i.isData() && !i.hex().equals("00000000")));
            Golden.check("stubs.txt", code.stream().map(i -> i + "\n").collect(Collectors.joining()));
        }
    }

    @Test
    void namesNineStubs() {
        byte[] image = Stubs.image();
        assertEquals(9, image[0]);
        String names = new String(image, 4, 9 * 20, StandardCharsets.ISO_8859_1);
        for (String name :
                List.of("enter", "trap", "unwind", "throw", "fault", "handler", "flush", "syscall", "savedState")) {
            assertEquals(0, names.indexOf(name + "\0") % 20, name);
        }
    }
}
