package kiln.codegen.aarch64;

import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.codegen.CallSite;
import kiln.codegen.CommonInsts;
import kiln.codegen.EmitContext;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.OperandList;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** The instructions that shared code emits. */
final class CommonInsn implements CommonInsts {
    static final CommonInsn INSTANCE = new CommonInsn();

    private CommonInsn() {}

    @Override
    public MachInst move(Type type, Reg target, Reg source) {
        return new MoveInsn.Move(type, target, source);
    }

    @Override
    public MachInst clear(Reg slot) {
        return new MoveInsn.Move(Type.REF, slot, Registers.ZR);
    }

    @Override
    public MachInst swap(Reg a, Reg b) {
        return new MoveInsn.Swap(a, b);
    }

    @Override
    public MachInst jump(MachBlock target) {
        return new ControlInsn.Jump(target);
    }

    @Override
    public MachInst zeroExtend(Reg target, Reg source) {
        return Insn.of(Op.ORR, false, target, Registers.ZR, source);
    }

    @Override
    public MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
        LoadStoreOp op = MemoryRules.loadOp(type, type.bytes(), false);
        return new MemoryInsn.Load(op, target, Address.of(base, offset), null, readOnly);
    }

    @Override
    public MachInst storeValue(Type type, Reg base, int offset, Reg source) {
        LoadStoreOp op = MemoryRules.storeOp(type, type.bytes());
        return new MemoryInsn.Store(op, source, Address.of(base, offset), null);
    }

    @Override
    public void emitLandingPad(EmitContext context) {
        Assembler asm = Context.assembler(context);
        asm.mov(true, Registers.SP, Registers.FP);
        asm.addConstant(Registers.SP, Registers.SP, -context.frame().bytes(), Registers.IP0);
    }

    @Override
    public void emitThrow(EmitContext context) {
        Assembler asm = Context.assembler(context);
        asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.CONTEXT, VMContextLayout.STORE);
        asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.IP0, StoreLayout.THROW_STUB);
        asm.blr(Registers.IP0);
        asm.udf(0);
    }

    @Override
    public MachInst call(CallSite site) {
        return new CallInsn.Call(site);
    }

    @Override
    public MachInst tailCall(CallSite site, int argumentBytes) {
        return new CallInsn.TailCall(site, argumentBytes);
    }

    @Override
    public MachInst returnFrom(OperandList results, int argumentBytes) {
        return new ControlInsn.Return(results, argumentBytes);
    }
}
