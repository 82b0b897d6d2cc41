package kiln.runtime.component;

import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_Throwable;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import kiln.artifact.component.FunctionType;

/**
 * Writes the class that calls one function: straight-line code from arguments of Java to core values and memory and
 * back. It lies in this package, so that it can use everything here, and knows classes of the embedder's only through
 * method handles and class objects, which are its constants. It refers to nothing of an instance, and goes when what
 * refers to it goes: the component.
 */
final class MarshalCode {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final ClassDesc CODE = Snippets.desc(ImportShape.Code.class);
    private static final ClassDesc BINDING = Snippets.desc(Binding.class);
    private static final ClassDesc CALL = Snippets.desc(InterfaceShape.Call.class);
    private static final ClassDesc EXPORT = Snippets.desc(BoundExport.class);
    private static final ClassDesc IMPORT = Snippets.desc(BoundImport.class);
    private static final ClassDesc THROWN = Snippets.desc(Conversion.Thrown.class);
    private static final ClassDesc RESULT = Snippets.desc(Result.class);
    private static final ClassDesc RUNTIME_EXCEPTION = Snippets.desc(RuntimeException.class);

    private MarshalCode() {}

    /**
     * The code for a method that calls a component: {@code (Object binding, Object resource, parameters) -> result},
     * classes of the embedder's as Object. Null if there can be none, and the call is to be interpreted.
     */
    static MethodHandle export(InterfaceShape.Call call) {
        if (!call.lifted()) {
            return null;
        }
        MethodType type = MethodType.methodType(returned(call.result()), Object.class, Object.class)
                .appendParameterTypes(
                        Arrays.stream(call.params()).map(Snippets::carrier).toArray(Class<?>[]::new));
        MethodHandles.Lookup in = define((cb, values) -> cb.withMethodBody(
                "call",
                type.describeConstable().orElseThrow(),
                ClassFile.ACC_STATIC,
                code -> export(code, values, call)));
        try {
            return in == null ? null : in.findStatic(in.lookupClass(), "call", type);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The code for an import. Null if there can be none, and calls are to be interpreted. */
    static ImportShape.Code imported(ImportShape shape) {
        MethodHandles.Lookup in = define((cb, values) -> cb.withInterfaceSymbols(CODE)
                .withMethodBody(
                        INIT_NAME,
                        MTD_void,
                        0,
                        code -> code.aload(0)
                                .invokespecial(CD_Object, INIT_NAME, MTD_void)
                                .return_())
                .withMethodBody(
                        "call",
                        MethodTypeDesc.of(CD_void, IMPORT, CD_long),
                        ClassFile.ACC_PUBLIC,
                        code -> imported(code, values, shape)));
        try {
            return in == null
                    ? null
                    : (ImportShape.Code) in.findConstructor(in.lookupClass(), MethodType.methodType(void.class))
                            .invoke();
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    private interface Body {
        void write(ClassBuilder cb, CodeParts parts);
    }

    /** Null if something has no code, or there is too much for a class or a method. */
    private static MethodHandles.Lookup define(Body body) {
        ClassDesc self = ClassDesc.of(MarshalCode.class.getPackageName() + ".Marshalled");
        CodeParts parts = new CodeParts(self);
        byte[] bytes;
        try {
            bytes = ClassFile.of(
                            ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofClassLoading(LOOKUP)))
                    .build(self, cb -> {
                        cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
                        body.write(cb, parts);
                        parts.writeMethods(cb);
                    });
        } catch (IllegalArgumentException _) {
            return null;
        }
        try {
            return LOOKUP.defineHiddenClassWithClassData(bytes, parts.constants(), true);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a method returns; an error is thrown later, when the value of its result is an object. */
    private static Class<?> returned(Conversion result) {
        return result == Conversions.NONE ? void.class : Snippets.carrier(result);
    }

    private static Conversion outcome(Conversion result) {
        return result instanceof Conversion.Thrown t ? t.outcome() : result;
    }

    // ---- exports

    private static void export(CodeBuilder code, CodeParts parts, InterfaceShape.Call call) {
        FunctionType type = call.type();
        int function = code.allocateLocal(TypeKind.REFERENCE);
        int in = code.allocateLocal(TypeKind.REFERENCE);
        int out = code.allocateLocal(TypeKind.REFERENCE);
        int area = code.allocateLocal(TypeKind.LONG);
        code.aload(0).checkcast(BINDING);
        parts.constant(code, call, CALL);
        code.invokevirtual(BINDING, "function", MethodTypeDesc.of(EXPORT, CALL)).astore(function);
        code.aload(function).getfield(EXPORT, "in", CodeParts.LIFTING).astore(in);
        code.aload(function).getfield(EXPORT, "out", CodeParts.LOWERING).astore(out);
        List<Conversion> params = new ArrayList<>();
        List<Integer> slots = new ArrayList<>();
        if (call.ofResource()) {
            params.add(new Conversion.Same(type.params().getFirst(), Object.class));
            slots.add(1);
        }
        for (int i = 0; i < call.params().length; i++) {
            params.add(call.params()[i]);
            slots.add(code.parameterSlot(i + 2));
        }
        Label mismatch = code.newLabel();
        for (int i = 0; i < params.size(); i++) {
            parts.fits(code, params.get(i), out, slots.get(i), mismatch);
        }
        code.aload(function)
                .invokevirtual(EXPORT, "begin", MethodTypeDesc.of(CD_long))
                .lstore(area);
        Conversion result = outcome(call.result());
        boolean hasResult = result != Conversions.NONE;
        int kept = hasResult ? code.allocateLocal(TypeKind.from(Snippets.carrier(result))) : -1;
        code.trying(
                body -> {
                    writeAll(body, parts, type, params, slots, function, out, area);
                    body.aload(function).lload(area).invokevirtual(EXPORT, "run", MethodTypeDesc.of(CD_void, CD_long));
                    if (hasResult) {
                        readResult(body, parts, type, result, function, in, area);
                        body.storeLocal(TypeKind.from(Snippets.carrier(result)), kept);
                    }
                    body.aload(function)
                            .lload(area)
                            .invokevirtual(EXPORT, "finish", MethodTypeDesc.of(CD_void, CD_long));
                },
                handlers -> handlers.catchingAll(handler -> {
                    int thrown = handler.allocateLocal(TypeKind.REFERENCE);
                    handler.astore(thrown)
                            .aload(function)
                            .aload(thrown)
                            .invokevirtual(EXPORT, "failed", MethodTypeDesc.of(RUNTIME_EXCEPTION, CD_Throwable))
                            .athrow();
                }));
        code.aload(function).invokevirtual(EXPORT, "end", MTD_void);
        if (call.result() instanceof Conversion.Thrown t) {
            parts.constant(code, t, THROWN);
            code.aload(kept)
                    .checkcast(RESULT)
                    .invokevirtual(THROWN, "value", MethodTypeDesc.of(CD_Object, RESULT))
                    .areturn();
        } else if (hasResult) {
            TypeKind kind = TypeKind.from(Snippets.carrier(result));
            code.loadLocal(kind, kept).return_(kind);
        } else {
            code.return_();
        }
        code.labelBinding(mismatch);
        code.aload(function).aload(1);
        code.loadConstant(call.params().length).anewarray(CD_Object);
        for (int i = 0; i < call.params().length; i++) {
            Class<?> carrier = Snippets.carrier(call.params()[i]);
            code.dup().loadConstant(i).loadLocal(TypeKind.from(carrier), code.parameterSlot(i + 2));
            Snippets.box(code, carrier);
            code.aastore();
        }
        code.invokevirtual(EXPORT, "mismatch", MethodTypeDesc.of(RUNTIME_EXCEPTION, CD_Object, CD_Object.arrayType()))
                .athrow();
    }

    private static void writeAll(
            CodeBuilder code,
            CodeParts parts,
            FunctionType type,
            List<Conversion> params,
            List<Integer> slots,
            int function,
            int out,
            int area) {
        boolean spilled = type.spillsParams();
        int base = spilled ? inMemory(code, EXPORT, "spill", function, area) : area;
        long[] offsets = Snippets.offsets(type.params(), !spilled);
        for (int i = 0; i < params.size(); i++) {
            parts.write(code, params.get(i), !spilled, out, slots.get(i), new Snippets.Place(base, offsets[i]));
        }
    }

    private static void readResult(
            CodeBuilder code, CodeParts parts, FunctionType type, Conversion result, int function, int in, int area) {
        boolean spilled = type.spillsResult();
        int base = spilled ? inMemory(code, EXPORT, "returned", function, area) : area;
        parts.read(code, result, !spilled, in, new Snippets.Place(base, 0));
    }

    /** A new local with the native address of values in memory, which a method finds from what is in the area. */
    private static int inMemory(CodeBuilder code, ClassDesc owner, String method, int function, int area) {
        int base = code.allocateLocal(TypeKind.LONG);
        code.aload(function)
                .lload(area)
                .invokevirtual(owner, method, MethodTypeDesc.of(CD_long, CD_long))
                .lstore(base);
        return base;
    }

    // ---- imports

    private static void imported(CodeBuilder code, CodeParts parts, ImportShape shape) {
        FunctionType type = shape.type();
        int bound = 1;
        int area = 2;
        int in = code.allocateLocal(TypeKind.REFERENCE);
        int out = code.allocateLocal(TypeKind.REFERENCE);
        code.aload(bound).getfield(IMPORT, "in", CodeParts.LIFTING).astore(in);
        code.aload(bound).getfield(IMPORT, "out", CodeParts.LOWERING).astore(out);
        int to = -1;
        if (type.spillsResult()) {
            to = code.allocateLocal(TypeKind.INT);
            Snippets.getInt(
                    code, new Snippets.Place(area, 16L * (type.loweredParams().size() - 1)));
            code.istore(to);
        }
        List<Conversion> params = new ArrayList<>(Arrays.asList(shape.params()));
        if (shape.ofResource()) {
            params.addFirst(new Conversion.Same(type.params().getFirst(), Object.class));
        }
        int[] slots = readAll(code, parts, type, params, bound, in, area);
        if (shape.isGeneric()) {
            genericImport(code, parts, shape, slots, out, to);
            return;
        }
        MethodType erased = MethodType.methodType(
                        shape.result() instanceof Conversion.Thrown ? Object.class : returned(shape.result()),
                        Object.class)
                .appendParameterTypes(
                        Arrays.stream(shape.params()).map(Snippets::carrier).toArray(Class<?>[]::new));
        Consumer<CodeBuilder> invoke = c -> {
            parts.constant(c, shape.handle().asType(erased), CD_MethodHandle);
            if (!shape.ofResource()) {
                c.aload(bound).getfield(IMPORT, "implementation", CD_Object);
            }
            for (int i = 0; i < slots.length; i++) {
                c.loadLocal(TypeKind.from(Snippets.carrier(params.get(i))), slots[i]);
            }
            c.invokevirtual(
                    CD_MethodHandle, "invokeExact", erased.describeConstable().orElseThrow());
        };
        Conversion result = outcome(shape.result());
        if (result == Conversions.NONE) {
            invoke.accept(code);
            code.return_();
            return;
        }
        TypeKind kind = TypeKind.from(Snippets.carrier(result));
        int value = code.allocateLocal(kind);
        if (shape.result() instanceof Conversion.Thrown t) {
            code.trying(
                    body -> {
                        invoke.accept(body);
                        body.invokestatic(RESULT, "ok", MethodTypeDesc.of(RESULT, CD_Object), true)
                                .astore(value);
                    },
                    handlers -> handlers.catchingAll(handler -> {
                        int thrown = handler.allocateLocal(TypeKind.REFERENCE);
                        handler.astore(thrown);
                        parts.constant(handler, t, THROWN);
                        handler.aload(thrown)
                                .invokevirtual(THROWN, "error", MethodTypeDesc.of(RESULT, CD_Throwable))
                                .astore(value);
                    }));
        } else {
            invoke.accept(code);
            code.storeLocal(kind, value);
        }
        Label mismatch = code.newLabel();
        parts.fits(code, result, out, value, mismatch);
        writeImported(code, parts, type, result, out, value, to);
        code.return_();
        code.labelBinding(mismatch);
        code.aload(bound);
        if (shape.result() instanceof Conversion.Thrown t) {
            parts.constant(code, t, THROWN);
            code.aload(value)
                    .invokevirtual(IMPORT, "mismatchOf", MethodTypeDesc.of(RUNTIME_EXCEPTION, THROWN, CD_Object))
                    .athrow();
        } else {
            code.loadLocal(kind, value);
            Snippets.box(code, Snippets.carrier(result));
            code.invokevirtual(IMPORT, "mismatch", MethodTypeDesc.of(RUNTIME_EXCEPTION, CD_Object))
                    .athrow();
        }
    }

    /** The rest of an import whose arguments lie in locals, as objects, and which takes and returns generic values. */
    private static void genericImport(
            CodeBuilder code, CodeParts parts, ImportShape shape, int[] slots, int out, int to) {
        int bound = 1;
        int area = 2;
        code.aload(bound).loadConstant(slots.length).anewarray(CD_Object);
        for (int i = 0; i < slots.length; i++) {
            code.dup().loadConstant(i).aload(slots[i]).aastore();
        }
        int value = code.allocateLocal(TypeKind.REFERENCE);
        code.invokevirtual(IMPORT, "host", MethodTypeDesc.of(CD_Object, CD_Object.arrayType()))
                .astore(value);
        Label other = code.newLabel();
        if (shape.result() == Conversions.NONE) {
            code.aload(value).ifnonnull(other);
        } else {
            parts.fits(code, shape.result(), out, value, other);
            writeImported(code, parts, shape.type(), shape.result(), out, value, to);
        }
        code.return_().labelBinding(other);
        code.aload(bound).aload(value);
        if (to < 0) {
            code.iconst_0();
        } else {
            code.iload(to);
        }
        code.lload(area)
                .invokevirtual(IMPORT, "store", MethodTypeDesc.of(CD_void, CD_Object, CD_int, CD_long))
                .return_();
    }

    /** Writes the result of an import. */
    private static void writeImported(
            CodeBuilder code, CodeParts parts, FunctionType type, Conversion result, int out, int value, int to) {
        int base = 2;
        if (type.spillsResult()) {
            base = code.allocateLocal(TypeKind.LONG);
            code.aload(1)
                    .iload(to)
                    .invokevirtual(IMPORT, "result", MethodTypeDesc.of(CD_long, CD_int))
                    .lstore(base);
        }
        parts.write(code, result, !type.spillsResult(), out, value, new Snippets.Place(base, 0));
    }

    /** Reads all parameters into locals of their own. */
    private static int[] readAll(
            CodeBuilder code,
            CodeParts parts,
            FunctionType type,
            List<Conversion> params,
            int bound,
            int in,
            int area) {
        boolean spilled = type.spillsParams();
        int base = spilled ? inMemory(code, IMPORT, "params", bound, area) : area;
        long[] offsets = Snippets.offsets(type.params(), !spilled);
        int[] slots = new int[params.size()];
        for (int i = 0; i < slots.length; i++) {
            TypeKind kind = TypeKind.from(Snippets.carrier(params.get(i)));
            parts.read(code, params.get(i), !spilled, in, new Snippets.Place(base, offsets[i]));
            slots[i] = code.allocateLocal(kind);
            code.storeLocal(kind, slots[i]);
        }
        return slots;
    }
}
