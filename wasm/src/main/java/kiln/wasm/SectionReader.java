package kiln.wasm;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.types.FuncType;

/** Reads a module section by section (5.5) and validates each as far as it can be without function bodies. */
final class SectionReader {
    private static final int MAGIC = 0x6D736100;
    private static final int VERSION = 1;
    private static final int COMPONENT_VERSION = 0x1000D;
    /** The place in the required order of each section, by id; custom sections may come anywhere. */
    private static final int[] ORDER = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

    private final ByteReader in;
    private final Features features;
    private final ModuleBuilder m;
    private final ConstExprValidator exprs;
    private final TypeReader types;
    private final EntityReader entities;
    private int definedFuncs;

    SectionReader(byte[] bytes, String name, Features features) {
        this.in = new ByteReader(bytes, name);
        this.features = features;
        this.m = new ModuleBuilder(bytes, name, features);
        this.exprs = new ConstExprValidator(in, m);
        this.types = exprs.typeReader;
        this.entities = new EntityReader(in, m, types, exprs);
    }

    WasmModule read() {
        header();
        int end = in.limit;
        int last = 0;
        while (in.pos < end) {
            int at = in.pos;
            int id = in.u8();
            int size = in.u32();
            if (size < 0 || size > in.remaining()) {
                throw in.malformed("unexpected end, length out of bounds", at);
            }
            checkKnown(id, at);
            if (id != 0) {
                if (ORDER[id] <= last) {
                    throw in.malformed("unexpected content after last section", at);
                }
                last = ORDER[id];
            }
            in.limit = in.pos + size;
            section(id);
            if (in.remaining() != 0) {
                throw in.malformed("section size mismatch");
            }
            in.limit = end;
        }
        if (m.bodies.length != 2 * definedFuncs) {
            throw in.malformed("function and code section have inconsistent lengths");
        }
        if (m.dataCount >= 0 && m.dataCount != m.datas.size()) {
            throw in.malformed("data count and data section have inconsistent lengths");
        }
        return new WasmModule(m);
    }

    private void header() {
        if (in.remaining() < 4 || in.bits32() != MAGIC) {
            throw in.malformed("magic header not detected", 0);
        }
        int version = in.remaining() < 4 ? -1 : in.bits32();
        if (version == COMPONENT_VERSION) {
            throw in.malformed("unknown binary version: a component, which is not compiled yet, not a core module", 4);
        }
        if (version != VERSION) {
            throw in.malformed("unknown binary version", 4);
        }
    }

    private void checkKnown(int id, int at) {
        boolean known = switch (id) {
            case 12 -> features.has(Feature.BULK_MEMORY);
            case 13 -> features.hasTags();
            default -> id < 12;
        };
        if (!known) {
            throw in.malformed("malformed section id " + id, at);
        }
    }

    private void section(int id) {
        switch (id) {
            case 0 -> {
                String name = in.name();
                int length = in.remaining();
                m.customs.add(new CustomSection(name, in.skip(length), length));
            }
            case 1 -> new TypeSectionReader(in, features, m.types, types).read();
            case 2 -> imports();
            case 3 -> functions();
            case 4 -> forEach(entities::table);
            case 5 -> forEach(entities::memory);
            case 6 -> forEach(entities::global);
            case 7 -> exports();
            case 8 -> start();
            case 9 -> forEach(new ElemReader(in, m, types, exprs)::read);
            case 10 -> code();
            case 11 -> forEach(this::data);
            case 12 -> m.dataCount = in.index();
            case 13 -> forEach(entities::tag);
            default -> throw new AssertionError(id);
        }
    }

    private void forEach(Runnable entry) {
        int n = in.count();
        for (int i = 0; i < n; i++) {
            entry.run();
        }
    }

    private void imports() {
        forEach(() -> {
            String module = in.name();
            String name = in.name();
            m.imports.add(new Import(module, name, entities.importType()));
        });
        m.importedFuncs = m.funcCount;
        m.importedTables = m.tables.size();
        m.importedMemories = m.memories.size();
        m.importedGlobals = m.globals.size();
        m.importedTags = m.tags.size();
    }

    private void functions() {
        definedFuncs = in.count();
        m.funcTypes = Arrays.copyOf(m.funcTypes, m.funcCount + definedFuncs);
        for (int i = 0; i < definedFuncs; i++) {
            m.addFunc(entities.funcTypeIndex());
        }
    }

    private void exports() {
        int n = in.count();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < n; i++) {
            int at = in.pos;
            String name = in.name();
            if (!names.add(name)) {
                throw in.invalid("duplicate export name " + Printable.name(name), at);
            }
            ExternKind kind = entities.externKind("malformed export kind");
            int indexAt = in.pos;
            int index = in.index();
            int count = switch (kind) {
                case FUNC -> m.funcCount;
                case TABLE -> m.tables.size();
                case MEMORY -> m.memories.size();
                case GLOBAL -> m.globals.size();
                case TAG -> m.tags.size();
            };
            if (index >= count) {
                String what = kind == ExternKind.FUNC ? "function" : kind.name().toLowerCase(Locale.ROOT);
                throw in.invalid("unknown " + what + ' ' + Integer.toUnsignedString(index), indexAt);
            }
            if (kind == ExternKind.FUNC) {
                m.declaredRefs.set(index);
            }
            if (kind == ExternKind.GLOBAL && m.globals.get(index).mutable()) {
                entities.requireMutableGlobals(indexAt);
            }
            m.exports.add(new Export(name, kind, index));
        }
    }

    private void start() {
        int at = in.pos;
        int func = in.index();
        if (func >= m.funcCount) {
            throw in.invalid("unknown function " + Integer.toUnsignedString(func), at);
        }
        if (!m.types.func(m.funcTypes[func]).equals(FuncType.EMPTY)) {
            throw in.invalid("start function must have no parameters and no results", at);
        }
        m.start = func;
    }

    private void code() {
        int n = in.count();
        if (n != definedFuncs) {
            throw in.malformed("function and code section have inconsistent lengths");
        }
        int[] bodies = new int[2 * n];
        for (int i = 0; i < n; i++) {
            in.function = m.importedFuncs + i;
            int size = in.u32();
            if (size < 0 || size > in.remaining()) {
                throw in.malformed("unexpected end of section or function");
            }
            bodies[2 * i] = in.skip(size);
            bodies[2 * i + 1] = size;
        }
        in.function = -1;
        m.bodies = bodies;
    }

    private void data() {
        int at = in.pos;
        int flags = in.u32();
        if (Integer.compareUnsigned(flags, 2) > 0) {
            throw in.malformed("malformed data segment flags", at);
        }
        if (flags == 1 && !features.has(Feature.BULK_MEMORY)) {
            // In 1.0 this number was the memory's index.
            throw in.invalid(
                    "unknown memory 1: a passive segment needs the disabled feature " + Feature.BULK_MEMORY.proposal(),
                    at);
        }
        SegmentMode mode = flags == 1 ? SegmentMode.PASSIVE : SegmentMode.ACTIVE;
        int memory = flags == 2 ? in.index() : 0;
        ConstExpr offset = null;
        if (mode == SegmentMode.ACTIVE) {
            if (Integer.compareUnsigned(memory, m.memories.size()) >= 0) {
                throw in.invalid("unknown memory " + Integer.toUnsignedString(memory), at);
            }
            offset = exprs.read(m.memories.get(memory).addressType());
        }
        int length = in.u32();
        if (length < 0 || length > in.remaining()) {
            throw in.malformed("unexpected end of section or function");
        }
        m.datas.add(new DataSegment(mode, memory, offset, in.skip(length), length));
    }
}
