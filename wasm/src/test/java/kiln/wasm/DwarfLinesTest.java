package kiln.wasm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tables of lines that would be read for ever if lengths could lead back. */
class DwarfLinesTest {
    private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};

    /** A module with one unit of lines; {@code tail} follows the opcode base, 1, of a header of this version. */
    private static WasmModule module(int version, byte[] tail, int headerRest) {
        ByteBuffer unit = ByteBuffer.allocate(64 + tail.length).order(ByteOrder.LITTLE_ENDIAN);
        unit.putInt(0).putShort((short) version);
        if (version >= 5) {
            unit.put((byte) 4).put((byte) 0);
        }
        unit.putInt(version >= 4 ? 6 + headerRest : 5 + headerRest);
        unit.put((byte) 1);
        if (version >= 4) {
            unit.put((byte) 1);
        }
        unit.put((byte) 1).put((byte) 0).put((byte) 1).put((byte) 1).put(tail);
        unit.putInt(0, unit.position() - 4);
        ByteArrayOutputStream section = new ByteArrayOutputStream();
        byte[] name = ".debug_line".getBytes(StandardCharsets.ISO_8859_1);
        section.write(name.length);
        section.writeBytes(name);
        section.write(unit.array(), 0, unit.position());
        ByteArrayOutputStream module = new ByteArrayOutputStream();
        module.writeBytes(HEADER);
        module.write(0);
        leb(module, section.size());
        module.writeBytes(section.toByteArray());
        return ModuleDecoder.decode(module.toByteArray(), "", Features.ALL);
    }

    private static void leb(ByteArrayOutputStream out, int value) {
        int rest = value;
        for (; rest > 0x7f; rest >>>= 7) {
            out.write(rest | 0x80);
        }
        out.write(rest);
    }

    private static void assertEnds(WasmModule module) {
        List<String> rows = new ArrayList<>();
        assertTimeoutPreemptively(
                Duration.ofMinutes(5), () -> DwarfLines.read(module, (_, file, _) -> rows.add(String.valueOf(file))));
        assertEquals(List.of("null"), rows);
    }

    @Test
    void blocksOfNegativeLengthAreRefused() {
        // One format: directory index (2) as block4 (4); 2^27 entries; the block's length is -4.
        byte[] tail = {
            1, 2, 4, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x40, (byte) 0xfc, (byte) 0xff, (byte) 0xff, (byte) 0xff
        };
        assertEnds(module(5, tail, tail.length));
    }

    @Test
    void instructionsOfNegativeLengthAreRefused() {
        // No folders, no files; then an extended instruction of length -7: back to its own start.
        byte[] tail = {
            0,
            0,
            0,
            (byte) 0xfa,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            (byte) 0xff,
            1,
            3,
            3
        };
        assertEnds(module(3, tail, 2));
    }

    /** One folder of 4,000 bytes, and entries of five bytes that each lie in it: 40 MB of paths from 50 KB. */
    @Test
    void pathsDoNotOutgrowTheFile() {
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        tail.writeBytes("d".repeat(4000).getBytes(StandardCharsets.ISO_8859_1));
        tail.write(0);
        tail.write(0);
        for (int i = 0; i < 10_000; i++) {
            tail.writeBytes(new byte[] {'f', 0, 1, 0, 0});
        }
        tail.write(0);
        int header = tail.size();
        // Sets an address, and makes a row: it must not be seen.
        tail.writeBytes(new byte[] {0, 5, 2, 1, 0, 0, 0, 1});
        assertEnds(module(3, tail.toByteArray(), header));
    }
}
