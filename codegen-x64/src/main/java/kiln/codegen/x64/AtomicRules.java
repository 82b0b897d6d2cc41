package kiln.codegen.x64;

import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.AtomicOp;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Atomic accesses. Plain loads and stores have acquire and release order on this instruction set; what makes it
 * sequentially consistent is that every atomic write is a locked instruction, which all accesses of a thread wait for.
 */
final class AtomicRules {
    private AtomicRules() {}

    static final Rules<Context> LOAD = Rules.<Context>of("atomicLoad").base("load", (c, inst) -> {
        MemoryOp m = inst.memory();
        Address a = MemoryRules.address(c, inst);
        c.emit(MemoryInsn.load(inst.type(), m.width(), false, c.def(inst.result()), a, false));
    });

    static final Rules<Context> STORE = Rules.<Context>of("atomicStore").base("exchange", (c, inst) -> {
        Address a = MemoryRules.address(c, inst);
        Reg old = c.newReg(inst.type());
        c.emit(Insn.exchange(Op.XCHG, inst.memory().width(), old, a, c.reg(inst.arg(1))));
    });

    static final Rules<Context> MODIFY = Rules.<Context>of("atomicModify")
            .rule("nobody reads what was there", (c, inst) -> {
                Op op = c.isDemanded(inst.result()) ? null : inMemory(inst.atomic());
                if (op == null) {
                    return false;
                }
                int width = inst.memory().width();
                Value v = inst.arg(1);
                Address a = MemoryRules.address(c, inst);
                c.emit(
                        MemoryRules.isImmediate(v, width)
                                ? Insn.store(op, width, a, MemoryRules.immediate(v, width))
                                : Insn.store(op, width, a, c.reg(v)));
                return true;
            })
            .rule("exchange", (c, inst) -> {
                if (inst.atomic() != AtomicOp.XCHG) {
                    return false;
                }
                exchange(c, inst, Op.XCHG, c.reg(inst.arg(1)));
                return true;
            })
            .rule("exchange and add", (c, inst) -> {
                boolean subtracts = inst.atomic() == AtomicOp.SUB;
                if (inst.atomic() != AtomicOp.ADD && !subtracts) {
                    return false;
                }
                exchange(c, inst, Op.XADD, subtracts ? negated(c, inst.arg(1)) : c.reg(inst.arg(1)));
                return true;
            })
            .base("loop", (c, inst) -> {
                int width = inst.memory().width();
                Value v = inst.arg(1);
                Address a = MemoryRules.address(c, inst);
                boolean constant = MemoryRules.isImmediate(v, width);
                Reg operand = constant ? null : c.reg(v);
                int imm = constant ? MemoryRules.immediate(v, width) : 0;
                Reg temp = c.newReg(inst.type());
                c.emit(AtomicInsn.Modify.of(
                        onRegisters(inst.atomic()), width, c.def(inst.result()), a, operand, imm, temp));
            });

    static final Rules<Context> COMPARE_AND_EXCHANGE = Rules.<Context>of("compareAndExchange")
            .base("compare and exchange", (c, inst) -> {
                int width = inst.memory().width();
                Address a = MemoryRules.address(c, inst);
                // The upper bytes of rax stay those of what was expected where memory is equal to its low ones.
                boolean extend = width < inst.type().bytes() && c.isDemanded(inst.result());
                Reg result = c.def(inst.result());
                Reg raw = extend ? c.newReg(inst.type()) : result;
                c.emit(AtomicInsn.CompareAndExchange.of(width, raw, a, c.movable(inst.arg(1)), c.reg(inst.arg(2))));
                if (extend) {
                    extend(c, width, result, raw);
                }
            });

    static final Rules<Context> FENCE = Rules.<Context>of("fence").base("locked instruction", (c, inst) -> {
        // Cheaper than MFENCE, which also waits for what is none of WebAssembly's business.
        c.emit(Insn.store(Op.LOCK_OR, 4, Address.of(Registers.RSP, 0), 0));
    });

    private static Op inMemory(AtomicOp op) {
        return switch (op) {
            case ADD -> Op.LOCK_ADD;
            case SUB -> Op.LOCK_SUB;
            case AND -> Op.LOCK_AND;
            case OR -> Op.LOCK_OR;
            case XOR -> Op.LOCK_XOR;
            case XCHG -> null;
        };
    }

    private static Op onRegisters(AtomicOp op) {
        return switch (op) {
            case AND -> Op.AND;
            case OR -> Op.OR;
            case XOR -> Op.XOR;
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    private static Reg negated(Context c, Value v) {
        Reg r = c.newReg(v.type());
        if (LoweringContext.isConst(v)) {
            long minus = -LoweringContext.constValue(v);
            c.emit(new IntegerInsn.Const(r, v.type() == Type.I32 ? minus & 0xffff_ffffL : minus));
        } else {
            c.emit(Insn.inPlace(Op.NEG, Context.size(v.type()), r, c.reg(v)));
        }
        return r;
    }

    private static void exchange(Context c, Inst inst, Op op, Reg src) {
        int width = inst.memory().width();
        Address a = MemoryRules.address(c, inst);
        boolean extend = width < 4 && c.isDemanded(inst.result());
        Reg result = c.def(inst.result());
        Reg raw = extend ? c.newReg(inst.type()) : result;
        c.emit(Insn.exchange(op, width, raw, a, src));
        if (extend) {
            extend(c, width, result, raw);
        }
    }

    private static void extend(Context c, int width, Reg result, Reg raw) {
        Op op = width == 1 ? Op.MOVZX8 : width == 2 ? Op.MOVZX16 : Op.MOV;
        c.emit(Insn.unary(op, 4, result, Operand.inRegister(raw)));
    }
}
