package kiln.codegen.x64;

import java.util.ArrayList;
import java.util.List;
import kiln.codegen.CallingConvention;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.codegen.RegisterFile;

/** The registers of x86-64 and their roles, see docs/abi.md. */
final class Registers {
    public static final Reg RAX = integer(0, "rax");
    public static final Reg RCX = integer(1, "rcx");
    public static final Reg RDX = integer(2, "rdx");
    public static final Reg RBX = integer(3, "rbx");
    public static final Reg RSP = Reg.reserved(RegClass.INT, 4, "rsp");
    public static final Reg RBP = Reg.reserved(RegClass.INT, 5, "rbp");
    public static final Reg RSI = integer(6, "rsi");
    public static final Reg RDI = integer(7, "rdi");
    public static final Reg R8 = integer(8, "r8");
    public static final Reg R9 = integer(9, "r9");
    public static final Reg R10 = integer(10, "r10");
    public static final Reg R11 = integer(11, "r11");
    public static final Reg R12 = integer(12, "r12");
    public static final Reg R13 = integer(13, "r13");
    public static final Reg R14 = integer(14, "r14");
    public static final Reg R15 = Reg.reserved(RegClass.INT, 15, "r15");

    /** All sixteen vector registers by number. */
    public static final List<Reg> XMM = vectors();

    /** All sixteen integer registers by number. */
    public static final List<Reg> GPR =
            List.of(RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15);

    /** Holds the VMContext of the running instance. */
    public static final Reg CONTEXT = R15;

    /** For moves between slots and inside of instruction sequences. */
    public static final Reg SCRATCH = XMM.get(15);

    /** First those that carry arguments, with short encodings first among equals. */
    static final List<Reg> ALLOCATABLE_INT = List.of(RAX, RCX, RDX, RSI, RDI, RBX, R8, R9, R10, R11, R12, R13, R14);

    static final List<Reg> ALLOCATABLE_VECTOR = XMM.subList(0, 15);

    static final RegisterFile FILE = new RegisterFile(ALLOCATABLE_INT, ALLOCATABLE_VECTOR);

    /** What a call of a wasm function loses: everything that can hold a value. */
    private static final RegSet CALL_CLOBBERS =
            RegSet.of(ALLOCATABLE_INT.toArray(Reg[]::new)).union(RegSet.of(ALLOCATABLE_VECTOR.toArray(Reg[]::new)));

    static final CallingConvention CONVENTION = new CallingConvention(
            CONTEXT,
            RBP,
            List.of(RDI, RSI, RDX, RCX, R8, R9, RAX, R10),
            List.of(RAX, RDX, RCX, RSI, RDI, R8, R9, R10),
            List.of(RDI, RSI, RDX, RCX, R8, R9),
            XMM.subList(0, 8),
            CALL_CLOBBERS,
            CALL_CLOBBERS.minus(RegSet.of(RBX, R12, R13, R14)),
            R11,
            RBX,
            true);

    private static final String[] NAMES_32 = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"};
    private static final String[] NAMES_16 = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};
    private static final String[] NAMES_8 = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};

    private Registers() {}

    private static Reg integer(int encoding, String name) {
        return Reg.physical(RegClass.INT, encoding, name);
    }

    private static List<Reg> vectors() {
        List<Reg> regs = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            String name = "xmm" + i;
            regs.add(i == 15 ? Reg.reserved(RegClass.VECTOR, i, name) : Reg.physical(RegClass.VECTOR, i, name));
        }
        return List.copyOf(regs);
    }

    /** The name of the low {@code bytes} (1, 2, 4, 8) of an integer register; other operands keep their name. */
    static String name(Reg r, int bytes) {
        if (!r.isPhysical() || r.regClass() != RegClass.INT || bytes == 8) {
            return r.toString();
        }
        int i = r.index();
        return switch (bytes) {
            case 4 -> i < 8 ? NAMES_32[i] : "r" + i + "d";
            case 2 -> i < 8 ? NAMES_16[i] : "r" + i + "w";
            case 1 -> i < 8 ? NAMES_8[i] : "r" + i + "b";
            default -> throw new IllegalArgumentException("no register of " + bytes + " bytes");
        };
    }
}
