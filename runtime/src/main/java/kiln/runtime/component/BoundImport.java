package kiln.runtime.component;

import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ValueLayout;
import kiln.loader.Native;
import kiln.runtime.internal.AreaFunction;

/** A function of Java's that is lowered into a component: by walking its types first, by code if that is often. */
final class BoundImport implements AreaFunction {
    private final ComponentInstance instance;
    private final ComponentPlan.LowerImport canon;
    private final CallShape shape;
    private final ImportShape method;
    private final boolean hasHandles;
    private final int paramCells;
    private final boolean isInterpreted = Marshalling.isInterpreted();
    private final int manyCalls;
    /** Read by generated code. A {@link ComponentHostFunction} if values are generic ones. */
    final Object implementation;
    /** Made at the first call, as all that follow: what the options name, and tables, may not exist before. */
    private CallScope scope;
    /** Read by generated code. */
    Lifting in;
    /** Read by generated code. */
    Lowering out;

    /** Of the component instance that calls, see {@link HandleTables#flags}. */
    private long flags;

    /** @param implementation what implements the method, or a {@link ComponentHostFunction} */
    BoundImport(
            ComponentInstance instance, ComponentPlan.LowerImport canon, ImportShape method, Object implementation) {
        this.instance = instance;
        this.canon = canon;
        this.method = method;
        this.implementation = implementation;
        this.manyCalls = Marshalling.manyCalls(method.isGeneric());
        this.shape = new CallShape(method.type());
        this.hasHandles = method.type().hasHandles();
        this.paramCells = method.type().loweredParams().size();
    }

    @Override
    public void call(long area) throws Throwable {
        ImportShape.Code code = isInterpreted ? null : method.code(manyCalls);
        if (in == null) {
            prepare();
        }
        HandleTables.requireMayLeave(flags);
        in.begin();
        if (hasHandles) {
            try {
                call(code, area);
                scope.end();
            } finally {
                scope.release();
            }
        } else {
            call(code, area);
        }
    }

    private void call(ImportShape.Code code, long area) throws Throwable {
        if (code == null) {
            interpret(area);
        } else {
            code.call(this, area);
        }
    }

    private void prepare() {
        GuestMemory memory = instance.memory(canon.component(), canon.options());
        flags = instance.tables().flags(canon.component());
        scope = new CallScope(instance, canon.component(), false);
        out = new Lowering(memory, canon.options().encoding(), scope);
        in = new Lifting(memory, canon.options().encoding(), scope, false);
    }

    private void interpret(long area) throws Throwable {
        long[] cells = new long[paramCells];
        for (int i = 0; i < paramCells; i++) {
            cells[i] = Native.getLong(area + 16L * i);
        }
        Object[] args = in.params(shape, cells);
        Object result = method.isGeneric() ? host(args) : method.interpret(implementation, args);
        store(result, paramCells == 0 ? 0 : (int) cells[paramCells - 1], area);
    }

    // ---- called by generated code

    /** The native address of parameters in memory. */
    long params(long area) {
        return in.start(shape.tuple(), Native.getInt(area));
    }

    /** The native address of room for a result in memory, given its address in the guest. */
    long result(int address) {
        ValueLayout layout = method.type().result().layout();
        return in.start(layout, address);
    }

    /** Calls a function of generic values. */
    Object host(Object[] args) throws Throwable {
        return ((ComponentHostFunction) implementation).call(instance.store(), args);
    }

    /**
     * Writes a generic result; generated code leaves to it what it does not know, a list instead of an array for
     * example.
     *
     * @param to where in the guest, if it is passed in memory
     */
    void store(Object result, int to, long area) {
        instance.values().checkResult(Printable.name(method.name()), method.type(), result);
        long[] results = out.result(shape, result, new long[] {to});
        for (int i = 0; i < results.length; i++) {
            Native.putLong(area + 16L * i, results[i]);
        }
    }

    /** What is wrong with what Java returned. */
    RuntimeException mismatch(Object java) {
        String name = Printable.name(method.name());
        instance.values().checkResult(name, method.type(), method.result().toGeneric(java));
        return new IllegalArgumentException(name + ": the result changed while it was looked at");
    }

    /** As {@link #mismatch}, of a method that throws its errors. */
    RuntimeException mismatchOf(Conversion.Thrown thrown, Object result) {
        String name = Printable.name(method.name());
        instance.values().checkResult(name, method.type(), thrown.outcome().toGeneric(result));
        return new IllegalArgumentException(name + ": the result changed while it was looked at");
    }
}
