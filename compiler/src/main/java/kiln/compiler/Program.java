package kiln.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Builtin;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.ir.InlineTable;
import kiln.translate.ComponentFunctions;

/** The compiled functions of all modules of a file, of which {@link #link} keeps those that are needed. */
final class Program implements Reachability.Program {
    private final List<ModuleCompilation> modules;
    private final ComponentFunctions component;
    private final Map<FuncKey, Product> products = new HashMap<>();
    private final List<FuncKey> referred = new ArrayList<>();
    private final List<FuncKey> entries = new ArrayList<>();
    private Reachability reachability;

    /**
     * @param modules by number
     * @param component null if there is none, or if none of its functions are code
     */
    Program(List<ModuleCompilation> modules, ComponentFunctions component) {
        this.modules = modules;
        this.component = component;
    }

    /** Compiles the component's functions whose home is a module that is complete. */
    void compileOfComponent(int home) {
        if (component == null) {
            return;
        }
        List<FuncKey> keys = component.ofHome(home);
        for (FuncKey key : keys) {
            add(key, modules.get(home).compileOfComponent(component.translate(key)));
        }
        for (FuncKey key = component.nextHelper(); key != null; key = component.nextHelper()) {
            add(key, modules.get(key.payload()).compileOfComponent(component.translate(key)));
        }
    }

    /** Adds a function of any kind. */
    void add(FuncKey key, Product product) {
        products.put(key, product);
        if (key.isOfComponent()) {
            // Needed where it is called.
            return;
        }
        if (key.kind() != FuncKey.Kind.WASM_FUNCTION) {
            entries.add(key);
        } else if (reference(key) != null) {
            referred.add(key);
        }
    }

    /** The functions that are needed, in the order of their keys; makes the code of those that are still pending. */
    List<Product.Code> link(WorkPool pool) {
        modules.forEach(m -> entries.addAll(m.referredOfComponent()));
        reachability = new Reachability(this);
        reachability.run();
        List<FuncKey> keys = new ArrayList<>(reachability.reached());
        keys.sort(null);
        Product.Code[] result = new Product.Code[keys.size()];
        pool.run(result.length, () -> i -> result[i] = code(products.get(keys.get(i))));
        return List.of(result);
    }

    private Product.Code code(Product product) {
        if (product instanceof Product.Code code) {
            return code;
        }
        Product.Pending pending = (Product.Pending) product;
        FuncKey key = pending.function().key();
        try {
            return modules.get(key.payload()).generate(pending);
        } catch (RuntimeException e) {
            throw Defects.in(key, e);
        }
    }

    /** What became of the functions that a module defines, in order; to be called after {@link #link}. */
    List<Fate> fates(int module) {
        List<Fate> fates = new ArrayList<>();
        for (int i = 0; i < modules.get(module).definedCount(); i++) {
            fates.add(reachability.fate(FuncKey.wasmFunction(module, i)));
        }
        return fates;
    }

    @Override
    public List<FuncKey> referred() {
        return referred;
    }

    @Override
    public List<FuncKey> entries() {
        return entries;
    }

    @Override
    public Fate reference(FuncKey key) {
        return modules.get(key.payload()).environment().reference(index(key));
    }

    @Override
    public Iterable<FuncKey> targets(FuncKey key) {
        return product(key).targets();
    }

    private Product product(FuncKey key) {
        Product product = products.get(key);
        if (product == null) {
            ModuleCompilation home = modules.get(key.payload());
            product = switch (key.kind()) {
                case BUILTIN -> home.compile(Builtin.values()[key.index()]);
                case COMPONENT_HELPER -> home.compileOfComponent(component.translate(key));
                default -> throw new IllegalStateException(key + " is called but was not compiled");
            };
            products.put(key, product);
        }
        return product;
    }

    @Override
    public Set<FuncKey> copies(FuncKey key) {
        InlineTable table = product(key).inlines();
        Set<FuncKey> callees = new LinkedHashSet<>();
        for (int site = 0; table != null && site < table.siteCount(); site++) {
            callees.add(table.callee(site));
        }
        return callees;
    }

    @Override
    public FuncKey function(int module, int index) {
        return FuncKey.wasmFunction(module, index - modules.get(module).importedCount());
    }

    @Override
    public int index(FuncKey key) {
        return key.index() + modules.get(key.payload()).importedCount();
    }
}
