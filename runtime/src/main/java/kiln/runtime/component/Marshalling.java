package kiln.runtime.component;

import static java.lang.constant.ConstantDescs.CD_Object;

import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.util.List;

/**
 * Which way values of declared types go: by generated code, or with {@code -Dkiln.component.marshal=interpreted} by
 * generic values and by walking types, which is what tests compare the code with. With {@code generated}, imports have
 * their code at once and not after many calls.
 */
final class Marshalling {
    private static final String PROPERTY = "kiln.component.marshal";
    /** After so many calls an import gets code of its own; before, that would cost more than it saves. */
    private static final int MANY_CALLS = 1000;
    /**
     * The same for functions of generic values, of which programs have dozens, WASI's: the code saves less, and the
     * first class that is written costs what tens of thousands of calls do.
     */
    private static final int VERY_MANY_CALLS = 100_000;

    private Marshalling() {}

    static boolean isInterpreted() {
        return "interpreted".equals(System.getProperty(PROPERTY));
    }

    /** Calls of an import after which it gets code. */
    static int manyCalls(boolean generic) {
        return "generated".equals(System.getProperty(PROPERTY)) ? 0 : generic ? VERY_MANY_CALLS : MANY_CALLS;
    }

    /** In a hidden class whose data is a {@link List}: one of its elements. */
    static ConstantDesc constant(ClassDesc type, int number) {
        return DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(
                        ConstantDescs.CD_MethodHandles, "classDataAt", CD_Object, ConstantDescs.CD_int),
                ConstantDescs.DEFAULT_NAME,
                type,
                number);
    }
}
