package kiln.codegen.x64;

import java.util.Set;

/**
 * What the processor offers beyond the baseline x86-64-v2 (SSE4.2, POPCNT), by the names that Linux shows in
 * {@code /proc/cpuinfo} ({@code abm} is called lzcnt here).
 */
public record CpuFeatures(boolean avx, boolean bmi1, boolean bmi2, boolean lzcnt) {
    /** Names that {@link #of} understands. */
    public static final Set<String> NAMES = Set.of("avx", "bmi1", "bmi2", "lzcnt");

    /**
     * @throws IllegalArgumentException if a name is unknown: code that was asked for must not silently be other code
     */
    public static CpuFeatures of(Set<String> names) {
        for (String n : names) {
            if (!NAMES.contains(n)) {
                throw new IllegalArgumentException("unknown x86-64 feature: " + n);
            }
        }
        return new CpuFeatures(
                names.contains("avx"), names.contains("bmi1"), names.contains("bmi2"), names.contains("lzcnt"));
    }

    boolean has(Op.Feature feature) {
        return switch (feature) {
            case BASE -> true;
            case AVX -> avx;
            case BMI1 -> bmi1;
            case BMI2 -> bmi2;
            case LZCNT -> lzcnt;
        };
    }
}
