package kiln.runtime.component;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** What was found out about interfaces of Java for a component, and the code that was made: for all its instances. */
final class Declared {
    private record Export(String interfaceName, Class<?> type) {}

    private record Import(int number, Class<?> type) {}

    private final Map<Export, TypedExports> exports = new ConcurrentHashMap<>();
    private final Map<Import, ImportShape> imports = new ConcurrentHashMap<>();
    private final Map<Integer, ImportShape> generic = new ConcurrentHashMap<>();
    private final Map<String, GenericExport> genericExports = new ConcurrentHashMap<>();

    TypedExports exports(String interfaceName, Class<?> type, Supplier<TypedExports> find) {
        return exports.computeIfAbsent(new Export(interfaceName, type), _ -> find.get());
    }

    /**
     * @param number of the function among the component's imports
     * @param find may return null, which is not remembered
     */
    ImportShape imported(int number, Class<?> type, Supplier<ImportShape> find) {
        return imports.computeIfAbsent(new Import(number, type), _ -> find.get());
    }

    /**
     * @param number of a function among the component's imports that takes generic values
     */
    ImportShape generic(int number, Supplier<ImportShape> make) {
        return generic.computeIfAbsent(number, _ -> make.get());
    }

    /** @param function its name with its interface's */
    GenericExport export(String function, Supplier<GenericExport> make) {
        return genericExports.computeIfAbsent(function, _ -> make.get());
    }

    /** Forgets everything, so that the interfaces' class loaders do not stay because of a closed component. */
    void clear() {
        exports.clear();
        imports.clear();
        generic.clear();
        genericExports.clear();
    }
}
