package kiln.wasm;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.Printable;

/**
 * An immutable set of enabled proposals. It also owns the opcode table for that set, so that a decoder finds
 * "unknown" and "disabled" instructions with the one look-up it makes anyway.
 */
public final class Features {
    /** The first published version (2019), which has mutable globals in imports and exports. */
    public static final Features WASM1 = upTo(Feature.MUTABLE_GLOBAL);
    /** Version 2.0: multi-value, sign extension, saturating conversions, bulk memory, reference types, SIMD. */
    public static final Features WASM2 = upTo(Feature.SIMD);
    /** Version 3.0: also relaxed SIMD, tail calls, multi-memory, memory64, exceptions, function references, GC. */
    public static final Features WASM3 = upTo(Feature.GC);
    /** Everything this decoder knows: 3.0, legacy exceptions, threads, wide arithmetic and custom page sizes. */
    public static final Features ALL = upTo(Feature.CUSTOM_PAGE_SIZES);

    private final Set<Feature> enabled;
    private final Set<String> names;
    private final long mask;
    private final Op[] ops;

    private Features(EnumSet<Feature> features) {
        features.add(Feature.MVP);
        for (Feature f : features.clone()) {
            for (Feature basis = f.basis(); basis != null; basis = basis.basis()) {
                features.add(basis);
            }
        }
        this.enabled = Collections.unmodifiableSet(features);
        Set<String> proposals = new TreeSet<>();
        long bits = 0;
        for (Feature f : features) {
            proposals.add(f.proposal());
            bits |= 1L << f.ordinal();
        }
        this.names = Collections.unmodifiableSet(proposals);
        this.mask = bits;
        this.ops = Op.tableFor(this);
    }

    private static Features upTo(Feature last) {
        return new Features(EnumSet.range(Feature.MVP, last));
    }

    /** These proposals and those they build on, with 1.0 without mutable globals in imports and exports. */
    public static Features of(Set<Feature> features) {
        EnumSet<Feature> set = EnumSet.noneOf(Feature.class);
        set.addAll(features);
        return new Features(set);
    }

    /**
     * The inverse of {@link #names}.
     *
     * @throws IllegalArgumentException if a proposal is unknown
     */
    public static Features named(Set<String> names) {
        if (names.equals(ALL.names)) {
            return ALL;
        }
        EnumSet<Feature> set = EnumSet.noneOf(Feature.class);
        for (String name : names) {
            Feature f = Feature.ofProposal(name);
            if (f == null) {
                throw new IllegalArgumentException(
                        "unknown proposal " + Printable.name(name) + " (known: " + String.join(", ", ALL.names) + ")");
            }
            set.add(f);
        }
        return new Features(set);
    }

    public Features with(Feature... more) {
        EnumSet<Feature> set = EnumSet.copyOf(enabled);
        Collections.addAll(set, more);
        return new Features(set);
    }

    /** All but these proposals and those that build on them. */
    public Features without(Feature... less) {
        EnumSet<Feature> set = EnumSet.copyOf(enabled);
        EnumSet<Feature> gone = EnumSet.noneOf(Feature.class);
        Collections.addAll(gone, less);
        for (Feature f : enabled) {
            for (Feature basis = f; basis != null; basis = basis.basis()) {
                if (gone.contains(basis)) {
                    set.remove(f);
                }
            }
        }
        return new Features(set);
    }

    public boolean has(Feature f) {
        return (mask & 1L << f.ordinal()) != 0;
    }

    /** The proposals as their repositories spell them, sorted. */
    public Set<String> names() {
        return names;
    }

    public Set<Feature> enabled() {
        return enabled;
    }

    /** Whether exceptions of either form are on: both use tags and {@code throw}. */
    boolean hasTags() {
        return has(Feature.EXCEPTIONS) || has(Feature.LEGACY_EXCEPTIONS);
    }

    /** Enabled instructions by {@link Op#slot}; null where an opcode is unassigned or disabled. Not to be changed. */
    Op[] ops() {
        return ops;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Features f && f.mask == mask;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(mask);
    }

    @Override
    public String toString() {
        return enabled.toString();
    }
}
