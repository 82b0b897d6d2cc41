package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/** An instruction with any operands, whose results are a hash of its name and of what it reads. */
public final class FakeInst extends MachInst {
    /** Roles of operands, as in {@link Operands}. */
    public static final class Operand {
        final byte kind;
        Reg reg;
        final Reg fixed;

        Operand(byte kind, Reg reg, Reg fixed) {
            this.kind = kind;
            this.reg = reg;
            this.fixed = fixed;
        }

        public Reg reg() {
            return reg;
        }
    }

    public final String name;
    public final List<Operand> operands = new ArrayList<>();
    public RegSet clobbers = RegSet.EMPTY;
    public boolean isConstant;
    private boolean move;
    private boolean swap;

    public FakeInst(String name) {
        this.name = name;
    }

    /** Takes over the operands of {@code other}. */
    public FakeInst copyOperands(FakeInst other) {
        operands.addAll(other.operands);
        return this;
    }

    static FakeInst move(Reg target, Reg source) {
        FakeInst i = new FakeInst("move");
        i.move = true;
        return i.use(source).def(target);
    }

    static FakeInst swap(Reg a, Reg b) {
        FakeInst i = new FakeInst("swap");
        i.swap = true;
        return i.use(a).use(b);
    }

    public boolean isSwap() {
        return swap;
    }

    private FakeInst add(byte kind, Reg r, Reg fixed) {
        operands.add(new Operand(kind, r, fixed));
        return this;
    }

    public FakeInst use(Reg r) {
        return add(Operands.USE, r, null);
    }

    public FakeInst useLate(Reg r) {
        return add(Operands.USE_LATE, r, null);
    }

    public FakeInst useAny(Reg r) {
        return add(Operands.USE_ANY, r, null);
    }

    public FakeInst useFixed(Reg r, Reg fixed) {
        return add(Operands.USE_FIXED, r, fixed);
    }

    public FakeInst def(Reg r) {
        return add(Operands.DEF, r, null);
    }

    public FakeInst defEarly(Reg r) {
        return add(Operands.DEF_EARLY, r, null);
    }

    /** The first operand is reused. */
    public FakeInst defReuse(Reg r) {
        return add(Operands.DEF_REUSE, r, null);
    }

    public FakeInst defFixed(Reg r, Reg fixed) {
        return add(Operands.DEF_FIXED, r, fixed);
    }

    public FakeInst temp(Reg r) {
        return add(Operands.TEMP, r, null);
    }

    public FakeInst clobber(RegSet set) {
        clobbers = set;
        return this;
    }

    @Override
    public void visitOperands(OperandVisitor v) {
        for (Operand o : operands) {
            o.reg = switch (o.kind) {
                case Operands.USE -> v.use(o.reg);
                case Operands.USE_LATE -> v.useLate(o.reg);
                case Operands.USE_ANY -> v.useAny(o.reg);
                case Operands.USE_FIXED -> v.useFixed(o.reg, o.fixed);
                case Operands.DEF -> v.def(o.reg);
                case Operands.DEF_EARLY -> v.defEarly(o.reg);
                case Operands.DEF_REUSE -> v.defReuse(o.reg, operands.getFirst().reg);
                case Operands.DEF_FIXED -> v.defFixed(o.reg, o.fixed);
                default -> v.temp(o.reg);
            };
        }
        if (clobbers.bits() != 0) {
            v.clobber(clobbers);
        }
    }

    @Override
    public boolean isMove() {
        return move;
    }

    @Override
    public Reg moveSource() {
        return operands.get(0).reg;
    }

    @Override
    public Reg moveTarget() {
        return operands.get(1).reg;
    }

    @Override
    public MachInst rematerialize(Reg target) {
        if (!isConstant) {
            return null;
        }
        FakeInst copy = new FakeInst(name).def(target);
        copy.isConstant = true;
        return copy;
    }

    @Override
    public void emit(EmitContext context) {
        context.buffer().put1(name.hashCode());
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(name);
        for (Operand o : operands) {
            s.append(' ')
                    .append(
                            switch (o.kind) {
                                case Operands.USE -> "";
                                case Operands.USE_LATE -> "late:";
                                case Operands.USE_ANY -> "any:";
                                case Operands.USE_FIXED -> o.fixed + "=";
                                case Operands.DEF -> "def:";
                                case Operands.DEF_EARLY -> "early:";
                                case Operands.DEF_REUSE -> "reuse:";
                                case Operands.DEF_FIXED -> "def:" + o.fixed + "=";
                                default -> "temp:";
                            })
                    .append(o.reg);
        }
        return clobbers.bits() == 0
                ? s.toString()
                : s.append(" clobbers ")
                        .append(Long.toHexString(clobbers.bits()))
                        .toString();
    }
}
