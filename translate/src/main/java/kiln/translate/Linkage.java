package kiln.translate;

import java.util.Collections;
import java.util.List;
import kiln.artifact.LinkedContexts;
import kiln.ir.CallTarget;

/**
 * What a module's imports are bound to within its file.
 *
 * @param name that other modules import it by, or null if it is the file's only one
 * @param imports for each import what it is bound to, or null if it stays open
 * @param contexts those of the modules of lower numbers
 */
public record Linkage(String name, List<Import> imports, LinkedContexts contexts) {
    /** For the first module of a file. */
    public static final Linkage NONE = new Linkage(null, List.of(), LinkedContexts.NONE);

    /** What an import is bound to. */
    public sealed interface Import {}

    /**
     * An export of another module.
     *
     * @param module a module of a lower number
     * @param number of the export
     */
    public record Export(ModuleEnvironment module, int number) implements Import {}

    /** A function of the component that the module belongs to, see {@link ComponentFunctions}. */
    public record Code(CallTarget target) implements Import {}

    public Linkage {
        imports = Collections.unmodifiableList(imports);
    }
}
