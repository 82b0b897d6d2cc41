package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import kiln.codegen.CodeBuffer;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;

/** A table of instructions and the text that Capstone must read from their bytes, checked in one go. */
final class Encodings {
    private final CodeBuffer buffer = new CodeBuffer();
    private final Assembler assembler = new Assembler(buffer);
    private final List<String> expected = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();

    /** One instruction. */
    Encodings row(String text, Consumer<Assembler> emit) {
        offsets.add(buffer.size());
        expected.add(text);
        emit.accept(assembler);
        assertEquals(offsets.getLast() + 4, buffer.size(), text);
        return this;
    }

    /** Several instructions, separated by semicolons. */
    Encodings rows(String text, Consumer<Assembler> emit) {
        String[] lines = text.split("; ");
        for (int i = 0; i < lines.length; i++) {
            offsets.add(buffer.size() + 4 * i);
            expected.add(lines[i]);
        }
        emit.accept(assembler);
        return this;
    }

    void check() {
        Golden.assumeDisassembler();
        buffer.resolveLabels();
        byte[] code = buffer.toByteArray();
        List<String> mistakes = new ArrayList<>();
        try (Disassembler d = new Disassembler(Isa.AARCH64)) {
            List<Instruction> read = d.disassemble(code, 0);
            assertEquals(expected.size(), read.size());
            for (int i = 0; i < read.size(); i++) {
                if (!read.get(i).text().equals(expected.get(i))) {
                    mistakes.add(expected.get(i) + " was read as " + read.get(i).text() + " "
                            + read.get(i).hex());
                }
            }
        }
        assertEquals(List.of(), mistakes.subList(0, Math.min(mistakes.size(), 20)), mistakes.size() + " mistakes");
    }
}
