package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.WitTypes;
import kiln.runtime.Func;
import kiln.runtime.TrapException;
import kiln.runtime.internal.ComponentAccess;

/** A function that an instance of a component exports. */
public final class ComponentFunc {
    private final ComponentInstance instance;
    private final String name;
    private final ComponentPlan.Item item;
    private final FunctionType type;
    private final CallShape shape;
    /** Null for a function that the component imports and exports again. */
    private final ComponentPlan.Lift lift;
    /** Null if values are not to be converted by code. */
    private final GenericExport generic;

    private final Object binding;
    private final int manyCalls = Marshalling.manyCalls(true);
    /** Found at the first call. */
    private Func core;

    private GuestMemory memory;

    ComponentFunc(ComponentInstance instance, String name, ComponentPlan.Item item) {
        this.instance = instance;
        this.name = name;
        this.item = item;
        this.lift = item instanceof ComponentPlan.LiftedItem l
                ? instance.plan().lifts().get(l.lift())
                : null;
        this.type = lift != null
                ? lift.type()
                : instance.plan()
                        .imports()
                        .get(((ComponentPlan.ImportedItem) item).imported())
                        .type();
        this.shape = new CallShape(type);
        this.generic = lift == null || Marshalling.isInterpreted()
                ? null
                : instance.component().declared().export(name, () -> new GenericExport(name, type));
        this.binding = generic == null ? null : new Binding(instance, 1, name);
    }

    /** Its name with its interface's, as {@link ComponentInstance#func} takes it. */
    public String name() {
        return name;
    }

    /** The instance that exports it. */
    public ComponentInstance instance() {
        return instance;
    }

    FunctionType type() {
        return type;
    }

    /** Null for a function that the component imports and exports again. */
    ComponentPlan.Lift lift() {
        return lift;
    }

    /**
     * Calls it.
     *
     * @param args one for each parameter, as {@linkplain kiln.runtime.component the package} says
     * @return the result, or null if there is none
     * @throws IllegalArgumentException if the arguments do not fit; nothing was called then
     * @throws IllegalStateException if the store is closed, or another thread owns it
     * @throws TrapException if it traps, or the instance cannot be entered; what host functions throw comes out
     *     unchanged
     */
    public Object invoke(Object... args) {
        MethodHandle code = generic == null || args.length != type.params().size() ? null : generic.code(manyCalls);
        if (code == null) {
            return interpret(args);
        }
        try {
            return (Object) code.invokeExact(binding, args);
        } catch (GenericExport.UnusualException _) {
            return interpret(args);
        } catch (Throwable t) {
            throw Calls.<RuntimeException>sneak(t);
        }
    }

    /** Calls it by walking its types. */
    private Object interpret(Object[] args) {
        instance.values().checkArguments(Printable.name(name), type, args);
        ComponentAccess.get().begin(instance.store());
        try {
            instance.enter(name);
            CallScope scope = new CallScope(instance, lift == null ? 0 : lift.component(), false);
            try {
                Object result = lift == null ? callImport(args) : call(scope, args);
                scope.end();
                instance.leave();
                return result;
            } catch (Throwable t) {
                scope.release();
                instance.fail(t);
                throw t;
            }
        } finally {
            ComponentAccess.get().end(instance.store());
        }
    }

    /**
     * As {@link #invoke}, with text of the format WAVE: {@code (1, "a", {x: 2.5, y: none}, [red, green])}.
     *
     * @param arguments in parentheses
     * @return the result in one line, or null if there is none
     * @throws IllegalArgumentException if the arguments do not fit, or have resources, or the result has: nothing was
     *     called then; the message says where the text is wrong
     */
    public String invokeText(String arguments) {
        if (type.hasHandles()) {
            throw new IllegalArgumentException(
                    Printable.name(name) + " takes or returns resources, which cannot be written");
        }
        Object[] args;
        try {
            args = WaveParser.arguments(type, arguments);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(Printable.name(name) + " is "
                    + WitTypes.text(type, instance.component()::resourceName) + ": " + e.getMessage());
        }
        Object result = invoke(args);
        return type.result() == null ? null : WaveWriter.text(type.result(), result);
    }

    private Object callImport(Object[] args) {
        int number = ((ComponentPlan.ImportedItem) item).imported();
        Object result = CanonFunctions.callHost(instance, number, args);
        instance.values().checkResult(Printable.name(name), type, result);
        return result;
    }

    private Object call(CallScope scope, Object[] args) {
        if (core == null) {
            core = instance.func(lift.function());
            memory = instance.memory(lift.component(), lift.options());
        }
        HandleTables tables = instance.tables();
        long[] flat = new Lowering(memory, lift.options().encoding(), scope).params(shape, args);
        long[] results = ComponentInstance.call(core, flat);
        Object result = new Lifting(memory, lift.options().encoding(), scope, false).result(shape, results);
        tables.requireNoBorrows(lift.component());
        instance.postReturn(lift.component(), lift.options().postReturn(), results);
        return result;
    }

    @Override
    public String toString() {
        return Printable.name(name) + " of " + instance;
    }
}
