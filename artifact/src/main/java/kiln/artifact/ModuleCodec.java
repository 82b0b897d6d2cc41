package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import kiln.types.ArrayType;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.StructType;
import kiln.types.SubType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * Writes and reads {@link ModuleInfo}s: counts and numbers are u32, limits u64, choices one byte, strings a length and
 * UTF-8. What is read is checked so far that no index in it is out of range.
 */
final class ModuleCodec {
    static final String SECTION = ".kiln.modules";

    private static final int REF_NULLABLE = 0x10;
    private static final int REF = 0x20;
    /** In place of a recursion group's size: it is equal to an earlier one. */
    private static final int AS_BEFORE = 0;

    private static final int FUNC = 0;
    private static final int STRUCT = 1;
    private static final int ARRAY = 2;
    /** Limits of 64 bits. */
    private static final int WIDE = 1;
    /** The maximum is 2^64-1, not absent. */
    private static final int LARGEST = 2;

    // A class and not a lambda, here and loops below: files are read while the JVM starts, when every lambda costs.
    private static final Comparator<ModuleInfo.MemoryImage> BY_PLACE = new Comparator<>() {
        @Override
        public int compare(ModuleInfo.MemoryImage a, ModuleInfo.MemoryImage b) {
            int c = Integer.compare(a.memory(), b.memory());
            return c != 0 ? c : Long.compare(a.memoryOffset(), b.memoryOffset());
        }
    };

    private ModuleCodec() {}

    /** @param references takes what is read in place */
    static ByteSink encode(List<ModuleInfo> modules, References references) {
        ByteSink out = new ByteSink();
        out.u32(modules.size());
        for (int i = 0; i < modules.size(); i++) {
            new Writer(out, references, i).module(modules.get(i));
        }
        return out;
    }

    /**
     * @param references the section of function references, to which the modules' descriptions refer
     * @param dataLength bytes of the file's data, which segments and images must not exceed
     */
    static List<ModuleInfo> decode(MemorySegment bytes, MemorySegment references, long dataLength) {
        return decode(new ByteSource(SECTION, bytes), references, dataLength);
    }

    static List<ModuleInfo> decode(ByteSource in, MemorySegment references, long dataLength) {
        int n = in.count(32);
        List<ModuleInfo> modules = new ArrayList<>(n);
        Reader reader = new Reader(in, references, dataLength, modules);
        for (int i = 0; i < n; i++) {
            modules.add(reader.module());
        }
        in.end();
        reader.end();
        return List.copyOf(modules);
    }

    private record Writer(ByteSink out, References references, int number) {
        void module(ModuleInfo m) {
            out.string(m.name());
            types(m.types());
            out.u32(m.imports().size());
            for (ModuleInfo.Import i : m.imports()) {
                out.string(i.module()).string(i.name()).u8(i.type().kind().ordinal());
                extern(i.type());
                out.varint(i.link() == null ? 0 : i.link().module() + 1);
                if (i.link() != null) {
                    out.varint(i.link().export());
                }
            }
            out.u32(m.definedFunctions());
            out.u32(m.tables().size());
            m.tables().forEach(this::extern);
            out.u32(m.memories().size());
            m.memories().forEach(this::extern);
            out.u32(m.globals().size());
            m.globals().forEach(this::extern);
            out.u32(m.tags().size());
            m.tags().forEach(this::extern);
            out.u32(m.funcRefs().count()).u32(references.addFuncRefs(number, m));
            out.u32(m.exports().size());
            for (ModuleInfo.Export e : m.exports()) {
                out.string(e.name()).u8(e.kind().ordinal()).u32(e.index());
            }
            out.u32(m.elements().size());
            for (ModuleInfo.ElementSegment e : m.elements()) {
                value(e.type());
                out.u8(e.passive() ? 1 : 0).u32(e.items().count());
                for (int i = 0; i < e.items().count(); i++) {
                    out.u64(ElementItems.item(e.items().kind(i), e.items().value(i)));
                }
            }
            out.u32(m.data().size());
            for (ModuleInfo.DataSegment d : m.data()) {
                out.u8(d.passive() ? 1 : 0).u64(d.start()).u64(d.length());
            }
            out.u32(m.images().size());
            for (ModuleInfo.MemoryImage i : m.images()) {
                out.u32(i.memory()).u64(i.memoryOffset()).u64(i.start()).u64(i.length());
            }
            out.u32(m.tableImages().size());
            for (TableImage i : m.tableImages()) {
                out.u32(i.table())
                        .u8(i.form().ordinal())
                        .u32(i.first())
                        .u32(i.count())
                        .u32(references.addImage(number, i));
            }
            out.u8(m.startup() ? 1 : 0);
            out.u32(m.features().size());
            m.features().forEach(out::string);
        }

        private void types(TypeSpace types) {
            int groups = 0;
            for (int start = 0; start < types.count(); start += types.groupSize(start)) {
                groups++;
            }
            out.u32(groups);
            for (int start = 0; start < types.count(); start += types.groupSize(start)) {
                if (types.canonical(start) != start) {
                    out.u32(AS_BEFORE).u32(types.canonical(start));
                    continue;
                }
                out.u32(types.groupSize(start));
                for (int i = start; i < start + types.groupSize(start); i++) {
                    type(types.get(i));
                }
            }
            out.u32(types.checksum());
        }

        private void type(SubType t) {
            out.u8(t.isFinal() ? 1 : 0).u32(t.supertype());
            if (t.type() instanceof FuncType f) {
                out.u8(FUNC);
                values(f.params());
                values(f.results());
            } else if (t.type() instanceof StructType s) {
                out.u8(STRUCT).u32(s.fields().size());
                s.fields().forEach(this::field);
            } else {
                out.u8(ARRAY);
                field(((ArrayType) t.type()).element());
            }
        }

        private void values(int[] types) {
            out.u32(types.length);
            for (int t : types) {
                value(t);
            }
        }

        private void field(FieldType f) {
            value(f.storage());
            out.u8(f.mutable() ? 1 : 0);
        }

        private void value(int type) {
            if (ValType.isRef(type)) {
                out.u8(REF | (ValType.isNullable(type) ? REF_NULLABLE : 0)).u32(ValType.heap(type));
            } else {
                out.u8(type);
            }
        }

        /** One byte says whether they have 64 bits, and whether a maximum that looks like none is one. */
        private void limits(long min, long max, boolean bounded, boolean is64) {
            boolean isLargest = bounded && max == ExternType.UNBOUNDED;
            out.u64(min).u64(max).u8((is64 ? WIDE : 0) | (isLargest ? LARGEST : 0));
        }

        private void extern(ExternType type) {
            if (type instanceof ExternType.Func f) {
                out.u32(f.type());
            } else if (type instanceof ExternType.Table t) {
                value(t.element());
                limits(t.min(), t.max(), t.bounded(), t.is64());
            } else if (type instanceof ExternType.Memory m) {
                limits(m.min(), m.max(), m.bounded(), m.is64());
                out.u8(m.shared() ? 1 : 0).u8(m.pageShift()).u8(m.guarded() ? 1 : 0);
            } else if (type instanceof ExternType.Global g) {
                value(g.type());
                out.u8(g.mutable() ? 1 : 0);
            } else {
                out.u32(((ExternType.Tag) type).type());
            }
        }
    }

    private static final class Reader {
        private final ByteSource in;
        private final MemorySegment references;
        private final long dataLength;
        private final List<ModuleInfo> before;
        /** Of the module that is being read. */
        private TypeSpace types;
        /** Size of the recursion group that is being read: its types follow those of {@link #types}. */
        private int pending;
        /** Where the next function references start: they lie one after the other, so that no two claim the same. */
        private long nextReference;
        /** Where the next image may start. */
        private long nextImage;

        /** @param before the modules of lower numbers */
        Reader(ByteSource in, MemorySegment references, long dataLength, List<ModuleInfo> before) {
            this.in = in;
            this.references = references;
            this.dataLength = dataLength;
            this.before = before;
        }

        ModuleInfo module() {
            ModuleInfo.Builder m = new ModuleInfo.Builder(in.string());
            types = m.types;
            types();
            int[] sizes = new int[ExternType.Kind.values().length];
            for (int n = in.count(14); n > 0; n--) {
                ModuleInfo.Import i = importOf();
                m.imports.add(i);
                sizes[i.type().kind().ordinal()]++;
            }
            m.definedFunctions = in.u32();
            if (m.definedFunctions < 0 || m.definedFunctions > Integer.MAX_VALUE - m.imports.size()) {
                throw in.error("too many functions");
            }
            for (int n = in.count(18); n > 0; n--) {
                m.tables.add(table());
            }
            for (int n = in.count(20); n > 0; n--) {
                m.memories.add(memory());
            }
            for (int n = in.count(2); n > 0; n--) {
                m.globals.add(global());
            }
            for (int n = in.count(4); n > 0; n--) {
                m.tags.add(new ExternType.Tag(in.index(types.count(), "type")));
            }
            checkFunctionTypes(m);
            int imported = sizes[ExternType.Kind.FUNC.ordinal()];
            sizes[ExternType.Kind.FUNC.ordinal()] += m.definedFunctions;
            sizes[ExternType.Kind.TABLE.ordinal()] += m.tables.size();
            sizes[ExternType.Kind.MEMORY.ordinal()] += m.memories.size();
            sizes[ExternType.Kind.GLOBAL.ordinal()] += m.globals.size();
            sizes[ExternType.Kind.TAG.ordinal()] += m.tags.size();
            m.funcRefs = funcRefs(imported);
            for (int n = in.count(9); n > 0; n--) {
                m.exports.add(export(sizes, m));
            }
            for (int n = in.count(6); n > 0; n--) {
                m.elements.add(element(sizes[ExternType.Kind.GLOBAL.ordinal()], m));
            }
            for (int n = in.count(17); n > 0; n--) {
                m.data.add(data());
            }
            for (int n = in.count(28); n > 0; n--) {
                m.images.add(image(m));
            }
            checkOverlap(m.images);
            for (int n = in.count(17); n > 0; n--) {
                m.tableImages.add(tableImage(m));
            }
            m.startup = in.flag();
            for (int n = in.count(4); n > 0; n--) {
                m.features.add(in.string());
            }
            ModuleInfo info = m.build();
            try {
                References.checkHead(info);
            } catch (ArithmeticException e) {
                throw in.error("the module's context would be larger than 2 GiB");
            }
            return info;
        }

        /** After the last module. */
        void end() {
            if (nextReference != references.byteSize()) {
                throw in.error("the modules do not account for all function references");
            }
        }

        /** Canonical as {@link TypeSpace} wants it, checked as those of a module are. */
        private void types() {
            for (int groups = in.count(8); groups > 0; groups--) {
                int size = in.u32();
                if (size == AS_BEFORE) {
                    int first = in.index(types.count(), "type");
                    if (types.canonical(first) != first || types.groupStart(first) != first) {
                        throw in.error("not the first type of a group: " + first);
                    }
                    add(types.copyOfGroup(first, types.count()));
                    continue;
                }
                if (size < 0 || size > in.remaining()) {
                    throw in.error("count too large");
                }
                pending = size;
                SubType[] group = new SubType[size];
                for (int i = 0; i < size; i++) {
                    group[i] = type();
                }
                pending = 0;
                add(group);
            }
            if (in.u32() != types.checksum()) {
                throw in.error("types do not fit their checksum");
            }
        }

        private void add(SubType[] group) {
            String problem = types.addGroup(group);
            if (problem != null) {
                throw in.error(problem);
            }
        }

        private SubType type() {
            boolean isFinal = in.flag();
            int supertype = in.u32();
            if (supertype != -1) {
                supertype = typeIndex(supertype);
            }
            return new SubType(
                    isFinal,
                    supertype,
                    switch (in.u8()) {
                        case FUNC -> {
                            int[] params = values();
                            yield new FuncType(params, values());
                        }
                        case STRUCT -> {
                            int n = in.count(2);
                            List<FieldType> fields = new ArrayList<>(n);
                            for (int i = 0; i < n; i++) {
                                fields.add(field());
                            }
                            yield new StructType(fields);
                        }
                        case ARRAY -> new ArrayType(field());
                        default -> throw in.error("unknown form of type");
                    });
        }

        private int typeIndex(int index) {
            int known = types.count();
            if (index < 0 || index >= known + pending) {
                throw in.error("unknown type " + index);
            }
            return index < known ? types.canonical(index) : index;
        }

        private int[] values() {
            int[] result = new int[in.count(1)];
            for (int i = 0; i < result.length; i++) {
                result[i] = value();
            }
            return result;
        }

        private FieldType field() {
            int storage = storage();
            return new FieldType(storage, in.flag());
        }

        private int value() {
            int type = storage();
            if (ValType.isPacked(type)) {
                throw in.error("a packed type outside of a field");
            }
            return type;
        }

        private int storage() {
            int b = in.u8();
            if (b >= ValType.I32 && b <= ValType.I16) {
                return b;
            }
            if ((b & ~REF_NULLABLE) != REF) {
                throw in.error("unknown value type: " + b);
            }
            int heap = in.u32();
            if (!HeapType.isAbstract(heap)) {
                heap = typeIndex(heap);
            }
            return ValType.ref((b & REF_NULLABLE) != 0, heap);
        }

        private int reference() {
            int type = value();
            if (!ValType.isRef(type)) {
                throw in.error("not a reference type");
            }
            return type;
        }

        private ModuleInfo.Import importOf() {
            String module = in.string();
            String name = in.string();
            ExternType type = switch (in.choice(ExternType.Kind.values(), "kind of import")) {
                case FUNC -> new ExternType.Func(in.index(types.count(), "type"));
                case TABLE -> table();
                case MEMORY -> memory();
                case GLOBAL -> global();
                case TAG -> new ExternType.Tag(in.index(types.count(), "type"));
            };
            return new ModuleInfo.Import(module, name, type, link(type.kind()));
        }

        private ModuleInfo.Link link(ExternType.Kind kind) {
            int module = in.varint32() - 1;
            if (module < 0) {
                return null;
            }
            int export = in.varint32();
            if (module >= before.size()
                    || export < 0
                    || export >= before.get(module).exports().size()
                    || before.get(module).exports().get(export).kind() != kind) {
                throw in.error("link to what is not there");
            }
            return new ModuleInfo.Link(module, export);
        }

        private void checkFunctionTypes(ModuleInfo.Builder m) {
            for (ModuleInfo.Import i : m.imports) {
                if (i.type() instanceof ExternType.Func f) {
                    checkFunctionType(f.type(), m);
                } else if (i.type() instanceof ExternType.Tag t) {
                    checkFunctionType(t.type(), m);
                }
            }
            for (ExternType.Tag t : m.tags) {
                checkFunctionType(t.type(), m);
            }
        }

        private void checkFunctionType(int index, ModuleInfo.Builder m) {
            if (m.types.func(index) == null) {
                throw in.error("not a function type: " + index);
            }
        }

        private ExternType.Table table() {
            int element = reference();
            long min = in.u64();
            long max = in.u64();
            int flags = limitFlags(max);
            ExternType.Table t = new ExternType.Table(element, min, max, (flags & LARGEST) != 0, (flags & WIDE) != 0);
            checkLimits(t.min(), t.max(), t.is64() ? -1L : 0xffff_ffffL);
            return t;
        }

        private ExternType.Memory memory() {
            long min = in.u64();
            long max = in.u64();
            int flags = limitFlags(max);
            boolean is64 = (flags & WIDE) != 0;
            boolean shared = in.flag();
            int pageShift = in.u8();
            if (pageShift != 0 && pageShift != MemoryConstants.PAGE_SHIFT) {
                throw in.error("page size out of range");
            }
            checkLimits(min, max, MemoryConstants.maxPages(is64, pageShift));
            boolean guarded = in.flag();
            if (guarded && !MemoryConstants.canBeGuarded(min, is64, pageShift)) {
                throw in.error("a memory of this kind cannot be guarded");
            }
            return new ExternType.Memory(min, max, (flags & LARGEST) != 0, is64, shared, pageShift, guarded);
        }

        private int limitFlags(long max) {
            int flags = in.u8();
            boolean isLargest = flags == (WIDE | LARGEST) && max == ExternType.UNBOUNDED;
            if (flags != 0 && flags != WIDE && !isLargest) {
                throw in.error("limits out of range");
            }
            return flags;
        }

        /** All three are unsigned. */
        private void checkLimits(long min, long max, long most) {
            if (Long.compareUnsigned(min, most) > 0
                    || max != ExternType.UNBOUNDED
                            && (Long.compareUnsigned(max, most) > 0 || Long.compareUnsigned(min, max) > 0)) {
                throw in.error("limits out of range");
            }
        }

        private ExternType.Global global() {
            return new ExternType.Global(value(), in.flag());
        }

        /** The entries themselves are checked by {@link References#check}. */
        private FuncRefs funcRefs(int imported) {
            int n = in.u32();
            if (n < imported) {
                throw in.error("imported functions without slots");
            }
            MemorySegment bytes = reference(References.funcRefBytes(n));
            return new FuncRefs(bytes);
        }

        private MemorySegment reference(long bytes) {
            long start = Integer.toUnsignedLong(in.u32());
            if (start != nextReference || bytes > references.byteSize() - start) {
                throw in.error("function references out of place");
            }
            nextReference = start + bytes;
            return references.asSlice(start, bytes);
        }

        private TableImage tableImage(ModuleInfo.Builder m) {
            int table = in.index(m.tables.size(), "table");
            if (!m.tableImages.isEmpty() && m.tableImages.getLast().table() >= table) {
                throw in.error("image of table " + table + " out of order");
            }
            TableImage.Form form = in.choice(TableImage.Form.values(), "form of table");
            int first = in.u32();
            int n = in.u32();
            if (n < 0) {
                throw in.error("count too large");
            }
            TableImage image = new TableImage(table, form, first, reference(References.imageBytes(form, n)));
            long length = m.tables.get(table).min();
            // How many columns there are only the code knows.
            long atLeast = form == TableImage.Form.COLUMNS ? Math.min(n, 1) : n;
            if (image.first() != first
                    || first < 0
                    || image.count() != n
                    || Long.compareUnsigned(image.first() + atLeast, length) > 0) {
                throw in.error("image exceeds the table");
            }
            return image;
        }

        private ModuleInfo.Export export(int[] sizes, ModuleInfo.Builder m) {
            String name = in.string();
            ExternType.Kind kind = in.choice(ExternType.Kind.values(), "kind of export");
            int index = in.index(sizes[kind.ordinal()], "export");
            if (kind == ExternType.Kind.FUNC) {
                int slot = m.funcRefs.slotOf(index);
                if (slot < 0) {
                    throw in.error("exported function without a slot: " + index);
                }
                int type = m.funcRefs.type(slot);
                if (type < 0 || type >= types.count()) {
                    throw in.error("type of slot " + slot + " out of range");
                }
                checkFunctionType(type, m);
            }
            return new ModuleInfo.Export(name, kind, index);
        }

        private ModuleInfo.ElementSegment element(int globals, ModuleInfo.Builder m) {
            int type = reference();
            boolean passive = in.flag();
            ElementItems items;
            try {
                items = new ElementItems(in.u64s(in.count(8)));
            } catch (IllegalArgumentException e) {
                throw in.error(e.getMessage());
            }
            for (int i = 0; i < items.count(); i++) {
                int limit = switch (items.kind(i)) {
                    case FUNC_SLOT -> m.funcRefs.count();
                    case GLOBAL, OWN_GLOBAL -> globals;
                    case NULL -> 1;
                    case I31 -> -1;
                };
                int value = items.value(i);
                if (limit >= 0 && (value < 0 || value >= limit)) {
                    throw in.error("element out of range: " + value);
                }
            }
            return new ModuleInfo.ElementSegment(type, passive, items);
        }

        private ModuleInfo.DataSegment data() {
            boolean passive = in.flag();
            long start = in.u64();
            long length = in.u64();
            checkData(start, length);
            return new ModuleInfo.DataSegment(passive, start, length);
        }

        private void checkData(long start, long length) {
            if (start < 0 || length < 0 || start > dataLength || length > dataLength - start) {
                throw in.error("data out of range");
            }
        }

        private void checkOverlap(List<ModuleInfo.MemoryImage> images) {
            List<ModuleInfo.MemoryImage> sorted = new ArrayList<>(images);
            sorted.sort(BY_PLACE);
            for (int i = 1; i < sorted.size(); i++) {
                ModuleInfo.MemoryImage a = sorted.get(i - 1);
                ModuleInfo.MemoryImage b = sorted.get(i);
                if (a.memory() == b.memory() && b.memoryOffset() - a.memoryOffset() < a.length()) {
                    throw in.error("images overlap");
                }
            }
        }

        private ModuleInfo.MemoryImage image(ModuleInfo.Builder m) {
            int memory = in.index(m.memories.size(), "memory");
            long memoryOffset = in.u64();
            long start = in.u64();
            long length = in.u64();
            checkData(start, length);
            ExternType.Memory type = m.memories.get(memory);
            if (start < nextImage) {
                throw in.error("images overlap");
            }
            nextImage = start + length;
            long bytes = MemoryConstants.bytes(type.min(), type.pageShift());
            if (memoryOffset < 0 || memoryOffset > bytes || length > bytes - memoryOffset) {
                throw in.error("image exceeds the memory");
            }
            return new ModuleInfo.MemoryImage(memory, memoryOffset, start, length);
        }
    }
}
