package kiln.codegen.x64;

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
        return new MoveInsn.Clear(slot);
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
        return Insn.unary(Op.MOV, 4, target, Operand.of(source));
    }

    @Override
    public MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
        return MemoryInsn.load(type, type.bytes(), false, target, Address.of(base, offset), readOnly);
    }

    @Override
    public MachInst storeValue(Type type, Reg base, int offset, Reg source) {
        return MemoryInsn.store(type, type.bytes(), Address.of(base, offset), source);
    }

    @Override
    public void emitLandingPad(EmitContext context) {
        Assembler asm = Context.assembler(context);
        asm.lea(8, Registers.RSP, Address.of(Registers.RBP, -context.frame().bytes()));
    }

    @Override
    public void emitThrow(EmitContext context) {
        Assembler asm = Context.assembler(context);
        asm.mov(8, Registers.RCX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
        asm.call(Address.of(Registers.RCX, StoreLayout.THROW_STUB));
        // As in Traps.trap.
        asm.zo(Op.INT3);
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
