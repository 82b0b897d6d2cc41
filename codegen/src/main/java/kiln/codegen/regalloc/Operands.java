package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.List;
import kiln.codegen.Form;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegisterFile;
import kiln.ir.Type;

/**
 * The operands of all instructions as flat tables. Instructions are numbered in layout order; operands in the order in
 * which their instruction holds them.
 */
final class Operands {
    // Roles, with the numbers of Form.Role, ...
    static final byte USE = 0;
    static final byte USE_LATE = 1;
    static final byte USE_ANY = 2;
    static final byte USE_FIXED = 3;
    static final byte DEF = 4;
    static final byte DEF_EARLY = 5;
    static final byte DEF_REUSE = 6;
    static final byte DEF_FIXED = 7;
    static final byte TEMP = 8;
    // ... and what takes no part in the allocation.
    /** A physical register given by the back end itself. */
    static final byte PHYSICAL = 9;
    /**
     * A physical register given by the back end, to be read from another one. The variable is {@code -2 - bit} of the
     * former.
     */
    static final byte PHYSICAL_FIXED = 10;

    /** A physical register that the allocator knows nothing of. */
    static final byte RESERVED = 11;

    final RegisterFile file;
    /** Allocatable registers of each class, as masks over {@link Reg#bit()}. */
    final long[] allocatable = new long[2];
    /** By register bit, every physical register that was seen. */
    final Reg[] physical = new Reg[64];

    final int variables;
    /** Class ordinal of each variable. */
    final byte[] classOf;

    final Type[] typeOf;
    /** Whether any variable is a reference, of which collections must know. */
    final boolean hasReferences;

    /** Instruction that defines a variable; -1 for a block parameter. */
    final int[] defInst;

    final int[] defBlock;

    final MachInst[] insts;
    /** Number of a block's first instruction; one more entry than blocks. */
    final int[] blockStart;
    /** Number of an instruction's first operand; one more entry than instructions. */
    final int[] start;

    /** Blocks that do nothing but go on to another one, as most of those that were put on critical edges. */
    final boolean[] idle;

    /** Which instructions say that they are copies. */
    private final boolean[] moves;

    final long[] clobbers;
    /** Registers that fixed operands name, used early and defined late. */
    final long[] fixedUses;

    final long[] fixedDefs;

    int[] variable = new int[64];
    byte[] kind = new byte[64];
    /**
     * The register bit of a fixed or physical operand; the operand number, within the instruction, of the use that a
     * DEF_REUSE reuses.
     */
    byte[] detail = new byte[64];

    private int count;
    private int current;

    Operands(MachFunction function, RegisterFile file) {
        this.file = file;
        for (RegClass c : RegClass.values()) {
            for (Reg r : file.allocatable(c)) {
                allocatable[c.ordinal()] |= 1L << r.bit();
                physical[r.bit()] = r;
            }
        }
        variables = function.virtualCount();
        classOf = new byte[variables];
        typeOf = new Type[variables];
        defInst = new int[variables];
        defBlock = new int[variables];
        Arrays.fill(defInst, -1);
        Arrays.fill(defBlock, -1);
        boolean references = false;
        for (int v = 0; v < variables; v++) {
            typeOf[v] = function.virtual(v).type();
            classOf[v] = (byte) function.virtual(v).regClass().ordinal();
            references |= typeOf[v] == Type.REF;
        }
        hasReferences = references;
        List<MachBlock> blocks = function.blocks();
        blockStart = new int[blocks.size() + 1];
        int n = 0;
        for (int b = 0; b < blocks.size(); b++) {
            blockStart[b] = n;
            n += blocks.get(b).insts().size();
        }
        blockStart[blocks.size()] = n;
        insts = new MachInst[n];
        start = new int[n + 1];
        moves = new boolean[n];
        clobbers = new long[n];
        fixedUses = new long[n];
        fixedDefs = new long[n];
        idle = new boolean[blocks.size()];
        for (MachBlock b : blocks) {
            for (Reg p : b.params()) {
                defBlock[p.index()] = b.index();
            }
            for (MachInst inst : b.insts()) {
                insts[current] = inst;
                moves[current] = inst.isMove();
                start[current] = count;
                addAll(inst, b.index());
                current++;
            }
            start[current] = count;
            idle[b.index()] = isIdle(b);
        }
    }

    private boolean isIdle(MachBlock b) {
        int i = current - 1;
        return b.insts().size() == 1
                && start[i] == start[current]
                && clobbers[i] == 0
                && b.successors().size() == 1
                && b.successors().getFirst().args().length == 0
                && b.params().isEmpty();
    }

    /** Whether a variable is one; registers that the back end gives are none. */
    boolean isReference(int v) {
        return v >= 0 && typeOf[v] == Type.REF;
    }

    int length(int block) {
        return blockStart[block + 1] - blockStart[block];
    }

    static boolean isUse(byte kind) {
        return kind <= USE_FIXED;
    }

    static boolean isDef(byte kind) {
        return kind >= DEF && kind <= DEF_FIXED;
    }

    /** Whether an instruction names particular registers. */
    boolean isConstrained(int inst) {
        return (clobbers[inst] | fixedUses[inst] | fixedDefs[inst]) != 0;
    }

    /** Whether no register of either class survives an instruction. */
    boolean isCall(int inst) {
        long all = allocatable[0] | allocatable[1];
        return clobbers[inst] != 0 && (all & ~(clobbers[inst] | fixedDefs[inst])) == 0;
    }

    /** Whether an instruction is a copy between two variables, which are its operands. */
    boolean isMove(int inst) {
        if (!moves[inst] || start[inst + 1] - start[inst] != 2) {
            return false;
        }
        int o = start[inst];
        return isUse(kind[o]) && kind[o + 1] == DEF || isUse(kind[o + 1]) && kind[o] == DEF;
    }

    private void addAll(MachInst inst, int block) {
        Form form = inst.form();
        for (int k = 0, n = form.count(); k < n; k++) {
            Reg r = inst.reg(k);
            Form.Role role = form.role(k);
            // A result in a reserved register's place goes to another one, into which that is copied first.
            if (r.isReserved() && k != form.tiedTo()) {
                add(RESERVED, -1, r.bit());
            } else if (r.isPhysical()) {
                addPhysical(r, role == Form.Role.USE_FIXED ? form.fixed(k) : r);
            } else {
                add((byte) role.ordinal(), r.index(), detail(inst, k, role));
                if (role.ordinal() >= DEF) {
                    // Temporaries count as defined, too.
                    defInst[r.index()] = current;
                    defBlock[r.index()] = block;
                }
            }
        }
        clobbers[current] = form.clobbers().bits();
    }

    /** {@code wanted} is the register that the instruction reads it from. */
    private void addPhysical(Reg r, Reg wanted) {
        physical[r.bit()] = r;
        if (r == wanted) {
            add(PHYSICAL, -1, r.bit());
        } else {
            physical[wanted.bit()] = wanted;
            fixedUses[current] |= 1L << wanted.bit();
            add(PHYSICAL_FIXED, -2 - r.bit(), wanted.bit());
        }
    }

    private int detail(MachInst inst, int k, Form.Role role) {
        switch (role) {
            case USE_FIXED -> {
                Reg fixed = inst.form().fixed(k);
                physical[fixed.bit()] = fixed;
                fixedUses[current] |= 1L << fixed.bit();
                return fixed.bit();
            }
            case DEF_FIXED -> {
                Reg fixed = inst.form().fixed(k);
                if (((allocatable[0] | allocatable[1]) >>> fixed.bit() & 1) == 0) {
                    throw new IllegalArgumentException("result in a register that is not allocatable: " + inst);
                }
                physical[fixed.bit()] = fixed;
                fixedDefs[current] |= 1L << fixed.bit();
                return fixed.bit();
            }
            case DEF_TIED -> {
                return firstUse(inst, inst.reg(inst.form().tiedTo()));
            }
            default -> {
                return 0;
            }
        }
    }

    /** The first plain use of {@code r}, which the result of a tied definition overwrites. */
    private int firstUse(MachInst inst, Reg r) {
        int k = 0;
        while (inst.reg(k) != r || inst.form().role(k) != Form.Role.USE) {
            k++;
        }
        return k;
    }

    private void add(byte k, int v, int d) {
        if (count == variable.length) {
            variable = Arrays.copyOf(variable, count * 2);
            kind = Arrays.copyOf(kind, count * 2);
            detail = Arrays.copyOf(detail, count * 2);
        }
        variable[count] = v;
        kind[count] = k;
        detail[count] = (byte) d;
        count++;
    }

    /**
     * The first one of two neighbouring operands that may be exchanged, or -1. A vector that is shorter than the other
     * one stays where it is, since it might be read from its slot.
     */
    int exchangeable(int inst) {
        Form form = insts[inst].form();
        if (!form.commutes()) {
            return -1;
        }
        int o = start[inst] + form.tiedTo();
        int v = variable[o];
        int w = variable[o + 1];
        boolean differ = v >= 0 && w >= 0 && v != w;
        boolean fit = differ && (classOf[v] == 0 || kind[o + 1] == USE || typeOf[v].bytes() == typeOf[w].bytes());
        return fit && isUse(kind[o]) && isUse(kind[o + 1]) ? o : -1;
    }

    /** Exchanges the variables of operand {@code o} and the one behind it. */
    void exchange(int o) {
        int v = variable[o];
        variable[o] = variable[o + 1];
        variable[o + 1] = v;
    }

    /**
     * The type by which the operand that DEF_REUSE operand {@code o} overwrites is copied, if it must be. The copy also
     * serves the instruction's other uses of the variable, which may read more of it than the operation does (where a
     * wider value and its lower half share a variable).
     */
    Type copiedType(int o, int from, int to) {
        int use = from + detail[o];
        int u = variable[use];
        Type type = typeOf[variable[o]];
        if (u >= 0 && typeOf[u].bytes() > type.bytes()) {
            for (int k = from; k < to; k++) {
                if (k != use && kind[k] == USE && variable[k] == u) {
                    return typeOf[u];
                }
            }
        }
        return type;
    }
}
