package kiln.disasm;

import java.util.HexFormat;

/**
 * One disassembled instruction, or data that is none (mnemonic {@code .byte}).
 *
 * @param address of the first byte
 * @param bytes the encoding
 * @param mnemonic in lower case
 * @param operands as Capstone writes them, empty if there are none
 */
public record Instruction(long address, byte[] bytes, String mnemonic, String operands) {
    /** Mnemonic of bytes that are no instruction. */
    public static final String DATA = ".byte";

    /** Whether the bytes could not be decoded. */
    public boolean isData() {
        return mnemonic.equals(DATA);
    }

    /** The bytes in hexadecimal, without spaces. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /** Mnemonic and operands, separated by one space. */
    public String text() {
        return operands.isEmpty() ? mnemonic : mnemonic + " " + operands;
    }

    @Override
    public String toString() {
        return String.format("%6x  %s", address, text());
    }
}
