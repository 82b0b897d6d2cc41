package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import kiln.artifact.FuncKey;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Where an operation on vectors has its operands from, and what becomes of its result: a function that reads records
 * of operands one after the other, and writes as many records of {@link #RESULT_BYTES}: the result, then, where they
 * live on, the operands.
 *
 * @param operand which operand is a constant or in memory; for {@link Kind#TWICE} a set of those that are the same
 */
record VectorForm(Kind kind, int operand, V128 constant) {
    enum Kind {
        /** Operands in registers, used once more behind the operation. */
        ALIVE,
        /** Operands in registers, not used behind the operation. */
        DYING,
        /** One operand is used by the operation only, and loaded right before it. */
        MEMORY,
        CONSTANT,
        TWICE,
        /** A call between operands and operation. */
        CALL,
        /** More values alive than there are registers. */
        PRESSURE,
        /** The result decides a branch; is compared with zero before; is compared with all ones before. */
        BRANCH,
        BRANCH_ZERO,
        BRANCH_ALL,
        /** The result decides between integers, or between vectors. */
        SELECT,
        SELECT_VECTOR,
        /** A lane stored without the rest of its register. */
        STORE_LANE
    }

    static final int RESULT_BYTES = 64;
    /** Vectors that are alive across the operation, and that a called function puts into registers. */
    static final int OTHERS = 36;

    static final FuncKey CALLEE = FuncKey.wasmFunction(0, 0);
    /** Address of the operands, address of the results, number of records, address of other vectors. */
    static final Signature SIGNATURE = new Signature(List.of(Type.I64, Type.I64, Type.I32, Type.I64), List.of());

    private static final Region AREA = new Region(Region.Kind.STACK, 1);
    private static final MemoryOp VECTOR = MemoryOp.of(Type.V128, AREA);

    static List<VectorForm> of(VectorCase c) {
        List<VectorForm> all = new ArrayList<>();
        all.add(new VectorForm(Kind.ALIVE, -1, null));
        all.add(new VectorForm(Kind.DYING, -1, null));
        int n = c.operands().size();
        for (int i = 0; i < n; i++) {
            all.add(new VectorForm(Kind.MEMORY, i, null));
            for (V128 constant : VectorInputs.constants(c, i)) {
                all.add(new VectorForm(Kind.CONSTANT, i, constant));
            }
        }
        if (n > 1 && c.operands().get(1) == Type.V128) {
            for (int set = 3; set < 1 << n; set++) {
                if (Integer.bitCount(set) > 1) {
                    all.add(new VectorForm(Kind.TWICE, set, null));
                }
            }
        }
        all.add(new VectorForm(Kind.CALL, -1, null));
        all.add(new VectorForm(Kind.PRESSURE, -1, null));
        switch (c.opcode()) {
            case VREDUCE ->
                Stream.of(Kind.BRANCH, Kind.BRANCH_ZERO, Kind.BRANCH_ALL, Kind.SELECT, Kind.SELECT_VECTOR)
                        .forEach(k -> all.add(new VectorForm(k, -1, null)));
            case VEXTRACT -> all.add(new VectorForm(Kind.STORE_LANE, -1, null));
            default -> {}
        }
        return c.lane() == 0 ? all : fewer(all);
    }

    /** For the other lanes of an operation on one lane: what may depend on the lane. */
    private static List<VectorForm> fewer(List<VectorForm> all) {
        List<VectorForm> some = new ArrayList<>(all);
        some.removeIf(f -> f.kind == Kind.CALL
                || f.kind == Kind.PRESSURE
                || f.kind == Kind.CONSTANT && f.constant.hashCode() % 4 != 0);
        return VectorInputs.sample(some, 3);
    }

    // Records of operands.

    /** Where in a record an operand begins. One in memory is the last one, and addresses are not aligned. */
    int offset(VectorCase c, int operand) {
        int at = 3;
        for (int i = 0; i < c.operands().size(); i++) {
            if (i != last(c)) {
                if (i == operand) {
                    return at;
                }
                at += bytes(c, i);
            }
        }
        return at;
    }

    int stride(VectorCase c) {
        return offset(c, last(c)) + bytes(c, last(c));
    }

    private int last(VectorCase c) {
        return kind == Kind.MEMORY ? operand : c.operands().size() - 1;
    }

    /** Bytes that are read of an operand. */
    int bytes(VectorCase c, int i) {
        return kind == Kind.MEMORY && i == operand
                ? c.bytes(i)
                : c.operands().get(i).bytes();
    }

    /** The operands as the operation gets them. */
    V128[] operands(V128[] record) {
        V128[] args = record.clone();
        if (kind == Kind.CONSTANT) {
            args[operand] = constant;
        } else if (kind == Kind.TWICE) {
            int first = Integer.numberOfTrailingZeros(operand);
            for (int i = first; i < args.length; i++) {
                args[i] = (operand >> i & 1) != 0 ? record[first] : record[i];
            }
        }
        return args;
    }

    /** Whether a record ends with the operands, which must be what they were before. */
    boolean keepsOperands() {
        return kind != Kind.MEMORY && kind != Kind.CONSTANT;
    }

    /** Bytes of the result that count. */
    int resultBytes(VectorCase c) {
        return kind == Kind.STORE_LANE
                ? c.op().lanes().bytes()
                : kind == Kind.SELECT_VECTOR ? 16 : c.result().bytes();
    }

    /** What is written, given the operation's value. */
    V128 written(VectorCase c, V128 value) {
        boolean zero = value.low() == 0;
        return switch (kind) {
            case BRANCH -> new V128(zero ? 0 : 1, 0);
            case BRANCH_ZERO -> new V128(zero ? 1 : 0, 0);
            case BRANCH_ALL -> new V128(value.low() == all(c) ? 1 : 0, 0);
            case SELECT -> new V128(zero ? -7 : 5, 0);
            case SELECT_VECTOR -> zero ? new V128(3, -4) : new V128(-1, 2);
            default -> value;
        };
    }

    /** All lanes' bits of BITMASK; true for the others. */
    private static int all(VectorCase c) {
        return c.op().op() == VectorOp.BITMASK ? (1 << c.op().lanes().count()) - 1 : 1;
    }

    // Code.

    Function function(int number, VectorCase c) {
        Function f = new Function(FuncKey.wasmFunction(0, number), SIGNATURE);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        List<Value> params =
                SIGNATURE.params().stream().map(t -> b.block().addParam(t)).toList();
        Block body = f.newBlock();
        Block exit = f.newBlock();
        b.jump(body, params.get(0), params.get(1), params.get(2));
        b.setBlock(body);
        Value in = body.addParam(Type.I64);
        Value out = body.addParam(Type.I64);
        Value left = body.addParam(Type.I32);
        step(b, c, in, out, params.get(3));
        Value nextIn = b.binary(Opcode.ADD, in, b.i64(stride(c)));
        Value nextOut = b.binary(Opcode.ADD, out, b.i64(RESULT_BYTES));
        Value nextLeft = b.binary(Opcode.SUB, left, b.i32(1));
        b.branch(nextLeft, new Edge(body, nextIn, nextOut, nextLeft), new Edge(exit));
        b.setBlock(exit);
        b.ret();
        return f;
    }

    private void step(Builder b, VectorCase c, Value in, Value out, Value others) {
        Value[] args = new Value[c.operands().size()];
        for (int i = 0; i < args.length; i++) {
            boolean here = kind != Kind.MEMORY || i != operand;
            args[i] = here ? load(b, c, i, in) : null;
        }
        Value[] read = args.clone();
        if (kind == Kind.CONSTANT) {
            Type t = c.operands().get(operand);
            args[operand] = t == Type.V128 ? b.vconst(constant) : b.constant(t, constant.low());
        } else if (kind == Kind.TWICE) {
            int first = Integer.numberOfTrailingZeros(operand);
            for (int i = first; i < args.length; i++) {
                args[i] = (operand >> i & 1) != 0 ? args[first] : args[i];
            }
        } else if (kind == Kind.DYING) {
            // Two uses keep a load from becoming a part of the operation.
            keep(b, out, read);
        }
        Value[] alive = {};
        if (kind == Kind.CALL) {
            b.call(new CallTarget(CALLEE, new Signature(List.of(Type.I64, Type.I64), List.of())), others, others);
        } else if (kind == Kind.PRESSURE) {
            alive = loadAll(b, others);
        }
        if (kind == Kind.MEMORY) {
            args[operand] = load(b, c, operand, in);
        }
        Value value = c.append(b, args);
        write(b, c, out, value);
        for (int i = 0; i < alive.length; i++) {
            b.store(VECTOR, others, 16L * (OTHERS + i), alive[i]);
        }
        if (kind != Kind.DYING && keepsOperands()) {
            keep(b, out, read);
        }
    }

    private Value load(Builder b, VectorCase c, int i, Value in) {
        Type t = c.operands().get(i);
        int bytes = bytes(c, i);
        MemoryOp op = new MemoryOp(bytes, false, AREA, false, false);
        return b.load(t, op, in, offset(c, i));
    }

    private static void keep(Builder b, Value out, Value[] args) {
        for (int i = 0; i < args.length; i++) {
            b.store(MemoryOp.of(args[i].type(), AREA), out, 16L * (i + 1), args[i]);
        }
    }

    private static Value[] loadAll(Builder b, Value address) {
        Value[] all = new Value[OTHERS];
        Arrays.setAll(all, i -> b.load(Type.V128, VECTOR, address, 16L * i));
        return all;
    }

    private void write(Builder b, VectorCase c, Value out, Value value) {
        switch (kind) {
            case BRANCH -> branch(b, out, value);
            case BRANCH_ZERO ->
                branch(
                        b,
                        out,
                        b.append(Opcode.ICMP, Type.I32, IntCond.EQ, value, b.i32(0))
                                .result());
            case BRANCH_ALL ->
                branch(
                        b,
                        out,
                        b.append(Opcode.ICMP, Type.I32, IntCond.EQ, value, b.i32(all(c)))
                                .result());
            case SELECT ->
                b.store(
                        MemoryOp.of(Type.I32, AREA),
                        out,
                        0,
                        b.append(Opcode.SELECT, Type.I32, null, value, b.i32(5), b.i32(-7))
                                .result());
            case SELECT_VECTOR ->
                b.store(
                        VECTOR,
                        out,
                        0,
                        b.append(
                                        Opcode.SELECT,
                                        Type.V128,
                                        null,
                                        value,
                                        b.vconst(new V128(-1, 2)),
                                        b.vconst(new V128(3, -4)))
                                .result());
            case STORE_LANE -> b.store(new MemoryOp(c.op().lanes().bytes(), false, AREA, false, false), out, 0, value);
            default -> b.store(MemoryOp.of(value.type(), AREA), out, 0, value);
        }
    }

    private static void branch(Builder b, Value out, Value condition) {
        Block then = b.function().newBlock();
        Block otherwise = b.function().newBlock();
        Block join = b.function().newBlock();
        b.branch(condition, then, otherwise);
        b.setBlock(then);
        b.jump(join, b.i32(1));
        b.setBlock(otherwise);
        b.jump(join, b.i32(0));
        b.setBlock(join);
        b.store(MemoryOp.of(Type.I32, AREA), out, 0, join.addParam(Type.I32));
    }

    /** A function that leaves nothing in registers as it was. */
    static Function callee() {
        Function f = new Function(CALLEE, new Signature(List.of(Type.I64, Type.I64), List.of()));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value others = b.block().addParam(Type.I64);
        b.block().addParam(Type.I64);
        Value[] all = loadAll(b, others);
        for (int i = 0; i < all.length; i++) {
            b.store(VECTOR, others, 16L * (OTHERS + i), all[i]);
        }
        b.ret();
        return f;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case CONSTANT -> "operand " + operand + " is " + hex(constant);
            case MEMORY -> "operand " + operand + " in memory";
            case TWICE -> "same operands: " + Integer.toBinaryString(operand);
            default -> kind.toString();
        };
    }

    static String hex(V128 v) {
        return String.format("%016x:%016x", v.high(), v.low());
    }
}
