package kiln.runtime.component;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.FunctionType;
import kiln.runtime.Caller;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.HostFunction;
import kiln.runtime.ValType;
import kiln.runtime.internal.ComponentAccess;

/**
 * The core functions that canonical definitions make, in Java: what calls the host always is; adapters between
 * components and the functions of resources may also be compiled, and then do the same.
 */
final class CanonFunctions {
    private static final FuncType I32_TO_I32 = FuncType.of(ValType.I32, ValType.I32);
    private static final FuncType I32_TO_NOTHING = FuncType.ofVoid(ValType.I32);

    private CanonFunctions() {}

    static Func make(ComponentInstance instance, ComponentPlan.Canon canon) {
        return switch (canon) {
            case ComponentPlan.LowerImport l -> {
                FunctionType type = instance.plan().imports().get(l.imported()).type();
                BoundImport bound = switch (instance.imported(l.imported())) {
                    case TypedImports.Function f -> new BoundImport(instance, l, f.shape(), f.implementation());
                    case ComponentHostFunction f -> new BoundImport(instance, l, generic(instance, l, type), f);
                };
                yield ComponentAccess.get().host(instance.store(), lowered(type), bound);
            }
            case ComponentPlan.LowerLift l -> {
                ComponentPlan.Lift lift = instance.plan().lifts().get(l.lift());
                yield Func.of(instance.store(), lowered(lift.type()), new Adapter(instance, l, lift));
            }
            case ComponentPlan.ResourceNew r ->
                Func.of(instance.store(), I32_TO_I32, (_, args, results) -> {
                    HandleTables tables = instance.tables();
                    tables.requireMayLeave(r.component());
                    results[0] = tables.add(r.component(), r.resource(), (int) args[0], ComponentContext.OWN);
                });
            case ComponentPlan.ResourceRep r ->
                Func.of(
                        instance.store(),
                        I32_TO_I32,
                        (_, args, results) ->
                                results[0] = instance.tables().rep(r.component(), (int) args[0], r.resource()));
            case ComponentPlan.ResourceDrop r ->
                Func.of(instance.store(), I32_TO_NOTHING, (_, args, _) -> {
                    HandleTables tables = instance.tables();
                    tables.requireMayLeave(r.component());
                    Integer rep = tables.drop(r.component(), (int) args[0], r.resource());
                    if (rep != null) {
                        instance.dropped(r.resource(), rep);
                    }
                });
        };
    }

    private static ImportShape generic(ComponentInstance instance, ComponentPlan.LowerImport canon, FunctionType type) {
        int number = canon.imported();
        return instance.component()
                .declared()
                .generic(
                        number,
                        () -> ImportShape.generic(
                                String.join(
                                        "#",
                                        instance.plan().imports().get(number).path()),
                                type));
    }

    private static FuncType lowered(FunctionType type) {
        return new FuncType(core(type.loweredParams()), core(type.loweredResults()));
    }

    private static List<ValType> core(List<CoreType> types) {
        List<ValType> core = new ArrayList<>();
        for (CoreType t : types) {
            core.add(
                    switch (t) {
                        case I32 -> ValType.I32;
                        case I64 -> ValType.I64;
                        case F32 -> ValType.F32;
                        case F64 -> ValType.F64;
                    });
        }
        return core;
    }

    /** Calls what the component imports. */
    static Object callHost(ComponentInstance instance, int number, Object[] args) {
        try {
            return instance.imported(number).call(instance.store(), args);
        } catch (Throwable t) {
            throw CanonFunctions.<RuntimeException>sneak(t);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }

    private static void copy(long[] from, long[] to) {
        System.arraycopy(from, 0, to, 0, from.length);
    }

    /** A function of one component that is lowered into another. */
    private static final class Adapter implements HostFunction {
        private final ComponentInstance instance;
        private final ComponentPlan.LowerLift canon;
        private final ComponentPlan.Lift lift;
        private final CallShape shape;
        private final boolean mayEnter;
        /** Found at the first call: what the options name may not exist before. */
        private GuestMemory caller;

        private GuestMemory callee;

        Adapter(ComponentInstance instance, ComponentPlan.LowerLift canon, ComponentPlan.Lift lift) {
            this.instance = instance;
            this.canon = canon;
            this.lift = lift;
            this.shape = new CallShape(lift.type());
            this.mayEnter = !instance.related(canon.component(), lift.component());
        }

        @Override
        public void call(Caller from, long[] cells, long[] results) {
            HandleTables tables = instance.tables();
            tables.requireMayLeave(canon.component());
            if (!mayEnter) {
                throw GuestMemory.trap(TrapCode.CANNOT_ENTER_COMPONENT);
            }
            if (caller == null) {
                caller = instance.memory(canon.component(), canon.options());
                callee = instance.memory(lift.component(), lift.options());
            }
            CallScope outer = new CallScope(instance, canon.component(), true);
            CallScope inner = new CallScope(instance, lift.component(), true);
            Object[] args = new Lifting(caller, canon.options().encoding(), outer, true).params(shape, cells);
            long[] flat = new Lowering(callee, lift.options().encoding(), inner).params(shape, args);
            long[] returned = ComponentInstance.call(instance.func(lift.function()), flat);
            Object result = new Lifting(callee, lift.options().encoding(), inner, true).result(shape, returned);
            tables.requireNoBorrows(lift.component());
            copy(new Lowering(caller, canon.options().encoding(), outer).result(shape, result, cells), results);
            outer.end();
            instance.postReturn(lift.component(), lift.options().postReturn(), returned);
        }
    }
}
