package kiln.runtime.internal;

/** A function of the host behind an argument area: values are 16 bytes apart. */
@FunctionalInterface
public interface AreaFunction {
    /** @param area address of the arguments, and then of the results */
    void call(long area) throws Throwable;
}
