package kiln.wasm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import kiln.types.ValType;
import org.junit.jupiter.api.Test;

class OpTest {
    @Test
    void encodingsAreDistinctAndFound() {
        Map<Integer, Op> seen = new HashMap<>();
        for (Op op : Op.values()) {
            assertNull(seen.put(op.code(), op), op.text());
            int prefix = op.code() >>> 12;
            int slot = prefix == 0 ? Op.slot(0, op.code()) : Op.slot(prefix, op.code() & 0xFFF);
            assertSame(op, Op.inSlot(slot), op.text());
            assertNotNull(op.feature());
        }
    }

    /** Counted by hand in the proposals' opcode tables. */
    @Test
    void everyProposalHasItsInstructions() {
        Map<Feature, Integer> counts = new EnumMap<>(Feature.class);
        for (Op op : Op.values()) {
            counts.merge(op.feature(), 1, Integer::sum);
        }
        assertEquals(172, counts.get(Feature.MVP));
        assertEquals(5, counts.get(Feature.SIGN_EXTENSION));
        assertEquals(8, counts.get(Feature.SATURATING_FLOAT_TO_INT));
        assertEquals(236, counts.get(Feature.SIMD));
        assertEquals(20, counts.get(Feature.RELAXED_SIMD));
        assertEquals(67, counts.get(Feature.THREADS));
        assertEquals(4, counts.get(Feature.WIDE_ARITHMETIC));
        assertEquals(5, counts.get(Feature.LEGACY_EXCEPTIONS));
    }

    @Test
    void namesMatchConstants() {
        for (Op op : Op.values()) {
            if (op != Op.SELECT_T) {
                assertEquals(op.name(), op.text().replaceAll("[. ]", "_").toUpperCase(Locale.ROOT));
            }
        }
    }

    @Test
    void signaturesFitTheNames() {
        for (Op op : Op.values()) {
            boolean load = op.text().matches(".*\\.load.*") && op.imm == Imm.MEMARG;
            if (load) {
                assertEquals(1, op.params.length, op.text());
                assertEquals(1, op.results.length, op.text());
            }
            if (op.text().matches("[if](32|64)\\.(add|sub|mul|min|max|copysign|div.*)")) {
                assertEquals(2, op.params.length, op.text());
                assertEquals(op.params[0], op.results[0], op.text());
                assertEquals(op.text().substring(0, 3), ValType.toString(op.results[0]), op.text());
            }
        }
        assertTrue(Op.I32_ATOMIC_RMW_CMPXCHG.isAtomic());
        assertEquals(3, Op.I32_ATOMIC_RMW_CMPXCHG.params.length);
        assertEquals(2, Op.I32_ATOMIC_RMW_CMPXCHG.naturalAlign());
    }
}
