package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.WitTypes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compiled adapters copy values from one memory to another as the specification's reference definitions did, byte for
 * byte: records of {@code tests/canonical-abi/record.py}, which says what their fields are.
 */
class RecordedAdaptersTest {
    private static final Path RECORDS = Path.of("../tests/canonical-abi/records.txt");
    /** Lists whose length is part of the type: calls that pass them are left to the runtime. */
    private static final Pattern HAS_ARRAY = Pattern.compile(", \\d+>");

    private static final int START = 64;
    private static final List<String> ENCODINGS = List.of("utf8", "utf16", "latin1+utf16");

    private static StringEncoding encoding(String name) {
        return StringEncoding.values()[ENCODINGS.indexOf(name)];
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

    private static String content(AdapterMachine.Side side) {
        byte[] bytes = new byte[side.memory.capacity() - START];
        side.memory.get(START, bytes);
        return HexFormat.of().formatHex(bytes).replaceFirst("(00)*$", "");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void valuesAreWhatTheReferenceSays(int level) throws IOException {
        int seen = 0;
        for (String line : Files.readAllLines(RECORDS)) {
            String[] f = line.split("\t", -1);
            FunctionType type = WitTypes.function(f[3]).type();
            if (HAS_ARRAY.matcher(f[3]).find()) {
                continue;
            }
            if (f[0].equals("P")) {
                params(line, type, f, level);
            } else {
                result(line, type, f, level);
            }
            seen++;
        }
        assertEquals(605, seen);
    }

    private static void params(String line, FunctionType type, String[] f, int level) {
        long[][] seen = new long[1][];
        AdapterMachine m =
                new AdapterMachine(type, List.of(), encoding(f[1]), encoding(f[2]), level, level == 0, args -> {
                    seen[0] = args;
                    return new long[0];
                });
        m.caller.memory.put(START, HexFormat.of().parseHex(f[6]));
        m.call(cells(f[5]));
        assertEquals(f[7], text(seen[0], type.liftedParams()), line);
        assertEquals(f[8], content(m.callee), line);
        assertEquals(f[6], content(m.caller), line);
    }

    private static void result(String line, FunctionType type, String[] f, int level) {
        AdapterMachine m = new AdapterMachine(
                type, List.of(), encoding(f[2]), encoding(f[1]), level, level == 0, _ -> cells(f[5]));
        m.callee.memory.put(START, HexFormat.of().parseHex(f[6]));
        long[] place = {};
        if (type.spillsResult()) {
            int bytes = (int) type.result().layout().bytes();
            place = new long[] {m.caller.allocate(type.result().layout().alignment(), bytes)};
        }
        long[] results = m.call(place);
        assertEquals(f[7], text(results, type.loweredResults()), line);
        assertEquals(f[8], content(m.caller), line);
    }
}
