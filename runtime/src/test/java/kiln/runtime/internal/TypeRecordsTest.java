package kiln.runtime.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.artifact.HeapLayout;
import org.junit.jupiter.api.Test;

class TypeRecordsTest {
    private final TypeRecords records = new TypeRecords();

    @Test
    void aTypeHasOnePlaceAsLongAsAStoreUsesIt() {
        int a = records.take(1, 48);
        assertEquals(a, records.take(1, 48));
        int b = records.take(2, 48);
        assertNotEquals(a, b);
        records.give(1);
        assertNotEquals(a, records.take(3, 48));
        records.give(1);
        assertEquals(a, records.take(4, 56));
        assertNotEquals(a, records.take(1, 48));
    }

    @Test
    void placesOfTypesThatAreGoneSuffice() {
        for (int i = 0; i < 100_000; i++) {
            int bytes = HeapLayout.recordBytes(0, i % 10_000);
            int place = records.take(i, bytes);
            assertTrue(place >= HeapLayout.RECORDS && place + bytes <= HeapLayout.OBJECTS, "type " + i);
            records.give(i);
        }
    }

    @Test
    void thereIsAnEndToThem() {
        int n = 0;
        while (records.take(n, 48) != 0) {
            n++;
        }
        assertEquals((HeapLayout.OBJECTS - HeapLayout.READABLE_BYTES - HeapLayout.RECORDS) / 64, n);
        assertEquals(0, records.take(n, 48));
        records.give(0);
        assertNotEquals(0, records.take(n, 48));
    }
}
