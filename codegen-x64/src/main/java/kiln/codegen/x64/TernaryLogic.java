package kiln.codegen.x64;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import kiln.codegen.Reg;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Opcode;
import kiln.ir.Value;

/** Bitwise operations of three operands, for which AVX-512 has one instruction. */
final class TernaryLogic {
    /** Values for each combination of three bits, the third one counting least: what an immediate has for operands. */
    private static final int[] COLUMNS = {0xf0, 0xcc, 0xaa};

    /** Bits of the second operand where the first has ones, else of the third. */
    static final int CHOICE = 0xca;

    private TernaryLogic() {}

    private static boolean isBitwise(Value v) {
        return v.inst() != null
                && v.inst().data() instanceof LaneOp l
                && switch (l.op()) {
                    case NOT, AND, OR, XOR, ANDNOT, BITSELECT -> true;
                    default -> false;
                };
    }

    /** A tree of bitwise operations over three values at most; not a single one that has an instruction of its own. */
    static boolean lower(Context c, Inst inst) {
        if (!c.has(Op.VPTERNLOGD)) {
            return false;
        }
        Set<Value> leaves = new LinkedHashSet<>();
        for (int i = 0; i < inst.argCount(); i++) {
            leaves.add(inst.arg(i));
        }
        Set<Value> inner = new HashSet<>();
        while (unfold(c, leaves, inner)) {
            // Once more with the operands of what was folded.
        }
        if (inner.isEmpty() && inst.opcode() == Opcode.VBINARY || VectorRules.isConstantMask(inst)) {
            return false;
        }
        List<Value> order = ordered(c, leaves);
        int table = evaluate(inst, order, inner) & 0xff;
        Reg dst = c.def(inst.result());
        if (order.size() == 2 && pair(c, dst, table, order.get(0), order.get(1))) {
            return true;
        }
        Reg first = c.reg(order.getFirst());
        Reg second = c.reg(order.get(Math.min(1, order.size() - 1)));
        Operand third = order.size() < 3 ? Operand.of(first) : c.vectorSource(Op.VPTERNLOGD, order.get(2));
        c.emit(Insn.ternary(Op.VPTERNLOGD, dst, first, second, third, table));
        return true;
    }

    /** A function of two that has an instruction with three operands. */
    private static boolean pair(Context c, Reg dst, int table, Value x, Value y) {
        Op op = switch (table) {
            case 0xc0 -> Op.PAND;
            case 0x0c, 0x30 -> Op.PANDN;
            case 0xfc -> Op.POR;
            case 0x3c -> Op.PXOR;
            default -> null;
        };
        if (op == null) {
            return false;
        }
        boolean swap = table == 0x30;
        Reg left = c.reg(swap ? y : x);
        c.emitBinary(op, dst, left, c.vectorSource(op, swap ? x : y));
        return true;
    }

    /** Replaces one leaf by the operands of what computes it, if that leaves three at most. */
    private static boolean unfold(Context c, Set<Value> leaves, Set<Value> inner) {
        for (Value v : leaves) {
            Inst d = isBitwise(v) ? c.foldable(v) : null;
            if (d != null) {
                Set<Value> more = new LinkedHashSet<>(leaves);
                more.remove(v);
                for (int i = 0; i < d.argCount(); i++) {
                    more.add(d.arg(i));
                }
                if (more.size() <= 3) {
                    leaves.clear();
                    leaves.addAll(more);
                    inner.add(v);
                    return true;
                }
            }
        }
        return false;
    }

    /** First what may be overwritten, last what comes from memory. */
    private static List<Value> ordered(Context c, Set<Value> leaves) {
        List<Value> order = new ArrayList<>(leaves);
        for (int i = 0; i < order.size(); i++) {
            if (c.isVectorMemory(Op.VPTERNLOGD, order.get(i))) {
                order.add(order.remove(i));
                break;
            }
        }
        int last = order.size() == 3 && c.isVectorMemory(Op.VPTERNLOGD, order.getLast()) ? 2 : order.size();
        for (int i = 0; i < last; i++) {
            if (c.useCount(order.get(i)) == 1 && !order.get(i).is(Opcode.VCONST)) {
                order.addFirst(order.remove(i));
                break;
            }
        }
        return order;
    }

    private static int evaluate(Inst inst, List<Value> leaves, Set<Value> inner) {
        int x = evaluate(inst.arg(0), leaves, inner);
        int y = inst.argCount() > 1 ? evaluate(inst.arg(1), leaves, inner) : 0;
        return switch (inst.lanes().op()) {
            case NOT -> ~x;
            case AND -> x & y;
            case OR -> x | y;
            case XOR -> x ^ y;
            case ANDNOT -> x & ~y;
            case BITSELECT -> {
                int mask = evaluate(inst.arg(2), leaves, inner);
                yield x & mask | y & ~mask;
            }
            default -> throw new IllegalArgumentException(inst.toString());
        };
    }

    private static int evaluate(Value v, List<Value> leaves, Set<Value> inner) {
        return inner.contains(v) ? evaluate(v.inst(), leaves, inner) : COLUMNS[leaves.indexOf(v)];
    }
}
