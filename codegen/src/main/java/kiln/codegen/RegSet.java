package kiln.codegen;

/** A set of physical registers, as a bit mask over {@link Reg#bit()}. */
public record RegSet(long bits) {
    public static final RegSet EMPTY = new RegSet(0);

    public static RegSet of(Reg... regs) {
        long bits = 0;
        for (Reg r : regs) {
            bits |= 1L << r.bit();
        }
        return new RegSet(bits);
    }

    // What records have by themselves is linked when it is first used, which takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof RegSet s && bits == s.bits;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(bits);
    }

    public boolean contains(Reg r) {
        return (bits >>> r.bit() & 1) != 0;
    }

    public RegSet union(RegSet other) {
        return new RegSet(bits | other.bits);
    }

    public RegSet minus(RegSet other) {
        return new RegSet(bits & ~other.bits);
    }
}
