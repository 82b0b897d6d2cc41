package kiln.wasm;

import static kiln.wasm.ModuleBytes.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

class ByteReaderTest {
    private static long read(ToLongFunction<ByteReader> what, int... input) {
        ByteReader in = new ByteReader(bytes(input), "test");
        long value = what.applyAsLong(in);
        assertEquals(input.length, in.pos, "all bytes are used");
        return value;
    }

    private static void fails(String problem, ToLongFunction<ByteReader> what, int... input) {
        WasmException e = assertThrows(WasmException.class, () -> read(what, input));
        assertEquals(WasmException.Kind.MALFORMED, e.kind());
        assertTrue(e.getMessage().startsWith(problem), e.getMessage());
    }

    @Test
    void unsigned32() {
        assertEquals(0, read(ByteReader::u32, 0));
        assertEquals(0, read(ByteReader::u32, 0x80, 0x80, 0x80, 0x80, 0));
        assertEquals(624485, read(ByteReader::u32, 0xE5, 0x8E, 0x26));
        assertEquals(-1, read(ByteReader::u32, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F));
        fails("integer too large", ByteReader::u32, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F);
        fails("integer representation too long", ByteReader::u32, 0x80, 0x80, 0x80, 0x80, 0x80, 0);
        fails("unexpected end", ByteReader::u32, 0x80);
    }

    @Test
    void signed32() {
        assertEquals(-1, read(ByteReader::s32, 0x7F));
        assertEquals(-1, read(ByteReader::s32, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F));
        assertEquals(-123456, read(ByteReader::s32, 0xC0, 0xBB, 0x78));
        assertEquals(Integer.MIN_VALUE, read(ByteReader::s32, 0x80, 0x80, 0x80, 0x80, 0x78));
        assertEquals(Integer.MAX_VALUE, read(ByteReader::s32, 0xFF, 0xFF, 0xFF, 0xFF, 0x07));
        fails("integer too large", ByteReader::s32, 0x80, 0x80, 0x80, 0x80, 0x70);
        fails("integer too large", ByteReader::s32, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
        fails("integer representation too long", ByteReader::s32, 0x80, 0x80, 0x80, 0x80, 0x80, 0);
    }

    @Test
    void signed33() {
        assertEquals(-64, read(ByteReader::s33, 0x40));
        assertEquals(0xFFFF_FFFFL, read(ByteReader::s33, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F));
        assertEquals(-(1L << 32), read(ByteReader::s33, 0x80, 0x80, 0x80, 0x80, 0x70));
        fails("integer too large", ByteReader::s33, 0x80, 0x80, 0x80, 0x80, 0x10);
    }

    @Test
    void signed64() {
        assertEquals(-1, read(ByteReader::s64, 0x7F));
        assertEquals(Long.MIN_VALUE, read(ByteReader::s64, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F));
        assertEquals(Long.MAX_VALUE, read(ByteReader::s64, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0));
        fails("integer too large", ByteReader::s64, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1);
    }

    @Test
    void unsigned64() {
        assertEquals(-1, read(ByteReader::u64, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1));
        fails("integer too large", ByteReader::u64, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2);
        fails(
                "integer representation too long",
                ByteReader::u64,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0x80,
                0);
    }

    @Test
    void floatsKeepTheirBits() {
        assertEquals(0x7FA00001, read(in -> in.bits32(), 0x01, 0x00, 0xA0, 0x7F));
        assertEquals(0x8877665544332211L, read(ByteReader::bits64, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88));
    }

    @Test
    void namesAreStrictUtf8() {
        assertEquals("aé€", new ByteReader(bytes(6, 'a', 0xC3, 0xA9, 0xE2, 0x82, 0xAC), "test").name());
        fails("malformed UTF-8 encoding", in -> in.name().length(), 2, 0xC0, 0x80);
        fails("malformed UTF-8 encoding", in -> in.name().length(), 3, 0xED, 0xA0, 0x80);
        fails("unexpected end", in -> in.name().length(), 5, 'a');
    }

    @Test
    void countsAreBoundedByWhatIsLeft() {
        assertEquals(0, read(ByteReader::count, 0));
        fails("unexpected end", ByteReader::count, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F);
        fails("unexpected end", ByteReader::count, 2, 0);
    }
}
