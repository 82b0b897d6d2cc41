package kiln.ir.testing;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Objects of the heap in random programs. All have the same fields, each in a region of its own as fields of final
 * types have; what a program can tell of them is what was stored to fields, and which of them are the same.
 */
final class RandomObjects {
    /** A field, which values of {@code type} are stored to. */
    private record Field(Type type, int offset, int width, boolean signed) {
        MemoryOp access() {
            return new MemoryOp(width, signed, new Region(Region.Kind.HEAP, 16 + offset), false, false);
        }
    }

    private static final Field[] FIELDS = {
        new Field(Type.I32, 8, 4, false),
        new Field(Type.I32, 12, 2, true),
        new Field(Type.I32, 14, 1, false),
        new Field(Type.I64, 16, 8, false),
        new Field(Type.F64, 24, 8, false),
        new Field(Type.REF, 32, 4, false),
        new Field(Type.REF, 36, 4, false),
    };
    /** Behind the fields: numbers of 32 bits, as the elements of an array. */
    private static final int ELEMENTS = 40;

    private static final int ELEMENT_COUNT = 4;
    private static final MemoryOp ELEMENT = MemoryOp.guarded(4, new Region(Region.Kind.HEAP, 16 + ELEMENTS), false);
    private static final long BYTES = ELEMENTS + 4 * ELEMENT_COUNT;

    /** The second half of a header never changes, as an array's length. */
    private static final MemoryOp LENGTH = MemoryOp.guarded(4, new Region(Region.Kind.HEAP, 1 << 16), true);

    private static final int LENGTH_OFFSET = 4;

    private final RandomValues values;
    /** Objects of which programs use nothing but what is in them: passes may replace them by that. */
    final List<Value> hidden = new ArrayList<>();

    RandomObjects(RandomValues values) {
        this.values = values;
    }

    /** An object for a function that has none yet, which refers to itself. */
    void first() {
        if (values.pools.get(Type.REF).isEmpty()) {
            Value object = allocate();
            values.add(object);
            fill(object);
        }
    }

    private Value allocate() {
        Value header = values.chance(50) ? values.b.i64(values.random.nextLong()) : values.any(Type.I64);
        // Sometimes nobody knows how large it is: all bits but one are 0.
        Value size = values.chance(80)
                ? values.b.i64(BYTES)
                : values.raw(
                        Opcode.ADD,
                        Type.I64,
                        values.raw(Opcode.AND, Type.I64, values.any(Type.I64), values.b.i64(8)),
                        values.b.i64(BYTES));
        return values.b.allocate(values.memory, size, header);
    }

    private void fill(Value object) {
        for (Field f : FIELDS) {
            store(object, f);
        }
        for (int i = 0; i < ELEMENT_COUNT; i++) {
            values.b.heapStore(ELEMENT, values.memory, object, ELEMENTS + 4L * i, values.any(Type.I32));
        }
    }

    /** Reads or writes an element, the number of which is known or not. */
    private void element(Value object) {
        Value base = values.memory;
        if (values.chance(60)) {
            Value index = values.raw(Opcode.AND, Type.I64, values.any(Type.I64), values.b.i64(ELEMENT_COUNT - 1));
            base = values.raw(Opcode.ADD, Type.I64, base, values.raw(Opcode.SHL, Type.I64, index, values.b.i64(2)));
        }
        int known = base == values.memory ? 4 * values.random.nextInt(ELEMENT_COUNT) : 0;
        if (values.chance(50)) {
            values.b.heapStore(ELEMENT, base, object, ELEMENTS + known, values.any(Type.I32));
        } else {
            values.add(values.b.heapLoad(Type.I32, ELEMENT, base, object, ELEMENTS + known));
        }
    }

    /** A number in a reference or an object, and what is in it: told apart by the lowest bit. */
    private void cast(Value object) {
        Value number = values.raw(Opcode.OR, Type.I64, values.any(Type.I64), values.b.i64(1));
        Value ref = values.b.select(values.condition(), values.b.refOfBits(number), object);
        Block join = values.b.function().newBlock();
        Block[] ways = {values.b.function().newBlock(), values.b.function().newBlock()};
        Value tag = values.raw(Opcode.AND, Type.I64, values.b.refBits(ref), values.b.i64(1));
        values.b.branch(values.b.icmp(IntCond.NE, tag, values.b.i64(0)), ways[0], ways[1]);
        values.b.setBlock(ways[0]);
        values.b.jump(join, values.b.refBits(ref));
        values.b.setBlock(ways[1]);
        values.b.jump(join, values.b.heapLoad(Type.I64, FIELDS[3].access(), values.memory, ref, FIELDS[3].offset));
        values.b.setBlock(join);
        values.add(join.addParam(Type.I64));
    }

    private MemoryOp sometimesTrapping(MemoryOp m) {
        return values.chance(20) ? m.trapping(TrapCode.NULL_REFERENCE) : m;
    }

    private void store(Value object, Field f) {
        Value v = f.type == Type.REF || values.chance(70) ? values.any(f.type) : values.constant(f.type);
        values.b.heapStore(sometimesTrapping(f.access()), values.memory, object, f.offset, v);
    }

    /** What does not tell anybody of the object. */
    private void askHidden() {
        Value object = values.pick(hidden.toArray(Value[]::new));
        switch (values.random.nextInt(9)) {
            case 0, 1 -> store(object, values.pick(FIELDS));
            case 8 -> {
                if (values.chance(60)) {
                    element(object);
                }
            }
            case 2 -> {
                IntCond cond = values.chance(50) ? IntCond.EQ : IntCond.NE;
                values.add(values.b.icmp(cond, object, values.b.zero(Type.REF)));
            }
            case 3 -> {
                Value bits = values.b.refBits(object);
                values.add(values.raw(Opcode.AND, Type.I64, bits, values.b.i64(values.random.nextInt(8))));
            }
            case 4 -> values.add(values.b.heapLoad(Type.I32, LENGTH, values.memory, object, LENGTH_OFFSET));
            default -> {
                Field f = values.pick(FIELDS);
                MemoryOp m = sometimesTrapping(f.access());
                values.add(values.numeric(values.b.heapLoad(f.type, m, values.memory, object, f.offset)));
            }
        }
    }

    private Value newHidden() {
        Value object = values.b.allocate(values.memory, values.b.i64(BYTES), values.any(Type.I64));
        fill(object);
        return object;
    }

    /** One that was made on one of two ways, or another one. */
    private Value hiddenOfTwo() {
        Block join = values.b.function().newBlock();
        Block[] ways = {values.b.function().newBlock(), values.b.function().newBlock()};
        values.b.branch(values.condition(), ways[0], ways[1]);
        for (Block way : ways) {
            values.b.setBlock(way);
            boolean known = !hidden.isEmpty() && values.chance(20);
            values.b.jump(join, known ? values.pick(hidden.toArray(Value[]::new)) : newHidden());
        }
        values.b.setBlock(join);
        return join.addParam(Type.REF);
    }

    /** One that a loop makes anew in each turn out of what was in the last one. */
    private Value hiddenOfLoop() {
        Value start = newHidden();
        Block header = values.b.function().newBlock();
        Block next = values.b.function().newBlock();
        values.b.jump(header, start, values.b.i32(0));
        values.b.setBlock(header);
        Value last = header.addParam(Type.REF);
        Value turns = header.addParam(Type.I32);
        Value x = values.b.heapLoad(Type.I64, FIELDS[3].access(), values.memory, last, FIELDS[3].offset);
        Value made = newHidden();
        values.b.heapStore(
                FIELDS[3].access(),
                values.memory,
                made,
                FIELDS[3].offset,
                values.raw(Opcode.ADD, Type.I64, x, values.any(Type.I64)));
        if (values.chance(30)) {
            values.b.heapStore(
                    FIELDS[0].access(),
                    values.memory,
                    values.chance(50) ? last : start,
                    FIELDS[0].offset,
                    values.any(Type.I32));
        }
        Value more = values.raw(Opcode.ADD, Type.I32, turns, values.b.i32(1));
        values.b.branch(
                values.b.icmp(IntCond.ULT, more, values.b.i32(3)), new Edge(header, made, more), new Edge(next));
        values.b.setBlock(next);
        return last;
    }

    void statement() {
        if (values.chance(40)) {
            switch (values.random.nextInt(10)) {
                case 0, 1 -> hidden.add(newHidden());
                case 2 -> hidden.add(hiddenOfTwo());
                case 3 -> hidden.add(hiddenOfLoop());
                default -> {
                    if (!hidden.isEmpty()) {
                        askHidden();
                    }
                }
            }
            return;
        }
        Value object = values.any(Type.REF);
        switch (values.random.nextInt(10)) {
            case 8 -> element(object);
            case 9 -> cast(object);
            case 0, 1 -> {
                Value made = allocate();
                fill(made);
                values.add(made);
            }
            case 2, 3 -> store(object, values.pick(FIELDS));
            case 4 -> values.add(values.b.icmp(IntCond.EQ, object, values.any(Type.REF)));
            case 5 -> {
                if (values.chance(50)) {
                    values.add(values.b.heapLoad(Type.I32, LENGTH, values.memory, object, LENGTH_OFFSET));
                } else {
                    values.add(values.b.select(values.condition(), object, values.any(Type.REF)));
                }
            }
            default -> {
                Field f = values.pick(FIELDS);
                MemoryOp m = sometimesTrapping(f.access());
                values.add(values.numeric(values.b.heapLoad(f.type, m, values.memory, object, f.offset)));
            }
        }
    }
}
