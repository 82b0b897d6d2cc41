package kiln.compiler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Builtin;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;

/** The compiled functions of all modules of a file, of which {@link #link} keeps those that are needed. */
final class Program implements Reachability.Program {
    private final List<ModuleCompilation> modules;
    private final Map<FuncKey, CompiledFunction> code = new HashMap<>();
    private final List<FuncKey> referred = new ArrayList<>();
    private final List<FuncKey> entries = new ArrayList<>();
    private Reachability reachability;

    /** @param modules by number */
    Program(List<ModuleCompilation> modules) {
        this.modules = modules;
    }

    /** Adds a function of any kind. */
    void add(CompiledFunction f) {
        code.put(f.key(), f);
        if (f.key().kind() != FuncKey.Kind.WASM_FUNCTION) {
            entries.add(f.key());
        } else if (reference(f.key()) != null) {
            referred.add(f.key());
        }
    }

    /** The functions that are needed, in the order of their keys. */
    List<CompiledFunction> link() {
        reachability = new Reachability(this);
        reachability.run();
        List<CompiledFunction> result = new ArrayList<>();
        for (FuncKey key : reachability.reached()) {
            result.add(code.get(key));
        }
        result.sort(Comparator.comparing(CompiledFunction::key));
        return result;
    }

    /** What became of the functions that a module defines, in order; to be called after {@link #link}. */
    List<Fate> fates(int module) {
        List<Fate> fates = new ArrayList<>();
        for (int i = 0; i < modules.get(module).definedCount(); i++) {
            Fate fate = reachability.fate(FuncKey.wasmFunction(module, i));
            fates.add(fate == null ? Fate.UNREACHABLE : fate);
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
        CompiledFunction f = code.get(key);
        if (f == null) {
            if (key.kind() != FuncKey.Kind.BUILTIN) {
                throw new IllegalStateException(key + " is called but was not compiled");
            }
            f = modules.get(key.payload()).compile(Builtin.values()[key.index()]);
            code.put(key, f);
        }
        return f.relocations().stream().map(Relocation::target)::iterator;
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
