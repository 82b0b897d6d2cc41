package kiln.codegen.x64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.OperationRules;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for addresses, loads and stores, and for the operands of all other rules. */
abstract class MemoryRules extends OperationRules {
    /** How deep a tree of additions is searched for parts of an address. */
    private static final int MAX_DEPTH = 4;

    final CpuFeatures features;

    MemoryRules(Function function, CodegenOptions options) {
        super(function, options, Registers.CONVENTION);
        this.features = CpuFeatures.of(options.features());
    }

    // Operands.

    static int size(Type type) {
        return type.bytes();
    }

    /** The value itself, or the i64 whose low half it is: for operations that read the low half only. */
    final Value low(Value v) {
        Value result = v;
        while (foldable(result, Opcode.WRAP) != null) {
            result = result.inst().arg(0);
        }
        return result;
    }

    /** The operand in a register, for an operation of {@code size} bytes. */
    final Reg regOf(Value v, int size) {
        return reg(size == 4 ? low(v) : v);
    }

    static boolean fitsImm(Value v) {
        return v.is(Opcode.ICONST) && (int) constValue(v) == constValue(v);
    }

    /** The operand as immediate, memory or register, for an operation of {@code size} bytes. */
    final Operand source(Value v, int size) {
        if (fitsImm(v)) {
            return Operand.imm((int) constValue(v));
        }
        return registerOrMemory(v, size);
    }

    /** The operand as memory or register. */
    final Operand registerOrMemory(Value v, int size) {
        Inst load = foldableLoad(v, size);
        return load != null ? fold(load) : Operand.of(regOf(v, size));
    }

    /** A load of exactly {@code size} bytes that the current rule may do itself. */
    final Inst foldableLoad(Value v, int size) {
        Inst load = foldable(v, Opcode.LOAD);
        return load != null && load.memory().width() == size && v.type().bytes() == size ? load : null;
    }

    /** The memory operand that stands for a load, which is then done. */
    final Address fold(Inst load) {
        absorb(load);
        Address a = address(load);
        return load.memory().trap() != null ? a.at(load.position()) : a;
    }

    /** As {@link #registerOrMemory}, for floats; constants come from memory as well. */
    final Operand floatSource(Value v) {
        if (v.is(Opcode.FCONST) && constValue(v) != 0) {
            return Operand.Pooled.ofFloat(size(v.type()), constValue(v));
        }
        Inst load = foldableLoad(v, size(v.type()));
        return load != null ? fold(load) : Operand.of(reg(v));
    }

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

    /** The address of a LOAD or STORE. */
    final Address address(Inst inst) {
        Parts p = new Parts();
        p.disp = inst.imm();
        Value v = inst.arg(0);
        p = collect(v, p, 0);
        Address a = build(p);
        return a.trapping(inst.memory().trap());
    }

    /** Adds {@code v} to the parts, or gives null if that is too much for one address. */
    private Parts collect(Value v, Parts p, int depth) {
        Inst d = producer(v);
        if (d != null && depth < MAX_DEPTH && v.type() == Type.I64) {
            if (d.opcode() == Opcode.ICONST) {
                Parts q = p.copy();
                q.disp += d.imm();
                if ((int) q.disp == q.disp && (int) d.imm() == d.imm()) {
                    return q;
                }
            } else if (d.opcode() == Opcode.ADD && !isDemanded(v)) {
                Parts q = collect(d.arg(1), p, depth + 1);
                q = q == null ? null : collect(d.arg(0), q, depth + 1);
                if (q != null) {
                    return q;
                }
            } else if (d.opcode() == Opcode.SHL && p.index == null && isScale(d.arg(1)) && !isDemanded(v)) {
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

    private static boolean isScale(Value count) {
        return count.is(Opcode.ICONST) && constValue(count) >= 1 && constValue(count) <= 3;
    }

    private Address build(Parts p) {
        Reg extra = null;
        if ((int) p.disp != p.disp) {
            extra = newReg(Type.I64);
            emit(new IntegerInsn.Const(extra, p.disp));
            p.disp = 0;
        }
        if (p.base != null && p.index != null && p.shift == 0 && p.index.is(Opcode.STACK_ADDR)) {
            Value v = p.base;
            p.base = p.index;
            p.index = v;
        }
        if (p.base != null && p.base.is(Opcode.STACK_ADDR)) {
            long at = stackOffset(p.base.inst()) + p.disp;
            if (extra == null && (int) at == at) {
                return Address.stackArea((int) at, p.index == null ? null : reg(p.index), p.shift);
            }
        }
        Reg base = p.base == null ? null : reg(p.base);
        Reg index = p.index == null ? null : reg(p.index);
        if (extra == null) {
            return Address.of(base, index, p.shift, (int) p.disp);
        }
        if (base == null) {
            return Address.of(extra, index, p.shift, 0);
        }
        if (index == null) {
            return Address.of(base, extra, 0, 0);
        }
        Reg sum = newReg(Type.I64);
        emit(IntegerInsn.Lea.of(8, sum, Address.of(base, extra, 0, 0)));
        return Address.of(sum, index, p.shift, 0);
    }

    @Override
    protected final void lowerStackAddress(Inst inst) {
        emit(IntegerInsn.Lea.of(8, def(inst.result()), Address.stackArea(stackOffset(inst), null, 0)));
    }

    // Loads.

    @Override
    protected final void lowerLoad(Inst inst) {
        MemoryOp m = inst.memory();
        Reg dst = def(inst.result());
        Address a = address(inst);
        boolean constant = m.readOnly() && !m.canTrap() && a.base() == Registers.CONTEXT && a.index() == null;
        emit(MemoryInsn.load(inst.type(), m.width(), m.signed(), dst, a, constant));
    }

    // Stores.

    @Override
    protected final void lowerStore(Inst inst) {
        int width = inst.memory().width();
        Value value = inst.arg(1);
        if (value.type().isInt() && lowerReadModifyWrite(inst, value, width)) {
            return;
        }
        // A float that was an integer, or the other way round.
        if (foldable(value, Opcode.BITCAST) != null && value.type().bytes() == width) {
            value = value.inst().arg(0);
        }
        value = value.type().isInt() ? narrow(value, width) : value;
        if (isConst(value) && (width < 8 || (int) constValue(value) == constValue(value))) {
            int imm = (int) constValue(value);
            imm = width == 1 ? (byte) imm : width == 2 ? (short) imm : imm;
            emit(Insn.store(Op.MOV, width, address(inst), imm));
        } else {
            emit(MemoryInsn.store(value.type(), width, address(inst), reg(value)));
        }
    }

    /** What {@code v} was made from without change to its low {@code width} bytes. */
    private Value narrow(Value v, int width) {
        Value result = v;
        while (true) {
            Inst d = foldable(result);
            if (d == null) {
                return result;
            }
            boolean same = switch (d.opcode()) {
                case WRAP -> width <= 4;
                case SEXT, ZEXT, SEXT32 -> width <= 4;
                case SEXT16 -> width <= 2;
                case SEXT8 -> width == 1;
                case AND -> d.arg(1).is(Opcode.ICONST) && keeps(constValue(d.arg(1)), width);
                default -> false;
            };
            if (!same) {
                return result;
            }
            result = d.arg(0);
        }
    }

    private static boolean keeps(long mask, int width) {
        long bits = width == 8 ? -1 : (1L << 8 * width) - 1;
        return (mask & bits) == bits;
    }

    /** {@code [a] = [a] op x} as one instruction. */
    private boolean lowerReadModifyWrite(Inst store, Value stored, int width) {
        Value value = narrow(stored, width);
        Inst d = foldable(value);
        Op op = d == null
                ? null
                : switch (d.opcode()) {
                    case ADD -> Op.ADD;
                    case SUB -> Op.SUB;
                    case AND -> Op.AND;
                    case OR -> Op.OR;
                    case XOR -> Op.XOR;
                    default -> null;
                };
        if (op == null) {
            return false;
        }
        int memory = isLoadOfSamePlace(d.arg(0), store)
                ? 0
                : d.opcode().isCommutative() && isLoadOfSamePlace(d.arg(1), store) ? 1 : -1;
        if (memory < 0) {
            return false;
        }
        Value other = d.arg(1 - memory);
        Inst load = narrow(d.arg(memory), width).inst();
        boolean constant = fitsImm(other) || isConst(other) && width < 8;
        Reg src = constant ? null : reg(narrow(other, width));
        absorb(load);
        // Both accesses trap alike, so the load's position serves.
        Address a = address(store).at(load.position());
        if (constant) {
            int imm = (int) constValue(other);
            emit(Insn.store(op, width, a, width == 1 ? (byte) imm : width == 2 ? (short) imm : imm));
        } else {
            emit(Insn.store(op, width, a, src));
        }
        return true;
    }

    private boolean isLoadOfSamePlace(Value v, Inst store) {
        int width = store.memory().width();
        Inst load = foldable(narrow(v, width), Opcode.LOAD);
        return load != null
                && load.memory().width() == width
                && load.memory().region().equals(store.memory().region())
                && load.arg(0) == store.arg(0)
                && load.imm() == store.imm();
    }
}
