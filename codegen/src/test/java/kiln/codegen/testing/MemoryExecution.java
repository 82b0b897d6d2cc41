package kiln.codegen.testing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CompiledFunction;
import kiln.ir.Builder;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loads and stores of all widths with all ways to say an address. */
public abstract class MemoryExecution {
    private static final int BYTES = 1 << 16;
    private static final long[] DISPLACEMENTS = {
        0, 1, 4, 8, 16, 255, 256, 1000, 4095, 4096, 4104, 16380, 20000, 32760, 40001
    };
    private static final Region MEMORY = new Region(Region.Kind.MEMORY, 0);

    private final Random random = new Random(3);
    private final Machine.Target target;

    protected MemoryExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
    }

    private Value raw(Builder b, Opcode op, Type type, Value... args) {
        return b.append(op, type, null, args).result();
    }

    /** The address of a byte below 2,000 in the area, in one of many forms. */
    private Value address(Builder b, Value base, Value i32, Value i64) {
        Value small32 = raw(b, Opcode.AND, Type.I32, i32, b.i32(0xff));
        Value small64 = raw(b, Opcode.AND, Type.I64, i64, b.i64(0xff));
        return switch (random.nextInt(9)) {
            case 0 -> base;
            case 1 -> raw(b, Opcode.ADD, Type.I64, base, raw(b, Opcode.ZEXT, Type.I64, small32));
            case 2 -> raw(b, Opcode.ADD, Type.I64, base, raw(b, Opcode.SEXT, Type.I64, small32));
            case 3 ->
                raw(
                        b,
                        Opcode.ADD,
                        Type.I64,
                        base,
                        raw(b, Opcode.SHL, Type.I64, raw(b, Opcode.ZEXT, Type.I64, small32), b.i64(random.nextInt(4))));
            case 4 ->
                raw(
                        b,
                        Opcode.ADD,
                        Type.I64,
                        raw(b, Opcode.SHL, Type.I64, raw(b, Opcode.SEXT, Type.I64, small32), b.i64(random.nextInt(4))),
                        base);
            case 5 ->
                raw(b, Opcode.ADD, Type.I64, raw(b, Opcode.ADD, Type.I64, base, small64), b.i64(random.nextInt(500)));
            case 6 ->
                raw(
                        b,
                        Opcode.ADD,
                        Type.I64,
                        base,
                        raw(b, Opcode.ZEXT, Type.I64, raw(b, Opcode.WRAP, Type.I32, small64)));
            case 7 -> raw(b, Opcode.ADD, Type.I64, raw(b, Opcode.ADD, Type.I64, base, b.i64(400)), b.i64(-8));
            default -> raw(b, Opcode.ADD, Type.I64, base, small64);
        };
    }

    private Function function(int number) {
        Function f = new Function(
                FuncKey.wasmFunction(0, number),
                new Signature(List.of(Type.I64, Type.I32, Type.I64, Type.F64), List.of(Type.I64, Type.F64)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value base = b.block().addParam(Type.I64);
        Value i32 = b.block().addParam(Type.I32);
        Value i64 = b.block().addParam(Type.I64);
        Value f64 = b.block().addParam(Type.F64);
        for (int k = 0; k < 6; k++) {
            Value at = address(b, base, i32, i64);
            long d = DISPLACEMENTS[random.nextInt(DISPLACEMENTS.length)];
            boolean store = random.nextBoolean();
            switch (random.nextInt(4)) {
                case 0 -> {
                    MemoryOp m = new MemoryOp(1 << random.nextInt(3), random.nextBoolean(), MEMORY, true, false);
                    if (store) {
                        Value v = switch (random.nextInt(4)) {
                            case 0 -> raw(b, Opcode.AND, Type.I32, i32, b.i32(0xffff));
                            case 1 -> b.i32(0);
                            case 2 -> raw(b, Opcode.WRAP, Type.I32, i64);
                            default -> i32;
                        };
                        b.store(m, at, d, v);
                    } else {
                        Value v = b.load(Type.I32, m, at, d);
                        switch (random.nextInt(3)) {
                            case 0 -> i64 = raw(b, Opcode.XOR, Type.I64, i64, raw(b, Opcode.SEXT, Type.I64, v));
                            case 1 -> i64 = raw(b, Opcode.XOR, Type.I64, i64, raw(b, Opcode.ZEXT, Type.I64, v));
                            default -> i32 = raw(b, Opcode.ADD, Type.I32, i32, v);
                        }
                    }
                }
                case 1 -> {
                    MemoryOp m = new MemoryOp(1 << random.nextInt(4), random.nextBoolean(), MEMORY, true, false);
                    if (store) {
                        b.store(m, at, d, random.nextBoolean() ? raw(b, Opcode.SEXT, Type.I64, i32) : i64);
                    } else {
                        i64 = raw(b, Opcode.ADD, Type.I64, i64, b.load(Type.I64, m, at, d));
                    }
                }
                case 2 -> {
                    Value f32 = raw(b, Opcode.BITCAST, Type.F32, i32);
                    if (store) {
                        b.store(MemoryOp.of(Type.F32, MEMORY), at, d, random.nextBoolean() ? f32 : b.f32(0));
                    } else {
                        Value v = b.load(Type.F32, MemoryOp.of(Type.F32, MEMORY), at, d);
                        i32 = raw(b, Opcode.XOR, Type.I32, i32, raw(b, Opcode.BITCAST, Type.I32, v));
                    }
                }
                default -> {
                    if (store) {
                        b.store(MemoryOp.of(Type.F64, MEMORY), at, d, random.nextBoolean() ? f64 : b.f64(0));
                    } else {
                        f64 = raw(b, Opcode.BITCAST, Type.F64, b.load(Type.I64, MemoryOp.of(Type.I64, MEMORY), at, d));
                    }
                }
            }
        }
        b.ret(raw(b, Opcode.ADD, Type.I64, i64, raw(b, Opcode.ZEXT, Type.I64, i32)), f64);
        return f;
    }

    @Test
    void randomAccesses() {
        List<Function> functions = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            functions.add(function(i));
        }
        Signature s = functions.getFirst().signature();
        byte[] start = new byte[BYTES];
        random.nextBytes(start);
        try (Machine m = new Machine(target);
                Arena arena = Arena.ofConfined()) {
            m.load(functions, Machine.options(target.features()));
            MemorySegment area = arena.allocate(BYTES, 16);
            for (Function f : functions) {
                for (int k = 0; k < 3; k++) {
                    long[] in = {area.address(), (int) random.nextLong(), random.nextLong(), random.nextLong() >>> 12};
                    MemorySegment.copy(start, 0, area, JAVA_BYTE, 0, BYTES);
                    long[] expected = Machine.expected(f, in).results();
                    byte[] expectedBytes = area.toArray(JAVA_BYTE);
                    MemorySegment.copy(start, 0, area, JAVA_BYTE, 0, BYTES);
                    long[] actual = m.call(f.key(), s, in).results();
                    assertArrayEquals(expected, actual, () -> Printer.print(f));
                    assertArrayEquals(expectedBytes, area.toArray(JAVA_BYTE), () -> Printer.print(f));
                }
            }
        }
    }

    @Test
    void accessesThatMayFaultAreTrapSites() {
        Function f = function(0);
        long accesses = 0;
        for (var i = f.entry().first(); i != null; i = i.next()) {
            accesses += (i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE)
                            && i.memory().canTrap()
                    ? 1
                    : 0;
        }
        CompiledFunction c = target.backend().compile(Machine.prepared(f), Machine.options(Set.of()));
        assertEquals(
                accesses,
                c.traps().stream()
                        .filter(t -> t.code() == TrapCode.MEMORY_OUT_OF_BOUNDS)
                        .count());
    }

    @Test
    void vectorsAreMovedWhole() {
        Function f = new Function(
                FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I64, Type.V128), List.of(Type.V128)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value area = b.block().addParam(Type.I64);
        Value v = b.block().addParam(Type.V128);
        MemoryOp op = MemoryOp.of(Type.V128, MEMORY);
        List<Value> loaded = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            loaded.add(b.load(Type.V128, op, area, 16L * i));
        }
        for (int i = 0; i < 40; i++) {
            b.store(op, area, 16L * (39 - i), loaded.get(i));
        }
        b.store(op, area, 640, b.vconst(new V128(0x1122334455667788L, 0x99aabbccddeeff00L)));
        b.store(op, area, 656, b.vconst(new V128(0, 0)));
        b.store(op, area, 672, v);
        b.ret(v);
        try (Arena arena = Arena.ofConfined();
                Machine m = new Machine(target)) {
            m.load(List.of(f), Machine.options(target.features()));
            MemorySegment mem = arena.allocate(1024, 16);
            byte[] bytes = new byte[1024];
            random.nextBytes(bytes);
            MemorySegment.copy(bytes, 0, mem, JAVA_BYTE, 0, 1024);
            assertArrayEquals(
                    new long[] {5, -6},
                    m.call(f.key(), f.signature(), mem.address(), 5, -6).results());
            byte[] expected = bytes.clone();
            for (int i = 0; i < 40; i++) {
                System.arraycopy(bytes, 16 * i, expected, 16 * (39 - i), 16);
            }
            ByteBuffer.wrap(expected)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(640, 0x1122334455667788L)
                    .putLong(648, 0x99aabbccddeeff00L)
                    .putLong(656, 0)
                    .putLong(664, 0)
                    .putLong(672, 5)
                    .putLong(680, -6);
            assertArrayEquals(expected, mem.toArray(JAVA_BYTE));
        }
    }
}
