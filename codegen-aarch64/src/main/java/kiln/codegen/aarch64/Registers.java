package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.CallingConvention;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.RegisterFile;

/** The registers of AArch64 and the roles that {@code docs/abi.md} gives them. */
final class Registers {
    private static final Reg[] X = new Reg[31];
    private static final Reg[] V = new Reg[32];

    static {
        for (int i = 0; i < 31; i++) {
            X[i] = Reg.physical(RegClass.INT, i, "x" + i);
        }
        for (int i = 0; i < 32; i++) {
            V[i] = Reg.physical(RegClass.VECTOR, i, "v" + i);
        }
    }

    /** Stack pointer: register 31 where an instruction takes addresses. */
    static final Reg SP = Reg.physical(RegClass.INT, 31, "sp");
    /** Zero register: register 31 everywhere else. */
    static final Reg ZR = Reg.physical(RegClass.INT, 31, "xzr");
    /** Frame base. */
    static final Reg FP = X[29];
    /** Link register; saved in every frame, and so allocatable like any other. */
    static final Reg LR = X[30];
    /** VMContext of the running instance. */
    static final Reg CONTEXT = X[28];
    /** Scratch for data within one instruction. */
    static final Reg IP0 = X[16];
    /** Scratch for addresses within one instruction. */
    static final Reg IP1 = X[17];
    /** Vector scratch within one instruction. */
    static final Reg SCRATCH = V[31];

    /** Everything that a call destroys: all that can be allocated. */
    static final RegSet CALL_CLOBBERS;

    /** What may be allocated. */
    static final RegisterFile FILE;

    /** Everything is where C (AAPCS64) has it. */
    static final CallingConvention CONVENTION;

    static {
        List<Reg> ints = new ArrayList<>();
        for (int i = 0; i <= 15; i++) {
            ints.add(X[i]);
        }
        for (int i = 19; i <= 27; i++) {
            ints.add(X[i]);
        }
        ints.add(LR);
        List<Reg> vectors = new ArrayList<>();
        for (int i = 0; i <= 30; i++) {
            vectors.add(V[i]);
        }
        FILE = new RegisterFile(List.copyOf(ints), List.copyOf(vectors));
        CALL_CLOBBERS = RegSet.of(ints.toArray(Reg[]::new)).union(RegSet.of(vectors.toArray(Reg[]::new)));
        List<Reg> integers = List.of(X).subList(0, 8);
        CONVENTION = new CallingConvention(
                CONTEXT, FP, integers, integers, integers, List.of(V).subList(0, 8));
    }

    private Registers() {}

    /** General-purpose register 0..30. */
    static Reg x(int i) {
        return X[i];
    }

    /** Vector register 0..31. */
    static Reg v(int i) {
        return V[i];
    }

    /** Whether {@code r} is a physical register that the allocator knows nothing of. */
    static boolean isReserved(Reg r) {
        return r.isPhysical() && !CALL_CLOBBERS.contains(r);
    }
}
