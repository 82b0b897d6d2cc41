package kiln.codegen.x64;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import kiln.codegen.CodegenOptions;
import kiln.codegen.x64.Op.Feature;

/**
 * What the processor offers beyond the baseline x86-64-v2 (SSE4.2, POPCNT), by the names that Linux shows in
 * {@code /proc/cpuinfo}; but {@code abm} is called lzcnt here, and avx512vl means the foundation, bw and dq as well,
 * without which there is no such processor. A feature implies those that every processor with it has: avx2 and fma
 * imply avx, avx512vl both of them, avx512vbmi and avx512_bitalg avx512vl.
 */
public final class CpuFeatures {
    private static final Map<Feature, List<Feature>> IMPLIED = Map.of(
            Feature.AVX2, List.of(Feature.AVX),
            Feature.FMA, List.of(Feature.AVX),
            Feature.AVX512VL, List.of(Feature.AVX2, Feature.FMA),
            Feature.AVX512VBMI, List.of(Feature.AVX512VL),
            Feature.AVX512_BITALG, List.of(Feature.AVX512VL));

    /** Names that {@link #of} understands. */
    public static final Set<String> NAMES = Arrays.stream(Feature.values())
            .filter(f -> f != Feature.BASE)
            .map(CpuFeatures::name)
            .collect(Collectors.toUnmodifiableSet());

    private static final String AVX = name(Feature.AVX);

    private final Set<Feature> features = EnumSet.of(Feature.BASE);

    private CpuFeatures(Set<String> names) {
        for (String n : names) {
            if (!NAMES.contains(n)) {
                throw new IllegalArgumentException("unknown x86-64 feature: " + n);
            }
            add(Feature.valueOf(n.toUpperCase(Locale.ROOT)));
        }
    }

    private void add(Feature feature) {
        features.add(feature);
        IMPLIED.getOrDefault(feature, List.of()).forEach(this::add);
    }

    private static String name(Feature feature) {
        return feature.name().toLowerCase(Locale.ROOT);
    }

    /**
     * The features named, and those that they imply.
     *
     * @throws IllegalArgumentException if a name is unknown: code that was asked for must not silently be other code
     */
    public static CpuFeatures of(Set<String> names) {
        return new CpuFeatures(names);
    }

    /** Those of the features, named or implied, on which results of relaxed vector operations depend. */
    public static Set<String> ofRelaxed(Set<String> names) {
        // Multiply-add is rounded once, and truncation to unsigned numbers does not saturate.
        return of(names).features.stream()
                .filter(f -> f == Feature.FMA || f == Feature.AVX512VL)
                .map(CpuFeatures::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Options whose features name those that are implied as well. */
    static CodegenOptions withImplied(CodegenOptions options) {
        Set<String> all = of(options.features()).features.stream()
                .filter(f -> f != Feature.BASE)
                .map(CpuFeatures::name)
                .collect(Collectors.toUnmodifiableSet());
        return all.equals(options.features()) ? options : options.withFeatures(all);
    }

    /** Whether features, those implied included, have AVX. */
    static boolean hasAvx(Set<String> names) {
        return !names.isEmpty() && names.contains(AVX);
    }

    boolean has(Feature feature) {
        return features.contains(feature);
    }
}
