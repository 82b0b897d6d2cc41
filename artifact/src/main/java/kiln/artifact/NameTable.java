package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import kiln.artifact.api.ArtifactException;

/**
 * Names of functions, by module and index in the module's function space, read in place. The names themselves lie in
 * the ELF string table, where the symbol table uses them too: one after the other, each followed by a zero byte.
 *
 * <pre>
 *   0  modules M u32, names N u32
 *      first    u32[M+1]  first name of the module
 *      function u32[N]    ascending within a module
 *      string   u32[N+1]  where the name starts in .strtab
 * </pre>
 */
public final class NameTable {
    static final String SECTION = ".kiln.names";
    static final int HEADER_BYTES = 8;

    private final MemorySegment bytes;
    private final TableLayout layout = new TableLayout();
    private final MemorySegment strings;
    private final int modules;
    private final long firstAt;
    private final long functionAt;
    private final long stringAt;

    NameTable(MemorySegment bytes, MemorySegment strings) {
        this.bytes = bytes;
        this.strings = strings;
        if (bytes.byteSize() < HEADER_BYTES) {
            throw damaged("too short");
        }
        long m = Le.u32(bytes, 0);
        long n = Le.u32(bytes, 4);
        layout.add("modules", 4, 1);
        layout.add("names", 4, 1);
        firstAt = layout.add("first", 4, m + 1);
        functionAt = layout.add("function", 4, n);
        stringAt = layout.add("string", 4, n + 1);
        if (n > Integer.MAX_VALUE - 1 || m > Integer.MAX_VALUE - 1 || layout.end() != bytes.byteSize()) {
            throw damaged("size does not match the counts");
        }
        modules = (int) m;
        for (int i = 0; i < modules; i++) {
            if (first(i) > first(i + 1)) {
                throw damaged("module " + i + " out of order");
            }
        }
        if (first(0) != 0 || first(modules) != n) {
            throw damaged("modules do not cover all names");
        }
    }

    TableLayout layout() {
        return layout;
    }

    /** Checks every name; a look-up checks the name that it reads. */
    void check() {
        for (int m = 0; m < modules; m++) {
            for (long i = first(m); i < first(m + 1); i++) {
                if (i > first(m) && function(i) <= function(i - 1)) {
                    throw damaged("names of module " + m + " out of order");
                }
                nameAt(i);
            }
        }
    }

    private static ArtifactException damaged(String what) {
        return new ArtifactException("damaged file: " + SECTION + ": " + what);
    }

    /** The name of a function, or null if it has none. */
    public String find(int module, int function) {
        if (module < 0 || module >= modules) {
            return null;
        }
        long lo = first(module);
        long hi = first(module + 1) - 1;
        long wanted = Integer.toUnsignedLong(function);
        while (lo <= hi) {
            long mid = lo + hi >>> 1;
            long f = function(mid);
            if (f == wanted) {
                return nameAt(mid);
            }
            if (f < wanted) {
                lo = mid + 1;
            } else {
                hi = mid - 1;
            }
        }
        return null;
    }

    private String nameAt(long name) {
        long start = Le.u32(bytes, stringAt + 4 * name);
        long end = Le.u32(bytes, stringAt + 4 * (name + 1));
        if (start >= end || end > strings.byteSize()) {
            throw damaged("name " + name + " out of range");
        }
        byte[] utf8 = strings.asSlice(start, end - 1 - start).toArray(ValueLayout.JAVA_BYTE);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private long function(long name) {
        return Le.u32(bytes, functionAt + 4 * name);
    }

    private long first(int module) {
        return Le.u32(bytes, firstAt + 4L * module);
    }
}
