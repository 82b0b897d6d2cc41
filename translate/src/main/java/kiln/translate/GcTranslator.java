package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.HeapLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.types.HeapType;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import kiln.wasm.Op;

/**
 * Structs, arrays, i31 and casts. An access through null faults, since the first bytes of the heap are never mapped; a
 * cast compares what the object's header leads to. All that is read for that never changes, so that a second cast of a
 * value, or one behind a test, costs nothing.
 */
final class GcTranslator {
    private static final Region HEADER_REGION = new Region(Region.Kind.HEAP, 1 << 16);
    /** First word of an object, or length of an array: neither ever changes. */
    private static final MemoryOp HEADER = MemoryOp.guarded(4, HEADER_REGION, true);
    /** Fields of type records. */
    private static final MemoryOp RECORD = MemoryOp.guarded(4, Region.CONTEXT, true);
    /** The type in a function's record, which may be filled in first. */
    private static final MemoryOp FUNCTION_TYPE = MemoryOp.guarded(4, Region.CONTEXT, false);

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final TypeSpace types;
    private final GcObjects objects;

    GcTranslator(Emission e) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.types = e.env.wasm().types();
        this.objects = new GcObjects(e.env, e.function, b, e.ssa, e.vmctx);
    }

    /** Translates an instruction, unless it branches. */
    void translate(Op op) {
        switch (op) {
            case STRUCT_NEW -> {
                int n = e.env.gcTypes().struct(type()).fields().length;
                stack.push(objects.struct(type(), stack.pop(n)));
            }
            case STRUCT_NEW_DEFAULT -> stack.push(objects.structOfZeros(type()));
            case STRUCT_GET, STRUCT_GET_U -> structGet(false);
            case STRUCT_GET_S -> structGet(true);
            case STRUCT_SET -> structSet();
            case REF_EQ -> {
                Value y = stack.pop();
                Value x = stack.pop();
                stack.push(b.icmp(IntCond.EQ, x, y));
            }
            case REF_I31 -> stack.push(objects.i31(stack.pop()));
            case I31_GET_S -> i31Get(Opcode.ASHR);
            case I31_GET_U -> i31Get(Opcode.LSHR);
            // References of both hierarchies are the same bits.
            case ANY_CONVERT_EXTERN, EXTERN_CONVERT_ANY -> {}
            case REF_TEST, REF_TEST_NULL -> refTest();
            case REF_CAST, REF_CAST_NULL -> refCast();
            default -> array(op);
        }
    }

    private int type() {
        return e.validator.typeIndex();
    }

    private boolean isNullable(int operand) {
        return ValType.isNullable(e.validator.operandType(operand));
    }

    // Structs.

    /** The access {@code m}, made to trap if an object that may be null is null; {@code offset} is what is added. */
    private MemoryOp checked(MemoryOp m, Value object, boolean nullable, long offset) {
        if (!nullable) {
            return m;
        }
        if (offset + m.width() > HeapLayout.NULL_BYTES) {
            b.trapIfZero(TrapCode.NULL_REFERENCE, object);
            return m;
        }
        return m.trapping(TrapCode.NULL_REFERENCE);
    }

    private void structGet(boolean signed) {
        GcTypes.Field f = e.env.gcTypes().struct(type()).fields()[e.validator.fieldIndex()];
        Value object = stack.pop();
        MemoryOp access = checked(f.load(signed), object, isNullable(0), f.offset());
        Value value = b.heapLoad(f.type(), access, objects.base(), object, f.offset());
        e.expect(value, e.env.likelyCallee(type(), e.validator.fieldIndex()));
        stack.push(value);
    }

    private void structSet() {
        GcTypes.Field f = e.env.gcTypes().struct(type()).fields()[e.validator.fieldIndex()];
        Value value = stack.pop();
        Value object = stack.pop();
        MemoryOp access = checked(f.store(), object, isNullable(1), f.offset());
        b.heapStore(access, objects.base(), object, f.offset(), value);
    }

    // i31.

    private void i31Get(Opcode shift) {
        Value ref = stack.pop();
        if (isNullable(0)) {
            b.trapIfZero(TrapCode.NULL_REFERENCE, ref);
        }
        stack.push(b.binary(shift, b.convert(Opcode.WRAP, Type.I32, b.refBits(ref)), b.i32(1)));
    }

    // Arrays.

    private void array(Op op) {
        switch (op) {
            case ARRAY_NEW -> {
                Value length = stack.pop();
                stack.push(objects.array(type(), stack.pop(), length));
            }
            case ARRAY_NEW_DEFAULT -> stack.push(objects.arrayOfZeros(type(), stack.pop()));
            case ARRAY_NEW_FIXED -> stack.push(objects.array(type(), stack.pop(e.validator.arrayLength())));
            case ARRAY_NEW_DATA -> newOfSegment(Builtin.ARRAY_NEW_DATA, e.validator.dataIndex());
            case ARRAY_NEW_ELEM -> newOfSegment(Builtin.ARRAY_NEW_ELEM, e.validator.elemIndex());
            case ARRAY_INIT_DATA -> initOfSegment(Builtin.ARRAY_INIT_DATA, e.validator.dataIndex());
            case ARRAY_INIT_ELEM -> initOfSegment(Builtin.ARRAY_INIT_ELEM, e.validator.elemIndex());
            case ARRAY_GET, ARRAY_GET_U -> arrayGet(false);
            case ARRAY_GET_S -> arrayGet(true);
            case ARRAY_SET -> {
                GcTypes.Field element = e.env.gcTypes().element(type());
                Value value = stack.pop();
                Value index = stack.pop();
                Value array = stack.pop();
                Value base = element(element, array, index, isNullable(2));
                b.heapStore(element.store(), base, array, element.offset(), value);
            }
            case ARRAY_LEN -> {
                Value array = stack.pop();
                stack.push(length(array, isNullable(0)));
            }
            case ARRAY_FILL -> arrayFill();
            case ARRAY_COPY -> arrayCopy();
            default -> throw new IllegalStateException(op.text());
        }
    }

    private Value length(Value array, boolean nullable) {
        MemoryOp access = checked(HEADER, array, nullable, HeapLayout.LENGTH);
        return b.heapLoad(Type.I32, access, objects.base(), array, HeapLayout.LENGTH);
    }

    /** Checks the index; what an access to the element adds to the reference besides the offset of elements. */
    private Value element(GcTypes.Field element, Value array, Value index, boolean nullable) {
        Value length = length(array, nullable);
        b.trapIf(TrapCode.ARRAY_OUT_OF_BOUNDS, b.icmp(IntCond.UGE, index, length));
        return b.binary(Opcode.ADD, objects.base(), distance(element, objects.wide(index)));
    }

    private Value distance(GcTypes.Field element, Value index) {
        return b.binary(Opcode.SHL, index, b.i64(element.log2()));
    }

    private void arrayGet(boolean signed) {
        GcTypes.Field element = e.env.gcTypes().element(type());
        Value index = stack.pop();
        Value array = stack.pop();
        Value base = element(element, array, index, isNullable(1));
        stack.push(b.heapLoad(element.type(), element.load(signed), base, array, element.offset()));
    }

    /** Checks that {@code count} elements from {@code first} on are there, both i64. */
    private void checkRange(Value array, boolean nullable, Value first, Value count) {
        Value length = objects.wide(length(array, nullable));
        Value end = b.binary(Opcode.ADD, first, count);
        b.trapIf(TrapCode.ARRAY_OUT_OF_BOUNDS, b.icmp(IntCond.UGT, end, length));
    }

    private void arrayFill() {
        GcTypes.Field element = e.env.gcTypes().element(type());
        Value count = objects.wide(stack.pop());
        Value value = stack.pop();
        Value first = objects.wide(stack.pop());
        Value array = stack.pop();
        checkRange(array, isNullable(3), first, count);
        objects.fill(element, objects.base(), array, first, count, value, true);
    }

    private void arrayCopy() {
        GcTypes.Field element = e.env.gcTypes().element(type());
        Value count = objects.wide(stack.pop());
        Value from = objects.wide(stack.pop());
        Value source = stack.pop();
        Value to = objects.wide(stack.pop());
        Value array = stack.pop();
        checkRange(array, isNullable(4), to, count);
        checkRange(source, isNullable(2), from, count);
        objects.call(
                Builtin.ARRAY_COPY,
                array,
                source,
                distance(element, to),
                distance(element, from),
                distance(element, count));
    }

    private void newOfSegment(Builtin builtin, int segment) {
        Value length = stack.pop();
        Value start = stack.pop();
        stack.push(objects.call(builtin, b.i32(type()), b.i32(segment), start, length));
    }

    private void initOfSegment(Builtin builtin, int segment) {
        Value length = stack.pop();
        Value start = stack.pop();
        Value index = stack.pop();
        Value array = stack.pop();
        if (isNullable(3)) {
            b.trapIfZero(TrapCode.NULL_REFERENCE, array);
        }
        objects.call(builtin, b.i32(type()), b.i32(segment), array, index, start, length);
    }

    // Casts.

    /** Where a test goes; an edge owns its arguments, so each is made anew. */
    record Exit(Block to, Value... args) {
        Edge edge() {
            return new Edge(to, args.clone());
        }
    }

    private void refTest() {
        Block done = e.function.newDetachedBlock();
        Value result = done.addParam(Type.I32);
        Value ref = stack.pop();
        Exit yes = new Exit(done, b.i32(1));
        Exit no = new Exit(done, b.i32(0));
        Value c = test(ref, e.validator.operandType(0), e.validator.castTarget(), yes, no);
        if (e.ssa.predecessorCount(done) == 0) {
            stack.push(c);
            return;
        }
        b.jump(done, c);
        e.function.blocks().add(done);
        e.startSealed(done);
        stack.push(result);
    }

    private void refCast() {
        Value ref = stack.pop();
        stack.push(ref);
        Block done = e.function.newDetachedBlock();
        Block failed = e.function.newDetachedBlock();
        failed.setFrequency(Frequency.RARE);
        Value c = test(ref, e.validator.operandType(0), e.validator.castTarget(), new Exit(done), new Exit(failed));
        b.trapIfZero(TrapCode.CAST_FAILURE, c);
        if (e.ssa.predecessorCount(done) > 0) {
            b.jump(done);
        }
        Block after = e.ssa.predecessorCount(done) > 0 ? done : b.block();
        if (e.ssa.predecessorCount(failed) > 0) {
            e.function.blocks().add(failed);
            e.startSealed(failed);
            b.trap(TrapCode.CAST_FAILURE);
        }
        if (after == done) {
            e.function.blocks().add(done);
            e.startSealed(done);
        } else {
            b.setBlock(after);
        }
    }

    /**
     * Tests whether a reference is of a type. What is decided early leaves to one of the exits.
     *
     * @param source what is known of the reference's type
     * @return whether it is (1 or 0) if it has come here
     */
    Value test(Value ref, int source, int target, Exit yes, Exit no) {
        if (source == ValType.BOT) {
            source = ValType.ref(true, types.top(ValType.heap(target)));
        }
        int from = ValType.heap(source);
        int to = ValType.heap(target);
        boolean nullPasses = ValType.isNullable(target);
        boolean nullable = ValType.isNullable(source);
        if (ref.is(Opcode.ICONST)) {
            return b.i32(nullPasses ? 1 : 0);
        }
        if (types.isHeapSubtype(from, to)) {
            return nullPasses || !nullable ? b.i32(1) : b.icmp(IntCond.NE, ref, b.zero(ref.type()));
        }
        if (isBottom(to)) {
            return nullPasses && nullable ? b.icmp(IntCond.EQ, ref, b.zero(ref.type())) : b.i32(0);
        }
        if (nullable) {
            Block next = e.function.newDetachedBlock();
            b.branch(b.icmp(IntCond.EQ, ref, b.zero(ref.type())), nullPasses ? yes.edge() : no.edge(), new Edge(next));
            proceed(next);
        }
        return types.top(to) == HeapType.FUNC ? isFunction(ref, to) : isObject(ref, from, to, no);
    }

    private void proceed(Block next) {
        e.function.blocks().add(next);
        e.startSealed(next);
    }

    private static boolean isBottom(int heap) {
        return heap == HeapType.NONE || heap == HeapType.NOFUNC || heap == HeapType.NOEXTERN || heap == HeapType.NOEXN;
    }

    private Value isFunction(Value ref, int type) {
        Value actual = b.load(Type.I32, FUNCTION_TYPE, ref, VMContextLayout.FUNCREF_TYPE);
        return hasType(actual, type);
    }

    /** Whether a function whose type has the number {@code actual} is of a type or of one of its subtypes. */
    Value hasType(Value actual, int type) {
        Value expected = objects.record(type);
        Value same = b.icmp(IntCond.EQ, actual, expected);
        if (types.get(type).isFinal()) {
            return same;
        }
        Block differs = e.function.newDetachedBlock();
        differs.setFrequency(Frequency.RARE);
        Block done = e.function.newDetachedBlock();
        Value result = done.addParam(Type.I32);
        b.branch(same, new Edge(done, b.i32(1)), new Edge(differs));
        proceed(differs);
        b.jump(done, objects.call(Builtin.TYPE_MATCHES, actual, expected));
        proceed(done);
        return result;
    }

    /** Of a reference that is not null. */
    private Value isObject(Value ref, int from, int to, Exit no) {
        boolean mayBeHost = from == HeapType.ANY;
        boolean mayBeNumber = mayBeHost || from == HeapType.EQ || from == HeapType.I31;
        if (to == HeapType.EQ) {
            return b.icmp(IntCond.NE, tag(ref, HeapLayout.TAG_MASK), b.i64(HeapLayout.HANDLE_TAG));
        }
        if (to == HeapType.I31) {
            return mayBeNumber ? b.icmp(IntCond.NE, tag(ref, HeapLayout.I31_TAG), b.i64(0)) : b.i32(0);
        }
        if (mayBeNumber) {
            Block next = e.function.newDetachedBlock();
            Value tag = tag(ref, mayBeHost ? HeapLayout.TAG_MASK : HeapLayout.I31_TAG);
            b.branch(b.icmp(IntCond.NE, tag, b.i64(0)), no.edge(), new Edge(next));
            if (e.ssa.predecessorCount(next) == 0) {
                // It is a number that is known, and control has left.
                Block dead = e.function.newBlock();
                e.startSealed(dead);
                return b.i32(0);
            }
            proceed(next);
        }
        Value header = b.heapLoad(Type.I32, HEADER, objects.base(), ref, HeapLayout.HEADER);
        if (to == HeapType.STRUCT || to == HeapType.ARRAY) {
            int flag = to == HeapType.STRUCT ? HeapLayout.STRUCT : HeapLayout.ARRAY;
            Value flags = b.load(Type.I32, RECORD, record(header), HeapLayout.FLAGS);
            return b.icmp(IntCond.NE, b.binary(Opcode.AND, flags, b.i32(flag)), b.i32(0));
        }
        Value expected = objects.record(to);
        if (types.get(to).isFinal()) {
            return b.icmp(IntCond.EQ, header, expected);
        }
        int depth = e.env.gcTypes().depth(to);
        Value record = record(header);
        Value ancestor = b.load(Type.I32, RECORD, record, HeapLayout.SUPERS + 4L * depth);
        Value same = b.icmp(IntCond.EQ, ancestor, expected);
        if (depth < HeapLayout.DISPLAY) {
            return same;
        }
        Value isDeep = b.icmp(IntCond.UGE, b.load(Type.I32, RECORD, record, HeapLayout.DEPTH), b.i32(depth));
        return b.binary(Opcode.AND, isDeep, same);
    }

    private Value record(Value header) {
        return b.binary(Opcode.ADD, objects.base(), objects.wide(header));
    }

    private Value tag(Value ref, int mask) {
        return b.binary(Opcode.AND, b.refBits(ref), b.i64(mask));
    }
}
