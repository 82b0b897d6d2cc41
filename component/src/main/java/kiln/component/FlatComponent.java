package kiln.component;

import java.util.List;
import kiln.artifact.component.ComponentPlan;
import kiln.wasm.WasmModule;

/**
 * A component without nesting.
 *
 * @param type what it imports and exports
 * @param plan what it comes to
 * @param modules for each core instance of the plan its module, valid; the same object where one is instantiated twice,
 *     and {@link CoreModuleType#face} for instances of modules that are imported
 * @param faces of the modules that are imported, in the order of the plan
 * @param exported the modules that {@link ComponentPlan.ModuleItem}s name, by number
 * @param components those that {@link ComponentPlan.ComponentItem}s name, by number
 * @param names what the core instances are called in backtraces, with the component instances around them
 */
public record FlatComponent(
        ComponentType type,
        ComponentPlan plan,
        List<WasmModule> modules,
        List<WasmModule> faces,
        List<WasmModule> exported,
        List<FlatComponent> components,
        List<String> names) {}
