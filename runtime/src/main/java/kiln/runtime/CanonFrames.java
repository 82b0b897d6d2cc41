package kiln.runtime;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.Canon;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.loader.LoadedArtifact;

/** Frames of a component's own code in backtraces: adapters between components, and the functions of resources. */
final class CanonFrames {
    private CanonFrames() {}

    /** Whether it is code of a canonical definition. */
    static boolean isCanon(FuncKey key) {
        return key.kind() == FuncKey.Kind.COMPONENT_ADAPTER || key.kind() == FuncKey.Kind.COMPONENT_TRAMPOLINE;
    }

    /**
     * An adapter is named by what it calls, a function of a resource by the destructor that it may call.
     *
     * @param artifact of a component
     */
    static WasmFrame frame(LoadedArtifact artifact, FuncKey key) {
        ComponentPlan plan = artifact.artifact().component();
        List<Canon> canons = plan.canons();
        Canon canon = key.index() >= 0 && key.index() < canons.size() ? canons.get(key.index()) : null;
        if (canon instanceof ComponentPlan.LowerLift l
                && plan.lifts().get(l.lift()).function() instanceof CoreExport e) {
            return frame(artifact, e, "adapter of " + e.name());
        }
        if (canon instanceof ComponentPlan.ResourceDrop d) {
            return frame(artifact, plan.resources().get(d.resource()).destructor(), "resource.drop");
        }
        return frame(
                artifact,
                null,
                canon instanceof ComponentPlan.ResourceNew
                        ? "resource.new"
                        : canon instanceof ComponentPlan.ResourceRep ? "resource.rep" : "adapter");
    }

    private static WasmFrame frame(LoadedArtifact artifact, CoreItem within, String function) {
        int module = within instanceof CoreExport e ? e.instance() + 1 : 0;
        return new WasmFrame(artifact.moduleName(module), function, -1, -1);
    }
}
