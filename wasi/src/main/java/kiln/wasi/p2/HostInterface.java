package kiln.wasi.p2;

import java.io.IOException;
import java.util.List;

/**
 * One of WASI's interfaces, with its functions by their names in WIT. A switch over names and no table of lambdas, of
 * which the first hundred take a program's start-up time to make.
 */
abstract class HostInterface {
    /** The version whose functions these are; the linker serves all versions of its track. */
    static final String VERSION = "@0.2.12";

    /** A resource type of the interface, and the class of its objects. */
    record ResourceType(String name, Class<? extends Resource> type) {}

    private final String name;
    private final List<ResourceType> resources;
    private final List<String> functions;

    /** @param name without the version */
    HostInterface(String name, List<ResourceType> resources, String... functions) {
        this.name = name;
        this.resources = resources;
        this.functions = List.of(functions);
    }

    final String name() {
        return name.concat(VERSION);
    }

    final List<ResourceType> resources() {
        return resources;
    }

    final List<String> functions() {
        return functions;
    }

    /**
     * Calls one of {@link #functions}.
     *
     * @throws kiln.runtime.TrapException where WASI says that the guest is to trap
     */
    abstract Object call(String function, Object[] args) throws IOException;

    /** For a function that is not in the list. */
    final AssertionError unknown(String function) {
        return new AssertionError(name + " has no " + function);
    }
}
