package kiln.runtime;

import java.util.List;
import kiln.artifact.Printable;

/**
 * A module cannot be instantiated: imports are missing or of the wrong type, a limit of the store would be exceeded, or
 * relaxed vector operations have other results than in the store's other instances.
 */
public final class LinkException extends WasmException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    LinkException(String module, List<String> problems) {
        super("cannot link " + Printable.name(module) + ": " + Printable.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong, one line each. */
    public List<String> problems() {
        return problems == null ? List.of() : problems;
    }
}
