package kiln.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What an instruction does with each of its register operands, in the order in which it holds them: its operand
 * constraints. A form is stated once and shared by all instructions of its kind; register allocation, the allocation
 * checker and the rewriting of operands read it as data.
 *
 * <p>An instruction has two points: early, when operands are read, and late, when results are written. A plain use ends
 * early and a plain definition begins late, so they may share a register. One virtual register may be several operands
 * of an instruction, also in different fixed registers. Definitions and temporaries define each virtual register once
 * in the function (SSA), which includes block parameters. A physical register may stand wherever a virtual one may: the
 * back end then answers for it.
 *
 * <p>Forms are made by appending to {@link #NONE}: {@code NONE.use().any().tied(0)}. Appending the same operand to the
 * same form gives the same object, so that composing a form per instruction costs no memory. Forms are immutable and
 * may be shared by threads.
 */
public final class Form {
    /** The constraint on one operand. */
    public enum Role {
        /** Read early, from any register of its class. */
        USE,
        /** Read until late: never shares a register with a definition or temporary of this instruction. */
        USE_LATE,
        /** Read early, from a register or a spill slot. */
        USE_ANY,
        /** Read early, from a particular register. */
        USE_FIXED,
        /** Written late, to any register. */
        DEF,
        /** Written early: never shares a register with a use of this instruction. */
        DEF_EARLY,
        /**
         * Written late, to the register of a {@link #USE} operand of the same instruction, which the allocator copies
         * first where its value lives on.
         */
        DEF_TIED,
        /** Written late, to a particular register. */
        DEF_FIXED,
        /** A register for the instruction's own needs: written early, dead afterwards, shared with no other operand. */
        TEMP;

        public boolean isUse() {
            return ordinal() <= USE_FIXED.ordinal();
        }

        public boolean isDef() {
            return ordinal() >= DEF.ordinal() && ordinal() <= DEF_FIXED.ordinal();
        }
    }

    /** Operands that an instruction may be tied to: more than any instruction has in front of its definition. */
    private static final int MAX_TIED = 16;

    private static final int REGISTERS = 64;
    private static final int PLAIN = Role.values().length;
    private static final int FIRST_TIED = PLAIN;
    private static final int FIRST_TIED_TO_EITHER = FIRST_TIED + MAX_TIED;
    private static final int FIRST_USE_FIXED = FIRST_TIED_TO_EITHER + MAX_TIED;
    private static final int FIRST_DEF_FIXED = FIRST_USE_FIXED + REGISTERS;
    private static final int NEXT = FIRST_DEF_FIXED + REGISTERS;

    /** No register operands. */
    public static final Form NONE = new Form(new Role[0], new Reg[0], -1, false, RegSet.EMPTY);

    private final Role[] roles;
    private final Reg[] fixed;
    /** The operand that the tied definition is tied to, or -1 if there is none. */
    private final int tiedTo;
    /** Whether that operand and the next one may be exchanged. */
    private final boolean commutes;

    private final RegSet clobbers;
    /** Forms with one more operand, by a number that says which; made when first asked for, as is the array. */
    private volatile AtomicReferenceArray<Form> next;
    /** The same operands with other clobbers. */
    private volatile List<Form> clobbering = List.of();

    private Form(Role[] roles, Reg[] fixed, int tiedTo, boolean commutes, RegSet clobbers) {
        this.roles = roles;
        this.fixed = fixed;
        this.tiedTo = tiedTo;
        this.commutes = commutes;
        this.clobbers = clobbers;
    }

    public Form use() {
        return append(Role.USE);
    }

    public Form useLate() {
        return append(Role.USE_LATE);
    }

    public Form any() {
        return append(Role.USE_ANY);
    }

    /** {@code register} is physical. */
    public Form useFixed(Reg register) {
        return append(FIRST_USE_FIXED + register.bit(), Role.USE_FIXED, register);
    }

    public Form def() {
        return append(Role.DEF);
    }

    public Form defEarly() {
        return append(Role.DEF_EARLY);
    }

    /** A definition in the register of operand {@code use}, a {@link Role#USE}. A form has at most one. */
    public Form tied(int use) {
        return tied(FIRST_TIED, use, false);
    }

    /**
     * As {@link #tied}, for an operation that has the same result if operand {@code use} and the one behind it, a
     * {@link Role#USE} or {@link Role#USE_ANY}, are exchanged: the allocator does so where that saves a copy.
     */
    public Form tiedToEither(int use) {
        if (use + 1 >= roles.length || roles[use + 1] != Role.USE && roles[use + 1] != Role.USE_ANY) {
            throw new IllegalArgumentException("operand " + (use + 1) + " of " + this + " cannot be exchanged");
        }
        return tied(FIRST_TIED_TO_EITHER, use, true);
    }

    private Form tied(int first, int use, boolean either) {
        if (tiedTo >= 0 || use >= MAX_TIED || roles[use] != Role.USE) {
            throw new IllegalArgumentException("operand " + use + " of " + this + " cannot be tied to");
        }
        return append(first + use, Role.DEF_TIED, null, use, either);
    }

    /** {@code register} is physical and allocatable. */
    public Form defFixed(Reg register) {
        return append(FIRST_DEF_FIXED + register.bit(), Role.DEF_FIXED, register);
    }

    public Form temp() {
        return append(Role.TEMP);
    }

    /**
     * The same operands, and registers whose contents are lost (late), apart from those that hold fixed definitions.
     * Few sets of registers are expected for one list of operands.
     */
    public Form clobbering(RegSet registers) {
        for (Form f : clobbering) {
            if (f.clobbers.equals(registers)) {
                return f;
            }
        }
        return addClobbering(registers);
    }

    private synchronized Form addClobbering(RegSet registers) {
        for (Form f : clobbering) {
            if (f.clobbers.equals(registers)) {
                return f;
            }
        }
        Form f = new Form(roles, fixed, tiedTo, commutes, registers);
        List<Form> more = new ArrayList<>(clobbering);
        more.add(f);
        clobbering = List.copyOf(more);
        return f;
    }

    /** Number of operands. */
    public int count() {
        return roles.length;
    }

    public Role role(int operand) {
        return roles[operand];
    }

    /** The particular register of a fixed operand; null for all others. */
    public Reg fixed(int operand) {
        return fixed[operand];
    }

    /** The operand whose register the {@link Role#DEF_TIED} operand gets; -1 if there is none. */
    public int tiedTo() {
        return tiedTo;
    }

    /** Whether the operand {@link #tiedTo} and the one behind it may be exchanged. */
    public boolean commutes() {
        return commutes;
    }

    /** Registers whose contents are lost. */
    public RegSet clobbers() {
        return clobbers;
    }

    private Form append(Role role) {
        return append(role.ordinal(), role, null);
    }

    private Form append(int number, Role role, Reg register) {
        return append(number, role, register, tiedTo, commutes);
    }

    private Form append(int number, Role role, Reg register, int use, boolean either) {
        AtomicReferenceArray<Form> forms = next == null ? makeNext() : next;
        Form f = forms.get(number);
        if (f != null) {
            return f;
        }
        int n = roles.length;
        Role[] r = Arrays.copyOf(roles, n + 1);
        Reg[] x = Arrays.copyOf(fixed, n + 1);
        r[n] = role;
        x[n] = register;
        // Two threads may both make it: the first one to publish wins, so that there is one.
        forms.compareAndSet(number, null, new Form(r, x, use, either, clobbers));
        return forms.get(number);
    }

    private synchronized AtomicReferenceArray<Form> makeNext() {
        if (next == null) {
            next = new AtomicReferenceArray<>(NEXT);
        }
        return next;
    }

    /**
     * With {@code count} operands of {@link Role#USE_ANY}, as many as a module asks for: such a form, and those made
     * from it, are not kept.
     */
    public Form anyUnshared(int count) {
        int n = roles.length;
        Role[] r = Arrays.copyOf(roles, n + count);
        Arrays.fill(r, n, n + count, Role.USE_ANY);
        return new Form(r, Arrays.copyOf(fixed, n + count), tiedTo, commutes, clobbers);
    }

    /** For messages: the roles, with their registers. */
    @Override
    public String toString() {
        StringBuilder s = new StringBuilder("(");
        for (int i = 0; i < roles.length; i++) {
            s.append(i == 0 ? "" : ", ").append(roles[i]);
            if (fixed[i] != null) {
                s.append(' ').append(fixed[i]);
            } else if (roles[i] == Role.DEF_TIED) {
                s.append(' ').append(tiedTo).append(commutes ? "|" + (tiedTo + 1) : "");
            }
        }
        return s.append(')').toString();
    }
}
