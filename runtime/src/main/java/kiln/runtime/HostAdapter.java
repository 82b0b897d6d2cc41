package kiln.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A host function behind the argument area: how an upcall reaches it. */
abstract class HostAdapter {
    private final FuncType type;
    /** As {@link References#among}. */
    private final ValType.Ref[] refResults;

    HostAdapter(FuncType type) {
        this.type = type;
        this.refResults = References.among(type.results());
    }

    final FuncType type() {
        return type;
    }

    /** Reads the arguments from {@code area}, calls, writes the results there. */
    abstract void invoke(Caller caller, long area) throws Throwable;

    /**
     * @throws IllegalArgumentException if a cell should be a reference of the store and is none
     */
    final void writeResults(Caller caller, long[] cells, long area) {
        Cells.writeAll(type.results(), area, cells);
        if (refResults != null) {
            caller.store().references().toRaw(refResults, area);
        }
    }

    /** Called by generated subclasses: the cell for an argument that is a reference. */
    final long refArgument(Caller caller, long raw, int param) {
        return caller.store().references().cell((ValType.Ref) type.params().get(param), raw);
    }

    /** Called by generated subclasses: the reference that a result's cell names. */
    final long refResult(Caller caller, long cell, int result) {
        return caller.store().references().raw((ValType.Ref) type.results().get(result), cell);
    }

    /**
     * Where calls should go from now on: here, or to an adapter that was made because so many calls came; null if that
     * is not yet known, and the question should be asked again before the next call.
     */
    HostAdapter settle() {
        return this;
    }

    /** The same for a type that differs in what its references refer to, or null if there is none. */
    HostAdapter as(FuncType other) {
        return null;
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

    /**
     * A function in its raw form, as it is called at first. Most never see many calls, and a class for one that lives
     * as long as a request would cost more than it saves.
     */
    private static final class Raw extends HostAdapter {
        private static final int MANY_CALLS = 10_000;
        private static final long[] NONE = {};

        private final int paramCells;
        private final int resultCells;
        private final boolean refParams;
        private final HostFunction function;
        /** Approximate: several threads may count. */
        private int calls;

        private HostAdapter made;

        Raw(FuncType type, HostFunction function) {
            super(type);
            this.paramCells = type.paramCells();
            this.resultCells = type.resultCells();
            this.refParams = References.among(type.params()) != null;
            this.function = Objects.requireNonNull(function, "function");
        }

        @Override
        HostAdapter settle() {
            return calls < MANY_CALLS ? null : make();
        }

        private synchronized HostAdapter make() {
            if (made == null) {
                made = RawHost.adapter(type(), function);
            }
            return made;
        }

        @Override
        void invoke(Caller caller, long area) throws Throwable {
            calls++;
            long[] args = paramCells == 0 ? NONE : new long[paramCells];
            Cells.readAll(type().params(), area, args);
            if (refParams) {
                caller.store().references().toCells(type().params(), args);
            }
            long[] results = resultCells == 0 ? NONE : new long[resultCells];
            function.call(caller, args, results);
            writeResults(caller, results, area);
        }
    }

    /** Spins the class of a typed adapter when it is first called: most of what a linker defines is never called. */
    private static final class OnDemand extends HostAdapter {
        private final MethodHandle method;
        private HostAdapter made;
        /** Null as long as there are none. */
        private Map<FuncType, HostAdapter> others;

        OnDemand(FuncType type, MethodHandle method) {
            super(type);
            this.method = method;
        }

        @Override
        synchronized HostAdapter as(FuncType other) {
            if (!other.methodType().equals(type().methodType())) {
                return null;
            }
            others = others != null ? others : new HashMap<>();
            HostAdapter a = others.get(other);
            if (a == null) {
                a = new OnDemand(other, method);
                others.put(other, a);
            }
            return a;
        }

        @Override
        synchronized HostAdapter settle() {
            if (made == null) {
                made = TypedHost.adapter(type(), method);
            }
            return made;
        }

        @Override
        void invoke(Caller caller, long area) throws Throwable {
            settle().invoke(caller, area);
        }
    }
}
