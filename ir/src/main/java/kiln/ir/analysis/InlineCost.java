package kiln.ir.analysis;

import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;

/**
 * What a copy of a function costs, in about machine instructions, and whether it can be copied at all.
 *
 * @param size all instructions
 * @param hot those of them that are not in cold blocks
 * @param calls direct calls
 * @param selfCalls direct calls of the function itself
 * @param loops whether some block is reached by an edge backwards in the layout
 */
public record InlineCost(int size, int hot, int calls, int selfCalls, boolean loops, boolean copyable) {
    /** Beyond this the exact size does not matter. */
    private static final int ENOUGH = 100_000;

    /** Looks at a function as it is. */
    public static InlineCost of(Function f) {
        int size = 0;
        int hot = 0;
        int calls = 0;
        int selfCalls = 0;
        boolean loops = false;
        boolean copyable = true;
        boolean[] seen = new boolean[f.blockIdBound()];
        for (Block b : f.blocks()) {
            seen[b.id()] = true;
            for (Inst i = b.first(); i != null; i = i.next()) {
                int weight = weight(i);
                size = Math.min(ENOUGH, size + weight);
                if (!b.isCold()) {
                    hot = Math.min(ENOUGH, hot + weight);
                }
                switch (i.opcode()) {
                    case CALL, RETURN_CALL -> {
                        calls++;
                        if (i.call().key().equals(f.key())) {
                            selfCalls++;
                        }
                    }
                    case FRAME_POINTER, UNWIND -> copyable = false;
                    default -> {}
                }
                for (int t = 0; t < i.targetCount(); t++) {
                    Block target = i.target(t).target();
                    loops |= seen[target.id()];
                    // A copy of the entry is a part of a block of the caller.
                    copyable &= target != f.entry();
                }
            }
        }
        return new InlineCost(size, hot, calls, selfCalls, loops, copyable);
    }

    /** About how many machine instructions an instruction becomes. */
    public static int weight(Inst i) {
        return switch (i.opcode()) {
            // Usually part of their users, or shared with the caller's.
            case ICONST, VMCTX, JUMP, RETURN, ZEXT, WRAP, BITCAST -> 0;
            case CALL, CALL_INDIRECT, CALL_NATIVE, RETURN_CALL, RETURN_CALL_INDIRECT ->
                4 + i.argCount() + i.resultCount();
            case SWITCH -> 5 + i.targetCount();
            case TRAP_IF, TRAP_IF_ZERO, INTERRUPT_CHECK, SELECT -> 2;
            // Comparisons belong to the branch, trap or select behind them.
            case ICMP, BRANCH -> 1;
            case UDIV, SDIV, UREM, SREM, TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> 6;
            default -> i.opcode() == Opcode.LOAD && i.memory().readOnly() ? 0 : 1;
        };
    }
}
