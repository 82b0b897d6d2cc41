package kiln.endive;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import kiln.runtime.CompiledModule;
import kiln.runtime.FuncType;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.Export;
import run.endive.wasm.types.ExternalType;
import run.endive.wasm.types.ImportSection;

/** A compiled module, and under which names Endive's numbers are found in it. */
final class CodeUnit {
    private final CompiledModule module;
    /** By kind and number; filled from the first of Endive's modules that it is used with. */
    private final Map<Integer, String> functions = new HashMap<>();

    private final Map<Integer, String> tables = new HashMap<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private WasmModule known;

    CodeUnit(CompiledModule module) {
        this.module = module;
    }

    CompiledModule module() {
        return module;
    }

    /**
     * Whether this is the code of a module.
     *
     * @throws IllegalArgumentException if it is another's, or lacks what Endive needs
     */
    synchronized void requireFits(WasmModule theirs) {
        if (known == theirs) {
            return;
        }
        ImportSection wanted = theirs.importSection();
        boolean same = wanted.importCount() == module.imports().size();
        for (int i = 0; same && i < wanted.importCount(); i++) {
            same = wanted.getImport(i).module().equals(module.imports().get(i).module())
                    && wanted.getImport(i).name().equals(module.imports().get(i).name());
        }
        Map<String, Boolean> ours = new HashMap<>();
        for (CompiledModule.ExportType e : module.exports()) {
            ours.put(e.name(), e.type() instanceof FuncType);
        }
        for (int i = 0; same && i < theirs.exportSection().exportCount(); i++) {
            Export e = theirs.exportSection().getExport(i);
            same = ours.containsKey(e.name()) && ours.get(e.name()) == (e.exportType() == ExternalType.FUNCTION);
        }
        if (!same) {
            throw new IllegalArgumentException("the code given to KilnEndive.use is that of another module than the"
                    + " builder's: imports or exports differ");
        }
        if (theirs.startSection().isPresent() && !ours.containsKey(DoorModule.START)) {
            throw new IllegalArgumentException("the module has a start function, which Endive calls by itself: give"
                    + " KilnEndive.use the WebAssembly, or what was compiled from it for Endive");
        }
        for (int i = 0; i < theirs.exportSection().exportCount(); i++) {
            Export e = theirs.exportSection().getExport(i);
            if (e.exportType() == ExternalType.FUNCTION) {
                functions.putIfAbsent(e.index(), e.name());
                numbers.put(e.name(), e.index());
            } else if (e.exportType() == ExternalType.TABLE) {
                tables.putIfAbsent(e.index(), e.name());
            }
        }
        theirs.startSection().ifPresent(s -> functions.putIfAbsent((int) s.startIndex(), DoorModule.START));
        known = theirs;
    }

    /** The name under which something is exported, if it is at all. */
    String name(char kind, int index) {
        String exported = kind == 'f' ? functions.get(index) : null;
        return exported != null ? exported : DoorModule.name(kind, index);
    }

    /** The name of a table, or null if it is not exported. */
    String exportedTable(int index) {
        return tables.get(index);
    }

    /** All functions that have names. */
    void forEachFunction(ObjIntConsumer<String> action) {
        String added = DoorModule.PREFIX + 'f';
        for (CompiledModule.ExportType e : module.exports()) {
            if (e.type() instanceof FuncType) {
                Integer number = numbers.get(e.name());
                if (number != null) {
                    action.accept(e.name(), number);
                } else if (e.name().startsWith(added)) {
                    action.accept(e.name(), Integer.parseInt(e.name().substring(added.length())));
                }
            }
        }
    }
}
