package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import kiln.artifact.api.ArtifactException;
import org.junit.jupiter.api.Test;

/** The table of stack maps against a map. */
class StackMapsTest {
    private static int[] words(Random r) {
        int most = r.nextInt(10) == 0 ? 2000 : 30;
        int[] words = r.ints(1 + r.nextInt(8), 0, most).distinct().sorted().toArray();
        return words;
    }

    private static StackMaps build(TreeMap<Long, int[]> model) {
        StackMaps.Builder b = new StackMaps.Builder();
        model.forEach(b::add);
        return new StackMaps(MemorySegment.ofArray(b.build().toArray()));
    }

    private static TreeMap<Long, int[]> model(Random r, int sites) {
        List<int[]> pool = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            pool.add(words(r));
        }
        TreeMap<Long, int[]> model = new TreeMap<>();
        long at = r.nextInt(100);
        for (int n = sites; n > 0; n--) {
            model.put(at, r.nextInt(3) == 0 ? words(r) : pool.get(r.nextInt(pool.size())));
            at += 1 + r.nextInt(r.nextInt(20) == 0 ? 100_000 : 60);
        }
        return model;
    }

    @Test
    void mapsAreFoundAtTheirReturnAddressesAndNowhereElse() {
        Random r = new Random(1);
        for (int round = 0; round < 50; round++) {
            TreeMap<Long, int[]> model = model(r, 1 + r.nextInt(400));
            StackMaps maps = build(model);
            maps.check();
            assertEquals(model.size(), maps.sites());
            assertTrue(maps.maps() <= model.size());
            TreeMap<Long, int[]> all = new TreeMap<>();
            maps.forEach(all::put);
            assertEquals(model.keySet(), all.keySet());
            for (Map.Entry<Long, int[]> e : model.entrySet()) {
                assertArrayEquals(e.getValue(), all.get(e.getKey()));
                for (long d = -1; d <= 1; d++) {
                    int[] expected = model.getOrDefault(e.getKey() + d, new int[0]);
                    assertArrayEquals(expected, maps.find(e.getKey() + d));
                }
            }
        }
    }

    @Test
    void equalMapsAreStoredOnce() {
        TreeMap<Long, int[]> model = new TreeMap<>();
        for (int i = 0; i < 10_000; i++) {
            model.put(20L * i, new int[] {i % 5, 5 + i % 3});
        }
        StackMaps maps = build(model);
        assertEquals(15, maps.maps());
        assertTrue(maps.byteSize() < 25_000, "" + maps.byteSize());
    }

    @Test
    void refusesDisorder() {
        StackMaps.Builder b = new StackMaps.Builder();
        b.add(0xffff_ffffL, new int[] {3});
        assertThrows(IllegalArgumentException.class, () -> b.add(0xffff_ffffL, new int[] {3}));
        assertThrows(IllegalArgumentException.class, () -> b.add(0x1_0000_0000L, new int[] {3}));
    }

    /** Whatever was changed, reading ends with an answer or with the error for damaged files. */
    @Test
    void damageIsNamedOrHarmless() {
        Random r = new Random(2);
        int refused = 0;
        for (int round = 0; round < 3000; round++) {
            TreeMap<Long, int[]> model = model(r, 1 + r.nextInt(100));
            StackMaps.Builder b = new StackMaps.Builder();
            model.forEach(b::add);
            byte[] bytes = b.build().toArray();
            for (int n = 1 + r.nextInt(3); n > 0; n--) {
                int within = r.nextBoolean() ? Math.min(16, bytes.length) : bytes.length;
                bytes[r.nextInt(within)] ^= (byte) (1 << r.nextInt(8));
            }
            try {
                StackMaps maps = new StackMaps(MemorySegment.ofArray(bytes));
                for (long at : model.keySet()) {
                    maps.find(at);
                }
                maps.check();
            } catch (ArtifactException e) {
                assertTrue(e.getMessage().contains(".kiln.stackmaps"), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > 1000, "refused " + refused);
    }
}
