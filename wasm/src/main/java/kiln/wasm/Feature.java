package kiln.wasm;

/** The WebAssembly proposals that can be switched on and off; {@link #MVP} is what 1.0 had from the start. */
public enum Feature {
    MVP("mvp"),
    MUTABLE_GLOBAL("mutable-global"),
    MULTI_VALUE("multi-value"),
    SIGN_EXTENSION("sign-extension"),
    SATURATING_FLOAT_TO_INT("saturating-float-to-int"),
    BULK_MEMORY("bulk-memory"),
    REFERENCE_TYPES("reference-types"),
    SIMD("simd"),
    RELAXED_SIMD("relaxed-simd"),
    EXTENDED_CONST("extended-const"),
    TAIL_CALL("tail-call"),
    MULTI_MEMORY("multi-memory"),
    MEMORY64("memory64"),
    EXCEPTIONS("exceptions"),
    FUNCTION_REFERENCES("function-references"),
    GC("gc"),
    LEGACY_EXCEPTIONS("legacy-exceptions"),
    THREADS("threads"),
    WIDE_ARITHMETIC("wide-arithmetic"),
    CUSTOM_PAGE_SIZES("custom-page-sizes");

    private final String proposal;

    Feature(String proposal) {
        this.proposal = proposal;
    }

    /** The name of the proposal as its repository spells it, for messages and command lines. */
    public String proposal() {
        return proposal;
    }

    /** The proposal this one builds on, or null. */
    Feature basis() {
        return switch (this) {
            case GC -> FUNCTION_REFERENCES;
            case FUNCTION_REFERENCES, EXCEPTIONS -> REFERENCE_TYPES;
            case RELAXED_SIMD -> SIMD;
            default -> null;
        };
    }

    /** The feature of that proposal name, or null. */
    public static Feature ofProposal(String proposal) {
        for (Feature f : values()) {
            if (f.proposal.equals(proposal)) {
                return f;
            }
        }
        return null;
    }
}
