package kiln.runtime;

import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import kiln.loader.Native;

/**
 * A host function that is a Java method. Each gets a class of its own in which the method's handle is a constant, so
 * that the JIT inlines the method into the upcall.
 */
abstract class TypedHost extends HostAdapter {
    private static final ClassDesc CD_TypedHost = ClassDesc.of("kiln.runtime.TypedHost");

    TypedHost(FuncType type) {
        super(type);
    }

    /** Called by generated subclasses. */
    final Object readRef(Caller caller, long area, int param) {
        return caller.store()
                .references()
                .object((ValType.Ref) type().params().get(param), Native.getLong(area + 16L * param));
    }

    /** Called by generated subclasses. */
    final void writeRef(Caller caller, Object value, long area) {
        Store store = caller.store();
        Native.putLong(
                area,
                store.references().raw(store, (ValType.Ref) type().results().getFirst(), value));
    }

    /** Called by generated subclasses. */
    final void writeCells(Caller caller, long[] cells, long area) {
        if (cells.length != type().resultCells()) {
            throw new IllegalArgumentException(
                    "host function returned " + cells.length + " cells instead of " + type().resultCells());
        }
        writeResults(caller, cells, area);
    }

    /** {@code method} has the type's method type, perhaps with a {@link Caller} before. */
    static HostAdapter adapter(FuncType type, MethodHandle method) {
        return HostClasses.define(
                "kiln.runtime.TypedHostFunction", CD_TypedHost, code -> body(code, method.type()), type, method);
    }

    private static void body(CodeBuilder code, MethodType type) {
        int caller = HostClasses.CALLER;
        int area = HostClasses.AREA;
        code.ldc(HostClasses.function(CD_MethodHandle));
        int first = takesCaller(type) ? 1 : 0;
        if (first == 1) {
            code.aload(caller);
        }
        for (int i = first; i < type.parameterCount(); i++) {
            Class<?> p = type.parameterType(i);
            if (TypedCalls.isReference(p)) {
                code.aload(0)
                        .aload(caller)
                        .lload(area)
                        .loadConstant(i - first)
                        .invokevirtual(
                                CD_TypedHost,
                                "readRef",
                                MethodTypeDesc.of(CD_Object, HostClasses.CD_Caller, CD_long, CD_int));
                code.checkcast(p.describeConstable().orElseThrow());
            } else {
                TypedCalls.address(code, area, i - first);
                TypedCalls.get(code, p);
            }
        }
        code.invokevirtual(
                CD_MethodHandle, "invokeExact", type.describeConstable().orElseThrow());
        Class<?> r = type.returnType();
        if (r != void.class) {
            int result = code.allocateLocal(TypeKind.from(r));
            code.storeLocal(TypeKind.from(r), result);
            if (r == long[].class) {
                code.aload(0)
                        .aload(caller)
                        .aload(result)
                        .lload(area)
                        .invokevirtual(
                                CD_TypedHost,
                                "writeCells",
                                MethodTypeDesc.of(CD_void, HostClasses.CD_Caller, TypedCalls.CD_longs, CD_long));
            } else if (TypedCalls.isReference(r)) {
                code.aload(0)
                        .aload(caller)
                        .aload(result)
                        .lload(area)
                        .invokevirtual(
                                CD_TypedHost,
                                "writeRef",
                                MethodTypeDesc.of(CD_void, HostClasses.CD_Caller, CD_Object, CD_long));
            } else {
                code.lload(area).loadLocal(TypeKind.from(r), result);
                TypedCalls.put(code, r);
            }
        }
        code.return_();
    }
}
