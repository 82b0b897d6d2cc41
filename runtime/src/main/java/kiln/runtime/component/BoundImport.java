package kiln.runtime.component;

import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ValueLayout;
import kiln.loader.Native;
import kiln.runtime.internal.AreaFunction;

/** A method of Java's that is lowered into a component: by way of generic values first, by code if that is often. */
final class BoundImport implements AreaFunction {
    private final ComponentInstance instance;
    private final ComponentPlan.LowerImport canon;
    private final CallShape shape;
    private final ImportShape method;
    private final CanonFunctions.ImportCall interpreted;
    private final CallScope scope;
    private final boolean hasHandles;
    private final int paramCells;
    private final int resultCells;
    private final boolean isInterpreted = Marshalling.isInterpreted();
    private final int manyCalls = Marshalling.manyCalls();
    /** Read by generated code. */
    final Object implementation;
    /** Read by generated code. Made at the first call: what the options name may not exist before. */
    Lifting in;
    /** Read by generated code. */
    Lowering out;

    /** Of the component instance that calls, see {@link HandleTables#flags}. */
    private long flags;

    BoundImport(
            ComponentInstance instance,
            ComponentPlan.LowerImport canon,
            TypedImports.Function function,
            CanonFunctions.ImportCall interpreted) {
        this.instance = instance;
        this.canon = canon;
        this.method = function.shape();
        this.implementation = function.implementation();
        this.interpreted = interpreted;
        this.shape = new CallShape(method.type());
        this.scope = new CallScope(instance, canon.component(), false);
        this.hasHandles = method.type().hasHandles();
        this.paramCells = method.type().loweredParams().size();
        this.resultCells = method.type().loweredResults().size();
    }

    @Override
    public void call(long area) throws Throwable {
        ImportShape.Code code = isInterpreted ? null : method.code(manyCalls);
        if (code == null) {
            interpret(area);
            return;
        }
        if (in == null) {
            prepare();
        }
        HandleTables.requireMayLeave(flags);
        in.begin();
        if (hasHandles) {
            try {
                code.call(this, area);
                scope.end();
            } finally {
                scope.release();
            }
        } else {
            code.call(this, area);
        }
    }

    private void prepare() {
        GuestMemory memory = instance.memory(canon.component(), canon.options());
        flags = instance.tables().flags(canon.component());
        out = new Lowering(memory, canon.options().encoding(), scope);
        in = new Lifting(memory, canon.options().encoding(), scope, false);
    }

    private void interpret(long area) {
        long[] cells = new long[paramCells];
        for (int i = 0; i < paramCells; i++) {
            cells[i] = Native.getLong(area + 16L * i);
        }
        long[] results = new long[resultCells];
        interpreted.call(null, cells, results);
        for (int i = 0; i < resultCells; i++) {
            Native.putLong(area + 16L * i, results[i]);
        }
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
