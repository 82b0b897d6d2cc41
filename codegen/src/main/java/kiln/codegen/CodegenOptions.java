package kiln.codegen;

import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;

/**
 * What a back end must know besides the function.
 *
 * @param optLevel 0, 1 or 2
 * @param features names of CPU features that may be used beyond the baseline
 * @param reloadContext whether a direct call may return with another VMContext in its register, because the module
 *     makes tail calls to other instances
 * @param contexts where the VMContexts of the modules lie that code may call directly
 * @param check whether allocation is verified by the symbolic checker
 * @param allPositions whether positions are kept of all instructions, not only of those that backtraces ask for
 */
public record CodegenOptions(
        int optLevel,
        Set<String> features,
        boolean reloadContext,
        LinkedContexts contexts,
        boolean check,
        boolean allPositions) {
    /** For a module that is linked with no other. */
    public CodegenOptions(int optLevel, Set<String> features, boolean reloadContext, boolean check) {
        this(optLevel, features, reloadContext, LinkedContexts.NONE, check, false);
    }

    /** The same with other features. */
    public CodegenOptions withFeatures(Set<String> names) {
        return new CodegenOptions(optLevel, names, reloadContext, contexts, check, allPositions);
    }

    /** Bytes from the caller's VMContext to that of a function that it calls directly. */
    public int contextDistance(FuncKey caller, FuncKey callee) {
        return contexts.distance(caller.payload(), callee.payload());
    }
}
