package kiln.wat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kiln.wasm.ByteWriter;

/**
 * A module, in two passes: the first learns what there is and what it is called, the second encodes it. Types come
 * first, since everything else may use any of them.
 */
final class ModuleParser {
    private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};
    private static final int FUNCREF = 0x70;
    private static final int REF_FUNC = 0xd2;
    private static final int END = 0x0b;

    private final Reader r;
    private final int end;
    private final ModuleSpaces spaces = new ModuleSpaces();
    private final List<Integer> fields = new ArrayList<>();

    private final Section imports = new Section();
    private final Section funcs = new Section();
    private final Section tables = new Section();
    private final Section memories = new Section();
    private final Section tags = new Section();
    private final Section globals = new Section();
    private final Section exports = new Section();
    private final Section elems = new Section();
    private final Section codes = new Section();
    private final Section datas = new Section();
    private int start = -1;
    private Annotations annotations;
    /** By number of a function that has one: the token behind its identifier. */
    private final Map<Integer, Integer> funcTokens = new TreeMap<>();

    /** Names of things that were met, by which the second pass knows their numbers again. */
    private final Map<String, Counter> counters = Map.of(
            "func", new Counter(),
            "table", new Counter(),
            "memory", new Counter(),
            "global", new Counter(),
            "tag", new Counter());

    private static final class Counter {
        int next;
    }

    /** A list with its length. */
    private static final class Section {
        private final ByteWriter items = new ByteWriter();
        private int count;

        ByteWriter add() {
            count++;
            return items;
        }

        ByteWriter content() {
            return count == 0 ? items : new ByteWriter().u(count).raw(items);
        }
    }

    private ModuleParser(Reader r, int end) {
        this.r = r;
        this.end = end;
    }

    /**
     * Encodes the fields of a module.
     *
     * @param r at the first of them
     * @param end the token behind the last
     * @param name of the module, or null
     */
    static byte[] encode(Reader r, int end, String name) {
        ModuleParser p = new ModuleParser(r, end);
        int first = r.at();
        p.declareAll();
        p.annotations = new Annotations(r.tokens(), first, end, p.fields);
        for (int field : p.fields) {
            p.r.goTo(field);
            if (p.r.opens("type") || p.r.opens("rec")) {
                p.spaces.types.define(p.r);
            }
        }
        for (int field : p.fields) {
            p.r.goTo(field);
            p.field();
        }
        p.r.goTo(end);
        return p.binary(p.annotations.nameAt(first, name));
    }

    // ---- first pass

    private void declareAll() {
        boolean defined = false;
        while (r.at() != end) {
            int field = r.at();
            String kind = r.opened();
            if (kind == null) {
                throw r.unexpected();
            }
            fields.add(field);
            r.open();
            switch (kind) {
                case "type", "rec" -> {
                    r.goTo(field);
                    spaces.types.declare(r);
                }
                case "import" -> {
                    requireBefore(defined);
                    declareImport();
                }
                case "func", "table", "memory", "global", "tag" -> {
                    r.atom();
                    int token = r.at();
                    int number = spaces.of(kind).add(r, token, r.optionalId());
                    if (kind.equals("func")) {
                        funcTokens.put(number, r.at());
                    }
                    while (r.opens("export")) {
                        r.skip();
                    }
                    boolean imported = r.opens("import");
                    if (imported) {
                        requireBefore(defined);
                    }
                    defined |= !imported;
                    declareInline(kind);
                }
                case "elem" -> declareSegment(spaces.elems);
                case "data" -> declareSegment(spaces.datas);
                case "export", "start" -> {}
                default -> throw r.unexpected();
            }
            r.goTo(field);
            r.skip();
        }
    }

    private void requireBefore(boolean defined) {
        if (defined) {
            throw r.errorBefore("import after a definition: imports come first");
        }
    }

    private void declareImport() {
        r.expect("import");
        r.name();
        r.name();
        r.open();
        Names space = r.kind() == Tokens.Kind.ATOM ? spaces.of(r.tokens().text(r.at())) : null;
        if (space == null) {
            throw r.unexpected();
        }
        r.atom();
        int token = r.at();
        space.add(r, token, r.optionalId());
    }

    private void declareSegment(Names space) {
        r.atom();
        int token = r.at();
        space.add(r, token, r.optionalId());
    }

    /** A table or memory may bring a segment of its own. */
    private void declareInline(String kind) {
        if (kind.equals("memory")) {
            addressType();
            if (r.opens("pagesize")) {
                r.skip();
            }
            if (r.opens("data")) {
                spaces.datas.add(r, r.at(), null);
            }
        } else if (kind.equals("table")) {
            addressType();
            if (r.opens("ref")) {
                r.skip();
            } else if (r.kind() == Tokens.Kind.ATOM && !r.isNatural()) {
                r.atom();
            }
            if (r.opens("elem")) {
                spaces.elems.add(r, r.at(), null);
            }
        }
    }

    /** Reads the address type of a table or memory, i32 if none is written; whether it is i64. */
    private boolean addressType() {
        boolean is64 = r.accept("i64");
        if (!is64) {
            r.accept("i32");
        }
        return is64;
    }

    // ---- second pass

    private void field() {
        String kind = r.opened();
        r.open();
        r.atom();
        switch (kind) {
            case "type", "rec" -> {
                return;
            }
            case "import" -> importField();
            case "export" -> exportField();
            case "start" -> {
                if (start >= 0) {
                    throw r.errorBefore("multiple start sections");
                }
                start = spaces.funcs.index(r);
            }
            case "elem" -> elem();
            case "data" -> data();
            default -> definition(kind);
        }
        r.close();
    }

    private void importField() {
        ByteWriter out = imports.add();
        out.sized(r.name()).sized(r.name());
        r.open();
        String kind = r.atom();
        counters.get(kind).next++;
        r.optionalId();
        externType(kind, out);
        r.close();
    }

    /** The kind and type of an import. */
    private void externType(String kind, ByteWriter out) {
        out.u8(ModuleSpaces.code(kind));
        switch (kind) {
            case "func" -> out.u(spaces.types.use(r).type());
            case "table" -> tableType(addressType(), out);
            case "memory" -> memoryType(addressType(), out);
            case "global" -> globalType(out);
            default -> out.u8(0).u(spaces.types.use(r).type());
        }
    }

    private void exportField() {
        ByteWriter out = exports.add();
        out.sized(r.name());
        r.open();
        Names space = spaces.of(r.tokens().text(r.at()));
        if (space == null) {
            throw r.unexpected();
        }
        out.u8(ModuleSpaces.code(r.atom())).u(space.index(r));
        r.close();
    }

    private void definition(String kind) {
        r.optionalId();
        int number = counters.get(kind).next++;
        while (r.acceptOpen("export")) {
            exports.add().sized(r.name()).u8(ModuleSpaces.code(kind)).u(number);
            r.close();
        }
        if (r.acceptOpen("import")) {
            ByteWriter out = imports.add();
            out.sized(r.name()).sized(r.name());
            r.close();
            externType(kind, out);
            return;
        }
        switch (kind) {
            case "func" -> func();
            case "table" -> table(number);
            case "memory" -> memory(number);
            case "global" -> {
                globalType(globals.add());
                BodyParser.expression(spaces, r, globals.items);
            }
            default -> tags.add().u8(0).u(spaces.types.use(r).type());
        }
    }

    private void func() {
        TypeTable.Use use = spaces.types.use(r);
        funcs.add().u(use.type());
        Names locals = new Names("local");
        for (int i = 0; i < use.params(); i++) {
            locals.add(r, r.at(), i < use.names().size() ? use.names().get(i) : null);
        }
        ByteWriter body = new ByteWriter();
        locals(locals, body);
        new BodyParser(spaces, r, locals).function(body);
        codes.add().sized(body.toArray());
    }

    /** Declarations of locals: equal ones that follow each other are counted. */
    private void locals(Names locals, ByteWriter out) {
        ByteWriter runs = new ByteWriter();
        int runCount = 0;
        int length = 0;
        ByteWriter current = null;
        while (r.acceptOpen("local")) {
            boolean named = r.isId();
            int token = r.at();
            String id = r.optionalId();
            while (named || !r.isClose()) {
                ByteWriter type = spaces.types.valueType(r);
                locals.add(r, token, id);
                if (!type.equals(current)) {
                    if (current != null) {
                        runs.u(length).raw(current);
                    }
                    runCount++;
                    length = 0;
                    current = type;
                }
                length++;
                if (named) {
                    break;
                }
            }
            r.close();
        }
        if (current != null) {
            runs.u(length).raw(current);
        }
        out.u(runCount).raw(runs);
    }

    // ---- tables and memories

    /** Limits: a minimum and perhaps a maximum. */
    private record Limits(long min, long max, boolean hasMax) {}

    private Limits limits() {
        long min = r.natural(64);
        boolean hasMax = r.isNatural();
        long max = hasMax ? r.natural(64) : 0;
        return new Limits(min, max, hasMax);
    }

    private static void encode(Limits l, int flags, ByteWriter out) {
        out.u8(flags | (l.hasMax ? 1 : 0)).u(l.min);
        if (l.hasMax) {
            out.u(l.max);
        }
    }

    private void tableType(boolean is64, ByteWriter out) {
        Limits l = limits();
        out.raw(spaces.types.refType(r));
        encode(l, is64 ? 4 : 0, out);
    }

    private void memoryType(boolean is64, ByteWriter out) {
        Limits l = limits();
        boolean shared = r.accept("shared");
        int pageShift = pageSize();
        encode(l, (shared ? 2 : 0) | (is64 ? 4 : 0) | (pageShift >= 0 ? 8 : 0), out);
        if (pageShift >= 0) {
            out.u(pageShift);
        }
    }

    /** log2 of the page size, or -1 if none is given. */
    private int pageSize() {
        if (!r.acceptOpen("pagesize")) {
            return -1;
        }
        long bytes = r.natural(32);
        if (Long.bitCount(bytes) != 1) {
            throw r.errorBefore("invalid custom page size: not a power of two");
        }
        r.close();
        return Long.numberOfTrailingZeros(bytes);
    }

    private void table(int number) {
        boolean is64 = addressType();
        if (!spaces.types.isRefType(r)) {
            Limits l = limits();
            ByteWriter element = spaces.types.refType(r);
            ByteWriter out = tables.add();
            boolean hasInit = !r.isClose();
            if (hasInit) {
                out.u8(0x40).u8(0);
            }
            out.raw(element);
            encode(l, is64 ? 4 : 0, out);
            if (hasInit) {
                BodyParser.expression(spaces, r, out);
            }
            return;
        }
        ByteWriter element = spaces.types.refType(r);
        if (!r.acceptOpen("elem")) {
            throw r.unexpected();
        }
        ElementList list = r.isIndex() || r.isClose() ? tableIndices(element) : expressions(element);
        r.close();
        ByteWriter out = tables.add();
        out.raw(element);
        encode(new Limits(list.count, list.count, true), is64 ? 4 : 0, out);
        ByteWriter offset = new ByteWriter().u8(is64 ? 0x42 : 0x41).u8(0).u8(0x0b);
        segment(list, number, true, offset, false, elems.add());
    }

    private void memory(int number) {
        boolean is64 = addressType();
        int pageShift = r.opens("pagesize") ? pageSize() : -1;
        if (!r.acceptOpen("data")) {
            if (pageShift >= 0) {
                throw r.unexpected();
            }
            memoryType(is64, memories.add());
            return;
        }
        byte[] content = strings();
        r.close();
        long pages = content.length + (1L << (pageShift < 0 ? 16 : pageShift)) - 1 >> (pageShift < 0 ? 16 : pageShift);
        ByteWriter out = memories.add();
        encode(new Limits(pages, pages, true), (is64 ? 4 : 0) | (pageShift >= 0 ? 8 : 0), out);
        if (pageShift >= 0) {
            out.u(pageShift);
        }
        ByteWriter offset = new ByteWriter().u8(is64 ? 0x42 : 0x41).u8(0).u8(0x0b);
        activeData(number, offset, content);
    }

    private void globalType(ByteWriter out) {
        boolean mutable = r.acceptOpen("mut");
        out.raw(spaces.types.valueType(r)).u8(mutable ? 1 : 0);
        if (mutable) {
            r.close();
        }
    }

    // ---- segments

    private byte[] strings() {
        ByteWriter out = new ByteWriter();
        while (r.isString()) {
            out.raw(r.string());
        }
        return out.toArray();
    }

    private void data() {
        r.optionalId();
        int memory = 0;
        if (r.acceptOpen("memory")) {
            memory = spaces.memories.index(r);
            r.close();
            if (!r.isOpen()) {
                throw r.unexpected();
            }
        } else if (r.isIndex()) {
            // An older way to name the memory.
            memory = spaces.memories.index(r);
        }
        if (!r.isOpen()) {
            datas.add().u8(1).sized(strings());
            return;
        }
        ByteWriter offset = offset();
        activeData(memory, offset, strings());
    }

    private void activeData(int memory, ByteWriter offset, byte[] content) {
        ByteWriter out = datas.add();
        if (memory == 0) {
            out.u8(0);
        } else {
            out.u8(2).u(memory);
        }
        out.raw(offset).sized(content);
    }

    private ByteWriter offset() {
        ByteWriter out = new ByteWriter();
        if (r.acceptOpen("offset")) {
            BodyParser.expression(spaces, r, out);
            r.close();
        } else {
            BodyParser.foldedExpression(spaces, r, out);
        }
        return out;
    }

    /**
     * What a segment of elements has.
     *
     * @param type of the elements, or null if they are given as functions
     */
    private record ElementList(ByteWriter type, int count, ByteWriter items) {}

    private ElementList indices() {
        ByteWriter items = new ByteWriter();
        int count = 0;
        for (; r.isIndex(); count++) {
            items.u(spaces.funcs.index(r));
        }
        return new ElementList(null, count, items);
    }

    /** Functions in a table of elements of {@code type}, whose segment is of that type too. */
    private ElementList tableIndices(ByteWriter type) {
        if (type.equals(new ByteWriter().u8(FUNCREF))) {
            return indices();
        }
        ByteWriter items = new ByteWriter();
        int count = 0;
        for (; r.isIndex(); count++) {
            items.u8(REF_FUNC).u(spaces.funcs.index(r)).u8(END);
        }
        return new ElementList(type, count, items);
    }

    private ElementList expressions(ByteWriter type) {
        ByteWriter items = new ByteWriter();
        int count = 0;
        for (; r.isOpen(); count++) {
            if (r.acceptOpen("item")) {
                BodyParser.expression(spaces, r, items);
                r.close();
            } else {
                BodyParser.foldedExpression(spaces, r, items);
            }
        }
        return new ElementList(type, count, items);
    }

    private ElementList elementList(boolean bareIndices) {
        if (r.accept("func")) {
            return indices();
        }
        if (spaces.types.isRefType(r)) {
            return expressions(spaces.types.refType(r));
        }
        if (bareIndices) {
            return indices();
        }
        throw r.unexpected();
    }

    private void elem() {
        r.optionalId();
        if (r.accept("declare")) {
            segment(elementList(false), -1, false, null, true, elems.add());
            return;
        }
        int table = 0;
        boolean named = r.acceptOpen("table");
        boolean explicit = named;
        if (named) {
            table = spaces.tables.index(r);
            r.close();
        } else if (r.isIndex() && new Reader(r.tokens(), r.at() + 1).isOpen()) {
            // An older way to name the table.
            table = spaces.tables.index(r);
            explicit = true;
        }
        if (named || r.isOpen() && !r.opens("ref") && !r.opens("item")) {
            ByteWriter offset = offset();
            segment(elementList(!named), table, explicit, offset, false, elems.add());
        } else {
            segment(elementList(false), -1, false, null, false, elems.add());
        }
    }

    /**
     * @param table of an active segment, else -1
     * @param named whether the text names the table
     */
    private static void segment(
            ElementList list, int table, boolean named, ByteWriter offset, boolean declared, ByteWriter out) {
        boolean isFuncref = list.type == null || list.type.equals(new ByteWriter().u8(FUNCREF));
        boolean explicit = named || table > 0 || !isFuncref;
        int flags = list.type == null ? 0 : 4;
        if (table < 0) {
            flags |= declared ? 3 : 1;
        } else if (explicit) {
            flags |= 2;
        }
        out.u8(flags);
        if (table >= 0) {
            if (explicit) {
                out.u(table);
            }
            out.raw(offset);
        }
        if (table < 0 || explicit) {
            if (list.type == null) {
                out.u8(0);
            } else {
                out.raw(list.type);
            }
        }
        out.u(list.count).raw(list.items);
    }

    // ---- the whole

    private byte[] binary(String name) {
        ByteWriter out = new ByteWriter().raw(HEADER);
        int[] ids = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};
        ByteWriter[] contents = {
            spaces.types.section(),
            imports.content(),
            funcs.content(),
            tables.content(),
            memories.content(),
            tags.content(),
            globals.content(),
            exports.content(),
            start >= 0 ? new ByteWriter().u(start) : new ByteWriter(),
            elems.content(),
            spaces.usesData ? new ByteWriter().u(datas.count) : new ByteWriter(),
            codes.content(),
            datas.content()
        };
        for (int i = 0; i < ids.length; i++) {
            annotations.append(i, out);
            out.section(ids[i], contents[i]);
        }
        annotations.append(ids.length, out);
        names(name, out);
        return out.toArray();
    }

    private void names(String name, ByteWriter out) {
        Map<Integer, String> functions = spaces.funcs.byNumber();
        funcTokens.forEach((number, token) -> {
            String given = annotations.nameAt(token, functions.get(number));
            if (given != null) {
                functions.put(number, given);
            }
        });
        if (name == null && functions.isEmpty()) {
            return;
        }
        ByteWriter content = new ByteWriter().sized("name".getBytes(StandardCharsets.UTF_8));
        if (name != null) {
            content.section(0, new ByteWriter().sized(name.getBytes(StandardCharsets.UTF_8)));
        }
        if (!functions.isEmpty()) {
            ByteWriter map = new ByteWriter().u(functions.size());
            functions.forEach((i, n) -> map.u(i).sized(n.getBytes(StandardCharsets.UTF_8)));
            content.section(1, map);
        }
        out.section(0, content);
    }
}
