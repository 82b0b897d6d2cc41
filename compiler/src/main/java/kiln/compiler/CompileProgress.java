package kiln.compiler;

/** Told now and then, from any thread, how far a compilation is. */
@FunctionalInterface
public interface CompileProgress {
    CompileProgress NONE = (_, _) -> {};

    void compiled(int done, int total);
}
