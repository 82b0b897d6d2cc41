package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import kiln.artifact.api.ArtifactException;
import org.junit.jupiter.api.Test;

/** The trap table and the table of wasm offsets against maps. */
class TablesTest {
    private static long step(Random r) {
        return switch (r.nextInt(20)) {
            case 0 -> 1 + r.nextInt(100_000);
            case 1 -> 1 + r.nextInt(2000);
            default -> 1 + r.nextInt(40);
        };
    }

    @Test
    void trapsAreFoundWhereTheyAreAndNowhereElse() {
        Random r = new Random(1);
        long queries = 0;
        for (int round = 0; round < 200; round++) {
            TreeMap<Long, Integer> model = new TreeMap<>();
            TrapTable.Builder b = new TrapTable.Builder();
            int unit = 1 << r.nextInt(5);
            long at = (long) unit * r.nextInt(100);
            for (int n = r.nextInt(3) * r.nextInt(1000); n > 0; n--) {
                int code = r.nextInt(1 << TrapTable.CODE_BITS);
                model.put(at, code);
                b.add(at, code);
                at += unit * step(r);
            }
            TrapTable t = new TrapTable(MemorySegment.ofArray(b.build().toArray()));
            assertEquals(model.size(), t.sites());
            TreeMap<Long, Integer> all = new TreeMap<>();
            t.forEach(all::put);
            assertEquals(model, all);
            for (Map.Entry<Long, Integer> e : model.entrySet()) {
                assertEquals(e.getValue(), t.find(e.getKey()));
                assertEquals(model.getOrDefault(e.getKey() + 1, -1), t.find(e.getKey() + 1));
                assertEquals(model.getOrDefault(e.getKey() - 1, -1), t.find(e.getKey() - 1));
                queries += 3;
            }
            for (int q = 0; q < 5000; q++) {
                long offset = r.nextLong(at + 200) - 100;
                assertEquals(model.getOrDefault(offset, -1), t.find(offset));
                queries++;
            }
        }
        assertTrue(queries > 1_000_000);
    }

    @Test
    void theLastCodeOfTheTextCanTrap() {
        TrapTable.Builder b = new TrapTable.Builder();
        b.add(0xffff_fffeL, 3);
        b.add(0xffff_ffffL, 4);
        TrapTable t = new TrapTable(MemorySegment.ofArray(b.build().toArray()));
        assertEquals(4, t.find(0xffff_ffffL));
        assertEquals(-1, t.find(0x1_0000_0000L));
        assertThrows(IllegalArgumentException.class, () -> b.add(0xffff_ffffL, 1));
    }

    @Test
    void offsetsHoldUntilTheNextPosition() {
        Random r = new Random(2);
        long queries = 0;
        for (int round = 0; round < 200; round++) {
            TreeMap<Long, Integer> model = new TreeMap<>();
            OffsetTable.Builder b = new OffsetTable.Builder();
            long at = r.nextInt(100);
            int wasm = r.nextInt(1000);
            for (int n = r.nextInt(3) * r.nextInt(1000); n > 0; n--) {
                wasm = switch (r.nextInt(8)) {
                    case 0 -> -1;
                    case 1 -> r.nextInt();
                    case 2 -> wasm - r.nextInt(50);
                    default -> wasm + r.nextInt(9);
                };
                model.put(at, wasm);
                b.add(at, wasm);
                at += step(r);
            }
            OffsetTable t = new OffsetTable(MemorySegment.ofArray(b.build().toArray()));
            assertEquals(model.size(), t.positions());
            TreeMap<Long, Integer> all = new TreeMap<>();
            t.forEach(all::put);
            assertEquals(model, all);
            for (int q = 0; q < 8000; q++) {
                long offset = r.nextLong(at + 200) - 100;
                long functionStart = Math.max(0, offset - r.nextInt(200));
                Map.Entry<Long, Integer> floor = model.floorEntry(offset);
                int expected = floor == null || floor.getKey() < functionStart ? -1 : floor.getValue();
                assertEquals(expected, t.find(offset, functionStart));
                queries++;
            }
        }
        assertTrue(queries > 1_000_000);
    }

    @Test
    void tablesAreCompact() {
        Random r = new Random(3);
        TrapTable.Builder traps = new TrapTable.Builder();
        OffsetTable.Builder offsets = new OffsetTable.Builder();
        long trap = 0;
        long text = 0;
        int wasm = 0;
        for (int i = 0; i < 100_000; i++) {
            traps.add(trap += 1 + r.nextInt(30), 1);
            offsets.add(text += 4 * (1 + r.nextInt(8)), wasm += r.nextInt(20));
        }
        assertTrue(traps.build().size() < 1.05 * 100_000, "" + traps.build().size());
        assertTrue(offsets.build().size() < 1.65 * 100_000, "" + offsets.build().size());
    }

    @Test
    void damageIsNamedOrHarmless() {
        Random r = new Random(4);
        int refused = 0;
        for (int round = 0; round < 4000; round++) {
            TrapTable.Builder traps = new TrapTable.Builder();
            OffsetTable.Builder offsets = new OffsetTable.Builder();
            long at = 0;
            for (int n = r.nextInt(200); n > 0; n--) {
                traps.add(at, r.nextInt(5));
                offsets.add(at, r.nextInt(10_000));
                at += step(r);
            }
            byte[] t = flip(r, traps.build().toArray());
            byte[] o = flip(r, offsets.build().toArray());
            try {
                TrapTable table = new TrapTable(MemorySegment.ofArray(t));
                table.find(r.nextLong(at + 1));
                table.forEach((offset, code) -> assertTrue(code >= 0));
            } catch (ArtifactException e) {
                refused++;
            }
            try {
                OffsetTable table = new OffsetTable(MemorySegment.ofArray(o));
                table.find(r.nextLong(at + 1), 0);
                table.forEach((offset, code) -> {});
            } catch (ArtifactException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000, "refused " + refused);
    }

    private static byte[] flip(Random r, byte[] bytes) {
        bytes[r.nextInt(r.nextBoolean() ? Math.min(bytes.length, 12) : bytes.length)] ^= (byte) (1 << r.nextInt(8));
        return bytes;
    }
}
