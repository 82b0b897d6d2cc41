package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.List;
import kiln.artifact.component.InterfaceType;

/** A result whose error is an exception of Java's with the payload. */
final class ErrorConversion implements Conversion {
    private final Class<?> exception;
    private final Conversion ok;
    /** Null if an error carries nothing. */
    private final Conversion payload;

    private final MethodHandle make;
    private final MethodHandle get;

    private ErrorConversion(
            Class<?> exception, Conversion ok, Conversion payload, MethodHandle make, MethodHandle get) {
        this.exception = exception;
        this.ok = ok;
        this.payload = payload;
        this.make = make;
        this.get = get;
    }

    static Conversion of(
            InterfaceType t,
            Class<?> exception,
            Conversion ok,
            Conversions conversions,
            String where,
            List<String> differences) {
        InterfaceType error = t.payload(1);
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            if (error == null) {
                MethodHandle make = lookup.findConstructor(exception, MethodType.methodType(void.class));
                return new ErrorConversion(exception, ok, null, spread(make, 0), null);
            }
            Method accessor = exception.getMethod("payload");
            Constructor<?> constructor = exception.getConstructor(accessor.getReturnType());
            Conversion payload = conversions.of(error, accessor.getGenericReturnType(), where + " error");
            return new ErrorConversion(
                    exception,
                    ok,
                    payload,
                    spread(lookup.unreflectConstructor(constructor), 1),
                    lookup.unreflect(accessor).asType(MethodType.methodType(Object.class, Object.class)));
        } catch (ReflectiveOperationException e) {
            differences.add(where + ": " + exception.getName() + " is no exception for this error: it needs a public "
                    + (error == null ? "constructor without parameters" : "method payload() and a constructor for it")
                    + " (" + e + ")");
            return Conversion.SAME;
        }
    }

    private static MethodHandle spread(MethodHandle constructor, int count) {
        return constructor
                .asSpreader(Object[].class, count)
                .asType(MethodType.methodType(Object.class, Object[].class));
    }

    /** Throws the exception for an error. */
    @Override
    public Object toJava(Object generic) {
        if (generic instanceof Result.Ok<?, ?>(Object v)) {
            return ok.toJava(v);
        }
        Object value = ((Result.Err<?, ?>) generic).value();
        Object[] args = payload == null ? new Object[0] : new Object[] {payload.toJava(value)};
        throw Calls.<RuntimeException>sneak((Throwable) Calls.invoke(make, args));
    }

    @Override
    public Object toGeneric(Object java) {
        return Result.ok(ok.toGeneric(java));
    }

    /** The error that an exception stands for, or null if it is another exception. */
    Object error(Throwable t) {
        return !exception.isInstance(t)
                ? null
                : Result.err(payload == null ? null : payload.toGeneric(Calls.get(get, t)));
    }
}
