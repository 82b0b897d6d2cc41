package kiln.codegen;

import kiln.artifact.FuncKey;

/**
 * A place in a function's code that needs another function's address once the text is laid out.
 *
 * @param offset of the bytes to patch, from the start of the function
 * @param kind how to patch; each back end has its own kinds and applies them itself
 * @param target the function meant
 * @param addend added to the distance
 */
public record Relocation(int offset, Kind kind, FuncKey target, int addend) {
    /** How a relocation is patched. */
    public enum Kind {
        /** x86-64: 32-bit distance from the end of the four bytes. */
        X64_REL32,
        /** AArch64: imm26 of B and BL, in words, from the instruction. */
        A64_BRANCH26,
        /** AArch64: imm21 of ADRP, in pages of 4 KiB. */
        A64_ADRP21,
        /** AArch64: imm12 of ADD, low 12 bits of the address. */
        A64_ADD12
    }
}
