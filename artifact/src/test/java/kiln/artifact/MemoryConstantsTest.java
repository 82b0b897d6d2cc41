package kiln.artifact;

import static org.junit.jupiter.api.Assertions.*;

import org.junit.jupiter.api.Test;

class MemoryConstantsTest {
    private static final int PAGE = MemoryConstants.PAGE_SHIFT;

    @Test
    void aMemoryWithoutAMaximumReachesAllButTheLastPage() {
        assertEquals(65_535, MemoryConstants.reachablePages(0, false, 0, PAGE));
        assertEquals(65_535, MemoryConstants.reachablePages(65_534, false, -1, PAGE));
        assertEquals(65_536, MemoryConstants.reachablePages(65_535, false, -1, PAGE));
        assertEquals(65_536, MemoryConstants.reachablePages(65_536, false, -1, PAGE));
        assertEquals(65_536, MemoryConstants.reachablePages(65_537, false, -1, PAGE), "which has no memory");
        assertEquals(65_536, MemoryConstants.reachablePages(-1, false, -1, PAGE), "as well");
        assertEquals(65_536, MemoryConstants.reachablePages(1, true, 65_536, PAGE));
        assertEquals(65_536, MemoryConstants.reachablePages(1, true, -1, PAGE));
        assertEquals(7, MemoryConstants.reachablePages(1, true, 7, PAGE));
        assertEquals(0xffff_ffffL, MemoryConstants.reachablePages(1, false, 0, 0));
    }

    @Test
    void aSmallMemoryEndsAPageBeforeTheLastIndex() {
        assertTrue(MemoryConstants.isSmall(1, false, 0, false, PAGE));
        assertTrue(MemoryConstants.isSmall(1, true, 65_535, false, PAGE));
        assertFalse(MemoryConstants.isSmall(1, true, 65_536, false, PAGE));
        assertTrue(MemoryConstants.isSmall(65_534, false, 0, false, PAGE));
        assertFalse(MemoryConstants.isSmall(65_535, false, 0, false, PAGE));
        assertFalse(MemoryConstants.isSmall(65_536, false, 0, false, PAGE));
        assertFalse(MemoryConstants.isSmall(1, true, 2, true, PAGE));
        assertFalse(MemoryConstants.isSmall(1, false, 0, false, 0));
        assertTrue(MemoryConstants.isSmall(1, true, 0xffff_0000L, false, 0));
        assertFalse(MemoryConstants.isSmall(1, true, 0xffff_0001L, false, 0));
    }
}
