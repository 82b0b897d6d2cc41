package kiln.disasm;

import com.sun.jna.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns machine code into text with the Capstone library. Not for use by several threads at once. */
public final class Disassembler implements AutoCloseable {
    private final Isa isa;
    private final Capstone capstone;
    private long handle;

    /**
     * Loads Capstone if that has not happened yet.
     *
     * @throws CapstoneMissingException if there is no usable library
     */
    public Disassembler(Isa isa) {
        this.isa = isa;
        this.capstone = Capstone.load();
        this.handle = capstone.open(isa);
    }

    /** Whether Capstone can be loaded. */
    public static boolean isAvailable() {
        try {
            Capstone.load();
            return true;
        } catch (CapstoneMissingException _) {
            return false;
        }
    }

    /**
     * Disassembles all of {@code code}. Bytes that are no instruction come out as {@link Instruction#DATA}: one byte
     * at a time on x86-64, four on AArch64.
     *
     * @param address of the first byte, for branch targets
     */
    public List<Instruction> disassemble(byte[] code, long address) {
        if (handle == 0) {
            throw new IllegalStateException("disassembler is closed");
        }
        List<Instruction> result = new ArrayList<>();
        if (code.length == 0) {
            return result;
        }
        try (Memory memory = new Memory(code.length)) {
            memory.write(0, code, 0, code.length);
            int[] at = {0};
            while (at[0] < code.length) {
                capstone.decode(handle, memory, at[0], address + at[0], (where, size, mnemonic, operands) -> {
                    result.add(
                            new Instruction(where, Arrays.copyOfRange(code, at[0], at[0] + size), mnemonic, operands));
                    at[0] += size;
                });
                if (at[0] < code.length) {
                    int size = Math.min(isa.unit(), code.length - at[0]);
                    byte[] bytes = Arrays.copyOfRange(code, at[0], at[0] + size);
                    result.add(new Instruction(address + at[0], bytes, Instruction.DATA, dataOperands(bytes)));
                    at[0] += size;
                }
            }
        }
        return result;
    }

    private static String dataOperands(byte[] bytes) {
        StringBuilder s = new StringBuilder();
        for (byte b : bytes) {
            s.append(s.isEmpty() ? "" : ", ").append(String.format("0x%02x", b & 0xff));
        }
        return s.toString();
    }

    @Override
    public void close() {
        if (handle != 0) {
            capstone.close(handle);
            handle = 0;
        }
    }
}
