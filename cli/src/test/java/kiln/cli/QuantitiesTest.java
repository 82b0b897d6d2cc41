package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Times and sizes on the command line. */
class QuantitiesTest {
    private static long nanos(String text) {
        return Quantities.nanos("--timeout", text);
    }

    private static long bytes(String text) {
        return Quantities.bytes("--max-memory", text);
    }

    @Test
    void times() {
        assertEquals(1_500_000_000L, nanos("1.5"));
        assertEquals(1_000_000_000L, nanos("1s"));
        assertEquals(100_000_000L, nanos("100ms"));
        assertEquals(250_000L, nanos("250us"));
        assertEquals(250_000L, nanos("250µs"));
        assertEquals(7, nanos("7ns"));
        assertEquals(90_000_000_000L, nanos("1m30s"));
        assertEquals(7_200_000_000_000L, nanos("2h"));
        assertEquals(86_400_000_000_000L, nanos("1d"));
        assertEquals(1, nanos("0.1ns"), "a time is not nothing");
    }

    @Test
    void whatIsNoTime() {
        for (String bad : new String[] {
            "",
            "0",
            "0s",
            "-1",
            "soon",
            "s",
            "1x",
            "1s2",
            "1 s",
            "NaN",
            "Infinity",
            "1e9",
            "2000000000",
            "1..5",
            "1sm",
            "99999999999d",
            "."
        }) {
            UserError e = assertThrows(UserError.class, () -> nanos(bad), bad);
            assertTrue(e.getMessage().startsWith("--timeout " + bad + ": a time above 0 is needed"), e.getMessage());
        }
    }

    @Test
    void sizes() {
        assertEquals(65_536, bytes("65536"));
        assertEquals(512 << 10, bytes("512K"));
        assertEquals(64 << 20, bytes("64M"));
        assertEquals(64 << 20, bytes("64mib"));
        assertEquals(3L << 29, bytes("1.5GB"));
        assertEquals(4L << 40, bytes("4T"));
    }

    @Test
    void whatIsNoSize() {
        for (String bad : new String[] {"", "0", "-1", "much", "M", "1X", "1e3", "9999999999T", "0.5", "1 M"}) {
            UserError e = assertThrows(UserError.class, () -> bytes(bad), bad);
            assertTrue(e.getMessage().startsWith("--max-memory " + bad + ": a number of bytes"), e.getMessage());
        }
    }
}
