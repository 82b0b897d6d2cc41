package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.ir.pass.Pipeline;
import org.junit.jupiter.api.Test;

class VectorOpTest {
    private static final LaneOp ADD = VectorOp.ADD.on(Lanes.I8X16);

    @Test
    void lanesAreCountedFromTheLowestByte() {
        V128 v = new V128(0x8877665544332211L, 0xffeeddccbbaa9980L);
        assertEquals(0x11, v.lane(Lanes.I8X16, 0));
        assertEquals((byte) 0x88, v.lane(Lanes.I8X16, 7));
        assertEquals((byte) 0x80, v.lane(Lanes.I8X16, 8));
        assertEquals((short) 0x9980, v.lane(Lanes.I16X8, 4));
        assertEquals(0x44332211, v.lane(Lanes.F32X4, 0));
        assertEquals(0xffeeddcc, v.lane(Lanes.I32X4, 3));
        assertEquals(v.low(), v.lane(Lanes.F64X2, 0));
        assertEquals(v.high(), v.lane(Lanes.I64X2, 1));
        for (Lanes lanes : Lanes.NUMBERS) {
            assertEquals(v, V128.of(lanes, i -> v.lane(lanes, i)), lanes.toString());
        }
    }

    @Test
    void sumsWrapWithinTheirLane() {
        assertEquals(
                new V128(0x01L, 0xfeL << 56),
                VectorValues.apply(ADD, 0, new V128(0xffL, 0x7fL << 56), new V128(2, 0x7fL << 56)));
    }

    @Test
    void shapesWithoutTheOperationAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> VectorOp.AND.on(Lanes.F32X4));
    }

    @Test
    void constantsAreFoldedAndGoToTheRight() {
        Builder b = new Builder(new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.V128), List.of())));
        b.setBlock(b.function().newBlock());
        Value x = b.block().addParam(Type.V128);
        Value one = b.vconst(new V128(1, 1));
        assertEquals(
                new V128(3, 1),
                b.vector(ADD, one, b.vconst(new V128(2, 0))).inst().vector());
        Inst sum = b.vector(ADD, one, x).inst();
        assertSame(x, sum.arg(0));
        assertSame(one, sum.arg(1));
    }

    @Test
    void equalSumsAreMergedAndLeaveLoops() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (v128, v128, i32) -> (v128, v128) {
                b0(v0: v128, v1: v128, v2: i32):
                    jump b1(v2)
                b1(v3: i32):
                    v4 = vbinary.v128.i8x16.add v0, v1
                    v5 = vbinary.v128.i8x16.add v1, v0
                    v6 = iconst.i32 1
                    v7 = sub.i32 v3, v6
                    branch v7, b1(v7), b2
                b2:
                    return v4, v5
                }
                """);
        Pipeline.forLevel(2).verified().run(f);
        String text = Printer.print(f);
        assertEquals(2, text.split("vbinary", -1).length, text);
        assertTrue(text.indexOf("vbinary") < text.indexOf("jump b1"), text);
    }

    /**
     * A lane is looked for through what was inserted beside it, but neither on the stack nor through all of a chain.
     */
    @Test
    void longChainsOfLanesTakeTimeInProportion() {
        LaneOp replace = VectorOp.REPLACE_LANE.on(Lanes.I32X4);
        LaneOp extract = VectorOp.EXTRACT_LANE.on(Lanes.I32X4);
        Builder b = new Builder(
                new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.V128, Type.I32), List.of())));
        b.setBlock(b.function().newBlock());
        Value x = b.block().addParam(Type.V128);
        Value scalar = b.block().addParam(Type.I32);
        Value few = b.vectorOfLane(replace, 1, b.vectorOfLane(replace, 0, x, scalar), scalar);
        assertSame(x, b.vectorOfLane(extract, 3, few).inst().arg(0));
        Value chain = x;
        for (int i = 0; i < 1_000_000; i++) {
            chain = b.vectorOfLane(replace, i & 1, chain, scalar);
        }
        // Not a part of the way either, which would be continued when it is folded again.
        assertSame(chain, b.vectorOfLane(extract, 3, chain).inst().arg(0));
        V128 highWords = new V128(0x0f0e0d0c0b0a0908L, 0x0f0e0d0c0b0a0908L);
        assertNotSame(x, b.shuffle(highWords, chain, chain).inst().arg(0));
    }
}
