package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

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
        firstAt = HEADER_BYTES;
        functionAt = firstAt + 4 * (m + 1);
        stringAt = functionAt + 4 * n;
        if (n > Integer.MAX_VALUE - 1 || m > Integer.MAX_VALUE - 1 || stringAt + 4 * (n + 1) != bytes.byteSize()) {
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
        long previous = 0;
        for (long i = 0; i <= n; i++) {
            long at = string(i);
            if (at < previous || at > strings.byteSize() || i > 0 && at == previous) {
                throw damaged("name " + i + " out of range");
            }
            previous = at;
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
        while (lo <= hi) {
            long mid = lo + hi >>> 1;
            int f = Le.i32(bytes, functionAt + 4 * mid);
            if (f == function) {
                long start = string(mid);
                long length = string(mid + 1) - 1 - start;
                byte[] utf8 = strings.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
                return new String(utf8, StandardCharsets.UTF_8);
            }
            if (Integer.compareUnsigned(f, function) < 0) {
                lo = mid + 1;
            } else {
                hi = mid - 1;
            }
        }
        return null;
    }

    private long first(int module) {
        return Le.u32(bytes, firstAt + 4L * module);
    }

    private long string(long name) {
        return Le.u32(bytes, stringAt + 4 * name);
    }
}
