package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.codegen.testing.Machine;
import kiln.disasm.Disassembler;
import kiln.disasm.Isa;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.Test;

/** Functions in which short branches do not reach. */
class FarBranchTest {
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /**
     * (i64, i64) -> i64: several kinds of branches around {@code filler} operations each, and a trap and a constant
     * behind them all.
     */
    private static Function function(int filler) {
        Function f =
                new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I64, Type.I64), List.of(Type.I64)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value x = b.block().addParam(Type.I64);
        Value y = b.block().addParam(Type.I64);
        b.trapIf(TrapCode.BAD_SIGNATURE, b.icmp(IntCond.EQ, x, b.i64(99)));
        Value fromPool = b.convert(
                Opcode.TO_SINT_SAT,
                Type.I64,
                b.binary(
                        Opcode.FMUL,
                        b.convert(Opcode.FROM_SINT, Type.F64, x),
                        b.f64(Double.doubleToRawLongBits(1234567.125))));
        Value[] conditions = {
            b.icmp(IntCond.NE, b.binary(Opcode.AND, x, b.i64(1)), b.i64(0)),
            b.icmp(IntCond.SLT, x, y),
            b.icmp(IntCond.EQ, y, b.i64(0)),
            b.icmp(IntCond.SLT, y, b.i64(0)),
        };
        Value sum = b.binary(Opcode.ADD, x, fromPool);
        for (Value c : conditions) {
            Block then = f.newBlock();
            Block join = f.newBlock();
            b.branch(c, new Edge(then), new Edge(join, sum));
            b.setBlock(then);
            b.jump(join, Filler.append(b, sum, y, filler));
            b.setBlock(join);
            sum = join.addParam(Type.I64);
        }
        b.ret(sum);
        return f;
    }

    private static long expected(long x, long y, int filler) {
        long sum = x + (long) (x * 1234567.125);
        boolean[] conditions = {(x & 1) != 0, x < y, y == 0, y < 0};
        for (boolean c : conditions) {
            sum = c ? Filler.apply(sum, y, filler) : sum;
        }
        return sum;
    }

    @Test
    void compilesInAnySize() {
        for (int filler : new int[] {10, 3_000, 23_500}) {
            CompiledFunction c = A64.compile(function(filler));
            assertTrue(c.code().length > 4 * Filler.bytes(filler));
            assertEquals(filler > 10, Filler.bytes(filler) > 32 << 10);
            assertEquals(filler > 3_000, c.code().length > 1 << 20);
            if (!System.getProperty("os.arch").equals("aarch64")) {
                continue;
            }
            Signature s = new Signature(List.of(Type.I64, Type.I64), List.of(Type.I64));
            try (Machine m = A64.machine(List.of(c))) {
                for (long x = -2; x <= 3; x++) {
                    for (long y = -1; y <= 2; y++) {
                        long[] actual = m.call(c.key(), s, x, y).results();
                        assertArrayEquals(new long[] {expected(x, y, filler)}, actual, x + " " + y + " " + filler);
                    }
                }
                assertEquals(TrapCode.BAD_SIGNATURE, m.call(c.key(), s, 99, 0).trap());
            }
        }
    }

    /**
     * (i64, i64) -> i64: an interpreter of the first argument's groups of three bits, each of which does {@code filler}
     * operations with the second one, and one more for each unit of the group; zero ends.
     */
    private static Function interpreter(int filler) {
        Function f =
                new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I64, Type.I64), List.of(Type.I64)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value x = b.block().addParam(Type.I64);
        Value y = b.block().addParam(Type.I64);
        Block dispatch = f.newBlock();
        b.jump(dispatch, x, x);
        b.setBlock(dispatch);
        Value code = dispatch.addParam(Type.I64);
        Value sum = dispatch.addParam(Type.I64);
        Value group = b.convert(Opcode.WRAP, Type.I32, b.binary(Opcode.AND, code, b.i64(7)));
        Value rest = b.binary(Opcode.LSHR, code, b.i64(3));
        Block[] cases = new Block[8];
        Edge[] edges = new Edge[8];
        for (int i = 0; i < 8; i++) {
            cases[i] = f.newBlock();
            edges[i] = new Edge(cases[i]);
        }
        b.switch_(group, edges);
        for (int i = 0; i < 8; i++) {
            b.setBlock(cases[i]);
            Value v = Filler.append(b, sum, y, filler + i);
            if (i == 0) {
                b.ret(v);
            } else {
                b.jump(dispatch, rest, v);
            }
        }
        return f;
    }

    /** Also if the table is out of reach of ADR; each case but the last has its own jump. */
    @Test
    void jumpsThroughATableInAnySize() {
        for (int filler : new int[] {1, 11_500}) {
            CompiledFunction c = A64.compile(interpreter(filler));
            assertTrue(c.code().length > 8 * Filler.bytes(filler));
            assertEquals(filler > 1, c.code().length > 1 << 20);
            int jumps = 0;
            for (int at = 0; at < c.code().length; at += 4) {
                int word = (int) INTS.get(c.code(), at);
                jumps += word == 0xd61f_0200 ? 1 : 0;
            }
            assertEquals(8, jumps);
            if (!System.getProperty("os.arch").equals("aarch64")) {
                continue;
            }
            Signature s = new Signature(List.of(Type.I64, Type.I64), List.of(Type.I64));
            try (Machine m = A64.machine(List.of(c))) {
                for (long code : new long[] {0, 0_1, 0_7654321, 0_1111, 0_77, 0_20, 0_23}) {
                    long expected = code;
                    for (long rest = code; (rest & 7) != 0; rest >>= 3) {
                        expected = Filler.apply(expected, 5, filler + (int) (rest & 7));
                    }
                    expected = Filler.apply(expected, 5, filler);
                    long[] actual = m.call(c.key(), s, code, 5).results();
                    assertArrayEquals(new long[] {expected}, actual, code + " " + filler);
                }
            }
        }
    }

    /** The farthest label that each kind of reference reaches either way, and the next one, which it does not. */
    @Test
    void reachesToTheLastByte() {
        assertReach(Assembler::patchBranch14, 32 << 10, 4);
        assertReach(Assembler::patchBranch19, 1 << 20, 4);
        assertReach(Assembler::patchAdr, 1 << 20, 1);
        assertReach(Assembler::patchBranch26, 128 << 20, 4);
        assertEquals(128 << 20, A64.BACKEND.callRange());
        Relocation call = new Relocation(0, Relocation.Kind.A64_BRANCH26, FuncKey.wasmFunction(0, 1), 0);
        byte[] text = new byte[4];
        A64.BACKEND.relocate(text, 0, call, (128 << 20) - 4);
        A64.BACKEND.relocate(text, 0, call, -(128 << 20));
        assertThrows(IllegalStateException.class, () -> A64.BACKEND.relocate(text, 0, call, 128 << 20));
        assertThrows(IllegalStateException.class, () -> A64.BACKEND.relocate(text, 0, call, -(128 << 20) - 4));
    }

    private static void assertReach(CodeBuffer.Patcher patcher, int reach, int unit) {
        CodeBuffer buffer = new CodeBuffer();
        buffer.put4(0);
        assertTrue(patcher.patch(buffer, 0, reach - unit));
        assertFalse(patcher.patch(buffer, 0, reach));
        assertTrue(patcher.patch(buffer, 0, -reach));
        assertFalse(patcher.patch(buffer, 0, -reach - unit));
    }

    @Test
    void relocationsReachTheirTargets() {
        Golden.assumeDisassembler();
        FuncKey target = FuncKey.wasmFunction(0, 1);
        byte[] text = new byte[64];
        CompiledFunction veneer = A64.BACKEND.veneer(target);
        System.arraycopy(veneer.code(), 0, text, 16, veneer.code().length);
        for (Relocation r : veneer.relocations()) {
            A64.BACKEND.relocate(text, 16 + r.offset(), r, 0x12345678);
        }
        text[3] = (byte) 0x94;
        A64.BACKEND.relocate(text, 0, new Relocation(0, Relocation.Kind.A64_BRANCH26, target, 0), 0x7fffffc);
        text[7] = (byte) 0x14;
        A64.BACKEND.relocate(text, 4, new Relocation(0, Relocation.Kind.A64_BRANCH26, target, 0), 0);
        try (Disassembler d = new Disassembler(Isa.AARCH64)) {
            List<String> lines =
                    d.disassemble(text, 0).stream().map(i -> i.text()).toList();
            assertEquals("bl #0x7fffffc", lines.get(0));
            assertEquals("b #0", lines.get(1));
            assertEquals(List.of("adrp x16, #0x12345000", "add x16, x16, #0x678", "br x16"), lines.subList(4, 7));
        }
        assertTrue(veneer.code().length == 12);
    }
}
