package kiln.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import kiln.artifact.MemoryConstants;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {
    private static final long PAGE = MemoryConstants.PAGE_SIZE;

    private static void assertZero(LinearMemory m) {
        MemorySegment s = m.segment();
        for (long i = 0; i < s.byteSize(); i += 8) {
            assertEquals(0, s.get(ValueLayout.JAVA_LONG_UNALIGNED, i));
        }
    }

    @Test
    void growsWithoutMoving() {
        MemoryPool pool = new MemoryPool(4);
        try (LinearMemory m = pool.guarded(PAGE, 4 * PAGE, null)) {
            long base = m.base();
            m.segment().fill((byte) 7);
            assertTrue(m.grow(3 * PAGE));
            assertEquals(base, m.base());
            assertEquals(3 * PAGE, m.segment().byteSize());
            assertEquals(7, m.segment().get(ValueLayout.JAVA_BYTE, PAGE - 1));
            assertEquals(0, m.segment().get(ValueLayout.JAVA_BYTE, PAGE));
            assertFalse(m.grow(5 * PAGE));
            assertFalse(m.grow(PAGE));
            assertTrue(m.grow(4 * PAGE));
        }
        assertEquals(0, pool.inUse());
        assertEquals(1, pool.idle());
        pool.trim();
        assertEquals(0, pool.idle());
    }

    /** Pages that nobody writes to are not worth it; those that follow pages that were written to are. */
    @Test
    void getsPagesAheadAsTheLastOnesWereUsed() {
        Host host = Host.current();
        MemoryPool pool = new MemoryPool(1);
        for (int round = 0; round < 2; round++) {
            try (LinearMemory m = pool.guarded(PAGE, 100 * PAGE, null)) {
                assertTrue(m.grow(33 * PAGE));
                assertTrue(m.grow(65 * PAGE));
                assumeTrue(host.isResident(m.base() + PAGE), "the system cannot get pages ahead");
                assertFalse(host.isResident(m.base() + 24 * PAGE));
                assertFalse(host.isResident(m.base() + 44 * PAGE));
                m.segment().fill((byte) 1);
                assertTrue(m.grow(97 * PAGE));
                assertTrue(host.isResident(m.base() + 76 * PAGE));
                assertFalse(host.isResident(m.base() + 96 * PAGE));
            }
        }
    }

    @Test
    void fourGiBAreReachable() {
        MemoryPool pool = new MemoryPool(0);
        try (LinearMemory m = pool.guarded(0, Long.MAX_VALUE, null)) {
            assertEquals(MemoryConstants.INDEX_SPACE, m.maxBytes());
            assertTrue(m.grow(MemoryConstants.INDEX_SPACE));
            m.segment().set(ValueLayout.JAVA_BYTE, MemoryConstants.INDEX_SPACE - 1, (byte) 1);
            assertEquals(1, m.segment().get(ValueLayout.JAVA_BYTE, MemoryConstants.INDEX_SPACE - 1));
        }
    }

    /** A program that takes all mappings of a process takes them from the JVM, which cannot go on without. */
    @Test
    void mappingsAreLeftToOthers() {
        assertTrue(
                Host.current().maxMappings() >= 30_000,
                () -> "" + Host.current().maxMappings());
        MemoryPool pool = new MemoryPool(4, 10);
        List<LinearMemory> memories = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 5; i++) {
                memories.add(pool.guarded(PAGE, PAGE, null));
            }
            HostException e = assertThrows(HostException.class, () -> pool.guarded(PAGE, PAGE, null));
            assertTrue(e.getMessage().contains("vm.max_map_count"), e::getMessage);
            assertTrue(e.getMessage().contains("--explicit-bounds"), e::getMessage);
            memories.forEach(LinearMemory::close);
            memories.clear();
        }
        assertEquals(4, pool.idle());
        pool.checked(PAGE, PAGE, null).close();
        pool.trim();
    }

    /** Whatever a memory held, grew to and mapped before, the next one starts with its own contents. */
    @Test
    void recycledMemoriesAreClean() {
        Host host = Host.current();
        byte[][] contents = new byte[2][];
        List<MemoryTemplate> templates = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            contents[t] = new byte[(int) (3 * PAGE)];
            new Random(t).nextBytes(contents[t]);
            int file = host.memoryFile("test", MemorySegment.ofArray(contents[t]));
            templates.add(new MemoryTemplate(
                    file,
                    List.of(
                            new MemoryTemplate.Range(PAGE, 0, PAGE),
                            new MemoryTemplate.Range(3 * PAGE, PAGE, 2 * PAGE))));
        }
        MemoryPool pool = new MemoryPool(2);
        Random r = new Random(9);
        for (int round = 0; round < 300; round++) {
            int t = r.nextInt(3);
            MemoryTemplate template = t == 2 ? null : templates.get(t);
            long size = (template == null ? r.nextInt(12) : 5 + r.nextInt(8)) * PAGE;
            try (LinearMemory m = pool.guarded(size, 100 * PAGE, template)) {
                if (template == null) {
                    assertZero(m);
                } else {
                    byte[] expected = new byte[(int) size];
                    System.arraycopy(contents[t], 0, expected, (int) PAGE, (int) PAGE);
                    System.arraycopy(contents[t], (int) PAGE, expected, (int) (3 * PAGE), (int) (2 * PAGE));
                    assertEquals(-1, m.segment().mismatch(MemorySegment.ofArray(expected)));
                }
                m.segment().fill((byte) round);
                if (r.nextBoolean()) {
                    long old = m.byteSize();
                    assertTrue(m.grow(old + r.nextInt(10) * PAGE));
                    MemorySegment fresh = m.segment().asSlice(old);
                    assertEquals(-1, fresh.mismatch(MemorySegment.ofArray(new byte[(int) fresh.byteSize()])));
                    m.segment().fill((byte) -1);
                }
            }
        }
        pool.trim();
        for (MemoryTemplate t : templates) {
            int file = t.file();
            t.close();
            host.closeFile(file);
            assertThrows(IllegalStateException.class, () -> pool.guarded(5 * PAGE, 5 * PAGE, t));
        }
        assertEquals(0, pool.inUse());
    }

    @Test
    void checkedMemoriesTakeLittleAddressSpace() {
        MemoryPool pool = new MemoryPool(4);
        try (LinearMemory m = pool.checked(100, 5000, null)) {
            assertEquals(100, m.segment().byteSize());
            assertFalse(m.guarded());
            m.segment().fill((byte) 1);
            assertTrue(m.grow(5000));
            assertEquals(0, m.segment().get(ValueLayout.JAVA_BYTE, 4999));
            assertFalse(m.grow(5001));
        }
        try (LinearMemory empty = pool.checked(0, 0, null)) {
            assertEquals(0, empty.segment().byteSize());
        }
        assertEquals(0, pool.idle());
    }

    /** Unguarded memories share mappings, each with its own zeros. */
    @Test
    void parcelsAreCleanAndApart() throws IOException {
        MemoryPool pool = new MemoryPool(4);
        pool.checked(PAGE, PAGE << 4, null).close();
        long mappings = mappings();
        List<LinearMemory> all = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 2000; i++) {
                LinearMemory m = pool.checked(PAGE, PAGE << 4, null);
                assertZero(m);
                m.segment().fill((byte) i);
                if (i % 100 == 0) {
                    assertTrue(m.grow(PAGE << 3));
                    assertEquals(0, m.segment().get(ValueLayout.JAVA_BYTE, PAGE));
                    m.segment().fill((byte) i);
                }
                all.add(m);
            }
            assertTrue(mappings() < mappings + 500, "mappings: " + mappings() + ", before " + mappings);
            for (int i = 0; i < all.size(); i++) {
                assertEquals((byte) i, all.get(i).segment().get(ValueLayout.JAVA_BYTE, PAGE - 1));
            }
            all.forEach(LinearMemory::close);
            all.clear();
        }
        assertEquals(0, pool.inUse());
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    @Test
    void exhaustionHasAClearMessage() {
        MemoryPool pool = new MemoryPool(4);
        for (long size : new long[] {1L << 60, Long.MAX_VALUE}) {
            HostException e = assertThrows(HostException.class, () -> pool.checked(size, size, null));
            assertTrue(e.getMessage().contains("address space"), e.getMessage());
        }
        assertEquals(0, pool.inUse());
        assertThrows(IllegalArgumentException.class, () -> pool.checked(10, 5, null));
        assertThrows(IllegalArgumentException.class, () -> pool.guarded(100, PAGE, null));
    }

    @Test
    void checkedMemoriesMayGrowAsFarAsThereIsAddressSpace() {
        MemoryPool pool = new MemoryPool(4);
        try (LinearMemory m = pool.checked(100, Long.MAX_VALUE, null)) {
            assertTrue(m.maxBytes() > 1L << 40, "less than there is: " + m.maxBytes());
            assertTrue(m.maxBytes() < 1L << 60, "more than there is: " + m.maxBytes());
            assertTrue(m.grow(5000));
            assertFalse(m.grow(m.maxBytes() + 1));
        }
    }

    /** A reservation for 32-bit indices is too small for 64-bit ones, whatever the memory's size. */
    @Test
    void reservationsOfBothSizesAreKeptApart() {
        MemoryPool pool = new MemoryPool(4);
        long small = baseOf(pool.guarded(PAGE, PAGE, null));
        long large = baseOf(pool.guarded64(PAGE, PAGE, null));
        assertNotEquals(small, large);
        assertEquals(2, pool.idle());
        assertEquals(large, baseOf(pool.guarded64(2 * PAGE, PAGE << 20, null)));
        assertEquals(small, baseOf(pool.guarded(2 * PAGE, 3 * PAGE, null)));
        pool.trim();
    }

    private static long baseOf(LinearMemory memory) {
        try (memory) {
            return memory.base();
        }
    }

    /** Where no reservation of 64 GiB is left, code with explicit checks has memories that grow as far as they can. */
    @Test
    void wideMemoriesFillTheAddressSpace() {
        MemoryPool pool = new MemoryPool(0);
        List<LinearMemory> all = new ArrayList<>();
        try {
            HostException e = assertThrows(HostException.class, () -> {
                while (all.size() < 5_000) {
                    all.add(pool.guarded64(PAGE, PAGE, null));
                }
            });
            assertTrue(e.getMessage().contains("--explicit-bounds"), e.getMessage());
            assertTrue(all.size() > 1_000, "only " + all.size());
            try (LinearMemory m = pool.checked(PAGE, MemoryConstants.INDEX_SPACE_64, null)) {
                assertTrue(m.maxBytes() >= PAGE && m.maxBytes() < MemoryConstants.INDEX_SPACE_64, "" + m.maxBytes());
            }
        } finally {
            all.forEach(LinearMemory::close);
        }
        assertEquals(0, pool.inUse());
    }

    @Test
    void manyMemoriesFit() {
        MemoryPool pool = new MemoryPool(0);
        List<LinearMemory> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            all.add(pool.guarded(PAGE, PAGE, null));
        }
        assertEquals(1000, pool.inUse());
        all.forEach(LinearMemory::close);
        assertEquals(0, pool.inUse());
    }
}
