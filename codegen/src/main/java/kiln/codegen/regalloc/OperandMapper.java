package kiln.codegen.regalloc;

import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/** A visitor to whom all operands are alike. */
abstract class OperandMapper implements OperandVisitor {
    /** What takes the place of the next operand. */
    abstract Reg map(Reg r);

    @Override
    public final Reg use(Reg r) {
        return map(r);
    }

    @Override
    public final Reg useLate(Reg r) {
        return map(r);
    }

    @Override
    public final Reg useAny(Reg r) {
        return map(r);
    }

    @Override
    public final Reg useFixed(Reg r, Reg physical) {
        return map(r);
    }

    @Override
    public final Reg def(Reg r) {
        return map(r);
    }

    @Override
    public final Reg defEarly(Reg r) {
        return map(r);
    }

    @Override
    public final Reg defReuse(Reg r, Reg reused) {
        return map(r);
    }

    @Override
    public final Reg defFixed(Reg r, Reg physical) {
        return map(r);
    }

    @Override
    public final Reg temp(Reg r) {
        return map(r);
    }

    @Override
    public void clobber(RegSet set) {}
}
