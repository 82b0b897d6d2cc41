package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.ConstantBytes;
import kiln.ir.Type;

/** Loads and stores of values. */
final class MemoryInsn {
    private MemoryInsn() {}

    /**
     * A load of {@code width} bytes, widened to the type.
     *
     * @param constant whether the result never changes, and the address has no allocated registers
     */
    static Insn load(Type type, int width, boolean signed, Reg dst, Address from, boolean constant) {
        if (isVector(type)) {
            return Insn.load(Op.movVector(width), width, dst, from, constant);
        }
        int size = signed && type != Type.I32 || width == 8 ? 8 : 4;
        Op op = switch (width) {
            case 1 -> signed ? Op.MOVSX8 : Op.MOVZX8;
            case 2 -> signed ? Op.MOVSX16 : Op.MOVZX16;
            case 4 -> signed && size == 8 ? Op.MOVSXD : Op.MOV;
            case 8 -> Op.MOV;
            default -> throw new IllegalArgumentException("integer load of " + width + " bytes");
        };
        return Insn.load(op, size, dst, from, constant);
    }

    /** A store of the low {@code width} bytes of a register. */
    static Insn store(Type type, int width, Address to, Reg src) {
        return Insn.store(isVector(type) ? Op.movVector(width) : Op.MOV, width, to, src);
    }

    /** The address of constant bytes behind the body. */
    static final class DataAddress extends Sequence {
        private final ConstantBytes bytes;

        DataAddress(Reg dst, ConstantBytes bytes) {
            super(Form.NONE.def(), dst);
            this.bytes = bytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            KnownFlags flags = KnownFlags.here(asm);
            asm.lea(8, reg(0), Address.of(asm.buffer().data(bytes)));
            KnownFlags.keep(asm, flags, reg(0));
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new DataAddress(target, bytes);
        }

        @Override
        public String toString() {
            return text("lea", reg(0), "[" + bytes.length() + " constant bytes]");
        }
    }

    /** Whether values of a type live in vector registers. */
    static boolean isVector(Type type) {
        return type.isFloat() || type == Type.V128;
    }
}
