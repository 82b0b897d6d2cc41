package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.CallSite;
import kiln.codegen.EmitContext;
import kiln.codegen.FakeCallSite;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;
import kiln.ir.Type;

/**
 * An instruction with any operands, whose results are a hash of its name and of what it reads. Each method that adds an
 * operand gives another instruction. Some are calls during which a collection may happen.
 */
public final class FakeInst extends MachInst {
    private enum Kind {
        PLAIN,
        MOVE,
        SWAP,
        CLEAR,
        CONSTANT
    }

    public final String name;
    private final Kind kind;
    /** Which operands are references. */
    private final long references;

    private final CallSite site;

    public FakeInst(String name) {
        this(name, Kind.PLAIN, 0, null, Form.NONE);
    }

    private FakeInst(String name, Kind kind, long references, CallSite site, Form form, Reg... regs) {
        super(form, regs);
        this.name = name;
        this.kind = kind;
        this.references = references;
        this.site = site;
    }

    static FakeInst move(Reg target, Reg source) {
        return new FakeInst("move", Kind.MOVE, 0, null, Form.NONE.use().def(), source, target);
    }

    static FakeInst swap(Reg a, Reg b) {
        return new FakeInst("swap", Kind.SWAP, 0, null, Form.NONE.use().use(), a, b);
    }

    static FakeInst clear(Reg slot) {
        return new FakeInst("clear", Kind.CLEAR, 0, null, Form.NONE.def(), slot);
    }

    /** The same under another name. */
    public FakeInst named(String other) {
        return new FakeInst(other, kind, references, site, form(), regs());
    }

    /** The same as one that may be computed again anywhere. */
    public FakeInst constant() {
        return new FakeInst(name, Kind.CONSTANT, references, site, form(), regs());
    }

    public boolean isConstant() {
        return kind == Kind.CONSTANT;
    }

    public boolean isSwap() {
        return kind == Kind.SWAP;
    }

    public boolean isClear() {
        return kind == Kind.CLEAR;
    }

    /** The same as a call during which a collection may happen. */
    public FakeInst collecting() {
        return new FakeInst(name, kind, references, FakeCallSite.empty(), form(), regs());
    }

    @Override
    public CallSite callSite() {
        return site;
    }

    boolean isReference(int operand) {
        return (references >>> operand & 1) != 0;
    }

    private Reg[] regs() {
        Reg[] regs = new Reg[form().count()];
        for (int i = 0; i < regs.length; i++) {
            regs[i] = reg(i);
        }
        return regs;
    }

    /** The role of an operand as {@link Operands} has it. */
    byte role(int operand) {
        return (byte) form().role(operand).ordinal();
    }

    private FakeInst add(Form form, Reg r) {
        Reg[] regs = Arrays.copyOf(regs(), form.count());
        regs[form.count() - 1] = r;
        long more = r.isVirtual() && r.type() == Type.REF ? 1L << form.count() - 1 : 0;
        return new FakeInst(name, kind, references | more, site, form, regs);
    }

    public FakeInst use(Reg r) {
        return add(form().use(), r);
    }

    public FakeInst useLate(Reg r) {
        return add(form().useLate(), r);
    }

    public FakeInst useAny(Reg r) {
        return add(form().any(), r);
    }

    public FakeInst useFixed(Reg r, Reg fixed) {
        return add(form().useFixed(fixed), r);
    }

    public FakeInst def(Reg r) {
        return add(form().def(), r);
    }

    public FakeInst defEarly(Reg r) {
        return add(form().defEarly(), r);
    }

    /** Tied to the first operand. */
    public FakeInst defReuse(Reg r) {
        return add(form().tied(0), r);
    }

    /** Tied to the first or the second operand. */
    public FakeInst defReuseEither(Reg r) {
        return add(form().tiedToEither(0), r);
    }

    public FakeInst defFixed(Reg r, Reg fixed) {
        return add(form().defFixed(fixed), r);
    }

    public FakeInst temp(Reg r) {
        return add(form().temp(), r);
    }

    public FakeInst clobber(RegSet set) {
        return new FakeInst(name, kind, references, site, form().clobbering(set), regs());
    }

    @Override
    public boolean isMove() {
        return kind == Kind.MOVE;
    }

    @Override
    public Reg moveSource() {
        return reg(0);
    }

    @Override
    public Reg moveTarget() {
        return reg(1);
    }

    @Override
    public MachInst rematerialize(Reg target) {
        return isConstant() ? new FakeInst(name, kind, references, null, Form.NONE.def(), target) : null;
    }

    @Override
    public void emit(EmitContext context) {
        context.buffer().put1(name.hashCode());
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(name);
        for (int i = 0; i < form().count(); i++) {
            s.append(' ')
                    .append(
                            switch (form().role(i)) {
                                case USE -> "";
                                case USE_LATE -> "late:";
                                case USE_ANY -> "any:";
                                case USE_FIXED -> form().fixed(i) + "=";
                                case DEF -> "def:";
                                case DEF_EARLY -> "early:";
                                case DEF_TIED -> "reuse:";
                                case DEF_FIXED -> "def:" + form().fixed(i) + "=";
                                case TEMP -> "temp:";
                            })
                    .append(reg(i));
        }
        long clobbers = form().clobbers().bits();
        return clobbers == 0 ? s.toString() : s + " clobbers " + Long.toHexString(clobbers);
    }
}
