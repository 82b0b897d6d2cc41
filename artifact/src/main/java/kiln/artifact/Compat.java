package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import kiln.artifact.api.ArtifactException;

/**
 * What a file was made for and with.
 *
 * @param formatVersion of the sections and of the ABI of the code
 * @param architecture {@code x86_64} or {@code aarch64}
 * @param cpuFeatures extensions beyond the baseline that the code uses, sorted
 * @param compiler name and version of the compiler, for information
 * @param options of the compiler, sorted by name, for information except for {@link #RELAXED_SIMD}
 */
public record Compat(
        int formatVersion,
        String architecture,
        List<String> cpuFeatures,
        String compiler,
        Map<String, String> options) {
    /** The version that this library reads and writes; files of another version are refused. */
    public static final int FORMAT_VERSION = 6;

    /**
     * Name of the option that says which results relaxed vector operations have: {@code deterministic}, or
     * {@code host} with the names of the CPU features that make a difference, {@code host+fma}. Absent if there are
     * none. Files that differ in it do not run together.
     */
    public static final String RELAXED_SIMD = "relaxed-simd";

    static final String SECTION = ".kiln.compat";
    /** "KILN" in ASCII, little-endian. */
    private static final int MAGIC = 0x4e4c494b;

    public Compat {
        cpuFeatures = List.copyOf(new TreeSet<>(cpuFeatures));
        options = Collections.unmodifiableMap(new TreeMap<>(options));
    }

    /** Of the present version. */
    public static Compat of(String architecture, List<String> features, String compiler, Map<String, String> options) {
        return new Compat(FORMAT_VERSION, architecture, features, compiler, options);
    }

    /**
     * Bytes of the largest page that a host of this architecture may have: 4 KiB on x86-64, 64 KiB on AArch64. What is
     * mapped from the file starts at a multiple of it.
     */
    public int pageBytes() {
        return architecture.equals("aarch64") ? 1 << 16 : 1 << 12;
    }

    /** Whether the code can be stopped in loops: it was compiled with {@code --interruptible}. */
    public boolean isInterruptible() {
        return List.of(options.getOrDefault("options", "").split(" ")).contains("interruptible");
    }

    /** The value of {@link #RELAXED_SIMD}, or null. */
    public String relaxedSimd() {
        return options.get(RELAXED_SIMD);
    }

    ByteSink encode() {
        ByteSink out = new ByteSink();
        out.u32(MAGIC).u32(formatVersion).string(architecture).u32(cpuFeatures.size());
        cpuFeatures.forEach(out::string);
        out.string(compiler).u32(options.size());
        options.forEach((name, value) -> out.string(name).string(value));
        return out;
    }

    static Compat decode(MemorySegment bytes) {
        return decode(new ByteSource(SECTION, bytes));
    }

    static Compat decode(ByteSource in) {
        if (in.u32() != MAGIC) {
            throw new ArtifactException("not a compiled WebAssembly file: no " + SECTION);
        }
        int version = in.u32();
        if (version != FORMAT_VERSION) {
            throw new ArtifactException("the file has format " + Integer.toUnsignedString(version)
                    + ", this version reads format " + FORMAT_VERSION + ": compile the module again");
        }
        String architecture = in.string();
        List<String> features = new ArrayList<>();
        for (int n = in.count(4); n > 0; n--) {
            features.add(in.string());
        }
        String compiler = in.string();
        Map<String, String> options = new TreeMap<>();
        for (int n = in.count(8); n > 0; n--) {
            options.put(in.string(), in.string());
        }
        in.end();
        return new Compat(version, architecture, features, compiler, options);
    }
}
