package kiln.runtime.component;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.WitTypes;
import kiln.runtime.Engine;
import kiln.runtime.EntityType;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Values are lifted and lowered as the specification's reference definitions did, byte for byte: records of {@code
 * tests/canonical-abi/record.py}, which says what their fields are.
 */
class RecordedAbiTest {
    private static final Path RECORDS = Path.of("../tests/canonical-abi/records.txt");
    private static final int START = 64;
    private static final int BYTES = 1 << 16;
    private static final List<String> ENCODINGS = List.of("utf8", "utf16", "latin1+utf16");

    private final Engine engine = new Engine();
    private final Store store = new Store(engine);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    /** A memory with the allocator that the records were made with. */
    private final class Side {
        final Memory memory = Memory.of(store, new MemoryType(1, EntityType.UNBOUNDED, false, false, false, 16));
        final GuestMemory guest = new GuestMemory(memory, this::realloc);
        final StringEncoding encoding;
        int next = START;

        Side(String encoding) {
            this.encoding = StringEncoding.values()[ENCODINGS.indexOf(encoding)];
        }

        int realloc(int old, int oldBytes, int alignment, int bytes) {
            int at = ReferenceAbi.up(next, alignment);
            next = at + bytes + 1;
            memory.writeBytes(at, memory.readBytes(old, Math.min(oldBytes, bytes)));
            memory.writeBytes(old, new byte[oldBytes]);
            return at;
        }

        String content() {
            return HexFormat.of()
                    .formatHex(memory.readBytes(START, BYTES - START))
                    .replaceFirst("(00)*$", "");
        }

        Lifting lifting(boolean ofGuest) {
            return new Lifting(guest, encoding, null, ofGuest);
        }

        Lowering lowering() {
            return new Lowering(guest, encoding, null);
        }
    }

    private static String text(long[] cells, List<CoreType> types) {
        return IntStream.range(0, types.size())
                .mapToObj(i -> {
                    boolean narrow = types.get(i) == CoreType.I32 || types.get(i) == CoreType.F32;
                    return Long.toHexString(narrow ? cells[i] & 0xFFFF_FFFFL : cells[i]);
                })
                .collect(Collectors.joining(","));
    }

    private static long[] cells(String text) {
        return text.isEmpty()
                ? new long[0]
                : Arrays.stream(text.split(","))
                        .mapToLong(c -> Long.parseUnsignedLong(c, 16))
                        .toArray();
    }

    @Test
    void valuesAreWhatTheReferenceSays() throws IOException {
        int seen = 0;
        for (String line : Files.readAllLines(RECORDS)) {
            String[] f = line.split("\t", -1);
            FunctionType type = WitTypes.function(f[3]).type();
            Side from = new Side(f[1]);
            Side to = new Side(f[2]);
            if (f[0].equals("P")) {
                params(line, type, from, to, f);
            } else {
                result(line, type, from, to, f);
            }
            seen++;
        }
        assertEquals(720, seen);
    }

    private static void params(String line, FunctionType type, Side from, Side to, String[] f) {
        CallShape shape = new CallShape(type);
        Object[] args = WaveParser.arguments(type, f[4]);
        long[] first = from.lowering().params(shape, args);
        assertEquals(f[5], text(first, type.liftedParams()), line);
        assertEquals(f[6], from.content(), line);
        long[] second = to.lowering().params(shape, from.lifting(true).params(shape, first));
        assertEquals(f[7], text(second, type.liftedParams()), line);
        assertEquals(f[8], to.content(), line);
        Object[] back = to.lifting(false).params(shape, second);
        assertTrue(ReferenceAbi.same(Arrays.asList(args), Arrays.asList(back)), line);
    }

    private static void result(String line, FunctionType type, Side from, Side to, String[] f) {
        CallShape shape = new CallShape(type);
        Object value = WaveParser.value(type.result(), f[4]);
        from.memory.writeBytes(START, HexFormat.of().parseHex(f[6]));
        assertTrue(ReferenceAbi.same(value, from.lifting(false).result(shape, cells(f[5]))), line);
        Object passed = from.lifting(true).result(shape, cells(f[5]));
        int place = type.spillsResult()
                ? to.realloc(0, 0, type.result().layout().alignment(), (int)
                        type.result().layout().bytes())
                : 0;
        long[] second = to.lowering().result(shape, passed, new long[] {place});
        assertEquals(f[7], text(second, type.loweredResults()), line);
        assertEquals(f[8], to.content(), line);
    }
}
