package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.CallSite;
import kiln.codegen.CallingConvention;
import kiln.codegen.CommonInsts;
import kiln.codegen.EmitContext;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.OperandList;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.RegisterFile;
import kiln.ir.Type;

/**
 * A small instruction set for tests: registers i0..i7 and v0..v5 of which the last of each class are not allocatable.
 */
public final class FakeMachine {
    public static final Reg[] I = new Reg[8];
    public static final Reg[] V = new Reg[6];

    static {
        for (int i = 0; i < I.length; i++) {
            I[i] = Reg.physical(RegClass.INT, i, "i" + i);
        }
        for (int i = 0; i < V.length; i++) {
            V[i] = Reg.physical(RegClass.VECTOR, i, "v" + i);
        }
    }

    /** Holds the context; never allocated. */
    public static final Reg PINNED = I[7];

    public static final RegisterFile FILE =
            new RegisterFile(List.of(I[0], I[1], I[2], I[3], I[4], I[5], I[6]), List.of(V[0], V[1], V[2], V[3], V[4]));
    public static final RegSet ALL = RegSet.of(I[0], I[1], I[2], I[3], I[4], I[5], I[6], V[0], V[1], V[2], V[3], V[4]);

    public static final CallingConvention CONVENTION = new CallingConvention(
            PINNED, PINNED, List.of(I), List.of(I), List.of(I), List.of(V), ALL, ALL, I[5], I[6], false);

    /** No instructions of calls and returns, which fake rules make themselves. */
    public static final CommonInsts INSTS = new CommonInsts() {
        @Override
        public MachInst move(Type type, Reg target, Reg source) {
            return FakeInst.move(target, source);
        }

        @Override
        public MachInst clear(Reg slot) {
            return FakeInst.clear(slot);
        }

        @Override
        public MachInst swap(Reg a, Reg b) {
            return FakeInst.swap(a, b);
        }

        @Override
        public MachInst jump(MachBlock target) {
            return new FakeInst("jump " + target);
        }

        @Override
        public MachInst zeroExtend(Reg target, Reg source) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachInst storeValue(Type type, Reg base, int offset, Reg source) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void emitLandingPad(EmitContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void emitThrow(EmitContext context) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachInst call(CallSite site) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachInst tailCall(CallSite site, int argumentBytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MachInst returnFrom(OperandList results, int argumentBytes) {
            throw new UnsupportedOperationException();
        }
    };

    private FakeMachine() {}

    /** Registers of a class that may be allocated. */
    public static List<Reg> allocatable(RegClass c) {
        return new ArrayList<>(FILE.allocatable(c));
    }
}
