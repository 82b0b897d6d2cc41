package kiln.runtime.component;

import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_String;
import static java.lang.constant.ConstantDescs.CD_void;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The class whose objects implement an interface of Java by functions of a component. It lies in the interface's
 * package, where all types of its methods are known and nothing of Kiln need be: each method calls a method handle that
 * is a constant, and leads to the function's marshalling code. If the package is not open to Kiln, there is no such
 * class, and the objects are proxies.
 */
final class Facade {
    private static final String BINDING = "binding";
    private static final String RESOURCE = "resource";
    private static final MethodTypeDesc CONSTRUCTOR = MethodTypeDesc.of(CD_void, CD_Object, CD_Object);

    private static final MethodHandle LINK;
    private static final MethodHandle INTERPRET;
    private static final MethodHandle DESCRIBE;
    private static final MethodHandle CLOSE;

    static {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        try {
            LINK = lookup.findVirtual(Link.class, "link", MethodType.methodType(MethodHandle.class));
            INTERPRET = lookup.findStatic(
                    Facade.class,
                    "interpret",
                    MethodType.methodType(
                            Object.class, InterfaceShape.Call.class, Object.class, Object.class, Object[].class));
            DESCRIBE = lookup.findStatic(
                    Facade.class, "describe", MethodType.methodType(String.class, Object.class, Object.class));
            CLOSE = lookup.findStatic(Facade.class, "close", MethodType.methodType(void.class, Object.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** A method's way to its function, which is only made when it is first called. */
    private static final class Link extends MutableCallSite {
        private final InterfaceShape.Call call;

        Link(InterfaceShape.Call call, MethodType type) {
            super(type);
            this.call = call;
            setTarget(MethodHandles.foldArguments(MethodHandles.exactInvoker(type), LINK.bindTo(this)));
        }

        @SuppressWarnings("unused") // found by its name
        synchronized MethodHandle link() {
            MethodHandle code = MarshalCode.export(call);
            MethodHandle target = code != null
                    ? code.asType(type())
                    : INTERPRET
                            .bindTo(call)
                            .asCollector(Object[].class, type().parameterCount() - 2)
                            .asType(type());
            setTarget(target);
            return target;
        }
    }

    /** Null if there is no class. */
    private final MethodHandle maker;

    private final Class<?> made;
    /** From an object to its resource. */
    private final MethodHandle resource;

    Facade(InterfaceShape shape) {
        MethodHandle constructor = null;
        MethodHandle getter = null;
        Class<?> hidden = null;
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(shape.type(), MethodHandles.lookup());
            List<MethodHandle> constants = new ArrayList<>();
            byte[] bytes = bytes(shape, constants);
            MethodHandles.Lookup in = lookup.defineHiddenClassWithClassData(bytes, List.copyOf(constants), true);
            hidden = in.lookupClass();
            constructor = in.findConstructor(hidden, MethodType.methodType(void.class, Object.class, Object.class))
                    .asType(MethodType.methodType(Object.class, Object.class, Object.class));
            getter = in.findGetter(hidden, RESOURCE, Object.class)
                    .asType(MethodType.methodType(Object.class, Object.class));
        } catch (IllegalAccessException | NoSuchMethodException | NoSuchFieldException | LinkageError _) {
            constructor = null;
        }
        this.maker = constructor;
        this.made = hidden;
        this.resource = getter;
    }

    /** {@code (Object binding, Object resource) -> Object}; null if the objects are proxies. */
    MethodHandle maker() {
        return maker;
    }

    /** The resource that an object of the class, or a proxy, stands for; any other value unchanged. */
    Object resource(Object value) {
        if (value.getClass() == made && maker != null) {
            try {
                return (Object) resource.invokeExact(value);
            } catch (Throwable t) {
                throw Calls.<RuntimeException>sneak(t);
            }
        }
        return Proxy.isProxyClass(value.getClass()) && Proxy.getInvocationHandler(value) instanceof Handler h
                ? h.resource
                : value;
    }

    // ---- the class

    private static byte[] bytes(InterfaceShape shape, List<MethodHandle> constants) {
        ClassDesc interfaceDesc = shape.type().describeConstable().orElseThrow();
        ClassDesc self = ClassDesc.of(shape.type().getName() + "$Bound");
        return ClassFile.of().build(self, cb -> {
            cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                    .withInterfaceSymbols(interfaceDesc)
                    .withField(BINDING, CD_Object, ClassFile.ACC_FINAL | ClassFile.ACC_PRIVATE)
                    .withField(RESOURCE, CD_Object, ClassFile.ACC_FINAL | ClassFile.ACC_PRIVATE)
                    .withMethodBody(
                            INIT_NAME,
                            CONSTRUCTOR,
                            0,
                            code -> code.aload(0)
                                    .invokespecial(CD_Object, INIT_NAME, MTD_void)
                                    .aload(0)
                                    .aload(1)
                                    .putfield(self, BINDING, CD_Object)
                                    .aload(0)
                                    .aload(2)
                                    .putfield(self, RESOURCE, CD_Object)
                                    .return_());
            for (Map.Entry<Method, InterfaceShape.Call> e : shape.calls().entrySet()) {
                method(cb, self, e.getKey(), e.getValue(), constants);
            }
            constants.add(DESCRIBE);
            int describe = constants.size() - 1;
            cb.withMethodBody("toString", MethodTypeDesc.of(CD_String), ClassFile.ACC_PUBLIC, code -> {
                code.ldc(Marshalling.constant(CD_MethodHandle, describe));
                fields(code, self);
                code.invokevirtual(CD_MethodHandle, "invokeExact", MethodTypeDesc.of(CD_String, CD_Object, CD_Object))
                        .areturn();
            });
            if (shape.isResource() && hasClose(shape)) {
                constants.add(CLOSE);
                int close = constants.size() - 1;
                cb.withMethodBody(
                        "close",
                        MTD_void,
                        ClassFile.ACC_PUBLIC,
                        code -> code.ldc(Marshalling.constant(CD_MethodHandle, close))
                                .aload(0)
                                .getfield(self, RESOURCE, CD_Object)
                                .invokevirtual(CD_MethodHandle, "invokeExact", MethodTypeDesc.of(CD_void, CD_Object))
                                .return_());
            }
        });
    }

    private static boolean hasClose(InterfaceShape shape) {
        for (Method m : shape.type().getMethods()) {
            if (TypedExports.isClose(m) && Modifier.isAbstract(m.getModifiers())) {
                return true;
            }
        }
        return false;
    }

    private static void fields(CodeBuilder code, ClassDesc self) {
        code.aload(0).getfield(self, BINDING, CD_Object).aload(0).getfield(self, RESOURCE, CD_Object);
    }

    private static void method(
            ClassBuilder cb, ClassDesc self, Method m, InterfaceShape.Call call, List<MethodHandle> constants) {
        MethodType plain = MethodType.methodType(m.getReturnType(), m.getParameterTypes());
        MethodType type = plain.insertParameterTypes(0, Object.class, Object.class);
        constants.add(new Link(call, type).dynamicInvoker());
        int number = constants.size() - 1;
        cb.withMethodBody(m.getName(), plain.describeConstable().orElseThrow(), ClassFile.ACC_PUBLIC, code -> {
            code.ldc(Marshalling.constant(CD_MethodHandle, number));
            fields(code, self);
            for (int i = 0; i < plain.parameterCount(); i++) {
                code.loadLocal(TypeKind.from(plain.parameterType(i)), code.parameterSlot(i));
            }
            code.invokevirtual(
                            CD_MethodHandle,
                            "invokeExact",
                            type.describeConstable().orElseThrow())
                    .return_(TypeKind.from(plain.returnType()));
        });
    }

    // ---- what its methods call, found by name

    static Object interpret(InterfaceShape.Call call, Object binding, Object self, Object[] args) {
        return call.interpret((Binding) binding, (GuestResource) self, args);
    }

    static String describe(Object binding, Object self) {
        return ((Binding) binding).describe((GuestResource) self);
    }

    static void close(Object self) {
        ((GuestResource) self).close();
    }

    // ---- proxies

    static Object proxy(InterfaceShape shape, Binding binding, GuestResource resource) {
        Class<?> type = shape.type();
        return Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, new Handler(binding, resource, shape.calls()));
    }

    /** What the methods of one object do. */
    private record Handler(Binding binding, GuestResource resource, Map<Method, InterfaceShape.Call> calls)
            implements InvocationHandler {
        @Override
        public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
            InterfaceShape.Call c = calls.get(method);
            if (c != null) {
                return c.interpret(binding, resource, args == null ? new Object[0] : args);
            }
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, args);
            }
            return switch (method.getName()) {
                case "equals" -> proxy == args[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "toString" -> binding.describe(resource);
                default -> {
                    resource.close();
                    yield null;
                }
            };
        }
    }
}
