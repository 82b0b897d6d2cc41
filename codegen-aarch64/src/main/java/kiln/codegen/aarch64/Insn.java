package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * One instruction of data processing: a row of {@link Op}, the size, registers, and what else it has. A target of xzr
 * makes an instruction that sets flags a comparison.
 */
final class Insn extends Sequence {
    private final Op op;
    /** 64-bit over 32-bit integer registers. */
    private final boolean wide;
    /** Double over single precision. */
    private final boolean dbl;
    /** Of a row that has arrangements, else null. */
    private final Arrangement lanes;

    private final Modifier modifier;

    /**
     * @param regs in the order of the row's form: the sources (the target's old value in front of them, where it is
     *     one), then the target
     */
    private Insn(Op op, boolean wide, boolean dbl, Arrangement lanes, Modifier modifier, Reg... regs) {
        super(op.format.form, regs);
        this.op = op;
        this.wide = wide;
        this.dbl = dbl;
        this.lanes = lanes;
        this.modifier = modifier;
    }

    private Insn(Op op, boolean wide, boolean dbl, Modifier modifier, Reg... regs) {
        this(op, wide, dbl, null, modifier, regs);
    }

    // Registers only; the targets come first, as in assembly text.

    static Insn of(Op op, boolean wide, Reg rd, Reg rn) {
        return new Insn(op, wide, false, Modifier.NONE, rn, rd);
    }

    static Insn of(Op op, boolean wide, Reg rd, Reg rn, Reg rm) {
        return new Insn(op, wide, false, Modifier.NONE, rn, rm, rd);
    }

    static Insn of(Op op, boolean wide, Reg rd, Reg rn, Reg rm, Reg ra) {
        return new Insn(op, wide, false, Modifier.NONE, rn, rm, ra, rd);
    }

    /** Floats. */
    static Insn ofFloat(Op op, boolean dbl, Reg rd, Reg rn) {
        return new Insn(op, false, dbl, Modifier.NONE, rn, rd);
    }

    static Insn ofFloat(Op op, boolean dbl, Reg rd, Reg rn, Reg rm) {
        return new Insn(op, false, dbl, Modifier.NONE, rn, rm, rd);
    }

    /** Between an integer register of either size and a float register of either precision. */
    static Insn convert(Op op, boolean wide, boolean dbl, Reg rd, Reg rn) {
        return new Insn(op, wide, dbl, Modifier.NONE, rn, rd);
    }

    // Sources that are changed on their way in.

    static Insn shifted(Op op, boolean wide, Reg rd, Reg rn, Reg rm, ShiftOp shift, int amount) {
        return new Insn(op, wide, false, new Modifier.Shifted(shift, amount), rn, rm, rd);
    }

    static Insn extended(Op op, boolean wide, Reg rd, Reg rn, Reg rm, ExtendOp extend, int amount) {
        return new Insn(op, wide, false, new Modifier.Extended(extend, amount), rn, rm, rd);
    }

    // Constants.

    /** ADD, ADDS, SUB, SUBS with a constant that {@link Immediates#isAddSub} accepts. */
    static Insn addSub(Op op, boolean wide, Reg rd, Reg rn, int imm) {
        return new Insn(op.withImmediate(), wide, false, new Modifier.AddSubImmediate(imm), rn, rd);
    }

    /** AND, ORR, EOR, ANDS with a constant that {@link Immediates#logical} accepts. */
    static Insn logical(Op op, boolean wide, Reg rd, Reg rn, long mask) {
        long m = wide ? mask : mask & 0xffff_ffffL;
        return new Insn(op.withImmediate(), wide, false, new Modifier.LogicalImmediate(m), rn, rd);
    }

    /** SBFM, UBFM. */
    static Insn bitfield(Op op, boolean wide, Reg rd, Reg rn, int immr, int imms) {
        return new Insn(op, wide, false, new Modifier.Field(immr, imms), rn, rd);
    }

    /** BFM: replaces some bits of {@code kept}. */
    static Insn insert(boolean wide, Reg rd, Reg kept, Reg rn, int immr, int imms) {
        return new Insn(Op.BFM, wide, false, new Modifier.Field(immr, imms), kept, rn, rd);
    }

    static Insn extract(boolean wide, Reg rd, Reg rn, Reg rm, int lsb) {
        return new Insn(Op.EXTR, wide, false, new Modifier.Lowest(lsb), rn, rm, rd);
    }

    // Conditions.

    static Insn select(Op op, boolean wide, Reg rd, Reg rn, Reg rm, Cond cond) {
        return new Insn(op, wide, false, new Modifier.When(cond), rn, rm, rd);
    }

    static Insn selectFloat(boolean dbl, Reg rd, Reg rn, Reg rm, Cond cond) {
        return new Insn(Op.FCSEL, false, dbl, new Modifier.When(cond), rn, rm, rd);
    }

    /** FCMP. */
    static Insn compareFloat(boolean dbl, Reg rn, Reg rm) {
        return new Insn(Op.FCMP, false, dbl, Modifier.NONE, rn, rm);
    }

    /** FCMP with zero. */
    static Insn compareFloatWithZero(boolean dbl, Reg rn) {
        return new Insn(Op.FCMP_ZERO, false, dbl, Modifier.NONE, rn);
    }

    /** CCMP: compares if {@code cond} holds, else sets the flags to {@code nzcv}. */
    static Insn compareIf(Cond cond, boolean wide, Reg rn, Reg rm, int nzcv) {
        return new Insn(Op.CCMP, wide, false, new Modifier.Chained(nzcv, cond), rn, rm);
    }

    /** CCMP with a constant 0..31, or CCMN for -31..-1. */
    static Insn compareIf(Cond cond, boolean wide, Reg rn, int imm, int nzcv) {
        Op op = imm >= 0 ? Op.CCMP_IMM : Op.CCMN_IMM;
        return new Insn(op, wide, false, new Modifier.ChainedImmediate(Math.abs(imm), nzcv, cond), rn);
    }

    // Vectors.

    static Insn ofVector(Op op, Arrangement lanes, Reg rd, Reg rn) {
        return new Insn(op, false, false, lanes, Modifier.NONE, rn, rd);
    }

    static Insn ofVector(Op op, Arrangement lanes, Reg rd, Reg rn, Reg rm) {
        return new Insn(op, false, false, lanes, Modifier.NONE, rn, rm, rd);
    }

    /** One that keeps something of {@code kept}, whose place {@code rd} takes. */
    static Insn mergeVector(Op op, Arrangement lanes, Reg rd, Reg kept, Reg rn) {
        return new Insn(op, false, false, lanes, Modifier.NONE, kept, rn, rd);
    }

    static Insn mergeVector(Op op, Arrangement lanes, Reg rd, Reg kept, Reg rn, Reg rm) {
        return new Insn(op, false, false, lanes, Modifier.NONE, kept, rn, rm, rd);
    }

    /** SHL, SSHR, USHR, SSHLL, USHLL, SHRN; the amount is one that the row takes. */
    static Insn shiftVector(Op op, Arrangement lanes, Reg rd, Reg rn, int amount) {
        return new Insn(op, false, false, lanes, shiftBy(op, lanes, amount), rn, rd);
    }

    /** SSRA, USRA, SLI, SRI. */
    static Insn mergeShifted(Op op, Arrangement lanes, Reg rd, Reg kept, Reg rn, int amount) {
        return new Insn(op, false, false, lanes, shiftBy(op, lanes, amount), kept, rn, rd);
    }

    private static Modifier shiftBy(Op op, Arrangement lanes, int amount) {
        boolean left = op == Op.VSHL || op == Op.VSLI || op == Op.VSSHLL || op == Op.VUSHLL;
        return left ? new Modifier.LeftBy(lanes.bits(), amount) : new Modifier.RightBy(lanes.bits(), amount);
    }

    /** A multiplication by an element of {@code rm}: of words or doublewords. */
    static Insn byElement(Op op, Arrangement lanes, Reg rd, Reg rn, Reg rm, int index) {
        return new Insn(op, false, false, lanes, new Modifier.Factor(lanes, index), rn, rm, rd);
    }

    /** A multiplication by an element of {@code rm}, and addition to {@code kept}. */
    static Insn mergeByElement(Op op, Arrangement lanes, Reg rd, Reg kept, Reg rn, Reg rm, int index) {
        return new Insn(op, false, false, lanes, new Modifier.Factor(lanes, index), kept, rn, rm, rd);
    }

    /** DUP of an element, as a vector or ({@link Op#VDUP_SCALAR}) a scalar; UMOV, SMOV: to an integer register. */
    static Insn ofElement(Op op, Arrangement lanes, Reg rd, Reg rn, int index) {
        return new Insn(op, false, false, lanes, new Modifier.Element(lanes, index), rn, rd);
    }

    /** INS: an integer register becomes an element of {@code kept}. */
    static Insn intoElement(Arrangement lanes, Reg rd, Reg kept, int index, Reg rn) {
        return new Insn(Op.VINS, false, false, lanes, new Modifier.IntoElement(lanes, index), kept, rn, rd);
    }

    /** INS: element {@code from} of {@code rn} becomes element {@code index} of {@code kept}. */
    static Insn intoElement(Arrangement lanes, Reg rd, Reg kept, int index, Reg rn, int from) {
        Modifier elements = new Modifier.ElementIntoElement(lanes, index, from);
        return new Insn(Op.VINS_ELEMENT, false, false, lanes, elements, kept, rn, rd);
    }

    /** EXT: sixteen bytes of {@code rm:rn}, whose lowest one is {@code rn}'s, from byte {@code from} (0..15) on. */
    static Insn extractBytes(Reg rd, Reg rn, Reg rm, int from) {
        return new Insn(Op.VEXT, false, false, Arrangement.B16, new Modifier.FromByte(from), rn, rm, rd);
    }

    /** TBL with two registers. */
    static Insn table(Reg rd, Reg first, Reg second, Reg indices) {
        return new Insn(Op.VTBL2, false, false, Arrangement.B16, Modifier.NONE, first, second, indices, rd);
    }

    /** A constant of a vector, as {@link Immediates#vector} found it. */
    static Insn vectorConstant(Reg rd, Immediates.Vector constant) {
        return new Insn(constant.op(), false, false, constant.lanes(), constant.modifier(), rd);
    }

    @Override
    public MachInst rematerialize(Reg target) {
        return op.format == Op.Format.VECTOR_CONSTANT ? new Insn(op, false, false, lanes, modifier, target) : null;
    }

    @Override
    void emit(Assembler asm, EmitContext context) {
        ComparedFlags flags = ComparedFlags.here(asm);
        Reg target = op.format.target == null ? null : reg(form().count() - 1);
        if (!op.setsFlags()) {
            encode(asm);
            ComparedFlags.keep(asm, flags, target);
        } else if (flags == null || !flags.comparison().isSame(this)) {
            encode(asm);
            // What a chain of comparisons says depends on those before as well.
            if ((target == null || target == Registers.ZR) && !op.isConditionalComparison()) {
                asm.buffer().machineState(new ComparedFlags(this));
            }
        }
    }

    /** Whether this does the same as {@code other}, which has the same registers. */
    private boolean isSame(Insn other) {
        if (op != other.op || wide != other.wide || dbl != other.dbl || !modifier.equals(other.modifier)) {
            return false;
        }
        for (int i = 0; i < form().count(); i++) {
            if (reg(i) != other.reg(i)) {
                return false;
            }
        }
        return true;
    }

    private void encode(Assembler asm) {
        int first = op.format.merges ? 1 : 0;
        int sources = op.format.sources.length;
        asm.emit(
                op,
                wide,
                dbl,
                lanes,
                modifier,
                op.format.target == null ? null : reg(form().count() - 1),
                sources > 0 ? reg(first) : null,
                sources > 1 ? reg(first + 1) : null,
                sources > 2 ? reg(first + 2) : null);
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(op.mnemonic(lanes));
        String comma = " ";
        if (op.format.target != null) {
            s.append(comma).append(op.format.target.name(reg(form().count() - 1), wide, dbl, lanes));
            s.append(Modifier.ofTarget(modifier));
            if (op.format.merges) {
                s.append('(')
                        .append(op.format.target.name(reg(0), wide, dbl, lanes))
                        .append(')');
            }
            comma = ", ";
        }
        int first = op.format.merges ? 1 : 0;
        Op.View[] sources = op.format.sources;
        for (int i = 0; i < sources.length; i++) {
            boolean last = i == sources.length - 1;
            boolean w =
                    last && modifier instanceof Modifier.Extended e ? e.extend().isWide() : wide;
            s.append(comma).append(sources[i].name(reg(first + i), w, dbl, lanes));
            comma = ", ";
        }
        return s.append(op.constant()).append(modifier).toString();
    }
}
