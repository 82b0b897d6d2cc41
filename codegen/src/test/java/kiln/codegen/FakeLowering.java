package kiln.codegen;

import java.util.Set;
import kiln.codegen.regalloc.FakeInst;
import kiln.codegen.regalloc.FakeMachine;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.V128;
import kiln.ir.Value;

/**
 * A few rules over fake instructions: small constants are immediates, loads fold into additions, comparisons into
 * branches.
 */
final class FakeLowering extends LoweringContext {
    static final CodegenOptions OPTIONS = new CodegenOptions(2, Set.of(), false, true);

    boolean keepsConstants;

    FakeLowering(Function function) {
        super(function, OPTIONS, FakeMachine.INSTS, FakeMachine.CONVENTION);
    }

    @Override
    protected boolean keepsConstantsInLoops() {
        return keepsConstants;
    }

    @Override
    protected void lower(Inst inst) {
        switch (inst.opcode()) {
            case ICONST, FCONST -> {
                emit(new FakeInst("const" + inst.imm()).def(def(inst.result())).constant());
            }
            case ADD -> lowerAdd(inst);
            case LOAD -> emit(address(new FakeInst("load"), inst).def(def(inst.result())));
            case STORE -> emit(address(new FakeInst("store"), inst).use(reg(inst.arg(1))));
            case CALL -> {
                FakeInst i = new FakeInst("call");
                for (int k = 0; k < inst.argCount(); k++) {
                    i = i.useFixed(reg(inst.arg(k)), FakeMachine.I[k]);
                }
                for (int k = 0; k < inst.resultCount(); k++) {
                    i = i.defFixed(def(inst.result(k)), FakeMachine.I[k]);
                }
                emit(i.clobber(FakeMachine.ALL));
            }
            default -> {
                if (inst.opcode().isTerminator()) {
                    lowerTerminator(inst);
                    return;
                }
                FakeInst i = new FakeInst(inst.opcode().toString());
                for (int k = 0; k < inst.argCount(); k++) {
                    i = i.use(reg(inst.arg(k)));
                }
                emit(i.def(def(inst.result())));
            }
        }
    }

    private void lowerAdd(Inst inst) {
        Value right = inst.arg(1);
        Inst load = foldable(right, Opcode.LOAD);
        if (isConst(right)) {
            emit(new FakeInst("add#" + constValue(right)).use(reg(inst.arg(0))).defReuse(def(inst.result())));
        } else if (load != null) {
            absorb(load);
            emit(address(new FakeInst("addm").use(reg(inst.arg(0))), load).defReuse(def(inst.result())), load);
        } else {
            emit(new FakeInst("add").use(reg(inst.arg(0))).use(reg(right)).defReuse(def(inst.result())));
        }
    }

    /** Base plus a constant is part of the addressing mode, however often it is used. */
    private FakeInst address(FakeInst i, Inst access) {
        Value address = access.arg(0);
        Inst add = producer(address);
        if (add != null && add.opcode() == Opcode.ADD && isConst(add.arg(1))) {
            return i.named(i.name + "+" + constValue(add.arg(1))).use(reg(add.arg(0)));
        }
        return i.use(reg(address));
    }

    private void lowerTerminator(Inst inst) {
        FakeInst i = new FakeInst(inst.opcode().toString());
        for (int k = 0; k < inst.argCount(); k++) {
            Inst compare = comparison(inst.arg(k));
            if (compare != null) {
                emit(new FakeInst("cmp." + compare.intCond())
                        .use(reg(compare.arg(0)))
                        .use(reg(compare.arg(1))));
            } else {
                i = i.use(reg(inst.arg(k)));
            }
        }
        for (int k = 0; k < inst.targetCount(); k++) {
            i = i.named(i.name + " " + target(k));
        }
        emit(i);
    }

    @Override
    protected boolean isCheap(Inst inst) {
        return inst.opcode() != Opcode.FCONST;
    }

    @Override
    protected boolean isCheap(V128 value) {
        return false;
    }

    @Override
    protected MachInst vectorConstant(Reg target, V128 value) {
        return new FakeInst("vector" + value.low()).def(target).constant();
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        context.buffer().put1(0);
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        for (int k = 0; k < bytes; k++) {
            buffer.put1(0x90);
        }
    }
}
