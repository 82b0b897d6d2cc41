package kiln.compiler;

import java.util.List;

/**
 * Lets tests of other packages compile on their own threads: to measure what these allocate, or with stacks of their
 * own.
 */
public final class OnThisThread {
    private OnThisThread() {}

    /** As {@link Compiler#link(List, CompilerOptions)}. */
    public static byte[] link(List<Compiler.Input> modules, CompilerOptions options) {
        return Compiler.linkOnThisThread(modules, options);
    }
}
