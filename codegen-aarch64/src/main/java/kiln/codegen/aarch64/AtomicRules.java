package kiln.codegen.aarch64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.AtomicOp;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Atomic accesses: with {@code lse} single instructions, else loops that try until nobody comes in between. */
final class AtomicRules {
    private AtomicRules() {}

    static final Rules<Context> LOAD = Rules.<Context>of("atomicLoad")
            .base(
                    "load-acquire",
                    (c, inst) -> c.emit(new AtomicInsn.Load(
                            scale(inst),
                            c.def(inst.result()),
                            address(c, inst),
                            inst.memory().trap())));

    static final Rules<Context> STORE = Rules.<Context>of("atomicStore")
            .base(
                    "store-release",
                    (c, inst) -> c.emit(new AtomicInsn.Store(
                            scale(inst),
                            c.valueOrZero(inst.arg(1)),
                            address(c, inst),
                            inst.memory().trap())));

    static final Rules<Context> MODIFY = Rules.<Context>of("atomicModify")
            .rule("one instruction", (c, inst) -> {
                if (!hasLse(c)) {
                    return false;
                }
                AtomicMemoryOp op = switch (inst.atomic()) {
                    case ADD, SUB -> AtomicMemoryOp.LDADDAL;
                    case AND -> AtomicMemoryOp.LDCLRAL;
                    case OR -> AtomicMemoryOp.LDSETAL;
                    case XOR -> AtomicMemoryOp.LDEORAL;
                    case XCHG -> AtomicMemoryOp.SWPAL;
                };
                // Never to xzr, even if nobody reads it: that would take the acquire order away.
                Reg result = c.def(inst.result());
                TrapCode trap = inst.memory().trap();
                c.emit(new AtomicInsn.Modify(op, scale(inst), result, operand(c, inst), address(c, inst), trap));
                return true;
            })
            .base(
                    "loop",
                    (c, inst) -> c.emit(new AtomicInsn.ModifyLoop(
                            inst.atomic(),
                            scale(inst),
                            c.def(inst.result()),
                            c.valueOrZero(inst.arg(1)),
                            address(c, inst),
                            inst.memory().trap())));

    static final Rules<Context> COMPARE_AND_EXCHANGE = Rules.<Context>of("compareAndExchange")
            .rule("one instruction", (c, inst) -> {
                if (!hasLse(c)) {
                    return false;
                }
                c.emit(new AtomicInsn.CompareAndExchange(
                        scale(inst),
                        c.def(inst.result()),
                        c.movable(inst.arg(1)),
                        c.valueOrZero(inst.arg(2)),
                        address(c, inst),
                        inst.memory().trap()));
                return true;
            })
            .base(
                    "loop",
                    (c, inst) -> c.emit(new AtomicInsn.CompareAndExchangeLoop(
                            scale(inst),
                            c.def(inst.result()),
                            c.reg(inst.arg(1)),
                            c.valueOrZero(inst.arg(2)),
                            address(c, inst),
                            inst.memory().trap())));

    static final Rules<Context> FENCE =
            Rules.<Context>of("fence").base("barrier", (c, inst) -> c.emit(new AtomicInsn.Fence()));

    private static boolean hasLse(Context c) {
        return c.options.features().contains(CpuFeatures.LSE);
    }

    private static int scale(Inst access) {
        return Integer.numberOfTrailingZeros(access.memory().width());
    }

    /** The operand as the instruction takes it: what to add, or which bits to clear. */
    private static Reg operand(Context c, Inst inst) {
        Value v = inst.arg(1);
        boolean wide = Context.wide(inst.type());
        boolean complemented = inst.atomic() == AtomicOp.AND;
        if (inst.atomic() != AtomicOp.SUB && !complemented) {
            return c.valueOrZero(v);
        }
        Reg r = c.newReg(inst.type());
        if (LoweringContext.isConst(v)) {
            long k = LoweringContext.constValue(v);
            c.emit(new IntegerInsn.Const(wide, r, complemented ? ~k : -k));
        } else {
            c.emit(Insn.of(complemented ? Op.ORN : Op.SUB, wide, r, Registers.ZR, c.reg(v)));
        }
        return r;
    }

    /** The address of an access in one register. */
    private static Reg address(Context c, Inst access) {
        Value v = access.arg(0);
        long displacement = access.imm();
        Inst d = c.producer(v);
        if (d != null && d.opcode() == Opcode.STACK_ADDR) {
            Reg place = c.newReg(Type.I64);
            c.emit(new MemoryInsn.StackAddress(place, Math.toIntExact(c.stackOffset(d) + displacement)));
            return place;
        }
        Reg base = c.reg(v);
        if (displacement == 0) {
            return base;
        }
        Reg sum = c.newReg(Type.I64);
        if (Immediates.isAddSub(displacement)) {
            c.emit(Insn.addSub(Op.ADD, true, sum, base, (int) displacement));
        } else {
            Reg distance = c.newReg(Type.I64);
            c.emit(new IntegerInsn.Const(true, distance, displacement));
            c.emit(Insn.of(Op.ADD, true, sum, base, distance));
        }
        return sum;
    }
}
