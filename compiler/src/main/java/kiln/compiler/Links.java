package kiln.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.MemoryConstants;
import kiln.artifact.Printable;
import kiln.types.ValType;
import kiln.wasm.Export;
import kiln.wasm.ExternType;
import kiln.wasm.Import;
import kiln.wasm.ImportMatching;
import kiln.wasm.WasmModule;

/**
 * Binds what modules of one file import from each other. An import whose module name is the name of a module of the
 * file must be one of its exports; every other one stays an import of the file.
 */
final class Links {
    /**
     * @param name that others import it by; null only for a module that is alone
     * @param file for messages
     */
    record Part(String name, String file, WasmModule module) {
        /** The file as messages name it. */
        String label() {
            return Printable.name(file);
        }
    }

    /** What an import is bound to. */
    sealed interface Target {}

    /** Number of a module of the file, in their final order, and of one of its exports. */
    record ExportTarget(int module, int export) implements Target {}

    /** A canonical function of the file's component, by its number in the plan. */
    record CanonTarget(int canon) implements Target {}

    /**
     * A module in its place.
     *
     * @param name of {@link Part}, or null for the name that the module has in itself
     * @param imports for each import what it is bound to, or null
     */
    record Bound(String name, WasmModule module, List<Target> imports) {}

    private final List<Part> parts;
    private final Map<String, Integer> byName = new HashMap<>();
    /** By part: its place in the result, once it has one. */
    private final int[] places;

    private final List<Bound> result = new ArrayList<>();

    private Links(List<Part> parts) {
        this.parts = parts;
        this.places = new int[parts.size()];
        for (int i = 0; i < parts.size(); i++) {
            places[i] = -1;
            Integer other = byName.put(parts.get(i).name, i);
            if (other != null) {
                throw new CompileException(parts.get(other).label() + " and "
                        + parts.get(i).label() + " are both named \"" + Printable.name(parts.get(i).name)
                        + "\": modules that are linked need different names");
            }
        }
    }

    /**
     * Modules in an order in which each comes after those that it imports from, and else as they were given.
     *
     * @throws CompileException if two have the same name, an export is missing or of another type, or modules import
     *     each other
     */
    static List<Bound> bind(List<Part> parts) {
        if (parts.size() == 1) {
            return List.of(new Bound(parts.getFirst().name, parts.getFirst().module, List.of()));
        }
        Links links = new Links(parts);
        for (int i = 0; i < parts.size(); i++) {
            links.place(i, new ArrayList<>());
        }
        return links.result;
    }

    /** @param importers the parts that wait for this one */
    private void place(int part, List<Integer> importers) {
        if (places[part] >= 0) {
            return;
        }
        int at = importers.indexOf(part);
        importers.add(part);
        if (at >= 0) {
            throw new CompileException("modules that import from each other cannot be linked: "
                    + Printable.join(
                            " -> ",
                            importers.subList(at, importers.size()).stream()
                                    .map(i -> parts.get(i).label())
                                    .toList()));
        }
        for (Import i : parts.get(part).module.imports()) {
            Integer from = byName.get(i.module());
            if (from != null) {
                place(from, importers);
            }
        }
        importers.removeLast();
        List<Target> targets = new ArrayList<>();
        for (Import i : parts.get(part).module.imports()) {
            Integer from = byName.get(i.module());
            targets.add(
                    from == null ? null : new ExportTarget(places[from], find(parts.get(part), i, parts.get(from))));
        }
        places[part] = result.size();
        result.add(new Bound(parts.get(part).name, parts.get(part).module, targets));
    }

    private static int find(Part importer, Import wanted, Part exporter) {
        List<Export> exports = exporter.module.exports();
        for (int i = 0; i < exports.size(); i++) {
            Export e = exports.get(i);
            if (e.name().equals(wanted.name())) {
                ExternType offered = exporter.module.externType(e.kind(), e.index());
                if (!ImportMatching.matches(exporter.module.types(), offered, importer.module.types(), wanted.type())) {
                    throw new CompileException(importer.label() + " imports " + label(wanted) + " as "
                            + text(importer.module, wanted.type()) + ", but " + exporter.label() + " exports "
                            + text(exporter.module, offered));
                }
                return i;
            }
        }
        throw new CompileException(importer.label() + " imports " + label(wanted) + ", but " + exporter.label()
                + " has no export \"" + Printable.name(wanted.name()) + "\"");
    }

    private static String label(Import i) {
        return Printable.name(i.module()) + "." + Printable.name(i.name());
    }

    private static String text(WasmModule module, ExternType type) {
        return switch (type) {
            case ExternType.Func f ->
                Printable.name(module.types().func(f.typeIndex()).toString());
            case ExternType.Tag t ->
                "tag " + Printable.name(module.types().func(t.typeIndex()).toString());
            case ExternType.Memory m ->
                (m.is64() ? "64-bit " : "") + (m.shared() ? "shared " : "") + "memory " + m.limits()
                        + (m.pageShift() == MemoryConstants.PAGE_SHIFT ? "" : " pages of one byte");
            case ExternType.Table t ->
                (t.is64() ? "64-bit " : "") + "table " + t.limits() + " " + ValType.toString(t.element());
            case ExternType.Global g ->
                (g.mutable() ? "mutable" : "immutable") + " global " + ValType.toString(g.type());
        };
    }
}
