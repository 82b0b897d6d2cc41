package kiln.translate;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.ElementItems;
import kiln.artifact.ExternType;
import kiln.artifact.ModuleInfo;
import kiln.artifact.TableImage;
import kiln.wasm.ConstExpr;
import kiln.wasm.ConstOp;
import kiln.wasm.DataSegment;
import kiln.wasm.ElemSegment;
import kiln.wasm.Export;
import kiln.wasm.Feature;
import kiln.wasm.Import;
import kiln.wasm.Limits;
import kiln.wasm.SegmentMode;
import kiln.wasm.WasmModule;

/**
 * What the runtime needs to know of a module besides its code.
 *
 * @param info the description, which refers to places in {@code data}
 * @param data images, then the content of data segments; to be placed at the offset given to {@link #of}
 */
public record ModuleMetadata(ModuleInfo info, byte[] data) {
    /**
     * Describes a module.
     *
     * @param dataStart where in the file's data this module's data will begin, the start of a page
     * @param pageBytes bytes of the target's largest page, a divisor of the page size of memories
     */
    public static ModuleMetadata of(ModuleEnvironment env, long dataStart, int pageBytes) {
        if (dataStart % pageBytes != 0) {
            throw new IllegalArgumentException("data must start at a multiple of the page size: " + dataStart);
        }
        Producer p = new Producer(env, dataStart, pageBytes);
        p.run();
        return new ModuleMetadata(p.out.build(), p.data.toByteArray());
    }

    /** Converts from the decoder's model to the runtime's, piece by piece. */
    private static final class Producer {
        final ModuleEnvironment env;
        final WasmModule wasm;
        final long dataStart;
        final int pageBytes;
        final ModuleInfo.Builder out;
        final ByteArrayOutputStream data = new ByteArrayOutputStream();
        /** Elements so far whose value a global of their own has. */
        int hidden;

        Producer(ModuleEnvironment env, long dataStart, int pageBytes) {
            this.env = env;
            this.wasm = env.wasm();
            this.dataStart = dataStart;
            this.pageBytes = pageBytes;
            String name = env.linkage().name() != null
                    ? env.linkage().name()
                    : wasm.names().module();
            this.out = new ModuleInfo.Builder(name == null ? "" : name);
        }

        void run() {
            out.types = wasm.types();
            for (int n = 0; n < wasm.imports().size(); n++) {
                Import i = wasm.imports().get(n);
                out.imports.add(new ModuleInfo.Import(i.module(), i.name(), externType(i.type()), link(n)));
            }
            for (Export e : wasm.exports()) {
                out.exports.add(new ModuleInfo.Export(e.name(), kind(e.kind()), e.index()));
            }
            out.definedFunctions = wasm.funcCount() - wasm.importedFuncCount();
            for (int i = wasm.importedTableCount(); i < wasm.tableCount(); i++) {
                out.tables.add(table(wasm.table(i)));
            }
            for (int i = wasm.importedMemoryCount(); i < wasm.memoryCount(); i++) {
                out.memories.add(memory(wasm.memory(i)));
            }
            for (int i = wasm.importedGlobalCount(); i < wasm.globalCount(); i++) {
                out.globals.add(global(wasm.global(i)));
            }
            for (ModuleEnvironment.HiddenGlobal g : env.hidden()) {
                out.globals.add(new ExternType.Global(g.type(), false));
            }
            for (int i = wasm.importedTagCount(); i < wasm.tagCount(); i++) {
                out.tags.add(new ExternType.Tag(wasm.tag(i).typeIndex()));
            }
            out.funcRefs = env.funcRefs();
            out.startup = StartupTranslator.isNeeded(env);
            for (Feature f : env.usedFeatures()) {
                out.features.add(f.proposal());
            }
            images();
            tableImages();
            elements();
            data();
        }

        private ModuleInfo.Link link(int importNumber) {
            List<Linkage.Import> links = env.linkage().imports();
            Linkage.Import link = links.isEmpty() ? null : links.get(importNumber);
            // A record for the component's own code is filled in by the runtime.
            Linkage.Export e = link instanceof Linkage.Export export ? export : null;
            return e == null ? null : new ModuleInfo.Link(e.module().moduleIndex(), e.number());
        }

        // Imports, exports, definitions.

        private static ExternType.Kind kind(kiln.wasm.ExternKind kind) {
            return switch (kind) {
                case FUNC -> ExternType.Kind.FUNC;
                case TABLE -> ExternType.Kind.TABLE;
                case MEMORY -> ExternType.Kind.MEMORY;
                case GLOBAL -> ExternType.Kind.GLOBAL;
                case TAG -> ExternType.Kind.TAG;
            };
        }

        private ExternType externType(kiln.wasm.ExternType type) {
            if (type instanceof kiln.wasm.ExternType.Func f) {
                return new ExternType.Func(f.typeIndex());
            } else if (type instanceof kiln.wasm.ExternType.Table t) {
                return table(t);
            } else if (type instanceof kiln.wasm.ExternType.Memory m) {
                return memory(m);
            } else if (type instanceof kiln.wasm.ExternType.Global g) {
                return global(g);
            }
            return new ExternType.Tag(((kiln.wasm.ExternType.Tag) type).typeIndex());
        }

        private static long max(Limits limits) {
            return limits.hasMax() ? limits.max() : ExternType.UNBOUNDED;
        }

        private static ExternType.Table table(kiln.wasm.ExternType.Table t) {
            return new ExternType.Table(
                    t.element(), t.limits().min(), max(t.limits()), t.limits().hasMax(), t.is64());
        }

        private ExternType.Memory memory(kiln.wasm.ExternType.Memory m) {
            return new ExternType.Memory(
                    m.limits().min(),
                    max(m.limits()),
                    m.limits().hasMax(),
                    m.is64(),
                    m.shared(),
                    m.pageShift(),
                    MemoryPlan.isGuarded(m, env.options()));
        }

        private static ExternType.Global global(kiln.wasm.ExternType.Global g) {
            return new ExternType.Global(g.type(), g.mutable());
        }

        // Segments.

        private void images() {
            for (StaticImages.Image image : env.images().images()) {
                int length = usedPages(image.bytes());
                out.images.add(new ModuleInfo.MemoryImage(
                        image.memory() - wasm.importedMemoryCount(), image.offset(), dataStart + data.size(), length));
                data.write(image.bytes(), 0, length);
            }
        }

        /** Bytes of an image up to the last page that is not zero, which the target's pages may divide more finely. */
        private int usedPages(byte[] image) {
            int end = image.length;
            while (end > 0 && image[end - 1] == 0) {
                end--;
            }
            return end + pageBytes - 1 & -pageBytes;
        }

        private void data() {
            for (int i = 0; i < wasm.datas().size(); i++) {
                DataSegment segment = wasm.datas().get(i);
                boolean passive = segment.mode() == SegmentMode.PASSIVE;
                boolean absent = passive ? !env.isDataRead(i) : env.images().contains(i);
                int length = absent ? 0 : segment.length();
                out.data.add(new ModuleInfo.DataSegment(passive, dataStart + data.size(), length));
                data.write(wasm.bytes(), segment.offset(), length);
            }
        }

        private void tableImages() {
            int imported = wasm.importedTableCount();
            for (int i = imported; i < wasm.tableCount(); i++) {
                TableContents.Contents c = env.tableContents(i);
                SealedTable sealed = env.table(i).sealed;
                if (sealed != null) {
                    out.tableImages.add(new TableImage(i - imported, sealed.form, sealed.first, sealed.words()));
                } else if (c.isSealed()) {
                    // Nobody looks at it, but it must not get slots.
                    out.tableImages.add(new TableImage(i - imported, TableImage.Form.UNIFORM, 0, new int[0]));
                } else if (c.functions().length > 0) {
                    int[] slots = new int[c.functions().length];
                    Arrays.setAll(
                            slots,
                            k -> c.functions()[k] < 0 ? 0 : 1 + env.funcRefs().slotOf(c.functions()[k]));
                    out.tableImages.add(new TableImage(i - imported, TableImage.Form.LAZY, c.first(), slots));
                }
            }
        }

        private void elements() {
            for (int i = 0; i < wasm.elems().size(); i++) {
                ElemSegment segment = wasm.elems().get(i);
                boolean passive = segment.mode() == SegmentMode.PASSIVE;
                ElementItems items = env.isElemAbsent(i) ? ElementItems.NONE : items(segment);
                out.elements.add(new ModuleInfo.ElementSegment(segment.type(), passive, items));
            }
        }

        private ElementItems items(ElemSegment segment) {
            if (segment.funcs() != null) {
                int[] slots = new int[segment.count()];
                Arrays.setAll(
                        slots, i -> segment.funcs()[i] < 0 ? -1 : env.funcRefs().slotOf(segment.funcs()[i]));
                return ElementItems.ofSlots(slots);
            }
            long[] items = new long[segment.count()];
            Arrays.setAll(items, i -> item(segment.exprs()[i]));
            return new ElementItems(items);
        }

        private long item(ConstExpr expr) {
            List<ConstOp> ops = wasm.constOps(expr);
            ConstOp first = ops.getFirst();
            if (ops.size() == 1) {
                int a = (int) first.a();
                switch (first.op()) {
                    case REF_FUNC:
                        return ElementItems.item(
                                ElementItems.Kind.FUNC_SLOT, env.funcRefs().slotOf(a));
                    case REF_NULL:
                        return ElementItems.item(ElementItems.Kind.NULL, 0);
                    case GLOBAL_GET:
                        return ElementItems.item(ElementItems.Kind.GLOBAL, a);
                    default:
                        break;
                }
            } else if (!ConstantExpressions.isComputed(wasm, expr)) {
                return ElementItems.item(ElementItems.Kind.I31, (int) first.a());
            }
            return ElementItems.item(ElementItems.Kind.OWN_GLOBAL, wasm.globalCount() + hidden++);
        }
    }
}
