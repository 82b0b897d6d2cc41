package kiln.ir.testing;

import kiln.artifact.api.TrapCode;
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
    private static final long BYTES = 40;

    /** The second half of a header never changes, as an array's length. */
    private static final MemoryOp LENGTH = MemoryOp.guarded(4, new Region(Region.Kind.HEAP, 1 << 16), true);

    private static final int LENGTH_OFFSET = 4;

    private final RandomValues values;

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
    }

    private MemoryOp sometimesTrapping(MemoryOp m) {
        return values.chance(20) ? m.trapping(TrapCode.NULL_REFERENCE) : m;
    }

    private void store(Value object, Field f) {
        Value v = f.type == Type.REF || values.chance(70) ? values.any(f.type) : values.constant(f.type);
        values.b.heapStore(sometimesTrapping(f.access()), values.memory, object, f.offset, v);
    }

    void statement() {
        Value object = values.any(Type.REF);
        switch (values.random.nextInt(8)) {
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
