package kiln.component;

import java.util.HashMap;
import java.util.Map;
import kiln.wasm.ByteReader;
import kiln.wasm.WasmException;

/**
 * What section {@code component-name} says that backtraces show: what a component, its core modules and components, and
 * the instances of both are called. A malformed section is no error: what came before the problem counts.
 */
final class ComponentNames {
    static final String SECTION = "component-name";

    private static final int COMPONENT = 0;
    private static final int SORT = 1;
    private static final int CORE = 0x00;
    private static final int CORE_MODULE = 0x11;
    private static final int CORE_INSTANCE = 0x12;
    private static final int SORT_COMPONENT = 0x04;
    private static final int SORT_INSTANCE = 0x05;
    /** Longer ones are cut: names of nested instances are put together, once for each instance. */
    private static final int MAX_LENGTH = 100;

    /** The component's own name, or null. */
    String own;

    final Map<Integer, String> coreModules = new HashMap<>();
    final Map<Integer, String> coreInstances = new HashMap<>();
    final Map<Integer, String> components = new HashMap<>();
    final Map<Integer, String> instances = new HashMap<>();

    /** Reads a section from where its contents begin to where they end. */
    void read(ByteReader in) {
        int end = in.limit();
        try {
            while (in.remaining() > 0) {
                int id = in.u8();
                int size = in.count();
                int next = in.position() + size;
                in.seek(in.position(), next);
                if (id == COMPONENT) {
                    own = cut(in.name());
                } else if (id == SORT) {
                    names(in);
                }
                in.seek(next, end);
            }
        } catch (WasmException _) {
            // Names only serve people: a damaged section must not reject the component.
        }
        in.seek(end, end);
    }

    private void names(ByteReader in) {
        int sort = in.u8();
        Map<Integer, String> names = switch (sort == CORE ? in.u8() : sort) {
            case CORE_MODULE -> coreModules;
            case CORE_INSTANCE -> coreInstances;
            case SORT_COMPONENT -> components;
            case SORT_INSTANCE -> instances;
            default -> null;
        };
        if (names == null) {
            return;
        }
        for (int n = in.count(); n > 0; n--) {
            int index = in.index();
            names.put(index, cut(in.name()));
        }
    }

    /** A name of a length that may be repeated. */
    static String cut(String name) {
        if (name.length() <= MAX_LENGTH) {
            return name;
        }
        int end = Character.isHighSurrogate(name.charAt(MAX_LENGTH - 1)) ? MAX_LENGTH - 1 : MAX_LENGTH;
        return name.substring(0, end);
    }
}
