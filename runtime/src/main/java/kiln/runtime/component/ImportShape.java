package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import kiln.artifact.component.FunctionType;

/**
 * A function that a component imports as a method of Java's, or as a function of generic values. The same for all
 * instances of the component, and all objects that implement it.
 */
final class ImportShape {
    /** Code that was made for one such function. */
    interface Code {
        /** Reads the arguments from the area, calls, writes the result. */
        void call(BoundImport in, long area) throws Throwable;
    }

    private final String name;
    private final FunctionType type;
    private final boolean ofResource;
    private final MethodHandle handle;
    private final Conversion[] params;
    private final Conversion result;

    /** Approximate: several threads may count. */
    private int calls;

    private volatile Code code;
    private volatile boolean cannot;

    /**
     * @param ofResource whether the first parameter is the object whose method it is
     * @param handle of the method, with its object in front
     * @param params those that the method has
     */
    ImportShape(
            String name,
            FunctionType type,
            boolean ofResource,
            MethodHandle handle,
            Conversion[] params,
            Conversion result) {
        this.name = name;
        this.type = type;
        this.ofResource = ofResource;
        this.handle = handle;
        this.params = params;
        this.result = result;
    }

    /** A function of generic values. */
    static ImportShape generic(String name, FunctionType type) {
        Conversion[] params = type.params().stream().map(Conversion::generic).toArray(Conversion[]::new);
        Conversion result = type.result() == null ? Conversions.NONE : Conversion.generic(type.result());
        return new ImportShape(name, type, false, null, params, result);
    }

    /** Whether it is a function of generic values, which has no handle. */
    boolean isGeneric() {
        return handle == null;
    }

    String name() {
        return name;
    }

    FunctionType type() {
        return type;
    }

    boolean ofResource() {
        return ofResource;
    }

    MethodHandle handle() {
        return handle;
    }

    Conversion[] params() {
        return params;
    }

    Conversion result() {
        return result;
    }

    /**
     * The code for it, or null as long as it was not called often, and if there can be none.
     *
     * @param often after so many calls
     */
    Code code(int often) {
        Code c = code;
        return c != null || cannot || calls++ < often ? c : make();
    }

    private synchronized Code make() {
        if (code == null && !cannot) {
            code = MarshalCode.imported(this);
            cannot = code == null;
        }
        return code;
    }

    /** Calls it by way of generic values. */
    Object interpret(Object implementation, Object[] args) {
        int skipped = ofResource ? 1 : 0;
        Object[] java = new Object[params.length + 1];
        java[0] = ofResource ? args[0] : implementation;
        for (int i = 0; i < params.length; i++) {
            java[i + 1] = params[i].toJava(args[i + skipped], null);
        }
        try {
            return result.toGeneric(Calls.invoke(handle, java));
        } catch (Throwable t) {
            if (result instanceof Conversion.Thrown thrown) {
                return thrown.outcome().toGeneric(thrown.error(t));
            }
            throw t;
        }
    }
}
