package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import kiln.artifact.component.FunctionType;

/**
 * An exported function that is called with generic values, and its code once that is often. The same for all instances
 * of the component.
 */
final class GenericExport {
    /** What code says of an argument that is not as it expects, but fits all the same: a list in place of an array. */
    static final class UnusualException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        static final UnusualException INSTANCE = new UnusualException();

        private UnusualException() {
            super(null, null, false, false);
        }
    }

    private final InterfaceShape.Call call;
    /** Approximate: several threads may count. */
    private int calls;

    private volatile MethodHandle code;
    private volatile boolean cannot;

    GenericExport(String name, FunctionType type) {
        Conversion[] params = type.params().stream().map(Conversion::generic).toArray(Conversion[]::new);
        Conversion result = type.result() == null ? Conversions.NONE : Conversion.generic(type.result());
        call = new InterfaceShape.Call(0, null, name, type, true, false, params, result);
    }

    /** What a {@link Binding} with room for one method has for it. */
    InterfaceShape.Call call() {
        return call;
    }

    /**
     * The code, of type {@code (Object binding, Object[] arguments) -> Object}; null as long as the function was not
     * called often, and if there can be none.
     *
     * @param often after so many calls
     */
    MethodHandle code(int often) {
        MethodHandle c = code;
        return c != null || cannot || calls++ < often ? c : make();
    }

    private synchronized MethodHandle make() {
        if (code == null && !cannot) {
            try {
                MethodHandle made = MarshalCode.export(call);
                code = made == null ? null : spread(made, call.params().length);
            } catch (IllegalArgumentException _) {
                // There are more parameters than a method of Java's can have.
            }
            cannot = code == null;
        }
        return code;
    }

    private static MethodHandle spread(MethodHandle made, int count) {
        return MethodHandles.insertArguments(made.asType(made.type().changeReturnType(Object.class)), 1, (Object) null)
                .asSpreader(Object[].class, count);
    }
}
