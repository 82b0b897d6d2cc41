package kiln.translate;

import java.util.Collections;
import java.util.List;
import kiln.artifact.LinkedContexts;

/**
 * What a module's imports are bound to within its file.
 *
 * @param name that other modules import it by, or null if it is the file's only one
 * @param imports for each import an export of another module, or null if it stays open
 * @param contexts those of the modules of lower numbers
 */
public record Linkage(String name, List<Export> imports, LinkedContexts contexts) {
    /** For the first module of a file. */
    public static final Linkage NONE = new Linkage(null, List.of(), LinkedContexts.NONE);

    /**
     * @param module a module of a lower number
     * @param number of the export
     */
    public record Export(ModuleEnvironment module, int number) {}

    public Linkage {
        imports = Collections.unmodifiableList(imports);
    }
}
