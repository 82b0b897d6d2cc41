package kiln.runtime;

import static java.lang.constant.ConstantDescs.CD_MethodHandles;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.function.Consumer;

/** Defines the classes of adapters that serve one host function each, which is a constant in them. */
final class HostClasses {
    static final ClassDesc CD_Caller = ClassDesc.of("kiln.runtime.Caller");
    /** In the body: {@code Caller}. */
    static final int CALLER = 1;
    /** In the body: the address of the argument area. */
    static final int AREA = 2;

    private static final MethodTypeDesc CONSTRUCTOR = MethodTypeDesc.of(CD_void, ClassDesc.of("kiln.runtime.FuncType"));
    private static final MethodTypeDesc INVOKE = MethodTypeDesc.of(CD_void, CD_Caller, CD_long);

    private HostClasses() {}

    /** In the body: the host function. */
    static ConstantDesc function(ClassDesc type) {
        return DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(CD_MethodHandles, "classData", CD_Object),
                ConstantDescs.DEFAULT_NAME,
                type);
    }

    /**
     * Makes an adapter of a new class, which is unloaded with it.
     *
     * @param body of {@link HostAdapter#invoke}
     */
    static HostAdapter define(
            String name, ClassDesc superclass, Consumer<CodeBuilder> body, FuncType type, Object function) {
        byte[] bytes = ClassFile.of()
                .build(
                        ClassDesc.of(name),
                        cb -> cb.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                                .withSuperclass(superclass)
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        CONSTRUCTOR,
                                        0,
                                        code -> code.aload(0)
                                                .aload(1)
                                                .invokespecial(superclass, ConstantDescs.INIT_NAME, CONSTRUCTOR)
                                                .return_())
                                .withMethodBody("invoke", INVOKE, 0, body));
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClassWithClassData(bytes, function, true);
            return (HostAdapter)
                    hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class, FuncType.class))
                            .invoke(type);
        } catch (Throwable e) {
            throw new KilnBug("cannot define the adapter of " + function, e);
        }
    }
}
