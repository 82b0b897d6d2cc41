package kiln.wasi.host;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;

/** Arguments or environment variables, as the guest gets them: zero-terminated, and a list of their addresses. */
public final class StringTable {
    private final List<byte[]> strings = new ArrayList<>();
    private int bytes;

    /** @throws IllegalArgumentException if one contains a zero */
    public StringTable(List<String> strings) {
        for (String s : strings) {
            if (s.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "a string for a guest program contains a zero: " + Printable.name(s));
            }
            byte[] encoded = PathBytes.encode(s.concat("\0"));
            this.strings.add(encoded);
            bytes = Math.addExact(bytes, encoded.length);
        }
    }

    public void writeSizes(GuestMemory m, int countResult, int bytesResult) {
        m.check(countResult, 4, 1);
        m.check(bytesResult, 4, 1);
        m.putInt(countResult, strings.size());
        m.putInt(bytesResult, bytes);
    }

    public void write(GuestMemory m, int addresses, int buffer) {
        m.check(addresses, strings.size(), 4);
        m.check(buffer, bytes, 1);
        int at = buffer;
        for (int i = 0; i < strings.size(); i++) {
            m.putInt(addresses + 4 * i, at);
            m.putBytes(at, strings.get(i), 0, strings.get(i).length);
            at += strings.get(i).length;
        }
    }
}
