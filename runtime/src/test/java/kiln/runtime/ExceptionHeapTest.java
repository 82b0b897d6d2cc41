package kiln.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Exceptions as Java makes and holds them: what is held stays, what is dropped makes room. */
class ExceptionHeapTest {
    private final Engine engine = new Engine();
    private final Store store = new Store(engine, StoreLimits.DEFAULT.withExceptionBytes(1 << 20));
    private final Tag tag = Tag.of(store, FuncType.ofVoid(ValType.I32, ValType.V128, ValType.EXTERNREF));
    private final Tag nested = Tag.of(store, FuncType.ofVoid(ValType.EXNREF, ValType.I64));

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    @Test
    void whatAnExceptionCarriesComesOutAgain() {
        ExnRef e = ExnRef.of(tag, 7, new V128(1, 2), "text");
        assertSame(tag, e.tag());
        assertEquals(List.of(7, new V128(1, 2), "text"), e.payload());
        ExnRef outer = ExnRef.of(nested, e, 5L);
        assertSame(e, outer.payload().getFirst());
    }

    @Test
    void twoExceptionsAreNeverTheSame() {
        assertNotSame(ExnRef.of(nested, null, 1L), ExnRef.of(nested, null, 1L));
    }

    @Test
    void whatDoesNotFitTheTagIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ExnRef.of(tag, 7));
        assertThrows(IllegalArgumentException.class, () -> ExnRef.of(nested, "no exception", 1L));
        assertThrows(IllegalArgumentException.class, () -> Tag.of(store, FuncType.of(ValType.I32)));
        try (Store other = new Store(engine)) {
            Tag foreign = Tag.of(other, FuncType.ofVoid(ValType.EXNREF));
            ExnRef mine = ExnRef.of(nested, null, 1L);
            assertThrows(IllegalArgumentException.class, () -> ExnRef.of(foreign, mine));
        }
    }

    @Test
    void tenMillionBytesGoThroughAHeapOfOneMillion() {
        for (int i = 0; i < 200_000; i++) {
            assertEquals(i, ExnRef.of(tag, i, new V128(i, i), null).payload().getFirst());
        }
    }

    /** Holds a changing set, some by chains of others, and looks at all of them again and again. */
    @Test
    void whatIsHeldKeepsItsContent() {
        Random random = new Random(1);
        List<ExnRef> held = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        Table table = Table.of(store, new TableType(ValType.EXNREF, 100, 100, false), null);
        int[] inTable = new int[100];
        for (int i = 1; i < 100_000; i++) {
            ExnRef inner = ExnRef.of(tag, i, new V128(i, 2L * i), null);
            ExnRef e = ExnRef.of(nested, inner, (long) i);
            if (held.size() < 1000) {
                held.add(e);
                numbers.add(i);
            } else {
                int k = random.nextInt(held.size());
                held.set(k, e);
                numbers.set(k, i);
            }
            int slot = random.nextInt(inTable.length);
            table.set(slot, inner);
            inTable[slot] = i;
            if (i % 5_000 == 0) {
                for (int k = 0; k < held.size(); k++) {
                    check(held.get(k), numbers.get(k));
                }
                for (int k = 0; k < inTable.length; k++) {
                    if (inTable[k] != 0) {
                        assertEquals(
                                inTable[k], ((ExnRef) table.get(k)).payload().getFirst());
                    }
                }
            }
        }
        assertTrue(store.exceptions().usedBytes() <= 1 << 20);
    }

    private static void check(ExnRef e, int number) {
        assertEquals((long) number, e.payload().get(1));
        ExnRef inner = (ExnRef) e.payload().getFirst();
        assertEquals(
                List.of(number, new V128(number, 2L * number)), inner.payload().subList(0, 2));
    }

    @Test
    void moreThanTheLimitInUseIsATrap() {
        List<ExnRef> held = new ArrayList<>();
        TrapException t = assertThrows(TrapException.class, () -> {
            while (true) {
                held.add(ExnRef.of(nested, null, 1L));
            }
        });
        assertEquals(TrapCode.ALLOCATION_TOO_LARGE, t.code());
        int most = (1 << 20) / 32;
        assertTrue(held.size() <= most && held.size() >= most / 8 * 7, held.size() + " of " + most);
        held.clear();
        ExnRef.of(nested, null, 1L);
    }

    /** Just below what is too much in use, one more costs what it costs elsewhere. */
    @Test
    void exceptionsNearTheLimitCostNoMore() {
        List<ExnRef> held = new ArrayList<>();
        for (int i = 0; i < (1 << 20) / 32 * 27 / 32; i++) {
            held.add(ExnRef.of(nested, null, (long) i));
        }
        ExceptionHeap heap = store.exceptions();
        // Two looks at the whole for an eighth of it: what Java has dropped is only known after Java's collector ran.
        long before = heap.lookedAtBytes();
        for (int i = 0; i < 100_000; i++) {
            ExnRef.of(nested, null, (long) i);
        }
        long looked = heap.lookedAtBytes() - before;
        assertTrue(looked > 0 && looked <= 2L * 8 * 100_000 * 32, looked + " bytes were looked at");
        assertEquals(5L, held.get(5).payload().get(1));
    }

    /** A large table is looked through again only after as much has been allocated. */
    @Test
    void tablesOfExceptionsCostEachCollectionALook() {
        try (Store large = new Store(engine)) {
            Tag own = Tag.of(large, FuncType.ofVoid(ValType.EXNREF, ValType.I64));
            Table table = Table.of(large, new TableType(ValType.EXNREF, 1_000_000, 1_000_000, false), null);
            table.set(999_999, ExnRef.of(own, null, 7L));
            ExceptionHeap heap = large.exceptions();
            // Until the heap has grown to the size of the table, it is looked through for each doubling.
            for (int i = 0; i < 500_000; i++) {
                ExnRef.of(own, null, (long) i);
            }
            long before = heap.lookedAtBytes();
            for (int i = 0; i < 1_000_000; i++) {
                ExnRef.of(own, null, (long) i);
            }
            long looked = heap.lookedAtBytes() - before;
            assertTrue(looked <= 4L * 32 * 1_000_000, looked + " bytes were looked at");
            assertEquals(7L, ((ExnRef) table.get(999_999)).payload().get(1));
        }
    }

    @Test
    void cellsOfExceptionsLastAsLongAsTheStore() {
        long cell = store.toCell(ValType.EXNREF, ExnRef.of(nested, null, 42L));
        for (int i = 0; i < 50_000; i++) {
            ExnRef.of(nested, null, (long) i);
        }
        assertEquals(
                42L, ((ExnRef) store.fromCell(ValType.EXNREF, cell)).payload().get(1));
        assertThrows(IllegalArgumentException.class, () -> store.fromCell(ValType.EXNREF, cell + 16));
    }

    @Test
    void whatWasThrownIsTheSameObject() {
        ThrownException thrown = new ThrownException(nested, null, 3L);
        assertSame(thrown, thrown.exception().thrown());
        assertTrue(store.rethrow(thrown));
        assertTrue(thrown.getMessage().contains("3"), thrown.getMessage());
        try (Store other = new Store(engine)) {
            assertEquals(false, other.rethrow(thrown));
        }
    }

    @Test
    void exceptionsOfJavaAreSeenOnlyWhereTheirTagExists() {
        Exception e = new IllegalStateException("x");
        assertEquals(false, store.rethrow(e));
        Tag.java(store);
        assertTrue(store.rethrow(e));
        assertEquals(false, store.rethrow(new TrapException(TrapCode.UNREACHABLE, "x")));
        assertEquals(false, store.rethrow(new OutOfMemoryError()));
    }
}
