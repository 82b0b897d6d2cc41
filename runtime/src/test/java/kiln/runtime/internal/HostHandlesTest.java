package kiln.runtime.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.artifact.HeapLayout;
import org.junit.jupiter.api.Test;

class HostHandlesTest {
    private final HostHandles handles = new HostHandles();

    @Test
    void anObjectHasOneNumber() {
        String a = new String("equal");
        String b = new String("equal");
        assertEquals(handles.reference(a), handles.reference(a));
        assertNotEquals(handles.reference(a), handles.reference(b));
        assertSame(a, handles.object(handles.reference(a)));
        assertEquals(2, handles.count());
    }

    @Test
    void onlyWhatWasMarkedOrPinnedStays() {
        List<Integer> references = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            references.add(handles.reference(new Object()));
        }
        handles.pin(references.get(500));
        handles.clearMarks();
        for (int i = 0; i < 1000; i += 3) {
            handles.mark(references.get(i));
        }
        handles.sweep();
        assertEquals(335, handles.count());
        for (int i = 0; i < 1000; i++) {
            assertEquals(i % 3 == 0 || i == 500, handles.has(references.get(i)), "number " + i);
        }
        // Their numbers are given again, and to one object each.
        Set<Integer> all = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            all.add(handles.reference(new Object()));
        }
        assertEquals(1000, all.size());
        assertTrue(handles.isPinned(references.get(500)));
        assertFalse(handles.isPinned(references.get(0)));
    }

    @Test
    void whatIsNoReferenceIsNone() {
        int r = handles.reference("one");
        assertTrue(handles.has(r));
        assertFalse(handles.has(r + (1 << HeapLayout.HANDLE_SHIFT)));
        assertFalse(handles.has(r ^ 4));
        assertFalse(handles.has(0));
        assertFalse(handles.has(r | 1L << 32));
        handles.markIfHandle(r ^ 1);
    }
}
