package kiln.runtime;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;
import kiln.artifact.ModuleInfo;
import kiln.artifact.component.ComponentPlan;

/**
 * A function of a component that a module of the file imports and that is code of the file, not Java.
 *
 * @param code its address
 * @param distance bytes from the module's context to the one that it runs in
 */
record CanonCode(long code, int distance) {
    /** For each function that a module imports what it is, or null if Java gives it. */
    static List<CanonCode> of(CompiledModule module, int number, LinkedContexts contexts) {
        ComponentPlan plan = module.plan();
        List<ComponentPlan.CoreItem> given = plan != null && number > 0 && number < plan.instantiated()
                ? plan.instances().get(number - 1).imports()
                : List.of();
        List<CanonCode> result = new ArrayList<>();
        List<ModuleInfo.Import> imports = module.info().imports();
        for (int i = 0; i < imports.size(); i++) {
            if (imports.get(i).type().kind() == ExternType.Kind.FUNC) {
                result.add(
                        i < given.size() && given.get(i) instanceof ComponentPlan.CanonItem(int canon)
                                ? find(module, number, canon, contexts)
                                : null);
            }
        }
        return result;
    }

    /** Code runs in the context of a module before those that import it. */
    private static CanonCode find(CompiledModule module, int number, int canon, LinkedContexts contexts) {
        for (int home = 0; home < number; home++) {
            for (FuncKey.Kind kind :
                    new FuncKey.Kind[] {FuncKey.Kind.COMPONENT_ADAPTER, FuncKey.Kind.COMPONENT_TRAMPOLINE}) {
                long code = module.code(FuncKey.of(kind, home, canon));
                if (code != 0) {
                    return new CanonCode(code, contexts.distance(number, home));
                }
            }
        }
        return null;
    }
}
