package kiln.codegen.x64;

import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/**
 * The operand shapes that several instructions share. A shape holds the operands and states once what of them is read and
 * written; its instructions add how they are encoded and printed.
 */
final class Shape {
    private Shape() {}

    /** No registers, or registers that are physical already, because the instruction is made after allocation. */
    abstract static class Plain extends Insn {
        @Override
        public final void visitOperands(OperandVisitor v) {}
    }

    /** {@code dst}: a value out of nothing. */
    abstract static class Define extends Insn {
        Reg dst;

        Define(Reg dst) {
            this.dst = dst;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            dst = v.def(dst);
        }
    }

    /** {@code dst} from a register, memory or a constant. */
    abstract static class Unary extends Insn {
        Reg dst;
        final Operand src;

        Unary(Reg dst, Operand src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            src.visit(v);
            dst = v.def(dst);
        }
    }

    /** {@code dst} from a register. */
    abstract static class Convert extends Insn {
        Reg dst;
        Reg src;

        Convert(Reg dst, Reg src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            src = v.use(src);
            dst = v.def(dst);
        }
    }

    /** {@code dst} from a register, with the help of another one; {@code temp} is null if none is needed. */
    abstract static class ConvertWithTemp extends Insn {
        Reg dst;
        Reg src;
        Reg temp;

        ConvertWithTemp(Reg dst, Reg src, Reg temp) {
            this.dst = dst;
            this.src = src;
            this.temp = temp;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            src = v.use(src);
            if (temp != null) {
                temp = v.temp(temp);
            }
            dst = v.def(dst);
        }
    }

    /** {@code dst} from two operands (VEX encodings). */
    abstract static class Binary extends Insn {
        Reg dst;
        Reg left;
        final Operand right;

        Binary(Reg dst, Reg left, Operand right) {
            this.dst = dst;
            this.left = left;
            this.right = right;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            left = v.use(left);
            right.visit(v);
            dst = v.def(dst);
        }
    }

    /** {@code dst} takes the place of {@code src}. */
    abstract static class InPlace extends Insn {
        Reg dst;
        Reg src;

        InPlace(Reg dst, Reg src) {
            this.dst = dst;
            this.src = src;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            Reg reused = src;
            src = v.use(src);
            dst = v.defReuse(dst, reused);
        }
    }

    /** {@code dst} takes the place of {@code left}; the other operand is a register, memory or a constant. */
    abstract static class InPlaceBinary extends Insn {
        Reg dst;
        Reg left;
        final Operand right;

        InPlaceBinary(Reg dst, Reg left, Operand right) {
            this.dst = dst;
            this.left = left;
            this.right = right;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            Reg reused = left;
            left = v.use(left);
            right.visit(v);
            dst = v.defReuse(dst, reused);
        }
    }

    /** {@code dst} takes the place of {@code left}; the other operand, too, is read from a register, perhaps more than once. */
    abstract static class Merge extends Insn {
        Reg dst;
        Reg left;
        Reg right;

        Merge(Reg dst, Reg left, Reg right) {
            this.dst = dst;
            this.left = left;
            this.right = right;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            Reg reused = left;
            left = v.use(left);
            right = v.use(right);
            dst = v.defReuse(dst, reused);
        }
    }

    /** A register goes to memory. */
    abstract static class Store extends Insn {
        final Address address;
        Reg src;

        Store(Address address, Reg src) {
            this.address = address;
            this.src = src;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            address.visit(v);
            src = v.use(src);
        }
    }

    /** Only flags are read, those of a comparison that belongs to the instruction. */
    abstract static class Conditional extends Insn {
        final Condition condition;

        Conditional(Condition condition) {
            this.condition = condition;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            condition.flags().visit(v);
        }
    }
}
