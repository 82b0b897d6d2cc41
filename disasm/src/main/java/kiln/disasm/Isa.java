package kiln.disasm;

/** The instruction sets that can be disassembled. */
public enum Isa {
    /** 64-bit x86, in Intel syntax. */
    X86_64("x86_64", 3, 1 << 3, 1),
    /** 64-bit Arm, little-endian. */
    AARCH64("aarch64", 1, 0, 4);

    private final String text;
    private final int arch;
    private final int mode;
    private final int unit;

    Isa(String text, int arch, int mode, int unit) {
        this.text = text;
        this.arch = arch;
        this.mode = mode;
        this.unit = unit;
    }

    /**
     * The instruction set called {@code name} in files and on the command line.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Isa of(String name) {
        for (Isa isa : values()) {
            if (isa.text.equals(name)) {
                return isa;
            }
        }
        throw new IllegalArgumentException("unknown instruction set: " + name);
    }

    /** Capstone's {@code cs_arch}. */
    int arch() {
        return arch;
    }

    /** Capstone's {@code cs_mode}. */
    int mode() {
        return mode;
    }

    /** Bytes to skip where nothing can be decoded. */
    int unit() {
        return unit;
    }

    @Override
    public String toString() {
        return text;
    }
}
