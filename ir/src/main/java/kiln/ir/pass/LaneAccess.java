package kiln.ir.pass;

import kiln.artifact.VMContextLayout;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Value;

/**
 * An access to a linear memory in a counted loop: which turn of the loop is at what distance from the memory's base. A
 * 32-bit index is extended with zeros, so what is known of the distance holds as long as the index has not wrapped
 * around.
 */
final class LaneAccess {
    /** So small that it can be a displacement, with some vectors' bytes. */
    private static final long MAX_CONSTANT = Integer.MAX_VALUE;

    /** How many additions back an extended index is looked for. */
    private static final int MAX_DEPTH = 4;

    final Inst inst;
    /** Which instruction of its block it is. */
    final int position;
    /** The load of the memory's base. */
    final Value base;
    /** The index that is extended; null if there is none, or none that changes. */
    final LinearValue narrow;
    /** What is added besides: a constant if an index is extended. */
    private final LinearValue wide;

    private LaneAccess(Inst inst, int position, Value base, LinearValue narrow, LinearValue wide) {
        this.inst = inst;
        this.position = position;
        this.base = base;
        this.narrow = narrow;
        this.wide = wide;
    }

    /** What an access does, or null if its addresses go down, or change in no way that is known. */
    static LaneAccess of(Inst inst, int position, CountedLoop loop) {
        MemoryOp m = inst.memory();
        if (m.region().kind() != Region.Kind.MEMORY || m.readOnly()) {
            return null;
        }
        Value extension = extension(inst.arg(0), loop, MAX_DEPTH);
        LinearValue narrow =
                extension == null ? null : LinearValue.of(extension.inst().arg(0), loop);
        if (extension != null && narrow == null) {
            return null;
        }
        LinearValue wide = sum(inst.arg(0), extension, loop, MAX_DEPTH);
        int term = wide == null ? -1 : baseOf(wide);
        if (term < 0) {
            return null;
        }
        Value base = wide.terms[term];
        wide = wide.without(term);
        boolean known = narrow == null ? wide.step >= 0 : wide.isConstant() && wide.constant >= 0 && narrow.step >= 0;
        LaneAccess a = new LaneAccess(inst, position, base, narrow, wide);
        return known && a.constant() >= 0 && a.constant() <= MAX_CONSTANT ? a : null;
    }

    /** The extended index within the loop that an address is made of, or null. */
    private static Value extension(Value address, CountedLoop loop, int depth) {
        if (depth == 0 || !loop.isInside(address)) {
            return null;
        }
        if (address.is(Opcode.ZEXT)) {
            return address;
        }
        if (!address.is(Opcode.ADD)) {
            return null;
        }
        Value x = extension(address.inst().arg(0), loop, depth - 1);
        return x != null ? x : extension(address.inst().arg(1), loop, depth - 1);
    }

    private static LinearValue sum(Value address, Value extension, CountedLoop loop, int depth) {
        if (extension == null) {
            return LinearValue.of(address, loop);
        }
        if (depth == 0 || !address.is(Opcode.ADD)) {
            return null;
        }
        Value x = address.inst().arg(0);
        Value y = address.inst().arg(1);
        if (x == extension || y == extension) {
            return LinearValue.of(x == extension ? y : x, loop);
        }
        LinearValue rest = sum(x, extension, loop, depth - 1);
        LinearValue other = rest == null ? null : LinearValue.of(y, loop);
        if (other == null) {
            rest = sum(y, extension, loop, depth - 1);
            other = rest == null ? null : LinearValue.of(x, loop);
        }
        return other == null ? null : rest.plus(other, 1);
    }

    /**
     * Which term is the base of a memory whose record lies in a VMContext that is known: such a memory is not shared,
     * and its length stands beside its base.
     */
    private static int baseOf(LinearValue wide) {
        for (int i = 0; i < wide.terms.length; i++) {
            if (wide.factors[i] == 1 && isBase(wide.terms[i])) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a value is the base of such a memory. */
    static boolean isBase(Value v) {
        return v.is(Opcode.LOAD)
                && v.inst().memory().region().equals(Region.CONTEXT)
                && v.inst().memory().readOnly()
                && v.inst().memory().width() == 8
                && isContext(v.inst().arg(0));
    }

    private static boolean isContext(Value v) {
        return v.is(Opcode.VMCTX)
                || v.is(Opcode.ADD)
                        && v.inst().arg(0).is(Opcode.VMCTX)
                        && v.inst().arg(1).is(Opcode.ICONST);
    }

    /** Where the length of the memory stands, from where its base does. */
    static final int LENGTH_FROM_BASE = VMContextLayout.LENGTH - VMContextLayout.BASE;

    /** What each turn adds to the address; 0 if all turns access the same. */
    long step() {
        return narrow != null ? narrow.step : wide.step;
    }

    /** Bytes accessed. */
    int width() {
        return inst.memory().width();
    }

    boolean isStore() {
        return inst.opcode() == Opcode.STORE;
    }

    boolean hasBaseOf(LaneAccess y) {
        return base == y.base && inst.memory().region().equals(y.inst.memory().region());
    }

    /** Whether two accesses are at the same distance in all turns, or their indices are before being extended. */
    boolean isParallelTo(LaneAccess y) {
        return hasBaseOf(y)
                && (narrow == null) == (y.narrow == null)
                && (narrow == null || narrow.isParallelTo(y.narrow))
                && wide.isParallelTo(y.wide);
    }

    /** Whether two parallel accesses are at the same distance in all turns, whether an index wraps around or not. */
    boolean isAtFixedDistanceFrom(LaneAccess y) {
        return isParallelTo(y) && index() == y.index();
    }

    /** Whether the distance from the base is a constant in the first turn. */
    boolean startsAtConstant() {
        return narrow != null ? narrow.terms.length == 0 : wide.terms.length == 0;
    }

    /** The constant part of the index before it is extended, 0 to 2^32-1. */
    long index() {
        return narrow == null ? 0 : narrow.constant & 0xffffffffL;
    }

    /** What is added behind the extension, or to what is not constant. */
    long displacement() {
        return wide.constant + inst.imm();
    }

    /** Constant parts of the distance from the base. */
    long place() {
        return index() + displacement();
    }

    /** What is constant about the distance in the first turn. */
    long constant() {
        return startsAtConstant() ? place() : displacement();
    }

    /** What is not constant about the distance, without what is extended. */
    LinearValue wide() {
        return wide;
    }
}
