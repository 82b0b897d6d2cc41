package kiln.ir.pass;

import static org.junit.jupiter.api.Assertions.*;

import java.util.List;
import java.util.stream.IntStream;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Parser;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

class FrequenciesTest {
    private static List<Float> blocks(Function f) {
        return f.blocks().stream().map(Block::frequency).toList();
    }

    private static List<Float> edges(Function f) {
        return f.blocks().stream()
                .flatMap(b -> IntStream.range(0, b.terminator().targetCount()).mapToObj(b.terminator()::target))
                .map(Edge::frequency)
                .toList();
    }

    /** An edge from one loop to the next is in neither. */
    @Test
    void edgesCountTheLoopsThatTheyAreIn() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    jump b1
                b1:
                    branch v0, b2, b1
                b2:
                    branch v0, b2, b3
                b3:
                    branch v0, b4, b5
                b4:
                    branch v0, b4, b3
                b5:
                    return
                }
                """);
        new EstimateFrequencies().run(f);
        assertEquals(List.of(1f, 8f, 8f, 8f, 64f, 1f), blocks(f));
        assertEquals(List.of(1f, 1f, 8f, 8f, 1f, 8f, 1f, 64f, 8f), edges(f));
    }

    /**
     * Targets share what a switch has, however many entries of its table lead to them; what joins them has all of it.
     */
    @Test
    void targetsOfASwitchShareItsFrequency() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    jump b1
                b1:
                    switch v0, b2, b3, b2, b4, b5
                b2:
                    branch v0, b6, b7
                b6:
                    jump b7
                b7:
                    jump b1
                b3:
                    jump b8
                b4:
                    jump b8
                b8:
                    jump b1
                b5:
                    return
                }
                """);
        new EstimateFrequencies().run(f);
        assertEquals(List.of(1f, 8f, 2f, 2f, 2f, 2f, 2f, 4f, 0.25f), blocks(f));
        assertEquals(List.of(1f, 2f, 2f, 2f, 2f, 0.25f, 2f, 2f, 2f, 2f, 2f, 2f, 4f), edges(f));
    }

    /** Switches behind switches make nothing cold: that is for what hardly ever runs. */
    @Test
    void targetsOfManySwitchesAreNotCold() {
        StringBuilder text =
                new StringBuilder("function wasm_function[0,0] (i32) -> () {\nb0(v0: i32):\n    jump b1\n");
        int switches = 30;
        for (int i = 1; i <= switches; i++) {
            text.append("b%d:\n    switch v0, b900, b901, b902, b%d\n".formatted(i, i + 1));
        }
        text.append("b%d:\n    return\n".formatted(switches + 1));
        for (int b = 900; b < 903; b++) {
            text.append("b%d:\n    return\n".formatted(b));
        }
        Function f = Parser.parse(text + "}\n");
        new EstimateFrequencies().run(f);
        assertTrue(f.blocks().stream().noneMatch(Block::isCold));
    }

    @Test
    void coldEdgesLeadToColdBlocksOrComeFromThere() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    jump b1
                b1:
                    branch v0, b2, b3
                b2 cold:
                    jump b3
                b3:
                    branch v0, b1, b4
                b4:
                    return
                }
                """);
        new EstimateFrequencies().run(f);
        assertEquals(List.of(1f, 8f, 8 * Frequency.RARE, 8f, 1f), blocks(f));
        assertEquals(List.of(1f, 8 * Frequency.RARE, 8f, 8 * Frequency.RARE, 8f, 1f), edges(f));
    }

    /** However many loops are around, and within copies of functions, cold code stays below all other. */
    @Test
    void coldIsBelowEverythingElse() {
        float deep = Frequency.inLoops(100, Frequency.ONCE);
        assertTrue(Frequency.isCold(Frequency.inLoops(100, Frequency.RARE)));
        assertTrue(Frequency.isCold(Frequency.within(deep, Frequency.RARE)));
        assertTrue(Frequency.isCold(Frequency.within(Frequency.inLoops(100, Frequency.RARE), deep)));
        assertEquals(deep, Frequency.within(deep, deep));
        assertEquals(64, Frequency.within(8, 8));
        assertFalse(Frequency.isCold(Frequency.ONCE));
        assertEquals(0, Frequency.loops(Frequency.RARE));
        assertEquals(2, Frequency.loops(Frequency.inLoops(2, Frequency.ONCE)));
    }

    /** Cold blocks stay cold, and nothing else becomes cold, when the estimate is made again. */
    @Test
    void estimatesAgreeWithThemselves() {
        for (long seed = 1; seed <= 60; seed++) {
            for (Function f : new RandomPrograms(seed).program()) {
                new RemoveUnreachable().run(f);
                new EstimateFrequencies().run(f);
                List<Float> first = blocks(f);
                new EstimateFrequencies().run(f);
                assertEquals(first, blocks(f), "seed " + seed);
            }
        }
    }

    /** Blocks on edges run as often as these. */
    @Test
    void splitEdgesKeepTheirFrequency() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    branch v0, b1, b2
                b1:
                    branch v0, b1, b2
                b2:
                    return
                }
                """);
        Pipeline.of(new EstimateFrequencies(), new SplitCriticalEdges()).run(f);
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            for (int i = 0; i < t.targetCount(); i++) {
                Block to = t.target(i).target();
                if (to.first() == to.terminator() && to.terminator().targetCount() == 1) {
                    assertEquals(t.target(i).frequency(), to.frequency());
                    assertEquals(to.frequency(), to.terminator().target(0).frequency());
                }
            }
        }
        assertEquals(7, f.blocks().size(), "all four edges are critical");
    }

    /** As long as blocks and edges are as they were, there is nothing else to find. */
    @Test
    void frequenciesAreEstimatedAgainWhereEdgesHaveChanged() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    branch v0, b1, b2
                b1:
                    jump b1
                b2:
                    return
                }
                """);
        new EstimateFrequencies().run(f);
        assertTrue(f.isEstimated());
        f.blocks().get(1).setFrequency(3);
        new EstimateFrequencies().run(f);
        assertEquals(3, f.blocks().get(1).frequency());
        f.blocks().get(1).terminator().target(0).setTarget(f.blocks().get(2));
        assertFalse(f.isEstimated());
        new EstimateFrequencies().run(f);
        assertEquals(1, f.blocks().get(1).frequency());
    }
}
