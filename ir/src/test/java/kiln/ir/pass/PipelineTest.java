package kiln.ir.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Parser;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.Verifier;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

class PipelineTest {
    @Test
    void passesInTheWrongOrderAreRefused() {
        var e = assertThrows(
                IllegalArgumentException.class, () -> Pipeline.of(new ValueNumbering(), new ValueNumbering()));
        assertEquals("value-numbering requires [SIMPLIFIED]", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Pipeline.forLevel(2).without(List.of("remove-unreachable")));
    }

    @Test
    void splittingLeavesNothingToTheColdBlocksBeforeIt() {
        Set<Property> left = Pipeline.established(
                Set.of(Property.REACHABLE, Property.FREQUENCIES),
                List.of(new ColdBlocksLast(), new SplitCriticalEdges()));
        assertFalse(left.contains(Property.COLD_LAST));
        assertTrue(left.contains(Property.NO_CRITICAL_EDGES));
    }

    @Test
    void blocksThatAreRemovedLeaveTheGraphThatIsKept() {
        Function f = Parser.parse("""
                function wasm_function[0,0] () -> () {
                b0:
                    return
                b1:
                    jump b1
                }
                """);
        Cfg.of(f);
        new RemoveUnreachable().run(f);
        Verifier.verify(f, "remove-unreachable");
    }

    /** What passes say they leave is so. */
    @Test
    void functionsAreAsBackEndsRequire() {
        for (long seed = 1; seed <= 60; seed++) {
            for (int level = 0; level <= 2; level++) {
                for (Function f : new RandomPrograms(seed).program()) {
                    Pipeline.forLevel(level).run(f);
                    check(f, "seed " + seed + ", level " + level);
                }
            }
        }
    }

    private static void check(Function f, String what) {
        int[] incoming = new int[f.blockIdBound()];
        boolean cold = false;
        for (Block b : f.blocks()) {
            distinct(b).forEach(e -> incoming[e.target().id()]++);
            assertTrue(!cold || b.isCold(), what + ": " + b + " stands behind a cold block");
            cold |= b.isCold() && b != f.entry();
        }
        for (Block b : f.blocks()) {
            assertTrue(b == f.entry() || incoming[b.id()] > 0, what + ": " + b + " has no predecessor");
            List<Edge> edges = distinct(b);
            for (Edge e : edges.size() > 1 ? edges : List.<Edge>of()) {
                assertTrue(incoming[e.target().id()] < 2, what + ": critical edge from " + b + " to " + e.target());
            }
        }
    }

    /** Edges that pass the same to the same block are one. */
    private static List<Edge> distinct(Block b) {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < b.terminator().targetCount(); i++) {
            Edge e = b.terminator().target(i);
            if (edges.stream().noneMatch(e::sameAs)) {
                edges.add(e);
            }
        }
        return edges;
    }
}
