package kiln.artifact;

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

class FunctionIndexTest {
    private static final long SEED = 20260101;

    private record Code(long start, long length) {}

    /** Functions by key in unsigned order, and the text's length. */
    private record Model(TreeMap<Long, Code> functions, long textLength) {
        FunctionIndex index() {
            FunctionIndexBuilder b = new FunctionIndexBuilder();
            functions.forEach((key, code) -> b.add(key, code.start, code.length));
            return new FunctionIndex(MemorySegment.ofArray(b.build(textLength).toArray()), textLength);
        }
    }

    private static Model random(Random r) {
        TreeMap<Long, Code> functions = new TreeMap<>(Long::compareUnsigned);
        TreeMap<Long, Boolean> keys = new TreeMap<>(Long::compareUnsigned);
        int namespaces = r.nextInt(6);
        for (int n = 0; n < namespaces; n++) {
            long namespace = (long) r.nextInt(16) << 28 | (r.nextBoolean() ? r.nextInt(3) : r.nextInt(1 << 28));
            long index = switch (r.nextInt(3)) {
                case 0 -> 0;
                case 1 -> r.nextInt(1000);
                default -> r.nextLong(1L << 32);
            };
            int step = r.nextInt(3) == 0 ? 1 : 1 + r.nextInt(12);
            for (int count = r.nextInt(300); count >= 0 && index < 1L << 32; count--) {
                keys.put(namespace << 32 | index, true);
                index += step == 1 ? 1 : 1 + r.nextInt(step);
            }
        }
        long at = r.nextInt(3) == 0 ? r.nextInt(100) : 0;
        for (long key : keys.keySet()) {
            long length = 1 + r.nextInt(r.nextInt(20) == 0 ? 5000 : 60);
            functions.put(key, new Code(at, length));
            at += length;
            at += switch (r.nextInt(10)) {
                case 0 -> r.nextInt(2000);
                case 1 -> 250 + r.nextInt(10);
                case 2, 3, 4 -> 0;
                default -> -at & 15;
            };
        }
        return new Model(functions, at);
    }

    /** {@code -Dkiln.rounds=N} asks for more than these five million questions. */
    @Test
    void answersAsATreeMapDoes() {
        int rounds = Integer.getInteger("kiln.rounds", 400);
        for (int round = 0; round < rounds; round++) {
            try {
                compare(new Random(SEED + round));
            } catch (Throwable t) {
                throw new AssertionError("in round " + round, t);
            }
        }
    }

    private static void compare(Random r) {
        Model m = random(r);
        FunctionIndex index = m.index();
        TreeMap<Long, Long> byStart = new TreeMap<>();
        m.functions.forEach((key, code) -> byStart.put(code.start, key));
        List<Long> keys = new ArrayList<>(m.functions.keySet());
        for (int q = 0; q < 4000; q++) {
            long key = randomKey(r, keys);
            checkKey(m, index, key);
            checkOffset(m, index, byStart, r.nextLong(m.textLength + 20) - 10);
            if (!keys.isEmpty()) {
                Code code = m.functions.get(keys.get(r.nextInt(keys.size())));
                checkOffset(m, index, byStart, code.start + (r.nextBoolean() ? 0 : code.length) - r.nextInt(2));
            }
        }
        for (long key : keys) {
            checkKey(m, index, key);
        }
        for (int q = 0; q < 20; q++) {
            checkStarts(m, index, randomKey(r, keys), r.nextInt(100));
        }
    }

    private static long randomKey(Random r, List<Long> keys) {
        if (keys.isEmpty() || r.nextInt(10) == 0) {
            return r.nextLong();
        }
        long key = keys.get(r.nextInt(keys.size()));
        return switch (r.nextInt(6)) {
            case 0 -> key + 1;
            case 1 -> key - 1;
            case 2 -> key ^ 1L << 32 + r.nextInt(32);
            default -> key;
        };
    }

    private static void checkKey(Model m, FunctionIndex index, long key) {
        Code code = m.functions.get(key);
        int entry = index.find(key);
        if (code == null) {
            assertEquals(-1, entry, () -> Long.toHexString(key));
        } else {
            assertEquals(code.start, index.start(entry));
            assertEquals(code.start + code.length, index.end(entry));
            assertEquals(key, index.key(entry));
        }
    }

    private static void checkStarts(Model m, FunctionIndex index, long key, int count) {
        int[] starts = index.starts(key, count);
        for (int i = 0; i < count; i++) {
            Code code = m.functions.get(key + i);
            assertEquals(code == null ? -1 : (int) code.start, starts[i], Long.toHexString(key + i));
        }
    }

    private static void checkOffset(Model m, FunctionIndex index, TreeMap<Long, Long> byStart, long offset) {
        Map.Entry<Long, Long> floor = byStart.floorEntry(offset);
        boolean inside = floor != null && offset < floor.getKey() + m.functions.get(floor.getValue()).length;
        int entry = index.entryAt(offset);
        if (!inside) {
            assertEquals(-1, entry, () -> "offset " + offset);
        } else {
            assertEquals(floor.getValue(), index.key(entry), () -> "offset " + offset);
        }
    }

    @Test
    void takesFiveAndAHalfBytesForADenseFunction() {
        FunctionIndexBuilder b = new FunctionIndexBuilder();
        for (int i = 0; i < 10_000; i++) {
            b.add(FuncKey.wasmFunction(0, i).raw(), i * 64L, 50);
        }
        assertTrue(b.build(640_000).size() <= 6 * 10_000 + 64);
    }

    @Test
    void emptyTextHasNoFunctions() {
        byte[] empty = new FunctionIndexBuilder().build(0).toArray();
        FunctionIndex index = new FunctionIndex(MemorySegment.ofArray(empty), 0);
        assertEquals(0, index.entries());
        assertEquals(-1, index.find(0));
        assertEquals(-1, index.entryAt(0));
    }

    @Test
    void refusesDisorder() {
        FunctionIndexBuilder b = new FunctionIndexBuilder();
        b.add(FuncKey.wasmFunction(0, 5).raw(), 0, 10);
        assertThrows(
                IllegalArgumentException.class,
                () -> b.add(FuncKey.wasmFunction(0, 5).raw(), 10, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> b.add(FuncKey.wasmFunction(0, 6).raw(), 9, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> b.add(FuncKey.wasmFunction(0, 6).raw(), 16, 0));
        assertThrows(IllegalArgumentException.class, () -> b.build(9));
    }

    @Test
    void damageIsNamedOrHarmless() {
        Random r = new Random(7);
        int refused = 0;
        for (int round = 0; round < 3000; round++) {
            Model m = random(r);
            byte[] bytes = bytes(m);
            for (int i = r.nextInt(3); i >= 0; i--) {
                int limit = r.nextBoolean() ? Math.min(bytes.length, 200) : bytes.length;
                bytes[r.nextInt(limit)] ^= (byte) (1 << r.nextInt(8));
            }
            try {
                FunctionIndex index = new FunctionIndex(MemorySegment.ofArray(bytes), m.textLength);
                index.find(r.nextLong());
                index.find(m.functions.isEmpty() ? 0 : m.functions.lastKey());
                index.entryAt(r.nextLong(m.textLength + 1));
                index.check();
                for (int e = 0; e < index.entries(); e++) {
                    assertTrue(index.start(e) >= 0 && index.end(e) <= m.textLength && index.length(e) >= 0);
                    index.find(index.key(e));
                }
            } catch (ArtifactException e) {
                assertTrue(e.getMessage().contains(FunctionIndex.SECTION));
                refused++;
            }
        }
        assertTrue(refused > 1000, "refused " + refused);
    }

    private static byte[] bytes(Model m) {
        FunctionIndexBuilder b = new FunctionIndexBuilder();
        m.functions.forEach((key, code) -> b.add(key, code.start, code.length));
        return b.build(m.textLength).toArray();
    }
}
