package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import kiln.ir.*;
import kiln.ir.Opcode.Gain;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.MemoryEffects;

/**
 * Moves what a loop computes anew each time, with the same result, in front of the loop: loads from regions that the
 * loop does not write, and arithmetic that costs more than the register that its result will occupy. What may trap
 * moves only from the beginning of a loop's header, where the first turn would have come to it at once. Cold code
 * stays. Runs behind value numbering, which leaves less to move.
 */
public final class LoopInvariants implements Pass {
    @Override
    public String name() {
        return "loop-invariants";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE, Property.FREQUENCIES);
    }

    @Override
    public void run(Function f) {
        if (Cfg.of(f).hasCycle()) {
            new Walk(f).run();
        }
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
        /** Made if there are loops. */
        private MemoryEffects effects;

        /** Header of the innermost loop by block id, also for new blocks; -1 if there is none. */
        private int[] loopOf;

        /** By header: the block from which alone it is entered. */
        private final Block[] preheaders;

        /** From this id on blocks are new. */
        private final int firstNew;

        private final int[] small;

        /** By header, whether something in the loop that is not cold calls: no register survives that. */
        private final boolean[] calls;

        /** By header, how often the loop is entered: code that runs no more often stays where it is. */
        private final float[] entered;

        Walk(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.preheaders = new Block[cfg.nodes()];
            this.small = new int[cfg.nodes()];
            this.calls = new boolean[cfg.nodes()];
            this.entered = new float[cfg.nodes()];
            this.firstNew = f.blockIdBound();
            this.loopOf = new int[firstNew];
        }

        void run() {
            boolean any = false;
            for (int b = 0; b < firstNew; b++) {
                loopOf[b] = cfg.loopHeader(b);
                any |= loopOf[b] >= 0;
            }
            if (!any) {
                return;
            }
            effects = new MemoryEffects(cfg);
            findCalls();
            findEntered();
            for (int k = 0; k < cfg.reachable(); k++) {
                int b = cfg.inReversePostorder(k);
                if (loopOf[b] >= 0) {
                    visit(cfg.block(b));
                }
            }
            layOutPreheaders();
        }

        private void findCalls() {
            for (int b : cfg.postorder()) {
                Inst i = loopOf[b] < 0 ? null : cfg.block(b).first();
                while (i != null && !i.opcode().isCall()) {
                    i = i.next();
                }
                for (int l = i == null ? -1 : loopOf[b]; l >= 0; l = cfg.outerLoop(l)) {
                    calls[l] |= !isRareIn(l, cfg.block(b));
                }
            }
        }

        private void findEntered() {
            for (int h : cfg.postorder()) {
                if (cfg.isLoopHeader(h)) {
                    int[] preds = cfg.predecessors(h);
                    for (int p = 0; p < preds.length; p++) {
                        entered[h] += cfg.isInLoop(preds[p], h)
                                ? 0
                                : cfg.edgeInto(h, p).frequency();
                    }
                }
            }
        }

        /** New blocks go right before the headers of their loops, all at once because the layout is an array. */
        private void layOutPreheaders() {
            List<Block> layout = f.blocks();
            ArrayList<Block> all = new ArrayList<>(layout.size() + 16);
            for (Block b : layout) {
                Block p = b.id() < firstNew ? preheaders[b.id()] : null;
                if (p != null && p.id() >= firstNew) {
                    all.add(p);
                }
                all.add(b);
            }
            layout.clear();
            layout.addAll(all);
        }

        private void visit(Block b) {
            int loop = loopOf[b.id()];
            boolean loadsFirst = loop == b.id();
            boolean checksFirst = loadsFirst;
            for (Inst i = b.first(); !i.opcode().isTerminator(); ) {
                Inst next = i.next();
                int out = target(loop, i, i.opcode() == Opcode.LOAD ? loadsFirst : checksFirst);
                if (out >= 0) {
                    hoist(out, i);
                } else if (loadsFirst) {
                    // All loads trap alike, so that their order does not show, but for those from objects.
                    checksFirst &= i.opcode() != Opcode.LOAD || !i.memory().canTrap();
                    loadsFirst = !stopsTraps(i) && !trapsAsObject(i);
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

        private static boolean trapsAsObject(Inst i) {
            return i.opcode() == Opcode.HEAP_LOAD && i.memory().trap() != null;
        }

        /** The outermost loop that {@code i} should and can leave, or -1. */
        private int target(int innermost, Inst i, boolean atStart) {
            Gain gain = gain(i);
            if (gain != Gain.LARGE && gain != Gain.SMALL) {
                return -1;
            }
            boolean mayTrap = i.opcode().effect() == Opcode.Effect.TRAPS
                    || i.opcode().effect() == Opcode.Effect.READS && !isAlwaysSafe(i);
            if (mayTrap && !atStart) {
                return -1;
            }
            int target = -1;
            int levels = 0;
            for (int l = innermost; l >= 0 && levels < MAX_LEVELS; l = cfg.outerLoop(l), levels++) {
                if (mayTrap && target >= 0
                        || gain == Gain.SMALL && !hasRoom(l)
                        || i.block().frequency() <= entered[l]
                        || !canLeave(l, i)) {
                    break;
                }
                target = l;
            }
            if (gain == Gain.SMALL) {
                for (int l = innermost; target >= 0 && cfg.encloses(target, l); l = cfg.outerLoop(l)) {
                    small[l]++;
                }
            }
            return target;
        }

        /** Whether a block is cold in a loop that is not: in front of the loop its code would run more often. */
        private boolean isRareIn(int l, Block b) {
            return b.isCold() && !cfg.block(l).isCold();
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
            return !load.memory().canTrap() && load.opcode() == Opcode.LOAD && isSafeAddress(load.arg(0), MAX_DEPTH);
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

        private boolean canLeave(int l, Inst i) {
            if (i.opcode().effect() == Opcode.Effect.READS
                    && !i.memory().readOnly()
                    && effects.loopWrites(l, effects.region(i.memory()))) {
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
        private boolean isAvailable(int l, Value v, int depth) {
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

        private boolean isInside(int l, Value v) {
            Block def = v.inst() != null ? v.inst().block() : v.paramOf();
            return cfg.encloses(l, loopOf[def.id()]);
        }

        private void hoist(int l, Inst i) {
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
                if (d.opcode().changesMemory()) {
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
        private Block preheader(int l) {
            Block header = cfg.block(l);
            if (preheaders[l] != null) {
                return preheaders[l];
            }
            Edge only = null;
            Block from = null;
            int entries = 0;
            int[] preds = cfg.predecessors(l);
            for (int p = 0; p < preds.length; p++) {
                if (!cfg.isInLoop(preds[p], l)) {
                    only = cfg.edgeInto(l, p);
                    from = cfg.block(preds[p]);
                    entries++;
                }
            }
            boolean exists =
                    entries == 1 && only.target() == header && from.terminator().targetCount() == 1;
            preheaders[l] = exists ? from : newPreheader(l, entries == 1 ? only : null);
            return preheaders[l];
        }

        private Block newPreheader(int l, Edge only) {
            Block header = cfg.block(l);
            Block p = f.newDetachedBlock();
            if (p.id() >= loopOf.length) {
                loopOf = Arrays.copyOf(loopOf, p.id() * 2);
            }
            loopOf[p.id()] = cfg.outerLoop(l);
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
                int[] preds = cfg.predecessors(l);
                for (int k = 0; k < preds.length; k++) {
                    if (!cfg.isInLoop(preds[k], l)) {
                        cfg.edgeInto(l, k).setTarget(p);
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
