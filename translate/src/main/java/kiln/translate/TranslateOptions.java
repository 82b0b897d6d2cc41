package kiln.translate;

/**
 * What the user may choose about the IR that comes out.
 *
 * @param interruptChecks whether loop headers look whether the store asked for an interruption
 * @param canonicalNans whether every NaN that arithmetic produces is the canonical one, so that results do not
 *     depend on the machine
 * @param explicitBounds whether memory accesses compare with the memory's length instead of relying on guard pages; the
 *     base of a memory may then move when it grows
 */
public record TranslateOptions(boolean interruptChecks, boolean canonicalNans, boolean explicitBounds) {
    public static final TranslateOptions DEFAULT = new TranslateOptions(false, false, false);

    public TranslateOptions withInterruptChecks(boolean on) {
        return new TranslateOptions(on, canonicalNans, explicitBounds);
    }

    public TranslateOptions withCanonicalNans(boolean on) {
        return new TranslateOptions(interruptChecks, on, explicitBounds);
    }

    public TranslateOptions withExplicitBounds(boolean on) {
        return new TranslateOptions(interruptChecks, canonicalNans, on);
    }
}
