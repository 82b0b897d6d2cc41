package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
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

    public static final MoveFactory MOVES = new MoveFactory() {
        @Override
        public MachInst move(Type type, Reg target, Reg source) {
            return FakeInst.move(target, source);
        }

        @Override
        public MachInst swap(Reg a, Reg b) {
            return FakeInst.swap(a, b);
        }
    };

    private FakeMachine() {}

    /** Registers of a class that may be allocated. */
    public static List<Reg> allocatable(RegClass c) {
        return new ArrayList<>(FILE.allocatable(c));
    }
}
