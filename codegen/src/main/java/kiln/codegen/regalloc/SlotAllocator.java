package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;
import kiln.codegen.RegisterFile;
import kiln.ir.Type;

/**
 * The simplest allocation: every variable has a slot, each instruction loads what it reads and stores what it writes. Linear in
 * the size of the function, slow code.
 */
final class SlotAllocator {
    private final MachFunction function;
    private final RegisterFile file;
    private final MoveFactory moves;
    private final Reg[] slots;
    private int words;
    private List<MachInst> out;

    private SlotAllocator(MachFunction function, RegisterFile file, MoveFactory moves) {
        this.function = function;
        this.file = file;
        this.moves = moves;
        this.slots = new Reg[function.virtualCount()];
    }

    /** Rewrites {@code function}; returns the words of spill area. */
    static int allocate(MachFunction function, RegisterFile file, MoveFactory moves) {
        SlotAllocator a = new SlotAllocator(function, file, moves);
        for (MachBlock b : function.blocks()) {
            a.rewrite(b);
        }
        return a.words + 1 & -2;
    }

    private Reg slot(Reg v) {
        Reg s = slots[v.index()];
        if (s == null) {
            s = newSlot(v.type());
            slots[v.index()] = s;
        }
        return s;
    }

    private Reg newSlot(Type type) {
        if (type == Type.V128) {
            words = words + 1 & -2;
        }
        Reg s = Reg.slot(words, type);
        words += type == Type.V128 ? 2 : 1;
        return s;
    }

    private void rewrite(MachBlock b) {
        out = new ArrayList<>(b.insts().size() * 3);
        if (b.predecessors().size() == 1 && b.predecessors().getFirst().successors().size() > 1) {
            for (MachBlock.Successor s : b.predecessors().getFirst().successors()) {
                if (s.target() == b) {
                    pass(s);
                }
            }
        }
        int last = b.insts().size() - 1;
        for (int i = 0; i <= last; i++) {
            if (i == last && b.successors().size() == 1) {
                pass(b.successors().getFirst());
            }
            rewrite(b.insts().get(i));
        }
        b.setInsts(out);
    }

    private void pass(MachBlock.Successor s) {
        List<Reg> params = s.target().params();
        List<Reg> sources = new ArrayList<>();
        for (Reg arg : s.args()) {
            Reg from = slot(arg);
            if (params.contains(arg)) {
                // Another parameter may be overwritten before it is read: all go through places of their own.
                Reg copy = newSlot(arg.type());
                move(arg.type(), copy, from);
                from = copy;
            }
            sources.add(from);
        }
        for (int i = 0; i < params.size(); i++) {
            move(params.get(i).type(), slot(params.get(i)), sources.get(i));
        }
    }

    private void move(Type type, Reg to, Reg from) {
        if (to != from) {
            out.add(moves.move(type, to, from));
        }
    }

    /** Reads the operands: which registers are spoken for. */
    private static final class Survey implements OperandVisitor {
        long fixedUses;
        long late;

        @Override
        public Reg use(Reg r) {
            return note(r);
        }

        private Reg note(Reg r) {
            if (r.isPhysical()) {
                fixedUses |= 1L << r.bit();
            }
            return r;
        }

        @Override
        public Reg useLate(Reg r) {
            return note(r);
        }

        @Override
        public Reg useAny(Reg r) {
            return note(r);
        }

        @Override
        public Reg useFixed(Reg r, Reg physical) {
            fixedUses |= 1L << physical.bit();
            return r;
        }

        @Override
        public Reg def(Reg r) {
            return note(r);
        }

        @Override
        public Reg defEarly(Reg r) {
            return note(r);
        }

        @Override
        public Reg defReuse(Reg r, Reg reused) {
            return note(r);
        }

        @Override
        public Reg defFixed(Reg r, Reg physical) {
            late |= 1L << physical.bit();
            return r;
        }

        @Override
        public Reg temp(Reg r) {
            return note(r);
        }

        @Override
        public void clobber(RegSet set) {
            late |= set.bits();
        }
    }

    /** Hands out registers, reloads before and stores after. */
    private final class Rewriter implements OperandVisitor {
        private final long fixedUses;
        private final long late;
        private final List<MachInst> loads = new ArrayList<>();
        private final List<MachInst> stores = new ArrayList<>();
        private final List<Reg[]> uses = new ArrayList<>();
        private long taken;

        Rewriter(Survey s) {
            fixedUses = s.fixedUses;
            late = s.late;
        }

        private Reg take(Reg v, long forbidden) {
            for (Reg r : file.allocatable(v.regClass())) {
                if (((forbidden | taken) >>> r.bit() & 1) == 0) {
                    taken |= 1L << r.bit();
                    return r;
                }
            }
            throw new IllegalStateException("not enough registers for one instruction");
        }

        private Reg load(Reg v, long forbidden) {
            if (!v.isVirtual()) {
                return v;
            }
            Reg r = take(v, forbidden);
            loads.add(moves.move(v.type(), r, slot(v)));
            uses.add(new Reg[] {v, r});
            return r;
        }

        @Override
        public Reg use(Reg v) {
            return load(v, fixedUses);
        }

        @Override
        public Reg useLate(Reg v) {
            return load(v, fixedUses | late);
        }

        @Override
        public Reg useAny(Reg v) {
            return v.isVirtual() ? slot(v) : v;
        }

        @Override
        public Reg useFixed(Reg v, Reg physical) {
            if (!v.isVirtual()) {
                if (v != physical) {
                    loads.add(moves.move(v.regClass() == kiln.codegen.RegClass.INT ? Type.I64 : Type.F64, physical, v));
                }
                return physical;
            }
            loads.add(moves.move(v.type(), physical, slot(v)));
            return physical;
        }

        private Reg store(Reg v, Reg r) {
            stores.add(moves.move(v.type(), slot(v), r));
            return r;
        }

        @Override
        public Reg def(Reg v) {
            return v.isVirtual() ? store(v, take(v, fixedUses | late)) : v;
        }

        @Override
        public Reg defEarly(Reg v) {
            return def(v);
        }

        @Override
        public Reg defReuse(Reg v, Reg reused) {
            if (!v.isVirtual()) {
                return v;
            }
            for (Reg[] use : uses) {
                if (use[0] == reused || use[1] == reused) {
                    return store(v, use[1]);
                }
            }
            return store(v, reused);
        }

        @Override
        public Reg defFixed(Reg v, Reg physical) {
            return v.isVirtual() ? store(v, physical) : physical;
        }

        @Override
        public Reg temp(Reg v) {
            return v.isVirtual() ? take(v, fixedUses | late) : v;
        }

        @Override
        public void clobber(RegSet set) {
            // Nothing lives in registers between instructions.
        }
    }

    private void rewrite(MachInst inst) {
        Survey survey = new Survey();
        inst.visitOperands(survey);
        Rewriter rewriter = new Rewriter(survey);
        inst.visitOperands(rewriter);
        out.addAll(rewriter.loads);
        out.add(inst);
        out.addAll(rewriter.stores);
    }
}
