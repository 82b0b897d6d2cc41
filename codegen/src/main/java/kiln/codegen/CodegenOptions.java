package kiln.codegen;

import java.util.Set;

/**
 * What a back end must know besides the function.
 *
 * @param optLevel 0, 1 or 2
 * @param features names of CPU features that may be used beyond the baseline
 * @param reloadContext whether a direct call may return with another VMContext in its register, because the module makes
 *     tail calls to other instances
 * @param check whether allocation is verified by the symbolic checker
 */
public record CodegenOptions(int optLevel, Set<String> features, boolean reloadContext, boolean check) {}
