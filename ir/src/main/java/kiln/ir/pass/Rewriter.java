package kiln.ir.pass;

import kiln.ir.*;
import kiln.ir.analysis.Ranges;

/** Applies the rules of {@link Simplify} to the instructions of a block until none applies any more. */
final class Rewriter {
    /** Bound for what rules may do to one block, against rules that undo each other. */
    private static final int MAX_REWRITES_PER_INST = 12;

    /** What all back ends can add to an address at no cost. */
    static final long MAX_DISPLACEMENT = Integer.MAX_VALUE;

    /** How many definitions back from an instruction rules look, nearly always. */
    private static final byte REACH = 4;

    private final Builder b;
    /**
     * For each value that there was at the beginning, how near the last instruction is that was not settled, of those
     * that it is computed from: {@link #REACH} for its own, 0 if it is out of reach.
     */
    private final byte[] near;

    private final Simplify.SingleUses single;
    private final IntegerRules integers;
    private final CompareRules compares;
    private final ConversionRules conversions;
    /** Null without ranges. */
    private final AccessedIndices accessed;

    private boolean hasCut;
    private boolean hasChanged;

    /** {@code ranges} may be null. */
    Rewriter(Function f, Ranges ranges) {
        b = new Builder(f);
        near = new byte[f.valueIdBound()];
        single = new Simplify.SingleUses(f, ranges != null);
        KnownBits bits = new KnownBits(ranges);
        integers = new IntegerRules(b, single, bits);
        compares = new CompareRules(b, bits, ranges);
        accessed = ranges == null ? null : new AccessedIndices(f);
        conversions = new ConversionRules(b, single, bits, ranges, accessed);
    }

    /** Whether some edges are gone. */
    boolean hasCut() {
        return hasCut;
    }

    /** Whether a rule has applied. */
    boolean hasChanged() {
        return hasChanged;
    }

    void block(Block block) {
        int budget = 64;
        for (Inst i = block.first(); i != null; ) {
            Inst before = i.prev();
            budget += MAX_REWRITES_PER_INST;
            if (budget <= 0 || !isNews(i)) {
                i = i.next();
                continue;
            }
            boolean changed = rewrite(block, i);
            boolean mayPayOffLater = single.hasRefused();
            if (!changed) {
                if (mayPayOffLater && i.result() != null) {
                    i.result().unsettle();
                }
                i = i.next();
                continue;
            }
            hasChanged = true;
            // New instructions stand where the old one was: rules may apply to them, too.
            budget -= MAX_REWRITES_PER_INST + 1;
            i = before == null ? block.first() : before.next();
        }
    }

    /**
     * Whether an instruction, or what it is computed from, is not what it was when rules were tried on it. Settles it.
     */
    private boolean isNews(Inst i) {
        Value v = i.result();
        if (v == null) {
            return true;
        }
        int most = 1;
        for (int a = 0, n = i.argCount(); a < n; a++) {
            int id = i.arg(a).id();
            most = Math.max(most, id < near.length ? near[id] : REACH);
        }
        boolean isSettled = v.isSettled();
        int own = isSettled ? most - 1 : REACH;
        v.settle();
        if (v.id() < near.length) {
            near[v.id()] = (byte) own;
        }
        return own > 0;
    }

    private boolean rewrite(Block block, Inst i) {
        if (i.argCount() == 0) {
            return false;
        }
        b.setBefore(i);
        b.setPosition(i.position());
        if (i.resultCount() == 1) {
            Value v = i.opcode() == Opcode.LOAD ? load(i) : value(i);
            if (v == null || v.resolve() == i.result()) {
                return false;
            }
            i.result().replaceWith(v);
            block.remove(i);
            return true;
        }
        return switch (i.opcode()) {
            case STORE -> store(block, i);
            case TRAP_IF -> trapIf(block, i);
            case TRAP_IF_ZERO -> trapIfZero(block, i);
            case BRANCH -> branch(block, i);
            default -> false;
        };
    }

    private Value value(Inst i) {
        Value v = b.fold(i);
        if (v != null) {
            return v;
        }
        return switch (i.opcode()) {
            case ADD, SUB, MUL, UDIV, SDIV, UREM, SREM, AND, OR, XOR, SHL, LSHR, ASHR, ROTL, ROTR -> integers.apply(i);
            case ICMP -> compares.icmp(i);
            case SELECT -> compares.select(i);
            case WRAP, ZEXT, SEXT, SEXT8, SEXT16, SEXT32, BITCAST, FNEG, FABS -> conversions.apply(i);
            case FCOPYSIGN, FDIV -> conversions.binary(i);
            default -> null;
        };
    }

    /** An address whose constant part goes into the displacement, or null. */
    private static Value shorterAddress(Inst access) {
        Value a = access.arg(0);
        if (a.is(Opcode.ADD) && a.inst().arg(1).is(Opcode.ICONST)) {
            long disp = access.imm() + a.inst().arg(1).inst().imm();
            if (disp >= 0 && disp <= MAX_DISPLACEMENT) {
                return a.inst().arg(0);
            }
        }
        return null;
    }

    private static long displacement(Inst access) {
        return access.imm() + access.arg(0).inst().arg(1).inst().imm();
    }

    private Value load(Inst i) {
        Value shorter = shorterAddress(i);
        if (shorter == null) {
            settled(i);
            return null;
        }
        return b.load(i.type(), i.memory(), shorter, displacement(i));
    }

    /** Takes note of an access to which no rule applies any more. */
    private void settled(Inst access) {
        if (accessed != null) {
            accessed.note(access);
        }
    }

    private boolean store(Block block, Inst i) {
        Value shorter = shorterAddress(i);
        Value stored = i.arg(1);
        MemoryOp m = i.memory();
        Value plain = plainStored(stored, m.width());
        if (shorter == null && plain == stored) {
            settled(i);
            return false;
        }
        b.store(m, shorter == null ? i.arg(0) : shorter, shorter == null ? i.imm() : displacement(i), plain);
        block.remove(i);
        return true;
    }

    /** A value with the same low {@code width} bytes as {@code v}, without what only changes the others. */
    private static Value plainStored(Value v, int width) {
        while (v.inst() != null) {
            Inst d = v.inst();
            boolean strip = switch (d.opcode()) {
                case SEXT8 -> width == 1;
                case SEXT16 -> width <= 2;
                case SEXT32, ZEXT, SEXT, WRAP -> width <= 4;
                case AND -> {
                    long mask = width == 8 ? -1 : (1L << width * 8) - 1;
                    yield d.arg(1).is(Opcode.ICONST) && (d.arg(1).inst().imm() & mask) == mask;
                }
                // The same bytes, whatever register they come from.
                case BITCAST -> true;
                default -> false;
            };
            if (!strip || d.opcode() == Opcode.WRAP && d.arg(0).is(Opcode.LOAD)) {
                return v;
            }
            // A float can be stored in its full width only.
            if (d.arg(0).type().bytes() != width && d.arg(0).type().isFloat()) {
                return v;
            }
            v = d.arg(0);
        }
        return v;
    }

    private boolean trapIf(Block block, Inst i) {
        Value c = i.arg(0);
        if (c.is(Opcode.ICONST)) {
            if (c.inst().imm() == 0) {
                block.remove(i);
            } else {
                cut(block, i);
            }
            return true;
        }
        Value plain = CompareRules.condition(c);
        if (plain != c) {
            b.trapIf(i.trap(), plain);
        } else if (c.is(Opcode.ICMP)
                && c.inst().intCond() == IntCond.EQ
                && c.inst().type().isInt()
                && isZero(c.inst().arg(1))) {
            b.trapIfZero(i.trap(), c.inst().arg(0));
        } else {
            // One that always fails may stay as it is.
            boolean passes = c.is(Opcode.ICMP) && compares.decide(c.inst(), block) == 0;
            if (!passes) {
                return false;
            }
        }
        block.remove(i);
        return true;
    }

    /** A check that always fails ends its block. */
    private void cut(Block block, Inst check) {
        while (block.last() != check) {
            block.remove(block.last());
        }
        block.remove(check);
        b.setBlock(block);
        b.trap(check.trap());
        hasCut = true;
    }

    private static boolean isZero(Value v) {
        return v.is(Opcode.ICONST) && v.inst().imm() == 0;
    }

    private boolean trapIfZero(Block block, Inst i) {
        Value v = i.arg(0);
        if (v.is(Opcode.ICONST)) {
            if (v.inst().imm() != 0) {
                block.remove(i);
            } else {
                cut(block, i);
            }
            return true;
        }
        Value c = v.type() == Type.I32 ? CompareRules.condition(v) : v;
        if (c.is(Opcode.ICMP)) {
            b.trapIf(
                    i.trap(),
                    b.icmp(
                            c.inst().intCond().negate(),
                            c.inst().arg(0),
                            c.inst().arg(1)));
        } else if (c.is(Opcode.ZEXT) || c.is(Opcode.SEXT) || c != v) {
            b.trapIfZero(i.trap(), c == v ? c.inst().arg(0) : c);
        } else {
            return false;
        }
        block.remove(i);
        return true;
    }

    private boolean branch(Block block, Inst i) {
        Value c = i.arg(0);
        Value plain = CompareRules.condition(c);
        if (plain != c) {
            i.setArg(0, plain);
            return true;
        }
        if (CompareRules.isTestForZero(c)) {
            block.remove(i);
            b.setBlock(block);
            b.branch(c.inst().arg(0), i.target(1), i.target(0));
            return true;
        }
        return false;
    }
}
