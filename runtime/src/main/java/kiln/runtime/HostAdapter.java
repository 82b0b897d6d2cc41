package kiln.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import kiln.loader.Native;

/** A host function behind the argument area: how an upcall reaches it. */
abstract class HostAdapter {
    private static final long[] NONE = {};

    /** Reads the arguments from {@code area}, calls, writes the results there. */
    abstract void invoke(Caller caller, long area) throws Throwable;

    /** What {@link #invoke} should be sent to from now on: this, unless it was only made on demand. */
    HostAdapter resolve() {
        return this;
    }

    static HostAdapter raw(FuncType type, HostFunction function) {
        return new Raw(type, function);
    }

    /**
     * @throws IllegalArgumentException if the method's type does not fit
     */
    static HostAdapter typed(FuncType type, MethodHandle method) {
        MethodType expected = type.methodType();
        if (takesCaller(method.type())) {
            expected = expected.insertParameterTypes(0, Caller.class);
        }
        if (method.type().parameterCount() != expected.parameterCount()) {
            throw new IllegalArgumentException("a method of type " + method.type() + " is no " + type);
        }
        for (int i = 0; i < expected.parameterCount(); i++) {
            checkClass(expected.parameterType(i), method.type().parameterType(i), type, method);
        }
        checkClass(expected.returnType(), method.type().returnType(), type, method);
        return new OnDemand(type, method.asFixedArity().asType(expected));
    }

    private static void checkClass(Class<?> expected, Class<?> actual, FuncType type, MethodHandle method) {
        boolean reference = expected == Object.class && !actual.isPrimitive();
        if (expected != actual && !reference) {
            throw new IllegalArgumentException("a method of type " + method.type() + " is no " + type);
        }
    }

    static boolean takesCaller(MethodType type) {
        return type.parameterCount() > 0 && type.parameterType(0) == Caller.class;
    }

    /** The function type of a method, which may take a {@link Caller} first. */
    static FuncType typeOf(MethodType type) {
        return FuncType.of(takesCaller(type) ? type.dropParameterTypes(0, 1) : type);
    }

    private static final class Raw extends HostAdapter {
        private final FuncType type;
        private final int paramCells;
        private final int resultCells;
        /** Which parameters take 64 bits, or null if some take two cells. */
        private final boolean[] wide;

        private final HostFunction function;

        Raw(FuncType type, HostFunction function) {
            this.type = type;
            this.paramCells = type.paramCells();
            this.resultCells = type.resultCells();
            this.wide = paramCells > type.params().size() ? null : wide(type);
            this.function = function;
        }

        private static boolean[] wide(FuncType type) {
            boolean[] wide = new boolean[type.params().size()];
            for (int i = 0; i < wide.length; i++) {
                ValType t = type.params().get(i);
                wide[i] = t != ValType.I32 && t != ValType.F32;
            }
            return wide;
        }

        @Override
        void invoke(Caller caller, long area) throws Throwable {
            long[] args = paramCells == 0 ? NONE : new long[paramCells];
            if (wide == null) {
                Cells.readAll(type.params(), area, args);
            } else {
                for (int i = 0; i < args.length; i++) {
                    args[i] = wide[i] ? Native.getLong(area + 16L * i) : Native.getInt(area + 16L * i);
                }
            }
            long[] results = resultCells == 0 ? NONE : new long[resultCells];
            function.call(caller, args, results);
            if (results.length == 1) {
                Native.putLong(area, results[0]);
            } else {
                Cells.writeAll(type.results(), area, results);
            }
        }
    }

    /** Spins the class of a typed adapter when it is first called: most of what a linker defines is never called. */
    private static final class OnDemand extends HostAdapter {
        private final FuncType type;
        private final MethodHandle method;
        private HostAdapter made;

        OnDemand(FuncType type, MethodHandle method) {
            this.type = type;
            this.method = method;
        }

        @Override
        synchronized HostAdapter resolve() {
            if (made == null) {
                made = TypedHost.adapter(type, method);
            }
            return made;
        }

        @Override
        void invoke(Caller caller, long area) throws Throwable {
            resolve().invoke(caller, area);
        }
    }
}
