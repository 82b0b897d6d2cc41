package kiln.codegen;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.ir.Type;

/**
 * A call or tail call, and what its operands are. They are, in this order: what is called, arguments in registers,
 * arguments on the stack, results in registers. The instruction makes room for the arguments on the stack and stores
 * them itself, so that the stack pointer is the same in front of every instruction, and a call may end a block.
 */
public final class CallSite {
    /**
     * An argument on the stack.
     *
     * @param type its type
     * @param offset bytes from the stack pointer at the call
     * @param operand the number of its operand, in a register or spill slot; -1 for a constant
     * @param bits the bits of a constant, zero-extended: an integer or float, which takes no register
     */
    public record StackArgument(Type type, int offset, int operand, long bits) {
        public boolean isConstant() {
            return operand < 0;
        }
    }

    private static final int[] NO_WORDS = {};

    private final FuncKey key;
    private final int contextDistance;
    private final boolean reloadsContext;
    private final MachBlock pad;
    private final OperandList operands;
    private final int called;
    private final int inRegisters;
    private final List<StackArgument> onStack;
    private final int stackBytes;
    private final int results;
    private int[] references = NO_WORDS;

    CallSite(
            FuncKey key,
            int contextDistance,
            boolean reloadsContext,
            MachBlock pad,
            OperandList operands,
            int called,
            int inRegisters,
            List<StackArgument> onStack,
            int stackBytes,
            int results) {
        this.key = key;
        this.contextDistance = contextDistance;
        this.reloadsContext = reloadsContext;
        this.pad = pad;
        this.operands = operands;
        this.called = called;
        this.inRegisters = inRegisters;
        this.onStack = onStack;
        this.stackBytes = stackBytes;
        this.results = results;
    }

    public Form form() {
        return operands.form();
    }

    public Reg[] regs() {
        return operands.regs();
    }

    /**
     * A function of this file; null if the first operand is the address to call. The second one is the VMContext to
     * call in then, unless a C function is called.
     */
    public FuncKey key() {
        return key;
    }

    /** Whether the second operand is the VMContext to call in; it may be the register that always holds this one's. */
    public boolean hasContext() {
        return called == 2;
    }

    /** Bytes from this VMContext to the one to call in if there is a {@link #key}. */
    public int contextDistance() {
        return contextDistance;
    }

    /** Whether the VMContext must be read back from the frame afterwards. */
    public boolean reloadsContext() {
        return reloadsContext;
    }

    /** The landing pad where it goes on if the callee throws, or null if frames are left then, too. */
    public MachBlock pad() {
        return pad;
    }

    public List<StackArgument> onStack() {
        return onStack;
    }

    /** Bytes of all arguments on the stack, a multiple of 16. The callee removes them. */
    public int stackBytes() {
        return stackBytes;
    }

    /** Says in which words of the spill area references live on over the call, ascending. */
    public void setReferences(int[] words) {
        references = words;
    }

    /** Those words. */
    public int[] references() {
        return references;
    }

    /** To be called by the instruction when the code ends with the call itself. */
    public void returned(EmitContext context) {
        if (references.length > 0 || context.frame().references() > 0) {
            context.buffer().references(references, context.frame());
        }
    }

    /** Text of {@code inst}, which is this call: {@code mnemonic}, then callee, arguments and results. */
    public String text(String mnemonic, MachInst inst) {
        StringBuilder s = new StringBuilder(mnemonic).append(' ');
        s.append(key != null ? key : inst.reg(0));
        if (hasContext()) {
            s.append(" in ").append(inst.reg(1));
        } else if (contextDistance != 0) {
            s.append(" in context + ").append(contextDistance);
        }
        s.append(' ').append(inst.fixedText(called, inRegisters));
        for (StackArgument a : onStack) {
            s.append(" [").append(a.offset).append("] = ");
            s.append(a.isConstant() ? "0x" + Long.toHexString(a.bits) : inst.reg(a.operand));
        }
        if (results > 0) {
            s.append(" -> ").append(inst.fixedText(inst.form().count() - results, results));
        }
        if (pad != null) {
            s.append(" throws to ").append(pad);
        }
        return s.toString();
    }
}
