package kiln.ir;

import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;

/**
 * What a call calls.
 *
 * @param key the callee of a direct call, null for CALL_INDIRECT, CALL_NATIVE and RETURN_CALL_INDIRECT
 * @param signature the callee's parameters and results
 */
public record CallTarget(FuncKey key, Signature signature) implements SideData {
    /** Whether it is the builtin that makes an exception. */
    public boolean makesException() {
        return key.kind() == FuncKey.Kind.BUILTIN && key.index() == Builtin.EXCEPTION_ALLOCATE.ordinal();
    }
}
