package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.HeapLayout;
import kiln.artifact.HeapLayout.Slot;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.SsaBuilder;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Makes objects: in function bodies and in constant expressions. Between an allocation and the last of the stores that
 * complete the object there is nothing that may collect.
 */
final class GcObjects {
    /** What instantiation has written. */
    private static final MemoryOp TYPE_ID = MemoryOp.readOnly(Type.I32, Region.CONTEXT);

    private static final int UPPER_HALF = 32;
    /** Stores that are written one after another; more are a loop. */
    private static final int MAX_UNROLLED = 8;
    /** From so many bytes on the library's function is faster than a loop. */
    private static final int LIBRARY_BYTES = 256;

    /** In the value that ARRAY_FILL gets: nothing may come between the first byte and the last. */
    static final int IN_ONE_PIECE = 1 << 8;
    /** Bytes that a loop writes between two looks at interruptions; a multiple of all elements' sizes. */
    private static final long PIECE = 1 << 18;

    private final ModuleEnvironment env;
    private final Function function;
    private final Builder b;
    /** Null if there are no variables. */
    private final SsaBuilder ssa;

    private final Value vmctx;
    private final BuiltinCalls builtins;

    GcObjects(ModuleEnvironment env, Function function, Builder b, SsaBuilder ssa, Value vmctx) {
        this.env = env;
        this.function = function;
        this.b = b;
        this.ssa = ssa;
        this.vmctx = vmctx;
        this.builtins = new BuiltinCalls(b, env.moduleIndex());
    }

    /** The address of offset 0 of the heap. */
    Value base() {
        return b.load(Type.I64, Emission.POINTER, vmctx, env.layout().heapBase());
    }

    /** The first word of objects of a type, which is the offset of the type's record. */
    Value record(int type) {
        return b.load(Type.I32, TYPE_ID, vmctx, env.layout().typeId(type));
    }

    Value wide(Value v) {
        return b.convert(Opcode.ZEXT, Type.I64, v);
    }

    /** A struct with these fields. */
    Value struct(int type, Value[] values) {
        GcTypes.Struct s = env.gcTypes().struct(type);
        Value base = base();
        Value object = b.allocate(base, b.i64(s.bytes()), wide(record(type)));
        for (int i = 0; i < values.length; i++) {
            GcTypes.Field f = s.fields()[i];
            b.heapStore(f.store(), base, object, f.offset(), values[i]);
        }
        return object;
    }

    /** A struct whose fields are zero. */
    Value structOfZeros(int type) {
        GcTypes.Struct s = env.gcTypes().struct(type);
        Value[] zeros = new Value[s.fields().length];
        for (int i = 0; i < zeros.length; i++) {
            zeros[i] = b.zero(s.fields()[i].type());
        }
        return struct(type, zeros);
    }

    /** An array whose elements are not written yet. */
    private Value newArray(int type, Value base, Value length) {
        GcTypes.Field element = env.gcTypes().element(type);
        Value count = wide(length);
        Value bytes = b.binary(Opcode.SHL, count, b.i64(element.log2()));
        bytes = b.binary(Opcode.ADD, bytes, b.i64(HeapLayout.ELEMENTS));
        if (element.bytes() < HeapLayout.ALIGNMENT) {
            bytes = b.binary(Opcode.ADD, bytes, b.i64(HeapLayout.ALIGNMENT - 1));
            bytes = b.binary(Opcode.AND, bytes, b.i64(-HeapLayout.ALIGNMENT));
        }
        Value header = b.binary(Opcode.OR, wide(record(type)), b.binary(Opcode.SHL, count, b.i64(UPPER_HALF)));
        return b.allocate(base, bytes, header);
    }

    /** An array of these elements. */
    Value array(int type, Value[] values) {
        GcTypes.Field element = env.gcTypes().element(type);
        Value base = base();
        Value array = newArray(type, base, b.i32(values.length));
        for (int i = 0; i < values.length; i++) {
            b.heapStore(element.store(), base, array, element.offset() + (long) i * element.bytes(), values[i]);
        }
        return array;
    }

    /** An array of elements that are all {@code value}. */
    Value array(int type, Value value, Value length) {
        GcTypes.Field element = env.gcTypes().element(type);
        Value base = base();
        Value array = newArray(type, base, length);
        Value v = value.resolve();
        if (length.resolve().is(Opcode.ICONST)
                && Integer.compareUnsigned((int) length.resolve().inst().imm(), MAX_UNROLLED) <= 0) {
            for (int i = 0; i < length.resolve().inst().imm(); i++) {
                b.heapStore(element.store(), base, array, element.offset() + (long) i * element.bytes(), v);
            }
        } else {
            // Who looks at all objects finds no references that are not there yet.
            fill(element, base, array, b.i64(0), wide(length), v, element.slot() != Slot.REFERENCE);
        }
        return array;
    }

    /** An array whose elements are zero. */
    Value arrayOfZeros(int type, Value length) {
        return array(type, b.zero(env.gcTypes().element(type).type()), length);
    }

    /**
     * Writes {@code value} to {@code count} elements from number {@code first} on, all of which are there.
     *
     * @param first and count are i64
     * @param stoppable whether some elements may stay as they are if the call is interrupted
     */
    void fill(
            GcTypes.Field element, Value base, Value array, Value first, Value count, Value value, boolean stoppable) {
        Value shift = b.i64(element.log2());
        Value start = b.binary(Opcode.SHL, first, shift);
        Value bytes = b.binary(Opcode.SHL, count, shift);
        boolean zero = value.is(Opcode.ICONST) && value.inst().imm() == 0
                || value.is(Opcode.FCONST) && value.inst().imm() == 0;
        boolean isChecked = stoppable && env.options().interruptChecks();
        if (!zero && element.bytes() > 1) {
            if (isChecked) {
                loopInPieces(element, base, array, start, bytes, value);
            } else {
                loop(element, base, array, start, b.binary(Opcode.ADD, start, bytes), value);
            }
            return;
        }
        Block large = function.newDetachedBlock();
        Block small = function.newDetachedBlock();
        Block done = function.newDetachedBlock();
        b.branch(b.icmp(IntCond.UGE, bytes, b.i64(LIBRARY_BYTES)), large, small);
        if (start(large)) {
            Value octet = zero ? b.i32(0) : value;
            if (!stoppable && env.options().interruptChecks()) {
                octet = b.i32(IN_ONE_PIECE);
            } else if (!zero && env.options().interruptChecks()) {
                octet = b.binary(Opcode.AND, octet, b.i32(IN_ONE_PIECE - 1));
            }
            builtins.call(Builtin.ARRAY_FILL, array, start, octet, bytes);
            b.jump(done);
        }
        if (start(small)) {
            loop(element, base, array, start, b.binary(Opcode.ADD, start, bytes), value);
            b.jump(done);
        }
        start(done);
    }

    /** As {@link #loop}, for {@code bytes} bytes, with a look at interruptions in front of each piece. */
    private void loopInPieces(GcTypes.Field element, Value base, Value array, Value start, Value bytes, Value value) {
        Value end = b.binary(Opcode.ADD, start, bytes);
        Block header = function.newBlock();
        Value at = header.addParam(Type.I64);
        Block body = function.newDetachedBlock();
        Block done = function.newDetachedBlock();
        b.jump(header, start);
        b.setBlock(header);
        b.interruptCheck();
        b.branch(b.icmp(IntCond.ULT, at, end), new Edge(body), new Edge(done));
        if (start(body)) {
            Value next = b.binary(Opcode.ADD, at, b.i64(PIECE));
            Value stop = b.select(b.icmp(IntCond.ULT, next, end), next, end);
            loop(element, base, array, at, stop, value);
            b.jump(header, stop);
        }
        if (ssa != null) {
            ssa.sealBlock(header);
        }
        start(done);
    }

    private void loop(GcTypes.Field element, Value base, Value array, Value start, Value end, Value value) {
        Block header = function.newBlock();
        Value at = header.addParam(Type.I64);
        Block body = function.newDetachedBlock();
        Block done = function.newDetachedBlock();
        b.jump(header, start);
        b.setBlock(header);
        b.branch(b.icmp(IntCond.ULT, at, end), new Edge(body), new Edge(done));
        if (start(body)) {
            b.heapStore(element.store(), b.binary(Opcode.ADD, base, at), array, element.offset(), value);
            b.jump(header, b.binary(Opcode.ADD, at, b.i64(element.bytes())));
        }
        if (ssa != null) {
            ssa.sealBlock(header);
        }
        start(done);
    }

    /**
     * Continues in a block that is not in the layout yet and whose edges all exist.
     *
     * @return whether there are any, as far as is known
     */
    private boolean start(Block block) {
        if (ssa != null) {
            if (ssa.predecessorCount(block) == 0) {
                return false;
            }
            ssa.sealBlock(block);
        }
        function.blocks().add(block);
        b.setBlock(block);
        return true;
    }

    /** The reference that is a number of 31 bits. */
    Value i31(Value number) {
        return b.refOfBits(
                wide(b.binary(Opcode.OR, b.binary(Opcode.SHL, number, b.i32(1)), b.i32(HeapLayout.I31_TAG))));
    }

    Value call(Builtin builtin, Value... args) {
        return builtins.call(builtin, args);
    }
}
