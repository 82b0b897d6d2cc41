package kiln.wat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Printable;
import kiln.wasm.ByteWriter;
import kiln.wasm.Imm;
import kiln.wasm.Op;

/** Instructions: function bodies and constant expressions. */
final class BodyParser {
    /**
     * Folded instructions within each other that are read; blocks that are not folded may nest as deep as they like.
     */
    private static final int MAX_DEPTH = 1500;

    private static final Map<String, Op> OPS = new HashMap<>();

    static {
        for (Op op : Op.values()) {
            OPS.putIfAbsent(op.text(), op);
        }
    }

    private final ModuleSpaces spaces;
    private final Reader r;
    private final Names locals;
    /** Names of the blocks around, null for one without; the innermost last. */
    private final List<String> labels = new ArrayList<>();
    /** By name: the depths of the blocks around that have it, the innermost last. Looking through all is quadratic. */
    private final Map<String, Deque<Integer>> named = new HashMap<>();

    private int depth;

    BodyParser(ModuleSpaces spaces, Reader r, Names locals) {
        this.spaces = spaces;
        this.r = r;
        this.locals = locals;
    }

    /** Instructions up to the parenthesis that closes what they stand in. */
    void function(ByteWriter out) {
        labels.add(null);
        int blocks = labels.size();
        sequence(out);
        if (!r.isClose() || labels.size() != blocks) {
            throw r.unexpected();
        }
        out.u8(0x0b);
    }

    /** An expression: instructions up to a closing parenthesis, with an end. */
    static void expression(ModuleSpaces spaces, Reader r, ByteWriter out) {
        boolean usesData = spaces.usesData;
        new BodyParser(spaces, r, new Names("local")).function(out);
        // Only functions need the number of data segments in front of them.
        spaces.usesData = usesData;
    }

    /** One folded instruction as an expression. */
    static void foldedExpression(ModuleSpaces spaces, Reader r, ByteWriter out) {
        BodyParser p = new BodyParser(spaces, r, new Names("local"));
        p.labels.add(null);
        if (!r.isOpen()) {
            throw r.unexpected();
        }
        p.folded(out);
        out.u8(0x0b);
    }

    /** Instructions, folded or not, up to a closing parenthesis; each block that begins in here ends in here. */
    private void sequence(ByteWriter out) {
        int outer = labels.size();
        List<Op> open = new ArrayList<>();
        while (true) {
            if (r.isOpen()) {
                folded(out);
            } else if (r.isClose() || r.kind() == Tokens.Kind.END) {
                if (labels.size() != outer) {
                    throw r.unexpected();
                }
                return;
            } else {
                plain(out, open);
            }
        }
    }

    private Op op(String text, int token) {
        Op op = OPS.get(text);
        if (op == null) {
            throw r.tokens().errorAt(token, "unknown operator " + text);
        }
        return op;
    }

    /** One instruction that is not folded; {@code open} has the blocks that are open. */
    private void plain(ByteWriter out, List<Op> open) {
        int token = r.at();
        Op op = op(r.atom(), token);
        switch (op) {
            case BLOCK, LOOP, IF, TRY, TRY_TABLE -> {
                begin(op, out);
                open.add(op);
            }
            case ELSE, CATCH, CATCH_ALL -> {
                Op block = open.isEmpty() ? null : open.getLast();
                boolean fits = op == Op.ELSE ? block == Op.IF : block == Op.TRY || block == Op.CATCH;
                if (!fits) {
                    throw r.errorBefore("unexpected token " + op.text());
                }
                open.set(open.size() - 1, op);
                if (op == Op.CATCH) {
                    out.u8(op.code()).u(spaces.tags.index(r));
                } else {
                    out.u8(op.code());
                }
                sameLabel();
            }
            case END -> {
                if (open.isEmpty()) {
                    throw r.errorBefore("unexpected token end");
                }
                open.removeLast();
                sameLabel();
                leave();
                out.u8(op.code());
            }
            case DELEGATE -> {
                if (open.isEmpty() || open.getLast() != Op.TRY) {
                    throw r.errorBefore("unexpected token delegate");
                }
                open.removeLast();
                leave();
                out.u8(op.code()).u(label());
            }
            default -> instruction(op, out);
        }
    }

    /** A label at the end or in the middle of a block must be the block's own. */
    private void sameLabel() {
        if (r.isId()) {
            String id = r.id();
            if (!id.equals(labels.getLast())) {
                throw r.errorBefore("mismatching label $" + Printable.name(id));
            }
        }
    }

    /** The head of a block; its label is open afterwards. */
    private void begin(Op op, ByteWriter out) {
        String id = r.optionalId();
        out.u8(op.code()).raw(spaces.types.blockType(r));
        if (op == Op.TRY_TABLE) {
            catches(out);
        }
        enter(id);
    }

    private void catches(ByteWriter out) {
        ByteWriter clauses = new ByteWriter();
        int count = 0;
        for (; true; count++) {
            if (r.acceptOpen("catch")) {
                clauses.u8(0).u(spaces.tags.index(r));
            } else if (r.acceptOpen("catch_ref")) {
                clauses.u8(1).u(spaces.tags.index(r));
            } else if (r.acceptOpen("catch_all")) {
                clauses.u8(2);
            } else if (r.acceptOpen("catch_all_ref")) {
                clauses.u8(3);
            } else {
                out.u(count).raw(clauses);
                return;
            }
            clauses.u(label());
            r.close();
        }
    }

    private void folded(ByteWriter out) {
        if (++depth > MAX_DEPTH) {
            throw r.error("folded instructions are nested deeper than " + MAX_DEPTH);
        }
        r.open();
        int token = r.at();
        Op op = op(r.atom(), token);
        switch (op) {
            case BLOCK, LOOP, TRY_TABLE -> {
                begin(op, out);
                sequence(out);
                endFolded(out);
            }
            case IF -> foldedIf(out);
            case TRY -> foldedTry(out);
            case ELSE, CATCH, CATCH_ALL, END, DELEGATE -> throw r.errorBefore("unexpected token " + op.text());
            default -> {
                ByteWriter itself = new ByteWriter();
                instruction(op, itself);
                while (r.isOpen()) {
                    folded(out);
                }
                out.raw(itself);
            }
        }
        r.close();
        depth--;
    }

    private void endFolded(ByteWriter out) {
        out.u8(Op.END.code());
        leave();
    }

    private void foldedIf(ByteWriter out) {
        String id = r.optionalId();
        ByteWriter type = spaces.types.blockType(r);
        while (r.isOpen() && !r.opens("then")) {
            folded(out);
        }
        out.u8(Op.IF.code()).raw(type);
        enter(id);
        if (!r.acceptOpen("then")) {
            throw r.unexpected();
        }
        sequence(out);
        r.close();
        if (r.acceptOpen("else")) {
            out.u8(Op.ELSE.code());
            sequence(out);
            r.close();
        }
        endFolded(out);
    }

    private void foldedTry(ByteWriter out) {
        begin(Op.TRY, out);
        if (!r.acceptOpen("do")) {
            throw r.unexpected();
        }
        sequence(out);
        r.close();
        if (r.acceptOpen("delegate")) {
            leave();
            out.u8(Op.DELEGATE.code()).u(label());
            r.close();
            return;
        }
        while (r.acceptOpen("catch")) {
            out.u8(Op.CATCH.code()).u(spaces.tags.index(r));
            sequence(out);
            r.close();
        }
        if (r.acceptOpen("catch_all")) {
            out.u8(Op.CATCH_ALL.code());
            sequence(out);
            r.close();
        }
        endFolded(out);
    }

    private void enter(String id) {
        if (id != null) {
            named.computeIfAbsent(id, _ -> new ArrayDeque<>()).addLast(labels.size());
        }
        labels.add(id);
    }

    private void leave() {
        String id = labels.removeLast();
        if (id != null) {
            named.get(id).removeLast();
        }
    }

    private int label() {
        int token = r.at();
        if (!r.isId()) {
            return (int) r.natural(32);
        }
        String id = r.id();
        Deque<Integer> depths = named.get(id);
        if (depths != null && !depths.isEmpty()) {
            return labels.size() - 1 - depths.getLast();
        }
        throw r.tokens().errorAt(token, "unknown label $" + Printable.name(id));
    }

    private static void code(Op op, ByteWriter out) {
        if (op.code() > 0xff) {
            out.u8(op.code() >>> 12).u(op.code() & 0xfff);
        } else {
            out.u8(op.code());
        }
    }

    /** An instruction that is no block, with its immediate operands. */
    private void instruction(Op named, ByteWriter out) {
        if (named == Op.SELECT && r.opens("result")) {
            selectWithTypes(out);
            return;
        }
        if (named == Op.REF_TEST || named == Op.REF_CAST) {
            TypeTable.RefType type = spaces.types.parseRef(r);
            Op nullable = named == Op.REF_TEST ? Op.REF_TEST_NULL : Op.REF_CAST_NULL;
            code(type.nullable() ? nullable : named, out);
            out.raw(type.heap());
            return;
        }
        code(named, out);
        immediates(named, named.immediates(), out);
    }

    private void selectWithTypes(ByteWriter out) {
        ByteWriter types = new ByteWriter();
        int count = 0;
        while (r.acceptOpen("result")) {
            while (!r.isClose()) {
                types.raw(spaces.types.valueType(r));
                count++;
            }
            r.close();
        }
        code(Op.SELECT_T, out);
        out.u(count).raw(types);
    }

    private void immediates(Op op, Imm kind, ByteWriter out) {
        TypeTable types = spaces.types;
        switch (kind) {
            case NONE -> {}
            case BLOCK_TYPE, VAL_TYPES, CATCHES -> throw new AssertionError(op);
            case LABEL -> out.u(label());
            case LABELS -> labels(out);
            case LOCAL -> out.u(locals.index(r));
            case GLOBAL -> out.u(spaces.globals.index(r));
            case FUNC -> out.u(spaces.funcs.index(r));
            case TYPE_TABLE -> {
                int table = optional(spaces.tables);
                out.u(types.namelessUse(r)).u(table);
            }
            case TYPE -> out.u(types.index(r));
            case TAG -> out.u(spaces.tags.index(r));
            case TABLE -> out.u(optional(spaces.tables));
            case MEMORY -> out.u(optional(spaces.memories));
            case MEMARG -> memarg(op, optional(spaces.memories), out);
            case MEMARG_LANE -> {
                memarg(op, memoryBeforeLane(), out);
                out.u8((int) r.natural(8));
            }
            case LANE -> out.u8((int) r.natural(8));
            case SHUFFLE -> {
                for (int i = 0; i < 16; i++) {
                    out.u8((int) r.natural(8));
                }
            }
            case I32 -> out.s((int) r.integer(32));
            case I64 -> out.s(r.integer(64));
            case F32 -> out.fixed(r.floating(false), 4);
            case F64 -> out.fixed(r.floating(true), 8);
            case V128 -> vector(out);
            case HEAP_TYPE -> out.raw(types.heapType(r));
            case ELEM -> out.u(spaces.elems.index(r));
            case DATA -> out.u(data());
            case ELEM_TABLE -> {
                boolean two = followedByIndex();
                int table = two ? spaces.tables.index(r) : 0;
                out.u(spaces.elems.index(r)).u(table);
            }
            case TABLE_TABLE -> pair(spaces.tables, out);
            case DATA_MEMORY -> {
                boolean two = followedByIndex();
                int memory = two ? spaces.memories.index(r) : 0;
                out.u(data()).u(memory);
            }
            case MEMORY_MEMORY -> pair(spaces.memories, out);
            case TYPE_FIELD -> {
                int type = types.index(r);
                out.u(type).u(types.field(r, type));
            }
            case TYPE_LENGTH -> out.u(types.index(r)).u((int) r.natural(32) & 0xffff_ffffL);
            case TYPE_DATA -> out.u(types.index(r)).u(data());
            case TYPE_ELEM -> out.u(types.index(r)).u(spaces.elems.index(r));
            case TYPE_TYPE -> {
                int to = types.index(r);
                out.u(to).u(types.index(r));
            }
            case CAST_BRANCH -> {
                int label = label();
                TypeTable.RefType from = types.parseRef(r);
                TypeTable.RefType to = types.parseRef(r);
                out.u8((from.nullable() ? 1 : 0) | (to.nullable() ? 2 : 0)).u(label);
                out.raw(from.heap()).raw(to.heap());
            }
            case FENCE -> out.u8(0);
        }
    }

    private int data() {
        spaces.usesData = true;
        return spaces.datas.index(r);
    }

    private void labels(ByteWriter out) {
        List<Integer> all = new ArrayList<>();
        do {
            all.add(label());
        } while (r.isIndex());
        out.u(all.size() - 1);
        all.forEach(out::u);
    }

    private int optional(Names space) {
        return r.isIndex() ? space.index(r) : 0;
    }

    private boolean followedByIndex() {
        Reader ahead = new Reader(r.tokens(), r.at() + 1);
        return r.isIndex() && ahead.isIndex();
    }

    private void pair(Names space, ByteWriter out) {
        if (!r.isIndex()) {
            out.u(0).u(0);
            return;
        }
        int first = space.index(r);
        out.u(first).u(space.index(r));
    }

    /** The memory of an access to a lane: a number alone is the lane. */
    private int memoryBeforeLane() {
        Tokens t = r.tokens();
        String next = t.kind(r.at() + 1) == Tokens.Kind.ATOM ? t.text(r.at() + 1) : "";
        boolean more = Literals.natural(next, 64) != null || next.startsWith("offset=") || next.startsWith("align=");
        return r.isId() || r.isNatural() && more ? spaces.memories.index(r) : 0;
    }

    private void memarg(Op op, int memory, ByteWriter out) {
        long offset = field("offset=", 0);
        int token = r.at();
        long align = field("align=", 1L << op.naturalAlign());
        if (Long.bitCount(align) != 1) {
            throw r.tokens().errorAt(token, "alignment must be a power of two");
        }
        int log2 = Long.numberOfTrailingZeros(align);
        if (memory == 0) {
            out.u(log2);
        } else {
            out.u(log2 | 0x40).u(memory);
        }
        out.u(offset);
    }

    private long field(String name, long otherwise) {
        if (r.kind() != Tokens.Kind.ATOM || !r.tokens().text(r.at()).startsWith(name)) {
            return otherwise;
        }
        String number = r.tokens().text(r.at()).substring(name.length());
        Literals.Parsed n = Literals.natural(number, 64);
        if (n == null) {
            throw r.unexpected();
        }
        if (!n.inRange()) {
            throw r.error(name + " out of range");
        }
        r.atom();
        return n.bits();
    }

    private void vector(ByteWriter out) {
        int token = r.at();
        String shape = r.atom();
        int lanes;
        switch (shape) {
            case "i8x16" -> lanes = 16;
            case "i16x8" -> lanes = 8;
            case "i32x4", "f32x4" -> lanes = 4;
            case "i64x2", "f64x2" -> lanes = 2;
            default -> throw r.tokens().errorAt(token, "unexpected token " + shape);
        }
        for (int i = 0; i < lanes; i++) {
            if (r.kind() != Tokens.Kind.ATOM) {
                throw r.error("wrong number of lane literals");
            }
            out.fixed(shape.startsWith("f") ? r.floating(lanes == 2) : r.integer(128 / lanes), 16 / lanes);
        }
    }
}
