package kiln.translate;

/**
 * What the user may choose about the IR that comes out.
 *
 * @param interruptChecks whether loop headers look whether the store asked for an interruption
 * @param canonicalNans whether every NaN that arithmetic produces is the canonical one, so that results do not
 *     depend on the machine
 * @param explicitBounds whether memory accesses compare with the memory's length instead of relying on guard pages; the
 *     base of a memory may then move when it grows
 * @param keepAll whether functions that can never run are translated too; without, what they would need is left out
 * @param eagerTables whether all slots of tables are initialised at start-up instead of on first use
 * @param deterministic whether relaxed operations on vectors have the results of WebAssembly's deterministic profile,
 *     the same on every machine, instead of the machine's own
 */
public record TranslateOptions(
        boolean interruptChecks,
        boolean canonicalNans,
        boolean explicitBounds,
        boolean keepAll,
        boolean eagerTables,
        boolean deterministic) {
    public static final TranslateOptions DEFAULT = new TranslateOptions(false, false, false, true, false, false);

    public TranslateOptions withInterruptChecks(boolean on) {
        return new TranslateOptions(on, canonicalNans, explicitBounds, keepAll, eagerTables, deterministic);
    }

    public TranslateOptions withCanonicalNans(boolean on) {
        return new TranslateOptions(interruptChecks, on, explicitBounds, keepAll, eagerTables, deterministic);
    }

    public TranslateOptions withExplicitBounds(boolean on) {
        return new TranslateOptions(interruptChecks, canonicalNans, on, keepAll, eagerTables, deterministic);
    }

    public TranslateOptions withKeepAll(boolean on) {
        return new TranslateOptions(interruptChecks, canonicalNans, explicitBounds, on, eagerTables, deterministic);
    }

    public TranslateOptions withEagerTables(boolean on) {
        return new TranslateOptions(interruptChecks, canonicalNans, explicitBounds, keepAll, on, deterministic);
    }

    public TranslateOptions withDeterministic(boolean on) {
        return new TranslateOptions(interruptChecks, canonicalNans, explicitBounds, keepAll, eagerTables, on);
    }
}
