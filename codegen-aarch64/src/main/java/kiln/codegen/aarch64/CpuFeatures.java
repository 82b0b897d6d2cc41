package kiln.codegen.aarch64;

import java.util.Set;

/** Optional CPU features by the names that {@code CodegenOptions.features} uses. The baseline is ARMv8.0-A. */
public final class CpuFeatures {
    /** Large system extensions: single-instruction atomics. */
    static final String LSE = "lse";
    /** Half-precision arithmetic. */
    static final String FP16 = "fp16";
    /** Dot products of bytes. */
    static final String DOTPROD = "dotprod";
    /** CRC32 instructions. */
    static final String CRC32 = "crc32";

    /** Every name that means something. */
    public static final Set<String> NAMES = Set.of(LSE, FP16, DOTPROD, CRC32);

    private CpuFeatures() {}

    /** Those of the features on which results of relaxed vector operations depend. */
    public static Set<String> ofRelaxed(Set<String> names) {
        // Sums of products are not saturated on the way.
        return names.contains(DOTPROD) ? Set.of(DOTPROD) : Set.of();
    }
}
