package kiln.codegen.x64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/**
 * Integer arithmetic of several instructions, or of one of several. {@code size} is 4 or 8; results of size 4 are
 * zero-extended by the processor.
 */
final class IntegerInsn {
    private IntegerInsn() {}

    /** A constant. */
    static final class Const extends Sequence {
        private final long value;

        Const(Reg dst, long value) {
            super(Form.NONE.def(), dst);
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (value == 0) {
                asm.op(Op.XOR, 4, reg(0), reg(0));
            } else {
                KnownFlags flags = KnownFlags.here(asm);
                asm.movImm(reg(0), value);
                KnownFlags.keep(asm, flags, reg(0));
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(target, value);
        }

        @Override
        public String toString() {
            return text("mov", reg(0), value);
        }
    }

    /** {@code dst = address}; an add where that does the same. */
    static final class Lea extends Sequence {
        private final int size;
        private final Address address;

        private Lea(int size, Form form, Reg dst, Address address) {
            super(form, regs(form, address, null, dst));
            this.size = size;
            this.address = address;
        }

        static Lea of(int size, Reg dst, Address address) {
            return new Lea(size, address.append(Form.NONE).def(), dst, address);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(form().count() - 1);
            Address a = address.over(this, 0).resolve(context);
            boolean plain = a.index() != null && a.shift() == 0 && a.disp() == 0;
            if (plain && a.base() == dst) {
                asm.op(Op.ADD, size, dst, a.index());
            } else if (plain && a.index() == dst) {
                asm.op(Op.ADD, size, dst, a.base());
            } else if (a.index() == null && a.base() == dst) {
                // 128 is the one number whose negation has a shorter form.
                if (a.disp() == 128) {
                    asm.op(Op.SUB, size, dst, -128);
                } else {
                    asm.op(Op.ADD, size, dst, a.disp());
                }
            } else {
                KnownFlags flags = KnownFlags.here(asm);
                asm.lea(size, dst, a);
                KnownFlags.keep(asm, flags, dst);
                return;
            }
            ResultFlags.record(asm, dst, size, false);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return address.isInFrame() ? of(size, target, address) : null;
        }

        @Override
        public String toString() {
            return text("lea", name(form().count() - 1, size), address.over(this, 0));
        }
    }

    /** Division of rax, with the checks that the processor would answer with a signal of its own. */
    static final class Divide extends Sequence {
        // The divisor is read late, since rdx is written before it is read for good.
        private static final Form OPERANDS = Form.NONE.useFixed(Registers.RAX).useLate();
        private static final Form QUOTIENT = OPERANDS.defFixed(Registers.RAX).clobbering(RegSet.of(Registers.RDX));
        private static final Form REMAINDER = OPERANDS.defFixed(Registers.RDX).clobbering(RegSet.of(Registers.RAX));

        private final boolean signed;
        private final boolean remainder;
        private final int size;
        private final boolean checkZero;
        private final boolean checkMinusOne;

        /**
         * @param checkZero whether the divisor may be zero
         * @param checkMinusOne whether the divisor of a signed division may be -1
         */
        Divide(
                boolean signed,
                boolean remainder,
                int size,
                Reg dst,
                Reg dividend,
                Reg divisor,
                boolean checkZero,
                boolean checkMinusOne) {
            super(remainder ? REMAINDER : QUOTIENT, dividend, divisor, dst);
            this.signed = signed;
            this.remainder = remainder;
            this.size = size;
            this.checkZero = checkZero;
            this.checkMinusOne = checkMinusOne;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand by = Operand.of(reg(1));
            if (checkZero) {
                asm.test(size, reg(1));
                asm.jcc(Cond.E, Traps.label(asm, TrapCode.INTEGER_DIVIDE_BY_ZERO));
            }
            if (!signed) {
                asm.op(Op.XOR, 4, Registers.RDX, Registers.RDX);
                asm.m(Op.DIV, size, by);
                return;
            }
            Label done = new Label();
            if (checkMinusOne) {
                asm.op(Op.CMP, size, reg(1), -1);
                Label minusOne = new Label();
                asm.jcc(Cond.E, minusOne);
                asm.buffer().rarely(() -> {
                    asm.buffer().bind(minusOne);
                    if (remainder) {
                        asm.op(Op.XOR, 4, Registers.RDX, Registers.RDX);
                    } else {
                        asm.m(Op.NEG, size, Registers.RAX);
                        asm.jcc(Cond.O, Traps.label(asm, TrapCode.INTEGER_OVERFLOW));
                    }
                    asm.jmp(done);
                });
            }
            asm.zo(Op.CDQ, size);
            asm.m(Op.IDIV, size, by);
            asm.buffer().bind(done);
        }

        @Override
        public String toString() {
            return text(
                    (signed ? "s" : "u") + (remainder ? "rem" : "div"),
                    name(2, size),
                    name(0, size),
                    name(1, size) + (checkZero ? " ; zero" : "") + (signed && checkMinusOne ? " ; -1" : ""));
        }
    }

    /**
     * Leading or trailing zeros without lzcnt and tzcnt. For zero, bsr and bsf leave their target as it was (AMD64
     * Architecture Programmer's Manual volume 3; Intel's manual says so, too, since 2024, and no processor of either
     * has ever done otherwise), so the answer for zero stands there before. The source is read after that.
     */
    static final class Scan extends Sequence {
        private static final Form FORM = Form.NONE.useLate().def();

        private final boolean leading;
        private final int size;

        Scan(boolean leading, int size, Reg dst, Reg src) {
            super(FORM, src, dst);
            this.leading = leading;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(1);
            int bits = size * 8;
            // The leading zeros of x are the bit number of its highest bit, with all bits of a bit number flipped.
            asm.movImm(dst, leading ? 2 * bits - 1 : bits);
            // The encoding of tzcnt is bsf where there is no tzcnt, and several times as fast where there is.
            asm.op(leading ? Op.BSR : Op.TZCNT, size, dst, reg(0));
            if (leading) {
                asm.op(Op.XOR, 4, dst, bits - 1);
            }
        }

        @Override
        public String toString() {
            return text(leading ? "clz" : "ctz", name(1, size), name(0, size));
        }
    }
}
