package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import kiln.ir.*;
import kiln.ir.Opcode.Gain;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.LoopForest;
import kiln.ir.analysis.LoopForest.Loop;
import kiln.ir.analysis.MemoryEffects;

/**
 * Moves what a loop computes anew each time, with the same result, in front of the loop: loads from regions that the
 * loop does not write, and arithmetic that costs more than the register that its result will occupy. What may trap
 * moves only from the beginning of a loop's header, where the first turn would have come to it at once. Runs behind
 * value numbering, which leaves less to move.
 */
public final class LoopInvariants implements Pass {
    @Override
    public String name() {
        return "loop-invariants";
    }

    @Override
    public void run(Function f) {
        new Walk(f).run();
    }

    private static final class Walk {
        /** How many results of small gain occupy a register throughout one loop. */
        private static final int MAX_SMALL = 6;
        /**
         * How many loops an instruction may leave at once: no program nests more, but somebody might make one that
         * does.
         */
        private static final int MAX_LEVELS = 64;

        /** How many instructions in front of a loop are compared with one that comes there. */
        private static final int MAX_COMPARED = 32;

        /** How many operands of operands are looked at. */
        private static final int MAX_DEPTH = 6;

        private final Function f;
        private final Cfg cfg;
        private final LoopForest loops;
        private final MemoryEffects effects;

        /** The innermost loop by block id, also for new blocks. */
        private Loop[] loopOf;

        /** By index of the header: the block from which alone it is entered. */
        private final Block[] preheaders;

        /** From this id on blocks are new. */
        private final int firstNew;

        private final int[] small;

        /** By index of the header, whether something in the loop calls: no register survives that. */
        private final boolean[] calls;

        Walk(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.loops = LoopForest.of(f);
            this.effects = loops.loops().isEmpty() ? null : new MemoryEffects(cfg, loops);
            this.preheaders = new Block[cfg.size()];
            this.small = new int[cfg.size()];
            this.calls = new boolean[cfg.size()];
            this.firstNew = f.blockIdBound();
            this.loopOf = new Loop[firstNew];
        }

        void run() {
            if (loops.loops().isEmpty()) {
                return;
            }
            for (int k = 0; k < cfg.size(); k++) {
                loopOf[cfg.block(k).id()] = loops.innermost(cfg.block(k));
            }
            findCalls();
            for (int k = 0; k < cfg.size(); k++) {
                Block b = cfg.block(k);
                if (loopOf[b.id()] != null) {
                    visit(b);
                }
            }
            layOutPreheaders();
        }

        private void findCalls() {
            for (int k = 0; k < cfg.size(); k++) {
                Block b = cfg.block(k);
                Inst i = loopOf[b.id()] == null ? null : b.first();
                while (i != null && i.opcode().effect() != Opcode.Effect.CALLS) {
                    i = i.next();
                }
                for (Loop l = i == null ? null : loopOf[b.id()]; l != null; l = l.parent()) {
                    calls[cfg.index(l.header())] = true;
                }
            }
        }

        /** New blocks go right before the headers of their loops, all at once because the layout is an array. */
        private void layOutPreheaders() {
            List<Block> layout = f.blocks();
            ArrayList<Block> all = new ArrayList<>(layout.size() + 16);
            for (Block b : layout) {
                Block p = preheaders[cfg.index(b)];
                if (p != null && p.id() >= firstNew) {
                    all.add(p);
                }
                all.add(b);
            }
            layout.clear();
            layout.addAll(all);
        }

        private void visit(Block b) {
            Loop loop = loopOf[b.id()];
            boolean loadsFirst = loop.header() == b;
            boolean checksFirst = loadsFirst;
            for (Inst i = b.first(); !i.opcode().isTerminator(); ) {
                Inst next = i.next();
                Loop out = target(loop, i, i.opcode() == Opcode.LOAD ? loadsFirst : checksFirst);
                if (out != null) {
                    hoist(out, i);
                } else if (loadsFirst) {
                    // All loads trap alike, so that their order does not show.
                    checksFirst &= i.opcode() != Opcode.LOAD || !i.memory().canTrap();
                    loadsFirst = !stopsTraps(i);
                    checksFirst &= loadsFirst;
                }
                i = next;
            }
        }

        /** Whether what traps must not move from behind {@code i} to before it. */
        private static boolean stopsTraps(Inst i) {
            return switch (i.opcode().effect()) {
                case PURE, READS -> false;
                case TRAPS -> i.opcode() != Opcode.INTERRUPT_CHECK;
                default -> true;
            };
        }

        /** The outermost loop that {@code i} should and can leave, or null. */
        private Loop target(Loop innermost, Inst i, boolean atStart) {
            Gain gain = gain(i);
            if (gain != Gain.LARGE && gain != Gain.SMALL) {
                return null;
            }
            boolean mayTrap =
                    i.opcode().effect() == Opcode.Effect.TRAPS || i.opcode() == Opcode.LOAD && !isAlwaysSafe(i);
            if (mayTrap && !atStart) {
                return null;
            }
            Loop target = null;
            int levels = 0;
            for (Loop l = innermost; l != null && levels < MAX_LEVELS; l = l.parent(), levels++) {
                if (mayTrap && target != null
                        || gain == Gain.SMALL && !hasRoom(cfg.index(l.header()))
                        || !canLeave(l, i)) {
                    break;
                }
                target = l;
            }
            if (gain == Gain.SMALL) {
                for (Loop l = innermost; target != null && target.encloses(l); l = l.parent()) {
                    small[cfg.index(l.header())]++;
                    if (l.parent() == null) {
                        break;
                    }
                }
            }
            return target;
        }

        /** Whether a result of small gain is likely to keep a register throughout the loop with header {@code h}. */
        private boolean hasRoom(int h) {
            return small[h] < MAX_SMALL && !calls[h];
        }

        /**
         * Whether a load may be done at any time. That it cannot trap where it stands does not say so: a check may
         * stand in front of it. The VMContext and what its fields point to is always there.
         */
        private static boolean isAlwaysSafe(Inst load) {
            return !load.memory().canTrap() && isSafeAddress(load.arg(0), MAX_DEPTH);
        }

        private static boolean isSafeAddress(Value v, int depth) {
            Inst d = v.inst();
            if (d == null || depth == 0) {
                return false;
            }
            return switch (d.opcode()) {
                case VMCTX, FRAME_POINTER, STACK_ADDR -> true;
                case ADD -> d.arg(1).is(Opcode.ICONST) && isSafeAddress(d.arg(0), depth - 1);
                case LOAD ->
                    d.memory().region().kind() == Region.Kind.CONTEXT
                            && !d.memory().canTrap()
                            && isSafeAddress(d.arg(0), depth - 1);
                default -> false;
            };
        }

        private static Gain gain(Inst i) {
            Gain gain = i.opcode().gain();
            return gain != Gain.SUM ? gain : i.type() == Type.I64 ? Gain.IF_NEEDED : Gain.SMALL;
        }

        private boolean canLeave(Loop l, Inst i) {
            if (i.opcode() == Opcode.LOAD && !i.memory().readOnly() && effects.writes(l, effects.region(i.memory()))) {
                return false;
            }
            for (int a = 0, n = i.argCount(); a < n; a++) {
                if (!isAvailable(l, i.arg(a), MAX_DEPTH)) {
                    return false;
                }
            }
            return true;
        }

        /** Whether {@code v} is there in front of the loop, or can be. */
        private boolean isAvailable(Loop l, Value v, int depth) {
            if (!isInside(l, v)) {
                return true;
            }
            Inst d = v.inst();
            if (d == null || depth == 0 || !d.opcode().isPure() || gain(d) == Gain.STAYS) {
                return false;
            }
            for (int a = 0, n = d.argCount(); a < n; a++) {
                if (!isAvailable(l, d.arg(a), depth - 1)) {
                    return false;
                }
            }
            return true;
        }

        private boolean isInside(Loop l, Value v) {
            Block def = v.inst() != null ? v.inst().block() : v.paramOf();
            return l.encloses(loopOf[def.id()]);
        }

        private void hoist(Loop l, Inst i) {
            for (int a = 0, n = i.argCount(); a < n; a++) {
                if (isInside(l, i.arg(a))) {
                    hoist(l, i.arg(a).inst());
                }
            }
            Block to = preheader(l);
            Inst before = to.last().prev();
            i.block().remove(i);
            // Blocks of the loop of which none dominates the other may have computed the same.
            Inst equal = i.resultCount() == 1 ? equal(before, i) : null;
            if (equal != null) {
                i.result().replaceWith(equal.result());
            } else {
                to.insertBefore(i, to.last());
            }
        }

        /** An instruction with the same result as {@code i} among the last ones up to {@code last}, or null. */
        private static Inst equal(Inst last, Inst i) {
            Inst d = last;
            for (int n = 0; n < MAX_COMPARED && d != null; n++, d = d.prev()) {
                if (d.opcode() == i.opcode()
                        && d.type() == i.type()
                        && d.imm() == i.imm()
                        && Objects.equals(d.data(), i.data())
                        && sameArgs(d, i)) {
                    return d;
                }
                if (d.opcode() == Opcode.STORE || d.opcode().effect() == Opcode.Effect.CALLS) {
                    return null;
                }
            }
            return null;
        }

        private static boolean sameArgs(Inst x, Inst y) {
            for (int a = 0, n = x.argCount(); a < n; a++) {
                Value v = x.arg(a);
                Value w = y.arg(a);
                boolean equal = v == w
                        || v.is(Opcode.ICONST)
                                && w.is(Opcode.ICONST)
                                && v.type() == w.type()
                                && v.inst().imm() == w.inst().imm();
                if (!equal) {
                    return false;
                }
            }
            return x.argCount() == y.argCount();
        }

        /** The block from which alone the loop is entered, made if there is none. */
        private Block preheader(Loop l) {
            Block header = l.header();
            int h = cfg.index(header);
            if (preheaders[h] != null) {
                return preheaders[h];
            }
            Edge only = null;
            Block from = null;
            int entries = 0;
            for (int p = 0, n = cfg.predCount(header); p < n; p++) {
                if (!loops.contains(l, cfg.pred(header, p))) {
                    only = cfg.predEdge(header, p);
                    from = cfg.pred(header, p);
                    entries++;
                }
            }
            boolean exists =
                    entries == 1 && only.target() == header && from.terminator().targetCount() == 1;
            preheaders[h] = exists ? from : newPreheader(l, entries == 1 ? only : null);
            return preheaders[h];
        }

        private Block newPreheader(Loop l, Edge only) {
            Block header = l.header();
            Block p = f.newDetachedBlock();
            if (p.id() >= loopOf.length) {
                loopOf = Arrays.copyOf(loopOf, p.id() * 2);
            }
            loopOf[p.id()] = l.parent();
            Value[] args = new Value[header.params().size()];
            for (int i = 0; i < args.length; i++) {
                args[i] = only != null
                        ? only.arg(i)
                        : p.addParam(header.params().get(i).type());
            }
            if (only != null) {
                only.setTarget(p);
                only.setArgs();
            } else {
                for (int k = 0, n = cfg.predCount(header); k < n; k++) {
                    if (!loops.contains(l, cfg.pred(header, k))) {
                        cfg.predEdge(header, k).setTarget(p);
                    }
                }
            }
            Builder b = new Builder(f);
            b.setBlock(p);
            b.setPosition(header.first().position());
            b.jump(header, args);
            return p;
        }
    }
}
