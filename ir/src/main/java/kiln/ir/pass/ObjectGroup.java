package kiln.ir.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kiln.ir.Block;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Objects that meet in block parameters, of which nothing is used but what fields hold. The values of an object are in
 * the order of the fields, with the header behind them.
 */
final class ObjectGroup {
    private static final int HEADER_BYTES = 8;

    private record Field(int index, int width, Type type) {}

    final List<Value> params = new ArrayList<>();
    /** In reverse postorder: what makes the objects, and what asks for them or changes them. */
    final List<Inst> uses = new ArrayList<>();

    private final TreeMap<Long, Field> fields = new TreeMap<>();
    private final List<Type> types = new ArrayList<>();
    private boolean replaceable;
    /** Whether there is one object alone, which changes outside the block that makes it. */
    boolean mutated;

    /** Finds the fields, and whether values can stand for them. */
    void layOut() {
        replaceable = true;
        Value base = null;
        int objects = 0;
        boolean elsewhere = false;
        for (Inst i : uses) {
            if (i.opcode() == Opcode.ALLOCATE && base == null) {
                base = i.arg(0);
            }
        }
        for (Inst i : uses) {
            if (i.opcode() == Opcode.HEAP_LOAD || i.opcode() == Opcode.HEAP_STORE) {
                // Elements of arrays are found by what is added to the base.
                replaceable &= base != null && isSame(base, i.arg(0));
            }
            if (i.opcode() == Opcode.HEAP_STORE) {
                add(i, i.stored().type());
                elsewhere |= !i.arg(1).is(Opcode.ALLOCATE) || i.arg(1).inst().block() != i.block();
            }
            objects += i.opcode() == Opcode.ALLOCATE ? 1 : 0;
        }
        for (Inst i : uses) {
            if (i.opcode() == Opcode.HEAP_LOAD && !isOfHeader(i)) {
                add(i, i.type());
            }
        }
        types.add(Type.I64);
        replaceable &= objects > 0 && (!elsewhere || params.isEmpty());
        mutated = replaceable && elsewhere;
    }

    /** Whether two values are the heap's base, which each access reads anew from the context. */
    private static boolean isSame(Value base, Value other) {
        if (base == other) {
            return true;
        }
        return base.is(Opcode.LOAD)
                && other.is(Opcode.LOAD)
                && base.inst().memory().readOnly()
                && base.inst().memory().equals(other.inst().memory())
                && base.inst().imm() == other.inst().imm()
                && base.inst().arg(0).is(Opcode.VMCTX)
                && other.inst().arg(0).is(Opcode.VMCTX);
    }

    private void add(Inst access, Type type) {
        long start = access.imm();
        int width = access.memory().width();
        Map.Entry<Long, Field> before = fields.floorEntry(start + width - 1);
        if (before == null || before.getKey() + before.getValue().width <= start) {
            fields.put(start, new Field(types.size(), width, type));
            types.add(type);
            return;
        }
        Field known = before.getValue();
        replaceable &= before.getKey() == start && known.width == width && known.type == type;
    }

    boolean isReplaceable() {
        return replaceable;
    }

    /** Whether a load is of a half of the header, where no field is. */
    boolean isOfHeader(Inst load) {
        Map.Entry<Long, Field> before = fields.floorEntry(load.imm() + 3);
        return load.imm() % 4 == 0
                && load.imm() < HEADER_BYTES
                && load.type() == Type.I32
                && load.memory().width() == 4
                && (before == null || before.getKey() + before.getValue().width <= load.imm());
    }

    /** Number of values of an object. */
    int values() {
        return types.size();
    }

    /** Their types. */
    List<Type> types() {
        return types;
    }

    int header() {
        return types.size() - 1;
    }

    /** The number of the field that is read or written. */
    int slot(Inst access) {
        return fields.get(access.imm()).index;
    }

    /** The values of a new object, whose fields nobody has written yet. */
    Value[] newState(Inst allocation) {
        Value[] state = new Value[values()];
        state[header()] = allocation.arg(2);
        return state;
    }

    Value[] newParams(Block b) {
        return types.stream().map(b::addParam).toArray(Value[]::new);
    }
}
