package kiln.translate;

import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** How an instruction that is one operation of the IR is translated. */
sealed interface Rule {
    /** Pops operands, appends the operation, and pushes what it results in. */
    void translate(Emission e, MemoryTranslator memory);

    /** (x, y) to {@code opcode(x, y)}. */
    record Binary(Opcode opcode) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.pushComputed(opcode, e.b.binary(opcode, x, y));
        }
    }

    /** (x) to {@code opcode(x)}, of the same type. */
    record Unary(Opcode opcode) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            e.pushComputed(opcode, e.b.unary(opcode, e.stack.pop()));
        }
    }

    /** (x) to {@code opcode(x)}, of type {@code type}. */
    record Convert(Opcode opcode, Type type) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            e.pushComputed(opcode, e.b.convert(opcode, type, e.stack.pop()));
        }
    }

    /** (x, y) to i32. */
    record CompareInts(IntCond cond) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.icmp(cond, x, y));
        }
    }

    /** (x, y) to i32. */
    record CompareFloats(FloatCond cond) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.fcmp(cond, x, y));
        }
    }

    /** (x) to whether x is zero. */
    record EqualsZero() implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value x = e.stack.pop();
            e.stack.push(e.b.icmp(IntCond.EQ, x, e.b.zero(x.type())));
        }
    }

    /** (address) to a value of {@code type}, of which {@code 1 << log2Width} bytes are in memory. */
    record Load(Type type, int log2Width, boolean signed) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.load(type, log2Width, signed);
        }
    }

    /** (address, value) to nothing. */
    record Store(int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.store(log2Width);
        }
    }

    /** (x, y) to an operation on their lanes. */
    record BinaryLanes(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.vector(op, x, y));
        }
    }
}
