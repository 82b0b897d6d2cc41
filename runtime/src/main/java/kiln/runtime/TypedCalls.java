package kiln.runtime;

import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Spins, for each Java method type, the method {@code (Func, parameters...) -> result} that writes the argument area,
 * enters and reads the result: straight code that the JIT inlines into its caller when the handle is constant.
 */
final class TypedCalls {
    static final ClassDesc CD_Func = ClassDesc.of("kiln.runtime.Func");
    static final ClassDesc CD_Native = ClassDesc.of("kiln.loader.Native");
    static final ClassDesc CD_Cells = ClassDesc.of("kiln.runtime.Cells");
    static final ClassDesc CD_V128 = ClassDesc.of("kiln.runtime.V128");
    static final ClassDesc CD_longs = CD_long.arrayType();

    private static final ConcurrentHashMap<MethodType, MethodHandle> HANDLES = new ConcurrentHashMap<>();

    private TypedCalls() {}

    /** The unbound handle for functions of {@code type}. */
    static MethodHandle handle(FuncType type) {
        return HANDLES.computeIfAbsent(type.methodType(), TypedCalls::spin);
    }

    private static MethodHandle spin(MethodType type) {
        MethodType unbound = type.insertParameterTypes(0, Func.class);
        MethodTypeDesc desc = unbound.describeConstable().orElseThrow();
        byte[] bytes = ClassFile.of()
                .build(
                        ClassDesc.of("kiln.runtime.TypedCall"),
                        cb -> cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                                .withMethodBody("call", desc, ClassFile.ACC_STATIC, code -> body(code, type)));
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return hidden.findStatic(hidden.lookupClass(), "call", unbound);
        } catch (ReflectiveOperationException e) {
            throw new KilnBug("cannot define the caller of " + type, e);
        }
    }

    private static void body(CodeBuilder code, MethodType type) {
        int area = code.allocateLocal(TypeKind.LONG);
        code.aload(0)
                .invokevirtual(CD_Func, "begin", MethodTypeDesc.of(CD_long))
                .lstore(area);
        for (int i = 0; i < type.parameterCount(); i++) {
            Class<?> p = type.parameterType(i);
            int slot = code.parameterSlot(i + 1);
            if (isReference(p)) {
                code.aload(0)
                        .lload(area)
                        .loadConstant(i)
                        .aload(slot)
                        .invokevirtual(CD_Func, "putRef", MethodTypeDesc.of(CD_void, CD_long, CD_int, CD_Object));
            } else {
                address(code, area, i);
                code.loadLocal(TypeKind.from(p), slot);
                put(code, p);
            }
        }
        code.aload(0).lload(area).invokevirtual(CD_Func, "enter", MethodTypeDesc.of(CD_void, CD_long));
        Class<?> r = type.returnType();
        if (r == long[].class) {
            code.aload(0).lload(area).invokevirtual(CD_Func, "results", MethodTypeDesc.of(CD_longs, CD_long));
        } else if (isReference(r)) {
            code.aload(0).lload(area).invokevirtual(CD_Func, "getRef", MethodTypeDesc.of(CD_Object, CD_long));
            code.checkcast(r.describeConstable().orElseThrow());
        } else if (r != void.class) {
            code.lload(area);
            get(code, r);
        }
        code.aload(0).invokevirtual(CD_Func, "leave", MethodTypeDesc.of(CD_void));
        code.return_(TypeKind.from(r));
    }

    static boolean isReference(Class<?> c) {
        return !c.isPrimitive() && c != V128.class && c != long[].class;
    }

    /** Pushes the address of value {@code i} of an area. */
    static void address(CodeBuilder code, int area, int i) {
        code.lload(area);
        if (i > 0) {
            code.loadConstant(16L * i).ladd();
        }
    }

    /** Stores the value on the stack to the address below it. */
    static void put(CodeBuilder code, Class<?> c) {
        if (c == V128.class) {
            code.invokestatic(CD_Cells, "writeV128", MethodTypeDesc.of(CD_void, CD_long, CD_V128));
        } else {
            ClassDesc d = c.describeConstable().orElseThrow();
            code.invokestatic(CD_Native, "put" + suffix(d), MethodTypeDesc.of(CD_void, CD_long, d));
        }
    }

    /** Loads from the address on the stack. */
    static void get(CodeBuilder code, Class<?> c) {
        if (c == V128.class) {
            code.invokestatic(CD_Cells, "readV128", MethodTypeDesc.of(CD_V128, CD_long));
        } else {
            ClassDesc d = c.describeConstable().orElseThrow();
            code.invokestatic(CD_Native, "get" + suffix(d), MethodTypeDesc.of(d, CD_long));
        }
    }

    private static String suffix(ClassDesc d) {
        if (d.equals(CD_int)) {
            return "Int";
        } else if (d.equals(CD_long)) {
            return "Long";
        } else if (d.equals(CD_float)) {
            return "Float";
        } else if (d.equals(CD_double)) {
            return "Double";
        }
        throw new KilnBug("no value of WebAssembly is a " + d.displayName());
    }
}
