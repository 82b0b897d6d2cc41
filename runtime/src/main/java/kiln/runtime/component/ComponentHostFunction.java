package kiln.runtime.component;

import kiln.runtime.Store;

/**
 * A function of the host's that components import. Errors that its type has are values ({@link Result}); whatever it
 * throws leaves the component and comes out of the call that Java made, the same object, and the instance cannot be
 * entered again.
 */
@FunctionalInterface
public interface ComponentHostFunction {
    /**
     * @param store of the instance that calls
     * @param args one for each parameter, as {@linkplain kiln.runtime.component the package} says; the callee's to
     *     keep, but a resource that is only lent is no longer valid when this returns
     * @return the result, or null if the type has none
     */
    Object call(Store store, Object[] args) throws Throwable;
}
