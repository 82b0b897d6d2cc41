package kiln.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.CanonItem;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.component.ComponentDecoder;
import kiln.component.DecodedComponent;
import kiln.component.FlatComponent;
import kiln.component.Flattening;
import kiln.component.TypeWriter;
import kiln.component.WitPrinter;
import kiln.translate.ComponentFunctions;
import kiln.translate.ModuleEnvironment;
import kiln.wasm.Export;
import kiln.wasm.Features;
import kiln.wasm.Import;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;

/**
 * The modules of a file in their order, and what they import from each other: those that were given, or those of a
 * component.
 *
 * @param bound of a component without the one that stands for it, which is number 0; see {@link ComponentPlan}
 * @param plan of a component, else null
 * @param world of a component in WIT, else null
 * @param type of a component in the binary format; null if there is none, or several components were put together
 * @param exported components that the component exports, by number
 */
record Modules(List<Links.Bound> bound, ComponentPlan plan, String world, byte[] type, List<FlatComponent> exported) {
    /** For tests: adapters between components are left to the runtime, which has them in Java as well. */
    private static final boolean IN_JAVA = "java".equals(System.getProperty("kiln.component.adapters"));
    /** A module with nothing in it. */
    private static final byte[] EMPTY = {0, 'a', 's', 'm', 1, 0, 0, 0};

    /** Reads what is to be compiled. */
    static Modules of(List<Compiler.Input> inputs, CompilerOptions options) {
        Features features = Features.named(options.features());
        if (inputs.stream().allMatch(i -> ComponentDecoder.isComponent(i.wasm()))) {
            return of(flatten(inputs, features), inputs.size() == 1);
        }
        List<Links.Part> parts = new ArrayList<>();
        for (Compiler.Input i : inputs) {
            if (ComponentDecoder.isComponent(i.wasm())) {
                throw new CompileException(
                        Printable.name(i.file()) + " is a component: components are put together with components only");
            }
            parts.add(new Links.Part(i.name(), i.file(), ModuleDecoder.decode(i.wasm(), i.file(), features)));
        }
        return new Modules(Links.bind(parts), null, null, null, List.of());
    }

    /** @param alone whether names of types are those of one component */
    static Modules of(FlatComponent flat, boolean alone) {
        byte[] type = alone ? TypeWriter.write(flat.type()) : null;
        return new Modules(bind(flat), flat.plan(), WitPrinter.print(flat.type()), type, flat.components());
    }

    private static FlatComponent flatten(List<Compiler.Input> inputs, Features features) {
        List<DecodedComponent> components = ComponentDecoder.decodeTogether(
                inputs.stream()
                        .map(i -> new ComponentDecoder.Source(i.file(), i.wasm()))
                        .toList(),
                features);
        return components.size() == 1 ? Flattening.flatten(components.getFirst()) : Flattening.compose(components);
    }

    /**
     * Core instances become modules; what they export is known to the component only. Behind them come the modules that
     * say what imported ones must be, and those that are exported, whole and without links.
     */
    private static List<Links.Bound> bind(FlatComponent flat) {
        List<Set<String>> used = used(flat.plan());
        List<Map<String, Integer>> exports = new ArrayList<>();
        List<Links.Bound> result = new ArrayList<>();
        for (int i = 0; i < flat.modules().size(); i++) {
            WasmModule m = flat.modules().get(i).exporting(used.get(i)::contains);
            Map<String, Integer> numbers = new HashMap<>();
            for (Export e : m.exports()) {
                numbers.put(e.name(), numbers.size());
            }
            exports.add(numbers);
            List<Links.Target> imports = new ArrayList<>();
            CoreInstance instance = flat.plan().instances().get(i);
            for (CoreItem item : instance.imports()) {
                imports.add(
                        item instanceof CoreExport e
                                ? new Links.ExportTarget(
                                        e.instance() + 1,
                                        exports.get(e.instance()).get(e.name()))
                                : new Links.CanonTarget(((CanonItem) item).canon()));
            }
            while (instance.isOfImport() && imports.size() < m.imports().size()) {
                // What the instance exports is not known before it is there.
                imports.add(null);
            }
            result.add(new Links.Bound(flat.names().get(i), m, imports));
        }
        for (WasmModule face : flat.faces()) {
            result.add(new Links.Bound(null, face.exporting(_ -> false), List.of()));
        }
        for (WasmModule m : flat.exported()) {
            result.add(new Links.Bound(null, m, List.of()));
        }
        return result;
    }

    /** For each core instance the exports that something of the plan names. */
    private static List<Set<String>> used(ComponentPlan plan) {
        List<Set<String>> used = new ArrayList<>();
        for (int i = 0; i < plan.instances().size(); i++) {
            used.add(new HashSet<>());
        }
        plan.forEachCoreItem(item -> {
            if (item instanceof CoreExport e) {
                used.get(e.instance()).add(e.name());
            }
        });
        return used;
    }

    /** Whether one of them imports the function of wasi-threads: when one thread ends the program, others must stop. */
    boolean startThreads() {
        for (Links.Bound b : bound) {
            for (Import i : b.module().imports()) {
                if (i.module().equals("wasi") && i.name().equals("thread-spawn")) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * What is to be compiled.
     *
     * @param modules by number
     * @param component the component's own functions, or null
     */
    record Work(List<ModuleCompilation> modules, ComponentFunctions component) {}

    /** Whether a module is there for its types only. */
    boolean isFace(int number) {
        return plan != null
                && number >= plan.instantiated()
                && number < plan.instantiated() + plan.modules().size();
    }

    /** Everything, ready to be compiled. */
    Work compilations(CompilerOptions options) {
        List<ModuleCompilation> result = new ArrayList<>();
        List<ModuleEnvironment> environments = new ArrayList<>();
        ComponentFunctions component = null;
        if (plan != null) {
            WasmModule empty = ModuleDecoder.decode(EMPTY, "", Features.WASM1);
            Links.Bound own = new Links.Bound(null, empty, List.of());
            result.add(new ModuleCompilation(own, List.of(), options, new ComponentContext(plan), null));
            environments.add(result.getFirst().environment());
            component = IN_JAVA ? null : new ComponentFunctions(plan, environments);
        }
        for (Links.Bound b : bound) {
            result.add(new ModuleCompilation(b, List.copyOf(result), options, null, component));
            environments.add(result.getLast().environment());
        }
        if (component != null) {
            component.callees().forEach(f -> result.get(f.payload()).isCalled(f));
        }
        return new Work(List.copyOf(result), component);
    }
}
