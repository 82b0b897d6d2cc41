package kiln.disasm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class DisassemblerTest {
    private static List<String> text(Isa isa, long address, String hex) {
        try (Disassembler d = new Disassembler(isa)) {
            return d.disassemble(HexFormat.of().parseHex(hex), address).stream()
                    .map(Instruction::toString)
                    .toList();
        }
    }

    @Test
    void readsX86() {
        assertEquals(
                List.of("  1000  mov eax, edi", "  1002  jmp 0x1000", "  1004  ret"),
                text(Isa.X86_64, 0x1000, "89f8ebfcc3"));
    }

    @Test
    void readsAarch64() {
        assertEquals(List.of("     0  add x0, x1, x2", "     4  ret"), text(Isa.AARCH64, 0, "2000028bc0035fd6"));
    }

    @Test
    void continuesBehindBytesThatAreNoInstruction() {
        // 0x06 is no instruction in 64-bit mode; a prefix at the very end is cut short.
        assertEquals(List.of("     0  .byte 0x06", "     1  ret", "     2  .byte 0x66"), text(Isa.X86_64, 0, "06c366"));
        assertEquals(
                List.of("     0  .byte 0x00, 0x00, 0x00, 0x00", "     4  ret"),
                text(Isa.AARCH64, 0, "00000000c0035fd6"));
    }

    @Test
    void readsLongRuns() {
        byte[] nops = HexFormat.of().parseHex("90".repeat(100_000));
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            assertEquals(100_000, d.disassemble(nops, 0).size());
        }
    }

    @Test
    void refusesUseAfterClose() {
        Disassembler d = new Disassembler(Isa.X86_64);
        d.close();
        assertThrows(IllegalStateException.class, () -> d.disassemble(new byte[1], 0));
    }

    @Test
    void knowsInstructionSetsByName() {
        assertEquals(Isa.AARCH64, Isa.of("aarch64"));
        assertThrows(IllegalArgumentException.class, () -> Isa.of("mips"));
        assertTrue(Disassembler.isAvailable());
    }
}
