package kiln.codegen.x64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/** Division of rax, with the checks that the processor would answer with a signal of its own. */
final class DivideInsn extends Insn {
    private final boolean signed;
    private final boolean remainder;
    private final int size;
    private Reg dst;
    private Reg dividend;
    private Reg divisor;
    private final boolean checkZero;
    private final boolean checkMinusOne;

    /**
     * @param checkZero whether the divisor may be zero
     * @param checkMinusOne whether the divisor of a signed division may be -1
     */
    DivideInsn(
            boolean signed,
            boolean remainder,
            int size,
            Reg dst,
            Reg dividend,
            Reg divisor,
            boolean checkZero,
            boolean checkMinusOne) {
        this.signed = signed;
        this.remainder = remainder;
        this.size = size;
        this.dst = dst;
        this.dividend = dividend;
        this.divisor = divisor;
        this.checkZero = checkZero;
        this.checkMinusOne = checkMinusOne;
    }

    @Override
    public void visitOperands(OperandVisitor v) {
        dividend = v.useFixed(dividend, Registers.RAX);
        // Late, since rdx is written before the divisor is read for good.
        divisor = v.useLate(divisor);
        dst = v.defFixed(dst, remainder ? Registers.RDX : Registers.RAX);
        v.clobber(RegSet.of(remainder ? Registers.RAX : Registers.RDX));
    }

    @Override
    void emit(Assembler asm, EmitContext context) {
        Operand by = Operand.of(divisor);
        if (checkZero) {
            asm.test(size, by, divisor);
            asm.jcc(Cond.E, Traps.label(asm, TrapCode.INTEGER_DIVIDE_BY_ZERO));
        }
        if (!signed) {
            asm.alu(AluOp.XOR, 4, Registers.RDX, Registers.RDX);
            asm.div(size, by);
            return;
        }
        Label done = new Label();
        if (checkMinusOne) {
            asm.alu(AluOp.CMP, size, divisor, -1);
            Label minusOne = new Label();
            asm.jcc(Cond.E, minusOne);
            Traps.later(asm, () -> {
                asm.buffer().bind(minusOne);
                if (remainder) {
                    asm.alu(AluOp.XOR, 4, Registers.RDX, Registers.RDX);
                } else {
                    asm.neg(size, Operand.of(Registers.RAX));
                    asm.jcc(Cond.O, Traps.label(asm, TrapCode.INTEGER_OVERFLOW));
                }
                asm.jmp(done);
            });
        }
        asm.signIntoRdx(size);
        asm.idiv(size, by);
        asm.buffer().bind(done);
    }

    @Override
    public String toString() {
        return format(
                "%s%s %s, %s, %s%s%s",
                signed ? "s" : "u",
                remainder ? "rem" : "div",
                name(dst, size),
                name(dividend, size),
                name(divisor, size),
                checkZero ? " ; zero" : "",
                signed && checkMinusOne ? " ; -1" : "");
    }
}
