package kiln.translate;

import kiln.ir.AtomicOp;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

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

    /** (address) to a value of {@code type}, of which {@code 1 << log2Width} bytes are in memory. */
    record AtomicLoad(Type type, int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicLoad(type, log2Width);
        }
    }

    /** (address, value) to nothing. */
    record AtomicStore(int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicStore(log2Width);
        }
    }

    /** (address, value) to what was there. */
    record AtomicModify(AtomicOp op, int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicModify(op, log2Width);
        }
    }

    /** (address, expected, replacement) to what was there. */
    record AtomicCompareAndExchange(int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicCompareAndExchange(log2Width);
        }
    }

    /** (address, expected, timeout) to how the waiting ended. */
    record AtomicWait(int log2Width) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicWait(log2Width);
        }
    }

    /** (address, count) to how many were woken. */
    record AtomicNotify() implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicNotify();
        }
    }

    /** Nothing to nothing. */
    record AtomicFence() implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.atomicFence();
        }
    }

    /** Operands to an operation on their lanes. */
    record Vector(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value[] args = new Value[op.op().opcode().types().operands().size()];
            for (int i = args.length - 1; i >= 0; i--) {
                args[i] = e.stack.pop();
            }
            e.pushComputed(op, e.b.vector(op, args));
        }
    }

    /** (x, y) to {@code op(y, x)}. */
    record SwappedVectors(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.vector(op, y, x));
        }
    }

    /** (x, y) to the complement of {@code op(x, y)}. */
    record NegatedVectors(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.vector(VectorOp.NOT.on(Lanes.V128), e.b.vector(op, x, y)));
        }
    }

    /** (x) to one of its lanes. */
    record Extract(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            e.stack.push(e.b.vectorOfLane(op, e.validator.lane(), e.stack.pop()));
        }
    }

    /** (x, scalar) to x with another lane. */
    record Replace(LaneOp op) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value scalar = e.stack.pop();
            e.stack.push(e.b.vectorOfLane(op, e.validator.lane(), e.stack.pop(), scalar));
        }
    }

    /** (x, y) to bytes of both. */
    record Shuffle() implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.stack.push(e.b.shuffle(new V128(e.validator.v128Low(), e.validator.v128High()), x, y));
        }
    }

    /** To a constant. */
    record VectorConstant() implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            e.stack.push(e.b.vconst(new V128(e.validator.v128Low(), e.validator.v128High())));
        }
    }

    /** (address) to a vector with a scalar of memory in each lane. */
    record LoadSplat(LaneOp splat) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.loadLane(splat.lanes());
            e.stack.push(e.b.vector(splat, e.stack.pop()));
        }
    }

    /** (address) to a vector with a scalar of memory in the lowest lane, zeros in the others. */
    record LoadZero(Lanes lanes) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            memory.loadLane(lanes);
            Value scalar = e.stack.pop();
            e.stack.push(e.b.vectorOfLane(VectorOp.REPLACE_LANE.on(lanes), 0, e.b.vconst(V128.ZERO), scalar));
        }
    }

    /** (address) to eight bytes of memory, extended. */
    record LoadExtend(LaneOp extend) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            new LoadZero(Lanes.I64X2).translate(e, memory);
            e.stack.push(e.b.vector(extend, e.stack.pop()));
        }
    }

    /** (address, x) to x with a lane from memory. */
    record LoadLane(Lanes lanes) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value x = e.stack.pop();
            memory.loadLane(lanes);
            Value scalar = e.stack.pop();
            e.stack.push(e.b.vectorOfLane(VectorOp.REPLACE_LANE.on(lanes), e.validator.lane(), x, scalar));
        }
    }

    /** (address, x) to nothing. */
    record StoreLane(Lanes lanes) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            boolean narrow = lanes == Lanes.I8X16 || lanes == Lanes.I16X8;
            VectorOp extract = narrow ? VectorOp.EXTRACT_LANE_U : VectorOp.EXTRACT_LANE;
            Value x = e.stack.pop();
            e.stack.push(e.b.vectorOfLane(extract.on(lanes), e.validator.lane(), x));
            memory.store(Integer.numberOfTrailingZeros(lanes.bytes()));
        }
    }

    /** (x, y, z) to {@code sum(z, x * y)}, rounded twice. */
    record MultiplyAdd(LaneOp sum) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value z = e.stack.pop();
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            e.pushComputed(sum, e.b.vector(sum, z, e.b.vector(VectorOp.MUL.on(sum.lanes()), x, y)));
        }
    }

    /** (x, y) to sums of neighbouring products of bytes, saturated; or (x, y, z) to z and sums of two of those. */
    record Dot(boolean add) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            Value z = add ? e.stack.pop() : null;
            Value y = e.stack.pop();
            Value x = e.stack.pop();
            Value low = half(e, VectorOp.EXTEND_LOW_S, x, y);
            Value high = half(e, VectorOp.EXTEND_HIGH_S, x, y);
            Value dot = e.b.vector(VectorOp.NARROW_S.on(Lanes.I16X8), low, high);
            if (add) {
                Value sums = e.b.vector(VectorOp.EXTADD_PAIRWISE_S.on(Lanes.I32X4), dot);
                e.stack.push(e.b.vector(VectorOp.ADD.on(Lanes.I32X4), sums, z));
            } else {
                e.stack.push(dot);
            }
        }

        private static Value half(Emission e, VectorOp extend, Value x, Value y) {
            LaneOp op = extend.on(Lanes.I16X8);
            return e.b.vector(VectorOp.DOT_S.on(Lanes.I32X4), e.b.vector(op, x), e.b.vector(op, y));
        }
    }

    /** One rule for each of {@code --relaxed-simd}'s values. */
    record Relaxed(Rule host, Rule deterministic) implements Rule {
        @Override
        public void translate(Emission e, MemoryTranslator memory) {
            (e.env.options().deterministic() ? deterministic : host).translate(e, memory);
        }
    }
}
