package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Integer arithmetic. A target of xzr makes an instruction that sets flags a comparison. */
abstract sealed class IntegerInsn extends Insn {
    /** Three registers. */
    static final class Alu extends IntegerInsn {
        private final AluOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;

        Alu(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.alu(op, wide, rd, rn, rm);
        }

        @Override
        public String toString() {
            boolean narrow = op == AluOp.SMULL || op == AluOp.UMULL;
            return op + " " + name(wide, rd) + ", " + name(wide && !narrow, rn) + ", " + name(wide && !narrow, rm);
        }
    }

    /** Three registers, the last one shifted by a constant. */
    static final class AluShifted extends IntegerInsn {
        private final AluOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final ShiftOp shift;
        private final int amount;

        AluShifted(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm, ShiftOp shift, int amount) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.shift = shift;
            this.amount = amount;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.aluShifted(op, wide, rd, rn, rm, shift, amount);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", " + name(wide, rm) + ", " + shift + " #"
                    + amount;
        }
    }

    /** ADD, SUB of three registers, the last one extended and shifted left by 0 to 4. */
    static final class AluExtended extends IntegerInsn {
        private final AluOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final ExtendOp extend;
        private final int amount;

        AluExtended(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm, ExtendOp extend, int amount) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.extend = extend;
            this.amount = amount;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.aluExtended(op, wide, rd, rn, rm, extend, amount);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", " + name(extend.isWide(), rm) + ", " + extend
                    + (amount == 0 ? "" : " #" + amount);
        }
    }

    /** ADD, SUB with a 12-bit immediate, possibly shifted by 12. */
    static final class AluImmediate extends IntegerInsn {
        private final AluOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private final int imm;

        AluImmediate(AluOp op, boolean wide, Reg rd, Reg rn, int imm) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.imm = imm;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.addSubImmediate(op, wide, rd, rn, imm);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", #" + imm;
        }
    }

    /** AND, ORR, EOR, ANDS with a bitmask immediate. */
    static final class LogicalImmediate extends IntegerInsn {
        private final AluOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private final long imm;

        LogicalImmediate(AluOp op, boolean wide, Reg rd, Reg rn, long imm) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.imm = imm;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.logicalImmediate(op, wide, rd, rn, imm);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", #0x"
                    + Long.toHexString(wide ? imm : imm & 0xffff_ffffL);
        }
    }

    /** SBFM, UBFM: shifts by constants, extensions, bitfield extraction. */
    static final class Bitfield extends IntegerInsn {
        private final BitfieldOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private final int immr;
        private final int imms;

        Bitfield(BitfieldOp op, boolean wide, Reg rd, Reg rn, int immr, int imms) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.immr = immr;
            this.imms = imms;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.bitfield(op, wide, rd, rn, immr, imms);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", #" + immr + ", #" + imms;
        }
    }

    /** BFM: replaces some bits of a register. */
    static final class BitfieldInsert extends IntegerInsn {
        private final boolean wide;
        private Reg rd;
        private Reg kept;
        private Reg rn;
        private final int immr;
        private final int imms;

        BitfieldInsert(boolean wide, Reg rd, Reg kept, Reg rn, int immr, int imms) {
            this.wide = wide;
            this.rd = rd;
            this.kept = kept;
            this.rn = rn;
            this.immr = immr;
            this.imms = imms;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg keptBefore = kept;
            kept = v.use(kept);
            // Late: the target already holds the bits to keep when this is read.
            rn = useLate(v, rn);
            rd = v.defReuse(rd, keptBefore);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.bitfield(BitfieldOp.BFM, wide, rd, rn, immr, imms);
        }

        @Override
        public String toString() {
            return "bfm " + name(wide, rd) + "(" + name(wide, kept) + "), " + name(wide, rn) + ", #" + immr + ", #"
                    + imms;
        }
    }

    /** Bits {@code lsb} and up of two registers in a row; a rotation if they are the same. */
    static final class Extract extends IntegerInsn {
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final int lsb;

        Extract(boolean wide, Reg rd, Reg rn, Reg rm, int lsb) {
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.lsb = lsb;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.extr(wide, rd, rn, rm, lsb);
        }

        @Override
        public String toString() {
            return "extr " + name(wide, rd) + ", " + name(wide, rn) + ", " + name(wide, rm) + ", #" + lsb;
        }
    }

    /** Multiplication with an addend. */
    static final class MultiplyAdd extends IntegerInsn {
        private final MultiplyOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private Reg ra;

        MultiplyAdd(MultiplyOp op, boolean wide, Reg rd, Reg rn, Reg rm, Reg ra) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.ra = ra;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            ra = use(v, ra);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.multiplyAdd(op, wide, rd, rn, rm, ra);
        }

        @Override
        public String toString() {
            boolean narrow = op != MultiplyOp.MADD && op != MultiplyOp.MSUB;
            return op + " " + name(wide, rd) + ", " + name(wide && !narrow, rn) + ", " + name(wide && !narrow, rm)
                    + ", " + name(wide, ra);
        }
    }

    /** RBIT, REV, CLZ. */
    static final class Unary extends IntegerInsn {
        private final UnaryOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;

        Unary(UnaryOp op, boolean wide, Reg rd, Reg rn) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.unary(op, wide, rd, rn);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn);
        }
    }

    /** CSEL, CSINC, CSINV, CSNEG. */
    static final class Select extends IntegerInsn {
        private final SelectOp op;
        private final boolean wide;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final Cond cond;

        Select(SelectOp op, boolean wide, Reg rd, Reg rn, Reg rm, Cond cond) {
            this.op = op;
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.cond = cond;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.conditionalSelect(op, wide, rd, rn, rm, cond);
        }

        @Override
        public String toString() {
            return op + " " + name(wide, rd) + ", " + name(wide, rn) + ", " + name(wide, rm) + ", " + cond;
        }
    }

    /** CCMP on two registers. */
    static final class ConditionalCompare extends IntegerInsn {
        private final boolean wide;
        private Reg rn;
        private Reg rm;
        private final int nzcv;
        private final Cond cond;

        ConditionalCompare(boolean wide, Reg rn, Reg rm, int nzcv, Cond cond) {
            this.wide = wide;
            this.rn = rn;
            this.rm = rm;
            this.nzcv = nzcv;
            this.cond = cond;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.conditionalCompare(wide, rn, rm, nzcv, cond);
        }

        @Override
        public String toString() {
            return "ccmp " + name(wide, rn) + ", " + name(wide, rm) + ", #" + nzcv + ", " + cond;
        }
    }

    /** CCMP with a constant 0..31, or CCMN for -31..-1. */
    static final class ConditionalCompareImmediate extends IntegerInsn {
        private final boolean wide;
        private Reg rn;
        private final int imm;
        private final int nzcv;
        private final Cond cond;

        ConditionalCompareImmediate(boolean wide, Reg rn, int imm, int nzcv, Cond cond) {
            this.wide = wide;
            this.rn = rn;
            this.imm = imm;
            this.nzcv = nzcv;
            this.cond = cond;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (imm >= 0) {
                a.conditionalCompareImmediate(wide, rn, imm, nzcv, cond);
            } else {
                a.conditionalCompareNegativeImmediate(wide, rn, -imm, nzcv, cond);
            }
        }

        @Override
        public String toString() {
            return (imm >= 0 ? "ccmp " : "ccmn ") + name(wide, rn) + ", #" + Math.abs(imm) + ", #" + nzcv + ", " + cond;
        }
    }

    /** A constant, in as many instructions as it takes. */
    static final class Constant extends IntegerInsn {
        private final boolean wide;
        private Reg rd;
        private final long value;

        Constant(boolean wide, Reg rd, long value) {
            this.wide = wide;
            this.rd = rd;
            this.value = value;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.movImmediate(wide, rd, value);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Constant(wide, target, value);
        }

        @Override
        public String toString() {
            return "mov " + name(wide, rd) + ", #" + value;
        }
    }

    /** Number of ones, through the vector unit. */
    static final class PopulationCount extends IntegerInsn {
        private final boolean wide;
        private Reg rd;
        private Reg rn;

        PopulationCount(boolean wide, Reg rd, Reg rn) {
            this.wide = wide;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.floatConvert(FloatOp.Convert.FMOV_FROM_INT, wide, wide, Registers.VTMP, rn);
            a.vectorCount(Registers.VTMP, Registers.VTMP);
            a.vectorSum(Registers.VTMP, Registers.VTMP);
            a.floatConvert(FloatOp.Convert.FMOV_TO_INT, false, false, rd, Registers.VTMP);
        }

        @Override
        public String toString() {
            return "popcount " + name(wide, rd) + ", " + name(wide, rn);
        }
    }
}
