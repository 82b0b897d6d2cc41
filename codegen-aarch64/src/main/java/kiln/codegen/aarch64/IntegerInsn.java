package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Integer arithmetic. A target of xzr makes an instruction that sets flags a comparison. */
final class IntegerInsn {
    private IntegerInsn() {}

    /** A constant, in as many instructions as it takes. */
    static final class Const extends Shape.Define {
        private final boolean wide;
        private final long value;

        Const(boolean wide, Reg rd, long value) {
            super(rd);
            this.wide = wide;
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.movImmediate(wide, rd, value);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(wide, target, value);
        }

        @Override
        public String toString() {
            return text("mov", name(wide, rd), "#" + value);
        }
    }

    /** Three registers. */
    static final class Alu extends Shape.Binary {
        private final AluOp op;
        private final boolean wide;

        Alu(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm) {
            super(rd, rn, rm);
            this.op = op;
            this.wide = wide;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.alu(op, wide, rd, rn, rm);
        }

        @Override
        public String toString() {
            boolean wideSources = wide && op != AluOp.SMULL && op != AluOp.UMULL;
            return text(op, name(wide, rd), name(wideSources, rn), name(wideSources, rm));
        }
    }

    /** Three registers, the last one shifted by a constant. */
    static final class AluShifted extends Shape.Binary {
        private final AluOp op;
        private final boolean wide;
        private final ShiftOp shift;
        private final int amount;

        AluShifted(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm, ShiftOp shift, int amount) {
            super(rd, rn, rm);
            this.op = op;
            this.wide = wide;
            this.shift = shift;
            this.amount = amount;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.aluShifted(op, wide, rd, rn, rm, shift, amount);
        }

        @Override
        public String toString() {
            return text(op, name(wide, rd), name(wide, rn), name(wide, rm), shift + " #" + amount);
        }
    }

    /** ADD, SUB of three registers, the last one extended and shifted left by 0 to 4. */
    static final class AluExtended extends Shape.Binary {
        private final AluOp op;
        private final boolean wide;
        private final ExtendOp extend;
        private final int amount;

        AluExtended(AluOp op, boolean wide, Reg rd, Reg rn, Reg rm, ExtendOp extend, int amount) {
            super(rd, rn, rm);
            this.op = op;
            this.wide = wide;
            this.extend = extend;
            this.amount = amount;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.aluExtended(op, wide, rd, rn, rm, extend, amount);
        }

        @Override
        public String toString() {
            String extension = extend + (amount == 0 ? "" : " #" + amount);
            return text(op, name(wide, rd), name(wide, rn), name(extend.isWide(), rm), extension);
        }
    }

    /** ADD, SUB with a 12-bit immediate, possibly shifted by 12. */
    static final class AluImmediate extends Shape.Unary {
        private final AluOp op;
        private final boolean wide;
        private final int imm;

        AluImmediate(AluOp op, boolean wide, Reg rd, Reg rn, int imm) {
            super(rd, rn);
            this.op = op;
            this.wide = wide;
            this.imm = imm;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.addSubImmediate(op, wide, rd, rn, imm);
        }

        @Override
        public String toString() {
            return text(op, name(wide, rd), name(wide, rn), "#" + imm);
        }
    }

    /** AND, ORR, EOR, ANDS with a bitmask immediate. */
    static final class LogicalImmediate extends Shape.Unary {
        private final AluOp op;
        private final boolean wide;
        private final long imm;

        LogicalImmediate(AluOp op, boolean wide, Reg rd, Reg rn, long imm) {
            super(rd, rn);
            this.op = op;
            this.wide = wide;
            this.imm = imm;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.logicalImmediate(op, wide, rd, rn, imm);
        }

        @Override
        public String toString() {
            String mask = "#0x" + Long.toHexString(wide ? imm : imm & 0xffff_ffffL);
            return text(op, name(wide, rd), name(wide, rn), mask);
        }
    }

    /** SBFM, UBFM: shifts by constants, extensions, bitfield extraction. */
    static final class Bitfield extends Shape.Unary {
        private final BitfieldOp op;
        private final boolean wide;
        private final int immr;
        private final int imms;

        Bitfield(BitfieldOp op, boolean wide, Reg rd, Reg rn, int immr, int imms) {
            super(rd, rn);
            this.op = op;
            this.wide = wide;
            this.immr = immr;
            this.imms = imms;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.bitfield(op, wide, rd, rn, immr, imms);
        }

        @Override
        public String toString() {
            return text(op, name(wide, rd), name(wide, rn), "#" + immr, "#" + imms);
        }
    }

    /** BFM: replaces some bits of a register. */
    static final class BitfieldInsert extends Shape.Merge {
        private final boolean wide;
        private final int immr;
        private final int imms;

        BitfieldInsert(boolean wide, Reg rd, Reg kept, Reg rn, int immr, int imms) {
            super(rd, kept, rn);
            this.wide = wide;
            this.immr = immr;
            this.imms = imms;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.bitfield(BitfieldOp.BFM, wide, rd, rn, immr, imms);
        }

        @Override
        public String toString() {
            return text(
                    BitfieldOp.BFM,
                    name(wide, rd) + "(" + name(wide, kept) + ")",
                    name(wide, rn),
                    "#" + immr,
                    "#" + imms);
        }
    }

    /** Bits {@code lsb} and up of two registers in a row; a rotation if they are the same. */
    static final class Extract extends Shape.Binary {
        private final boolean wide;
        private final int lsb;

        Extract(boolean wide, Reg rd, Reg rn, Reg rm, int lsb) {
            super(rd, rn, rm);
            this.wide = wide;
            this.lsb = lsb;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.extr(wide, rd, rn, rm, lsb);
        }

        @Override
        public String toString() {
            return text("extr", name(wide, rd), name(wide, rn), name(wide, rm), "#" + lsb);
        }
    }

    /** Multiplication with an addend: the only instruction that reads three registers. */
    static final class MultiplyAdd extends Insn {
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
        void emit(Assembler asm, EmitContext context) {
            asm.multiplyAdd(op, wide, rd, rn, rm, ra);
        }

        @Override
        public String toString() {
            boolean wideFactors = wide && (op == MultiplyOp.MADD || op == MultiplyOp.MSUB);
            return text(op, name(wide, rd), name(wideFactors, rn), name(wideFactors, rm), name(wide, ra));
        }
    }

    /** RBIT, REV, CLZ. */
    static final class Unary extends Shape.Unary {
        private final UnaryOp op;
        private final boolean wide;

        Unary(UnaryOp op, boolean wide, Reg rd, Reg rn) {
            super(rd, rn);
            this.op = op;
            this.wide = wide;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.unary(op, wide, rd, rn);
        }

        @Override
        public String toString() {
            return text(op, name(wide, rd), name(wide, rn));
        }
    }

    /** Number of ones, through the vector unit. */
    static final class PopulationCount extends Shape.Unary {
        private final boolean wide;

        PopulationCount(boolean wide, Reg rd, Reg rn) {
            super(rd, rn);
            this.wide = wide;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.floatConvert(FloatOp.Convert.FMOV_FROM_INT, wide, wide, Registers.SCRATCH, rn);
            asm.vectorCount(Registers.SCRATCH, Registers.SCRATCH);
            asm.vectorSum(Registers.SCRATCH, Registers.SCRATCH);
            asm.floatConvert(FloatOp.Convert.FMOV_TO_INT, false, false, rd, Registers.SCRATCH);
        }

        @Override
        public String toString() {
            return text("popcount", name(wide, rd), name(wide, rn));
        }
    }
}
