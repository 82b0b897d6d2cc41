package kiln.codegen.x64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;

import kiln.codegen.Demanded;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Addresses, loads and stores. */
final class MemoryRules {
    /** How deep a tree of additions is searched for parts of an address. */
    private static final int MAX_DEPTH = 4;

    private MemoryRules() {}

    // Addresses: base + (index << shift) + displacement.

    /** The parts of an address that have been found. */
    private static final class Parts {
        Value base;
        Value index;
        int shift;
        long disp;

        Parts copy() {
            Parts p = new Parts();
            p.base = base;
            p.index = index;
            p.shift = shift;
            p.disp = disp;
            return p;
        }
    }

    /** The address of an access to memory or an object. */
    static Address address(Context c, Inst inst) {
        Parts p = new Parts();
        p.disp = inst.imm();
        if (inst.opcode().addressOperands() == 2) {
            Address element = elementInLoop(c, inst);
            if (element != null) {
                return element.trapping(inst.memory().trap());
            }
            p.index = inst.arg(1);
        }
        return build(c, collect(c, inst.arg(0), p, 0)).trapping(inst.memory().trap());
    }

    /** The address of an object. */
    private record ObjectAddress(Value base) implements LoweringContext.Maker {
        @Override
        public Type type() {
            return Type.I64;
        }

        @Override
        public void emit(LoweringContext c, Reg target, Reg source) {
            c.emit(IntegerInsn.Lea.of(8, target, Address.of(c.reg(base), source, 0, 0)));
        }

        // What records have by themselves is linked when it is first used, which takes milliseconds.
        @Override
        public boolean equals(Object o) {
            return o instanceof ObjectAddress a && base == a.base;
        }

        @Override
        public int hashCode() {
            return base.id();
        }
    }

    /** The element of an array whose address is made in front of a loop; null if there is none. */
    private static Address elementInLoop(Context c, Inst access) {
        Value sum = access.arg(0);
        if (!sum.is(Opcode.ADD) || c.isDemanded(sum) || (int) access.imm() != access.imm()) {
            return null;
        }
        boolean first = sum.inst().arg(0).isContextField();
        Value base = sum.inst().arg(first ? 0 : 1);
        Value index = sum.inst().arg(first ? 1 : 0);
        if (!base.isContextField() || isConst(index)) {
            return null;
        }
        Reg object = c.objectAddress(base, access.arg(1), new ObjectAddress(base));
        if (object == null) {
            return null;
        }
        boolean scaled = index.is(Opcode.SHL) && isScale(index.inst().arg(1)) && !c.isDemanded(index);
        int shift = scaled ? (int) constValue(index.inst().arg(1)) : 0;
        return Address.of(object, c.reg(scaled ? index.inst().arg(0) : index), shift, (int) access.imm());
    }

    /** Adds {@code v} to the parts, or gives null if that is too much for one address. */
    private static Parts collect(Context c, Value v, Parts p, int depth) {
        Inst d = c.producer(v);
        if (d != null && depth < MAX_DEPTH && v.type() == Type.I64) {
            if (d.opcode() == Opcode.ICONST) {
                Parts q = p.copy();
                q.disp += d.imm();
                if ((int) q.disp == q.disp && (int) d.imm() == d.imm()) {
                    return q;
                }
            } else if (d.opcode() == Opcode.ADD && !c.isDemanded(v)) {
                Parts q = collect(c, d.arg(1), p, depth + 1);
                q = q == null ? null : collect(c, d.arg(0), q, depth + 1);
                if (q != null) {
                    return q;
                }
            } else if (d.opcode() == Opcode.SHL && p.index == null && isScale(d.arg(1)) && !c.isDemanded(v)) {
                Parts q = p.copy();
                q.index = d.arg(0);
                q.shift = (int) constValue(d.arg(1));
                return q;
            }
        }
        Parts q = p.copy();
        if (q.base == null) {
            q.base = v;
        } else if (q.index == null) {
            q.index = v;
        } else {
            return null;
        }
        return q;
    }

    /** Whether an index may be shifted by it. */
    static boolean isScale(Value count) {
        return count.is(Opcode.ICONST) && constValue(count) >= 1 && constValue(count) <= 3;
    }

    private static Address build(Context c, Parts p) {
        Reg extra = null;
        if ((int) p.disp != p.disp) {
            extra = c.newReg(Type.I64);
            c.emit(new IntegerInsn.Const(extra, p.disp));
            p.disp = 0;
        }
        if (p.base != null && p.index != null && p.shift == 0 && p.index.is(Opcode.STACK_ADDR)) {
            Value v = p.base;
            p.base = p.index;
            p.index = v;
        }
        if (p.base != null && p.base.is(Opcode.STACK_ADDR)) {
            long at = c.stackOffset(p.base.inst()) + p.disp;
            if (extra == null && (int) at == at) {
                return Address.stackArea((int) at, p.index == null ? null : c.reg(p.index), p.shift);
            }
        }
        Reg base = p.base == null ? null : c.reg(p.base);
        Reg index = p.index == null ? null : c.reg(p.index);
        if (extra == null) {
            return Address.of(base, index, p.shift, (int) p.disp);
        }
        if (base == null) {
            return Address.of(extra, index, p.shift, 0);
        }
        if (index == null) {
            return Address.of(base, extra, 0, 0);
        }
        Reg sum = c.newReg(Type.I64);
        c.emit(IntegerInsn.Lea.of(8, sum, Address.of(base, extra, 0, 0)));
        return Address.of(sum, index, p.shift, 0);
    }

    // STACK_ADDR.

    static final Rules<Context> STACK_ADDRESS = Rules.<Context>of("stackAddress")
            .base("address", (c, inst) -> {
                Address a = Address.stackArea(c.stackOffset(inst), null, 0);
                c.emit(IntegerInsn.Lea.of(8, c.def(inst.result()), a));
            });

    // DATA_ADDR.

    static final Rules<Context> DATA_ADDRESS = Rules.<Context>of("dataAddress")
            .base("address", (c, inst) -> c.emit(new MemoryInsn.DataAddress(c.def(inst.result()), inst.bytes())));

    // LOAD.

    static final Rules<Context> LOAD = Rules.<Context>of("load").base("load", (c, inst) -> {
        MemoryOp m = inst.memory();
        Reg dst = c.def(inst.result());
        Address a = address(c, inst);
        boolean constant = m.readOnly() && !m.canTrap() && a.base() == Registers.CONTEXT && a.index() == null;
        c.emit(MemoryInsn.load(inst.type(), m.width(), m.signed(), dst, a, constant));
    });

    // REF_OF_BITS.

    /** A register of its own: the bits' one is no reference to a collection. */
    static final Rules<Context> REFERENCE = Rules.<Context>of("refOfBits")
            .base("bits", (c, inst) -> c.emit(new MoveInsn.Move(Type.REF, c.def(inst.result()), c.reg(inst.arg(0)))));

    // STORE.

    static final Rules<Context> STORE = Rules.<Context>of("store")
            .rule("[a] = [a] op x", MemoryRules::readModifyWrite)
            .rule("[a] = constant", (c, inst) -> {
                int width = inst.memory().width();
                Value value = Demanded.stored(c, inst);
                if (!isImmediate(value, width)) {
                    return false;
                }
                c.emit(Insn.store(Op.MOV, width, address(c, inst), immediate(value, width)));
                return true;
            })
            .rule("[a] = lane of a vector", LaneRules::store)
            .base("[a] = x", (c, inst) -> {
                Value value = Demanded.stored(c, inst);
                Address a = address(c, inst);
                c.emit(MemoryInsn.store(value.type(), inst.memory().width(), a, c.reg(value)));
            });

    static boolean isImmediate(Value v, int width) {
        return isConst(v) && (width < 8 || (int) constValue(v) == constValue(v));
    }

    /** The low {@code width} bytes of a constant, sign-extended. */
    static int immediate(Value v, int width) {
        int imm = (int) constValue(v);
        return width == 1 ? (byte) imm : width == 2 ? (short) imm : imm;
    }

    /** Load, operation and store in one instruction. */
    private static boolean readModifyWrite(Context c, Inst store) {
        int width = store.memory().width();
        Inst d = store.type().isInt() ? c.foldable(Demanded.stored(c, store)) : null;
        Op op = d == null ? null : readModifyWriteOp(d.opcode());
        if (op == null) {
            return false;
        }
        int memory = isLoadOfSamePlace(c, d.arg(0), store)
                ? 0
                : d.opcode().isCommutative() && isLoadOfSamePlace(c, d.arg(1), store) ? 1 : -1;
        if (memory < 0) {
            return false;
        }
        Value other = d.arg(1 - memory);
        Inst load = Demanded.low(c, d.arg(memory), width * 8).inst();
        boolean constant = isImmediate(other, width);
        Reg src = constant ? null : c.reg(Demanded.low(c, other, width * 8));
        c.absorb(load);
        // Both accesses trap alike, so the load's position serves.
        Address a = address(c, store).at(load.position());
        c.emit(constant ? Insn.store(op, width, a, immediate(other, width)) : Insn.store(op, width, a, src));
        return true;
    }

    private static Op readModifyWriteOp(Opcode opcode) {
        return switch (opcode) {
            case ADD -> Op.ADD;
            case SUB -> Op.SUB;
            case AND -> Op.AND;
            case OR -> Op.OR;
            case XOR -> Op.XOR;
            default -> null;
        };
    }

    private static boolean isLoadOfSamePlace(Context c, Value v, Inst store) {
        Inst load = c.foldableLoad(Demanded.low(c, v, store.memory().width() * 8));
        return load != null && isSamePlace(load, store);
    }

    static boolean isStore(Inst inst) {
        return inst.opcode() == Opcode.STORE || inst.opcode() == Opcode.HEAP_STORE;
    }

    /** Whether a load reads the bytes that a store writes. */
    static boolean isSamePlace(Inst load, Inst store) {
        return load.memory().width() == store.memory().width()
                && load.imm() == store.imm()
                && load.arg(0) == store.arg(0)
                && load.arg(load.argCount() - 1) == store.arg(load.argCount() - 1)
                && load.argCount() + 1 == store.argCount()
                && load.memory().region().equals(store.memory().region());
    }
}
