package kiln.runtime.component;

/**
 * A value of a result type: what was wanted, or an error.
 *
 * @param <T> what an ok carries; Void, and null as value, if nothing
 * @param <E> what an error carries; Void, and null as value, if nothing
 */
public sealed interface Result<T, E> {
    /** It went well. */
    record Ok<T, E>(T value) implements Result<T, E> {}

    /** It did not. */
    record Err<T, E>(E value) implements Result<T, E> {}

    /** It went well, with this value. */
    static <T, E> Result<T, E> ok(T value) {
        return new Ok<>(value);
    }

    /** It went well, and there is nothing to say. */
    static <T, E> Result<T, E> ok() {
        return new Ok<>(null);
    }

    /** It did not go well. */
    static <T, E> Result<T, E> err(E value) {
        return new Err<>(value);
    }

    /** It did not go well, and there is nothing to say. */
    static <T, E> Result<T, E> err() {
        return new Err<>(null);
    }

    /** Whether this is an {@link Ok}. */
    default boolean isOk() {
        return this instanceof Ok;
    }
}
