package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.CompiledFunction;
import kiln.codegen.testing.Machine;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.Test;

/** Landing pads near to their calls, and so far away that their markers are longer. */
class FarLandingPadTest {
    private static final Signature CATCHING = new Signature(List.of(Type.REF, Type.I64), List.of(Type.REF, Type.I64));
    private static final Signature THROWING = new Signature(List.of(Type.REF, Type.I64), List.of());

    /**
     * (ref, i64) -> (ref, i64): calls a function that may throw the reference; what follows the call is {@code filler}
     * operations, and the landing pad behind them returns the exception and 7.
     */
    private static Function catching(int filler) {
        Function f = new Function(FuncKey.wasmFunction(0, 0), CATCHING);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value x = b.block().addParam(Type.REF);
        Value y = b.block().addParam(Type.I64);
        Block normal = f.newBlock();
        Block pad = f.newBlock();
        b.invoke(new CallTarget(FuncKey.wasmFunction(0, 1), THROWING), new Edge(normal), pad, x, y);
        b.setBlock(normal);
        b.ret(x, Filler.append(b, y, y, filler));
        b.setBlock(pad);
        pad.setFrequency(Frequency.RARE);
        b.ret(b.caught(), b.i64(7));
        return f;
    }

    /** (ref, i64): throws the reference if the number is odd. */
    private static Function throwing() {
        Function f = new Function(FuncKey.wasmFunction(0, 1), THROWING);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        Value x = b.block().addParam(Type.REF);
        Value y = b.block().addParam(Type.I64);
        Block odd = f.newBlock();
        Block even = f.newBlock();
        b.branch(b.icmp(IntCond.NE, b.binary(Opcode.AND, y, b.i64(1)), b.i64(0)), odd, even);
        b.setBlock(odd);
        b.throw_(x);
        b.setBlock(even);
        b.ret();
        return f;
    }

    /** ADR reaches one mebibyte; behind the call of a longer function stand two MOVZ instead. */
    @Test
    void landingPadsMayBeFarAway() {
        for (int filler : new int[] {10, 100_000}) {
            CompiledFunction c = A64.compile(catching(filler));
            assertEquals(filler > 10, hasFarMarker(c.code()), filler + " operations");
            if (!System.getProperty("os.arch").equals("aarch64")) {
                continue;
            }
            try (Machine m = A64.machine(List.of(c, A64.compile(throwing())))) {
                long exception = 0x1234_5678_9abc_def0L;
                assertArrayEquals(
                        new long[] {exception, 7},
                        m.call(c.key(), CATCHING, exception, 3).results());
                assertArrayEquals(
                        new long[] {exception, Filler.apply(4, 4, filler)},
                        m.call(c.key(), CATCHING, exception, 4).results());
            }
        }
    }

    /** Whether two MOVZ to the zero register give a distance of more than one mebibyte that lies within the code. */
    private static boolean hasFarMarker(byte[] code) {
        ByteBuffer b = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 8 <= code.length; at += 4) {
            int low = b.getInt(at);
            int high = b.getInt(at + 4);
            if ((low & 0xffe0_001f) == 0xd280_001f && (high & 0xffe0_001f) == 0xd2a0_001f) {
                int distance = low >>> 5 & 0xffff | (high >>> 5 & 0xffff) << 16;
                return distance > 1 << 20 && at + distance < code.length;
            }
        }
        return false;
    }
}
