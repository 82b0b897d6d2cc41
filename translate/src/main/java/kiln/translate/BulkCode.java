package kiln.translate;

import kiln.artifact.FuncKey;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * A helper that goes through many bytes at absolute addresses. The ranges have been checked, so an access that faults
 * is a defect of the caller; it traps all the same.
 */
class BulkCode extends ComponentCode {
    private static final Region ANY = new Region(Region.Kind.MEMORY, Region.IMPORTED);
    private static final MemoryOp[] OPS = {
        new MemoryOp(1, false, ANY, true, false),
        new MemoryOp(2, false, ANY, true, false),
        new MemoryOp(4, false, ANY, true, false),
        new MemoryOp(8, false, ANY, true, false),
        new MemoryOp(16, false, ANY, true, false)
    };
    /** Bytes of a word. */
    static final int STEP = 8;
    /** Bytes of a vector. */
    static final int VECTOR = 16;

    BulkCode(ComponentFunctions component, FuncKey key, Signature signature) {
        super(component, key, signature);
    }

    final Value load(int bytes, Value address, int offset) {
        Type type = bytes == VECTOR ? Type.V128 : bytes == STEP ? Type.I64 : Type.I32;
        return b.load(type, OPS[log2(bytes)], address, offset);
    }

    final void store(int bytes, Value address, int offset, Value value) {
        b.store(OPS[log2(bytes)], address, offset, value);
    }

    private static int log2(int bytes) {
        return Integer.numberOfTrailingZeros(bytes);
    }

    /** A block whose parameters are a place in what is read, {@link #p}, and a second number, {@link #q}. */
    final Block place() {
        return label(Type.I64, Type.I64);
    }

    static Value p(Block block) {
        return block.params().get(0);
    }

    static Value q(Block block) {
        return block.params().get(1);
    }

    /**
     * Begins a loop at {@code wide} that reads some vectors a step, and goes on in the block of the step. Goes to
     * {@code tail}, with p and q as they are, if fewer bytes are left before {@code end}.
     */
    final Value[] vectors(Block wide, Block tail, Value end, int count) {
        Block body = label();
        begin(wide);
        interruptCheck();
        Value left = sub(end, p(wide));
        b.branch(is(IntCond.UGE, left, (long) count * VECTOR), new Edge(body), new Edge(tail, p(wide), q(wide)));
        begin(body);
        Value[] vectors = new Value[count];
        for (int i = 0; i < count; i++) {
            vectors[i] = load(VECTOR, p(wide), i * VECTOR);
        }
        return vectors;
    }

    /** As above; goes to {@code tail} also if one of the vectors has a bit of the {@code mask} of eight bytes. */
    final Value[] vectors(Block wide, Block tail, Value end, int count, long mask) {
        Value[] vectors = vectors(wide, tail, end, count);
        if (mask != 0) {
            Block clean = label();
            Value bits = b.vector(VectorOp.AND.on(Lanes.V128), anyOf(vectors), b.vconst(new V128(mask, mask)));
            b.branch(any(bits), new Edge(tail, p(wide), q(wide)), new Edge(clean));
            begin(clean);
        }
        return vectors;
    }

    /** The bits that one of the vectors has. */
    final Value anyOf(Value... vectors) {
        return fold(VectorOp.OR, Lanes.V128, vectors);
    }

    /** All vectors joined by an operation, from left to right. */
    final Value fold(VectorOp op, Lanes lanes, Value... vectors) {
        Value all = vectors[0];
        for (int i = 1; i < vectors.length; i++) {
            all = b.vector(op.on(lanes), all, vectors[i]);
        }
        return all;
    }

    /** Whether a vector is not zero. */
    final Value any(Value vector) {
        return b.vector(VectorOp.ANY_TRUE.on(Lanes.V128), vector);
    }
}
