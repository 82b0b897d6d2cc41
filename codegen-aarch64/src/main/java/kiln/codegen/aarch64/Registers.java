package kiln.codegen.aarch64;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.CallingConvention;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.RegisterFile;
import kiln.ir.Type;

/** The registers of AArch64 and the roles that {@code docs/abi.md} gives them. */
final class Registers {
    private static final Reg[] X = new Reg[31];
    private static final Reg[] V = new Reg[32];

    static {
        for (int i = 0; i < 31; i++) {
            boolean reserved = i >= 16 && i <= 18 || i == 28 || i == 29;
            X[i] = reserved ? Reg.reserved(RegClass.INT, i, "x" + i) : Reg.physical(RegClass.INT, i, "x" + i);
        }
        for (int i = 0; i < 32; i++) {
            V[i] = i == 31 ? Reg.reserved(RegClass.VECTOR, i, "v" + i) : Reg.physical(RegClass.VECTOR, i, "v" + i);
        }
    }

    /** Stack pointer: register 31 where an instruction takes addresses. */
    static final Reg SP = Reg.reserved(RegClass.INT, 31, "sp");
    /** Zero register: register 31 everywhere else. */
    static final Reg ZR = Reg.reserved(RegClass.INT, 31, "xzr");
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
        RegSet all = RegSet.of(ints.toArray(Reg[]::new)).union(RegSet.of(vectors.toArray(Reg[]::new)));
        List<Reg> integers = List.of(X).subList(0, 8);
        CONVENTION = new CallingConvention(
                CONTEXT, FP, integers, integers, integers, List.of(V).subList(0, 8), all, all, X[9], X[10], false);
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

    /** An integer register's name in its 32-bit or 64-bit form. */
    static String name(boolean wide, Reg r) {
        if (!r.isPhysical() || r == SP) {
            return r.toString();
        }
        return r == ZR ? wide ? "xzr" : "wzr" : (wide ? "x" : "w") + r.index();
    }

    /** A vector register's name as a scalar of {@code bytes} bytes. */
    static String scalar(int bytes, Reg r) {
        if (!r.isPhysical()) {
            return r.toString();
        }
        return switch (bytes) {
                    case 1 -> "b";
                    case 2 -> "h";
                    case 4 -> "s";
                    case 8 -> "d";
                    default -> "q";
                }
                + r.index();
    }

    /** Whether an integer type takes the 64-bit form. */
    static boolean isWide(Type t) {
        return t != Type.I32;
    }

    /** A register's name in the size of a type. */
    static String name(Type t, Reg r) {
        return RegClass.of(t) == RegClass.INT ? name(isWide(t), r) : scalar(t.bytes(), r);
    }
}
