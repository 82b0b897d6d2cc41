package kiln.runtime.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kiln.artifact.HeapLayout;
import kiln.artifact.StoreLayout;
import kiln.loader.Host;
import kiln.loader.Native;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The collector on heaps that are made by hand, against a model in Java. */
class GcHeapTest {
    private static final int PAIR = HeapLayout.RECORDS;
    private static final int REFS = PAIR + 64;
    private static final int BYTES = REFS + 64;
    /** A pair: number at 4, references at 8 and 12. */
    private static final int PAIR_BYTES = 16;

    private final HostHandles handles = new HostHandles();
    private final long context = Host.current().allocate(StoreLayout.SIZE);
    private final List<Long> roots = new ArrayList<>();
    private final long cells = Host.current().allocate(8 * 64);
    private GcHeap heap;

    @BeforeEach
    void makeCells() {
        for (int i = 0; i < 64; i++) {
            roots.add(cells + 8L * i);
        }
    }

    @AfterEach
    void free() {
        heap.close();
        Host.current().free(context);
        Host.current().free(cells);
    }

    private void open(String mode, long maxBytes) {
        System.setProperty(GcMode.PROPERTY, mode);
        try {
            heap = new GcHeap(context, maxBytes, handles);
        } finally {
            System.clearProperty(GcMode.PROPERTY);
        }
        heap.openRecords(BYTES + 64);
        heap.putRecord(PAIR, HeapLayout.STRUCT, PAIR_BYTES, new int[] {PAIR}, new int[] {8, 12});
        heap.putRecord(REFS, HeapLayout.ARRAY | HeapLayout.REFERENCES, 4, new int[] {REFS}, new int[0]);
        heap.putRecord(BYTES, HeapLayout.ARRAY, 1, new int[] {BYTES}, new int[0]);
        heap.sealRecords();
    }

    private void visit(GcHeap h) {
        roots.forEach(h::cell);
    }

    private int pair(int number, int a, int b) {
        int p = heap.allocate(PAIR_BYTES, PAIR | (long) number << 32, this::visit);
        if (p != 0) {
            Native.putInt(heap.address(p) + 8, a);
            Native.putInt(heap.address(p) + 12, b);
        }
        return p;
    }

    private int array(int record, int length, int elementBytes) {
        long size = HeapLayout.aligned(8 + (long) length * elementBytes);
        int a = heap.allocate(size, record | (long) length << 32, this::visit);
        Native.zero(heap.address(a) + 8, size - 8);
        return a;
    }

    /** A cast to a type of the greatest depth reads its ancestor's place of a record that has no such place. */
    @Test
    void ancestorsThatARecordDoesNotHaveCanBeRead() {
        open("", Long.MAX_VALUE);
        int step = 1 << 16;
        int last = HeapLayout.RECORDS + step - HeapLayout.recordBytes(0, 0);
        heap.openRecords(HeapLayout.RECORDS + step);
        heap.putRecord(last, HeapLayout.STRUCT, 8, new int[] {last}, new int[0]);
        heap.sealRecords();
        assertEquals(0, Native.getInt(heap.base() + last + HeapLayout.SUPERS + 4 * 63));
    }

    /** An object of the model. */
    private static final class Node {
        int number;
        byte[] bytes;
        Node[] refs;
    }

    /** Random changes to a graph, with the same in Java; after each few the whole is compared. */
    @Test
    void randomGraphsStayWhatTheyAre() {
        for (String mode : List.of("verify,space=2000", "verify,protect,zeal,space=0", "space=65536")) {
            if (heap != null) {
                heap.close();
                roots.forEach(cell -> Native.putLong(cell, 0));
            }
            open(mode, Long.MAX_VALUE);
            Random random = new Random(7);
            Node[] model = new Node[roots.size()];
            int steps = mode.contains("zeal") ? 3000 : 20_000;
            for (int step = 0; step < steps; step++) {
                int k = random.nextInt(model.length);
                change(random, model, k);
                if (step % 500 == 0) {
                    Map<Node, Integer> seen = new IdentityHashMap<>();
                    for (int i = 0; i < model.length; i++) {
                        compare(model[i], (int) Native.getLong(roots.get(i)), seen);
                    }
                }
            }
            assertTrue(heap.collections() > 2, () -> mode + ": " + heap.collections() + " collections");
        }
    }

    private void change(Random random, Node[] model, int k) {
        Node n = new Node();
        n.number = random.nextInt();
        int reference;
        switch (random.nextInt(8)) {
            case 0 -> {
                n.bytes = new byte[random.nextInt(2000)];
                random.nextBytes(n.bytes);
                reference = array(BYTES, n.bytes.length, 1);
                Native.copy(n.bytes, 0, heap.address(reference) + 8, n.bytes.length);
            }
            case 1 -> {
                n.refs = new Node[random.nextInt(20)];
                reference = array(REFS, n.refs.length, 4);
                for (int i = 0; i < n.refs.length; i++) {
                    int from = random.nextInt(model.length);
                    n.refs[i] = model[from];
                    Native.putInt(heap.address(reference) + 8 + 4L * i, (int) Native.getLong(roots.get(from)));
                }
            }
            case 2 -> {
                n = null;
                reference = 0;
            }
            default -> {
                reference = pair(n.number, 0, 0);
                n.refs = new Node[2];
                for (int i = 0; i < 2; i++) {
                    int from = random.nextInt(16) == 0 ? random.nextInt(model.length) : k;
                    boolean itself = random.nextInt(16) == 0;
                    n.refs[i] = itself ? n : model[from];
                    int value = itself ? reference : (int) Native.getLong(roots.get(from));
                    Native.putInt(heap.address(reference) + 8 + 4L * i, value);
                }
            }
        }
        // Chains must not grow for ever.
        if (random.nextInt(6) == 0) {
            n = null;
            reference = 0;
        }
        model[k] = n;
        Native.putLong(roots.get(k), Integer.toUnsignedLong(reference));
    }

    private void compare(Node root, int reference, Map<Node, Integer> seen) {
        List<Node> nodes = new ArrayList<>();
        List<Integer> references = new ArrayList<>();
        nodes.add(root);
        references.add(reference);
        while (!nodes.isEmpty()) {
            Node n = nodes.removeLast();
            int r = references.removeLast();
            if (n == null) {
                assertEquals(0, r);
                continue;
            }
            Integer known = seen.put(n, r);
            if (known != null) {
                assertEquals(known, r);
                continue;
            }
            long p = heap.address(r);
            if (n.bytes != null) {
                byte[] actual = new byte[Native.getInt(p + 4)];
                Native.copy(p + 8, actual, 0, actual.length);
                assertEquals(List.of(), differences(n.bytes, actual));
                continue;
            }
            assertEquals(heap.header(r) == PAIR ? n.number : n.refs.length, Native.getInt(p + 4));
            for (int i = 0; i < n.refs.length; i++) {
                nodes.add(n.refs[i]);
                references.add(Native.getInt(p + 8 + 4L * i));
            }
        }
    }

    private static List<Integer> differences(byte[] a, byte[] b) {
        return Arrays.equals(a, b) ? List.of() : List.of(a.length, b.length);
    }

    @Test
    void whatIsNotReachedMakesRoom() {
        open("verify", 1 << 20);
        for (int i = 0; i < 1_000_000; i++) {
            assertNotEquals(0, pair(i, 0, 0));
        }
        assertTrue(heap.collections() >= 15, heap.collections() + " collections");
        assertTrue(heap.usedBytes() <= 1 << 20);
    }

    @Test
    void whatIsReachedFillsTheLimitExactly() {
        open("verify", 1 << 20);
        int made = 0;
        for (int p = pair(0, 0, 0); p != 0; p = pair(made, (int) Native.getLong(cells), 0)) {
            Native.putLong(cells, Integer.toUnsignedLong(p));
            made++;
        }
        assertEquals((1 << 20) / PAIR_BYTES, made);
        assertEquals(0, heap.allocate(8, BYTES, this::visit));
        Native.putLong(cells, 0);
        assertNotEquals(0, heap.allocate(1 << 20, BYTES | (1L << 20) - 8 << 32, this::visit));
        assertEquals(0, heap.allocate((1 << 20) + 8, BYTES | 1L << 20 << 32, this::visit));
        assertEquals(0, heap.allocate(Long.MAX_VALUE & -8, BYTES, this::visit));
        assertEquals(0, heap.allocate(-8, BYTES, this::visit));
    }

    @Test
    void handlesLiveAsLongAsObjectsHoldThem() {
        open("verify", 1 << 20);
        int text = handles.reference("text");
        int other = handles.reference(new Object());
        int i31 = 5 << 1 | 1;
        Native.putLong(cells, Integer.toUnsignedLong(pair(1, text, i31)));
        Native.putLong(cells + 8, 0x7000_0000_0000L + 2);
        heap.collect(this::visit);
        assertTrue(handles.has(text));
        assertFalse(handles.has(other));
        int p = (int) Native.getLong(cells);
        assertEquals(text, Native.getInt(heap.address(p) + 8));
        assertEquals(i31, Native.getInt(heap.address(p) + 12));
        assertEquals(0x7000_0000_0000L + 2, Native.getLong(cells + 8));
        Native.putLong(cells, 0);
        heap.collect(this::visit);
        assertEquals(0, handles.count());
    }

    @Test
    void theVerifierSeesWhatIsWrong() {
        open("verify", 1 << 20);
        int p = pair(1, 0, 0);
        Native.putLong(cells, Integer.toUnsignedLong(p));
        Native.putInt(heap.address(p) + 8, p + 8);
        assertThrows(IllegalStateException.class, () -> heap.collect(this::visit));
        Native.putInt(heap.address(p) + 8, HeapLayout.HANDLE_TAG);
        assertThrows(IllegalStateException.class, () -> heap.collect(this::visit));
        Native.putInt(heap.address(p) + 8, 0);
        Native.putInt(heap.address(p), PAIR + 4);
        assertThrows(IllegalStateException.class, () -> heap.collect(this::visit));
    }
}
