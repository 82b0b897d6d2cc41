package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/** Integer arithmetic that takes several instructions. */
final class IntegerInsn {
    private static final Form DEF = Form.NONE.def();
    private static final Form USE_DEF = Form.NONE.use().def();

    private IntegerInsn() {}

    /** A constant, in as many instructions as it takes. */
    static final class Const extends Sequence {
        private final boolean wide;
        private final long value;

        Const(boolean wide, Reg rd, long value) {
            super(DEF, rd);
            this.wide = wide;
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.movImmediate(wide, reg(0), value);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(wide, target, value);
        }

        @Override
        public String toString() {
            return text("mov", Registers.name(wide, reg(0)), "#" + value);
        }
    }

    /** Number of ones, through the vector unit. */
    static final class PopulationCount extends Sequence {
        private final boolean wide;

        PopulationCount(boolean wide, Reg rd, Reg rn) {
            super(USE_DEF, rn, rd);
            this.wide = wide;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg tmp = Registers.SCRATCH;
            asm.convert(Op.FMOV_FROM_INT, wide, wide, tmp, reg(0));
            asm.op(Op.VCNT, Arrangement.B8, tmp, tmp);
            asm.op(Op.VADDV, Arrangement.B8, tmp, tmp);
            asm.convert(Op.FMOV_TO_INT, false, false, reg(1), tmp);
        }

        @Override
        public String toString() {
            return text("popcount", Registers.name(wide, reg(1)), Registers.name(wide, reg(0)));
        }
    }
}
