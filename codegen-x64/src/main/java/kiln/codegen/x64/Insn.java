package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;
import kiln.codegen.x64.Op.Access;
import kiln.codegen.x64.Op.Encoding;
import kiln.codegen.x64.Op.FlagResult;
import kiln.codegen.x64.Op.Twin;

/**
 * One instruction of the machine: a row of {@link Op} in one of its encodings, its size, its operands and perhaps an
 * immediate. Its form has what is read, in the order in which it is written in assembly text, and then the result.
 */
final class Insn extends Sequence {
    private static final Form TWO_IN_PLACE = Form.NONE.use().tied(0);
    private static final Form CONVERT = Form.NONE.use().def();
    private static final Form BY_CL = Form.NONE.use().useFixed(Registers.RCX).tied(0);

    private final Op op;
    private final Encoding encoding;
    private final int size;
    /** What is in ModRM:r/m; null if it is the result. */
    private final Operand rm;
    /** The number of its first register among the operands. */
    private final int rmAt;

    private final int imm;
    /** Whether this is a load whose result never changes, at an address without allocated registers. */
    private final boolean constant;

    private Insn(
            Op op,
            Encoding encoding,
            int size,
            Operand rm,
            int rmAt,
            int imm,
            boolean constant,
            Form form,
            Reg... regs) {
        super(form, regs);
        this.op = op;
        this.encoding = encoding;
        this.size = size;
        this.rm = rm;
        this.rmAt = rmAt;
        this.imm = imm;
        this.constant = constant;
        if (rm != null) {
            setPosition(rm.position());
        }
    }

    private static Insn of(Op op, Encoding e, int size, Operand rm, int rmAt, int imm, Form form, Reg... regs) {
        return new Insn(op, e, size, rm, rmAt, imm, false, form, regs);
    }

    // A result from one operand.

    /** {@code dst = op src}. */
    static Insn unary(Op op, int size, Reg dst, Operand src) {
        Form form = src.append(Form.NONE).def();
        return of(
                op, op.has(Encoding.RM) ? Encoding.RM : Encoding.VM, size, src, 0, 0, form, regs(form, src, null, dst));
    }

    /** {@code dst = src op imm}. */
    static Insn unary(Op op, int size, Reg dst, Operand src, int imm) {
        Form form = src.append(Form.NONE).def();
        return of(op, Encoding.RMI, size, src, 0, imm, form, regs(form, src, null, dst));
    }

    /** {@code dst = op src}, and an immediate; to a register for integers from one of vectors. */
    static Insn extract(Op op, int size, Reg dst, Reg src, int imm) {
        return of(op, Encoding.MRI, size, null, 0, imm, CONVERT, src, dst);
    }

    /** {@code constant}: whether the result never changes, and the address has no allocated registers. */
    static Insn load(Op op, int size, Reg dst, Address from, boolean constant) {
        Form form = from.append(Form.NONE).def();
        return new Insn(op, Encoding.RM, size, from, 0, 0, constant, form, regs(form, from, null, dst));
    }

    /** {@code dst = src}, from a vector register to one for integers. */
    static Insn fromVector(Op op, int size, Reg dst, Reg src) {
        return of(op, Encoding.MR, size, null, 0, 0, CONVERT, src, dst);
    }

    /** {@code dst = op src}, in the same register. */
    static Insn inPlace(Op op, int size, Reg dst, Reg src) {
        return of(op, Encoding.M, size, null, 0, 0, TWO_IN_PLACE, src, dst);
    }

    // A result from two operands.

    /** {@code dst = left op right}, in the register of {@code left}; right may be an immediate. */
    static Insn binary(Op op, int size, Reg dst, Reg left, Operand right) {
        if (right instanceof Operand.Imm i) {
            return of(op, Encoding.MI, size, null, 0, i.value(), TWO_IN_PLACE, left, dst);
        }
        Form operands = right.append(Form.NONE.use());
        Form form = op.commutes() && right instanceof Operand.InReg ? operands.tiedToEither(0) : operands.tied(0);
        return of(op, Encoding.RM, size, right, 1, 0, form, regs(form, Operand.inRegister(left), right, dst));
    }

    /** {@code dst = left op right} and an immediate, in the register of {@code left}. */
    static Insn binary(Op op, int size, Reg dst, Reg left, Operand right, int imm) {
        Form form = right.append(Form.NONE.use()).tied(0);
        return of(op, Encoding.RMI, size, right, 1, imm, form, regs(form, Operand.inRegister(left), right, dst));
    }

    /** {@code dst = src op imm} on lanes, in the register of {@code src}, or in any with {@code vex}. */
    static Insn shift(Op op, Reg dst, Reg src, int imm, boolean vex) {
        return vex
                ? of(op, Encoding.VMI, op.size(), Operand.inRegister(src), 0, imm, CONVERT, src, dst)
                : of(op, Encoding.MI, op.size(), null, 0, imm, TWO_IN_PLACE, src, dst);
    }

    /**
     * {@code dst = mask ? right : left}, lane by lane: in any register (VEX), or in that of {@code left}, with the mask
     * in xmm0.
     */
    static Insn blend(Op op, Reg dst, Reg left, Operand right, Reg mask, boolean vex) {
        Form operands = right.append(Form.NONE.use());
        Form form = vex
                ? operands.use().def()
                : operands.useFixed(Registers.XMM.getFirst()).tied(0);
        Reg[] regs = regs(form, Operand.inRegister(left), right, mask, dst);
        return of(op, vex ? Encoding.RVMR : Encoding.RM, op.size(), right, 1, 0, form, regs);
    }

    /** {@code dst = op of first, second and third}, in the register of {@code first} (FMA, AVX-512). */
    static Insn ternary(Op op, Reg dst, Reg first, Reg second, Operand third, int imm) {
        Form form = third.append(Form.NONE.use().use()).tied(0);
        Reg[] regs = new Reg[form.count()];
        regs[0] = first;
        regs[1] = second;
        third.put(regs, 2);
        regs[regs.length - 1] = dst;
        Encoding e = op.has(Encoding.RVMI) ? Encoding.RVMI : Encoding.RVM;
        return of(op, e, op.size(), third, 2, imm, form, regs);
    }

    /** {@code dst = src op cl}, in the register of {@code src}. */
    static Insn byCl(Op op, int size, Reg dst, Reg src, Reg count) {
        return of(op, Encoding.MC, size, null, 0, 0, BY_CL, src, count, dst);
    }

    /** {@code dst = left op right} in any register (VEX). */
    static Insn vex(Op op, int size, Reg dst, Reg left, Operand right) {
        Form form = right.append(Form.NONE.use()).def();
        return of(op, Encoding.RVM, size, right, 1, 0, form, regs(form, Operand.inRegister(left), right, dst));
    }

    /** {@code dst = left op right} and an immediate, in any register (VEX). */
    static Insn vex(Op op, int size, Reg dst, Reg left, Operand right, int imm) {
        Form form = right.append(Form.NONE.use()).def();
        return of(op, Encoding.RVMI, size, right, 1, imm, form, regs(form, Operand.inRegister(left), right, dst));
    }

    /** {@code dst = left op right} in any register, of which the left one may be in memory (BMI2). */
    static Insn vex(Op op, int size, Reg dst, Operand left, Reg right) {
        Form form = left.append(Form.NONE).use().def();
        return of(op, Encoding.RMV, size, left, 0, 0, form, regs(form, left, null, right, dst));
    }

    /** The high half of {@code left * right}: MUL, IMUL, or MULX, which has any target. */
    static Insn mulHigh(Op op, int size, Reg dst, Reg left, Operand right) {
        boolean any = op == Op.MULX;
        Form in = right.append(Form.NONE.useFixed(any ? Registers.RDX : Registers.RAX));
        Form form = any ? in.def() : in.defFixed(Registers.RDX).clobbering(RegSet.of(Registers.RAX));
        Reg[] regs = regs(form, Operand.inRegister(left), right, dst);
        return of(op, any ? Encoding.RVM : Encoding.M, size, right, 1, 0, form, regs);
    }

    // No result in a register.

    /** {@code [address] = src}, or {@code [address] op src} by the row. */
    static Insn store(Op op, int size, Address address, Reg src) {
        Form form = address.append(Form.NONE).use();
        return of(op, Encoding.MR, size, address, 0, 0, form, regs(form, address, null, src));
    }

    /** The same with an immediate. */
    static Insn store(Op op, int size, Address address, int imm) {
        Form form = address.append(Form.NONE);
        return of(op, Encoding.MI, size, address, 0, imm, form, regs(form, address, null));
    }

    /** {@code [address] = op src}, and an immediate: a lane of a vector register. */
    static Insn store(Op op, int size, Address address, Reg src, int imm) {
        Form form = address.append(Form.NONE).use();
        return of(op, Encoding.MRI, size, address, 0, imm, form, regs(form, address, null, src));
    }

    /** {@code dst} = what is at the address before an XCHG or XADD with {@code src}, in the register of that. */
    static Insn exchange(Op op, int size, Reg dst, Address address, Reg src) {
        Form form = address.append(Form.NONE.use()).tied(0);
        return of(op, Encoding.MR, size, address, 1, 0, form, regs(form, Operand.inRegister(src), address, dst));
    }

    /** Sets the flags only. A register on the left must not be a slot. */
    static Insn compare(Op op, int size, Operand left, Operand right) {
        Form form = right.append(left.append(Form.NONE));
        Reg[] regs = regs(form, left, right);
        if (right instanceof Operand.Imm i) {
            return of(op, Encoding.MI, size, left, 0, i.value(), form, regs);
        }
        return left instanceof Operand.InReg && op.has(Encoding.RM)
                ? of(op, Encoding.RM, size, right, 1, 0, form, regs)
                : of(op, Encoding.MR, size, left, 0, 0, form, regs);
    }

    /** Whether this compares a register with zero. */
    boolean comparesWithZero() {
        return op == Op.CMP && encoding == Encoding.MI && rm instanceof Operand.InReg && imm == 0;
    }

    boolean readsMemory() {
        return rm instanceof Address;
    }

    /** Whether {@code other} is the same instruction, save for its registers; neither has an operand in memory. */
    boolean isSameOver(Insn other) {
        return op == other.op
                && encoding == other.encoding
                && size == other.size
                && imm == other.imm
                && form().count() == other.form().count()
                && !other.readsMemory()
                && (rm == null ? other.rm == null : other.rm != null && rm.isSameOver(other.rm));
    }

    int size() {
        return size;
    }

    @Override
    public MachInst rematerialize(Reg target) {
        return constant ? load(op, size, target, (Address) rm, true) : null;
    }

    @Override
    void emit(Assembler asm, EmitContext context) {
        encode(asm, context, this);
        boolean inRegister =
                rm == null || encoding == Encoding.RM || encoding == Encoding.RVM || encoding == Encoding.VM;
        // A shift by nothing leaves the flags alone.
        boolean maybeNothing = encoding == Encoding.MC || op.immediate() == Op.Immediate.COUNT && imm == 0;
        if (op.flags() != FlagResult.NONE && inRegister && !maybeNothing) {
            ResultFlags.record(asm, reg(form().count() - 1), size, op.flags() == FlagResult.COMPARED);
        }
    }

    /** Encodes this over the first registers of {@code inst}, which may be a sequence that it is the beginning of. */
    void encode(Assembler asm, EmitContext context, MachInst inst) {
        int last = form().count() - 1;
        Operand m = rm == null ? Operand.of(inst.reg(last)) : rm.resolve(inst, rmAt, context);
        switch (encoding) {
            case RM -> asm.rm(op, size, inst.reg(op.access() == Access.READS ? 0 : last), m);
            case MR -> asm.mr(op, size, m, inst.reg(rm == null ? 0 : last));
            case M -> asm.m(op, size, m);
            case MI -> asm.mi(op, size, m, imm);
            case MC -> asm.mc(op, size, m);
            case RMI -> asm.rmi(op, size, inst.reg(last), m, imm);
            case MRI -> asm.mri(op, size, m, inst.reg(rm == null ? 0 : last), imm);
            // With one register for both halves, MULX gives it the high one.
            case RVM -> asm.rvm(op, size, inst.reg(last), inst.reg(op == Op.MULX ? last : rmAt - 1), m);
            case RVMI -> asm.rvmi(op, size, inst.reg(last), inst.reg(rmAt - 1), m, imm);
            case RVMR -> asm.rvmr(op, size, inst.reg(last), inst.reg(0), m, inst.reg(last - 1));
            case VMI -> asm.vmi(op, size, inst.reg(last), m, imm);
            case RMV -> asm.rmv(op, size, inst.reg(last), m, inst.reg(last - 1));
            case VM -> asm.vm(op, size, inst.reg(last), m);
            case O, ZO -> throw new IllegalStateException(toString());
        }
    }

    /** Text over the first registers of {@code inst}. */
    String text(MachInst inst) {
        StringBuilder s =
                new StringBuilder(op.isVex(encoding) && op.twin() != Twin.NONE ? "v" : "").append(op.mnemonic(size));
        int operands = form().count();
        String comma = " ";
        if (operands > 0 && form().role(operands - 1).isDef()) {
            s.append(comma).append(Registers.name(inst.reg(--operands), size));
            comma = ", ";
        }
        for (int i = 0; i < rmAt; i++) {
            s.append(comma).append(Registers.name(inst.reg(i), size));
            comma = ", ";
        }
        int next = rmAt;
        if (rm != null) {
            int bytes = rm instanceof Address ? op.memoryBytes(size) : op.rmBytes(size);
            s.append(comma).append(rm instanceof Address ? "m" + bytes + " " : "");
            s.append(rm.over(inst, rmAt).text(bytes));
            comma = ", ";
            next += rm.append(Form.NONE).count();
        }
        for (int i = next; i < operands; i++) {
            s.append(comma).append(Registers.name(inst.reg(i), size));
            comma = ", ";
        }
        return switch (encoding) {
            case MI, RMI, MRI, RVMI, VMI -> s.append(", ").append(imm).toString();
            default -> s.toString();
        };
    }

    @Override
    public String toString() {
        return text(this);
    }
}
