package kiln.codegen.aarch64;

import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** Moves for the allocator. */
final class Moves implements MoveFactory {
    @Override
    public MachInst move(Type type, Reg target, Reg source) {
        return new MoveInsn.Move(type, target, source);
    }

    @Override
    public MachInst swap(Reg a, Reg b) {
        return new MoveInsn.Swap(a, b);
    }
}
