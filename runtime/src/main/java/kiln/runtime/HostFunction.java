package kiln.runtime;

/**
 * A host function in its raw form: values in cells, see {@link ValType}. Whatever it throws leaves WebAssembly and
 * comes out of the call that Java made, the same object.
 */
@FunctionalInterface
public interface HostFunction {
    /**
     * @param caller the instance that calls, and its store; valid only during the call
     * @param args cells of the arguments; the callee's to keep
     * @param results to be filled in; zero at first
     */
    void call(Caller caller, long[] args, long[] results) throws Throwable;
}
