package kiln.runtime;

import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_MethodHandles;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import kiln.loader.Native;

/**
 * A host function that is a Java method. Each gets a class of its own in which the method's handle is a constant, so that
 * the JIT inlines the method into the upcall.
 */
abstract class TypedHost extends HostAdapter {
    private static final ClassDesc CD_Caller = ClassDesc.of("kiln.runtime.Caller");
    private static final ClassDesc CD_TypedHost = ClassDesc.of("kiln.runtime.TypedHost");
    private static final ClassDesc CD_FuncType = ClassDesc.of("kiln.runtime.FuncType");

    private final FuncType type;

    TypedHost(FuncType type) {
        this.type = type;
    }

    /** Called by generated subclasses. */
    final Object readRef(Caller caller, long area, int param) {
        return caller.store().fromCell((ValType.Ref) type.params().get(param), Native.getLong(area + 16L * param));
    }

    /** Called by generated subclasses. */
    final void writeRef(Caller caller, Object value, long area) {
        Native.putLong(area, caller.store().toCell((ValType.Ref) type.results().getFirst(), value));
    }

    /** Called by generated subclasses. */
    final void writeResults(long[] cells, long area) {
        if (cells.length != type.resultCells()) {
            throw new IllegalArgumentException(
                    "host function returned " + cells.length + " cells instead of " + type.resultCells());
        }
        Cells.writeAll(type.results(), area, cells);
    }

    /** {@code method} has the type's method type, perhaps with a {@link Caller} before. */
    static HostAdapter adapter(FuncType type, MethodHandle method) {
        byte[] bytes = ClassFile.of()
                .build(
                        ClassDesc.of("kiln.runtime.TypedHostFunction"),
                        cb -> cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                                .withSuperclass(CD_TypedHost)
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        MethodTypeDesc.of(CD_void, CD_FuncType),
                                        0,
                                        code -> code.aload(0)
                                                .aload(1)
                                                .invokespecial(
                                                        CD_TypedHost,
                                                        ConstantDescs.INIT_NAME,
                                                        MethodTypeDesc.of(CD_void, CD_FuncType))
                                                .return_())
                                .withMethodBody(
                                        "invoke",
                                        MethodTypeDesc.of(CD_void, CD_Caller, CD_long),
                                        0,
                                        code -> body(code, method.type())));
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClassWithClassData(bytes, method, true);
            return (HostAdapter)
                    hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class, FuncType.class))
                            .invoke(type);
        } catch (Throwable e) {
            throw new KilnBug("cannot define the adapter of " + method, e);
        }
    }

    private static void body(CodeBuilder code, MethodType type) {
        int caller = 1;
        int area = 2;
        code.ldc(DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(CD_MethodHandles, "classData", CD_Object),
                ConstantDescs.DEFAULT_NAME,
                CD_MethodHandle));
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
                                CD_TypedHost, "readRef", MethodTypeDesc.of(CD_Object, CD_Caller, CD_long, CD_int));
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
                        .aload(result)
                        .lload(area)
                        .invokevirtual(
                                CD_TypedHost, "writeResults", MethodTypeDesc.of(CD_void, TypedCalls.CD_longs, CD_long));
            } else if (TypedCalls.isReference(r)) {
                code.aload(0)
                        .aload(caller)
                        .aload(result)
                        .lload(area)
                        .invokevirtual(
                                CD_TypedHost, "writeRef", MethodTypeDesc.of(CD_void, CD_Caller, CD_Object, CD_long));
            } else {
                code.lload(area).loadLocal(TypeKind.from(r), result);
                TypedCalls.put(code, r);
            }
        }
        code.return_();
    }
}
