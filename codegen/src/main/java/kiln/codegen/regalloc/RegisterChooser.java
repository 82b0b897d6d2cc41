package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.List;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;

/**
 * Picks one of several free registers for a variable: the one that saves a move if there is one, else one that no
 * instruction will name while the variable lives, else the first in the back end's order of preference.
 */
final class RegisterChooser {
    private static final int NONE = -1;
    private static final int LOOK_AHEAD = 12;
    /** How many parameters are looked at that hand on what they get. */
    private static final int MAX_HANDED_ON = 4;

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final Hints hints;
    private final Assigner assigner;
    private final int[][] order = new int[2][];

    /** Register that a variable was in last, and that a parameter or its first known argument got. */
    private final byte[] home;

    private final byte[] paramReg;
    /** Last use of variables within the block at hand. */
    private final int[] lastUse;

    private final int[] lastUseBlock;
    private int block;
    private int blockEnd;
    /** Instructions of the block that name registers, and a pointer to the next one. */
    private final IntList named = new IntList();

    private int nextNamed;
    /** Registers that a loop around this block starts with. */
    private long loopRegs;

    RegisterChooser(Graph graph, Operands ops, Liveness liveness, Hints hints, Assigner assigner) {
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.hints = hints;
        this.assigner = assigner;
        home = new byte[ops.variables];
        paramReg = new byte[ops.variables];
        Arrays.fill(home, (byte) NONE);
        Arrays.fill(paramReg, (byte) NONE);
        lastUse = new int[ops.variables];
        lastUseBlock = new int[ops.variables];
        Arrays.fill(lastUseBlock, -1);
        for (RegClass c : RegClass.values()) {
            List<Reg> registers = ops.file.allocatable(c);
            int[] bits = new int[registers.size()];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = registers.get(i).bit();
            }
            order[c.ordinal()] = bits;
        }
    }

    long namedInLoop(int header) {
        return hints.namedInLoop[header];
    }

    /** The register in which instruction {@code i} wants to find {@code v}, or -1. */
    int wantedAt(int v, int i) {
        for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
            if (ops.variable[o] == v && ops.kind[o] == Operands.USE_FIXED) {
                return ops.detail[o];
            }
        }
        return NONE;
    }

    /** Whether a fixed use of {@code v} would like to find it in register {@code r}. */
    boolean wants(int v, int r) {
        return hints.fixed[v] == r;
    }

    /** The register, as a mask, that a fixed use of {@code v} names, or 0. */
    long wanted(int v) {
        return hints.fixed[v] >= 0 ? 1L << hints.fixed[v] : 0;
    }

    /** The register of the parameter that {@code v}, defined at {@code i}, is handed on to, or -1. */
    int wantedBehind(int v, int i) {
        int r = registerBehind(v);
        return r >= 0 && (conflicts(v, i) >>> r & 1) == 0 ? r : NONE;
    }

    /** How often {@code v} is handed on to that parameter. */
    double weightBehind(int v) {
        return hints.parameterWeight[v];
    }

    private int registerBehind(int v) {
        int p = hints.parameter[v];
        for (int n = 0; n < MAX_HANDED_ON && p >= 0; n++) {
            if (paramReg[p] >= 0) {
                return paramReg[p];
            }
            p = hints.parameter[p];
        }
        return NONE;
    }

    void startBlock(int b) {
        block = b;
        blockEnd = ops.blockStart[b + 1];
        named.clear();
        nextNamed = 0;
        for (int i = ops.blockStart[b]; i < blockEnd; i++) {
            if (ops.isConstrained(i)) {
                named.add(i);
            }
        }
        if (named.size > 0) {
            findLastUses();
        }
        loopRegs = 0;
        int h = graph.flow.loopHeader(b);
        if (h >= 0 && h != b && assigner.entryRegs[h] != null) {
            for (byte r : assigner.entryRegs[h]) {
                loopRegs |= r >= 0 ? 1L << r : 0;
            }
        }
    }

    /** Asked for only beside instructions that name registers. */
    private void findLastUses() {
        for (int i = ops.blockStart[block]; i < blockEnd; i++) {
            for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                if (liveness.next[o] == Liveness.DEAD && Operands.isUse(ops.kind[o])) {
                    lastUse[ops.variable[o]] = i;
                    lastUseBlock[ops.variable[o]] = block;
                }
            }
        }
    }

    void took(int v, int r) {
        home[v] = (byte) r;
        if (ops.defInst[v] < 0) {
            paramReg[v] = (byte) r;
        }
        int p = hints.parameter[v];
        if (p >= 0 && paramReg[p] == NONE) {
            paramReg[p] = (byte) r;
        }
    }

    /**
     * A register for {@code v} from instruction {@code i} on.
     *
     * @param candidates free registers of its class
     * @param preferred register that saves a move for sure, or -1
     */
    int choose(int v, long candidates, int i, int preferred) {
        if (candidates == 0) {
            throw new IllegalStateException("no register left for %" + v);
        }
        if ((candidates & candidates - 1) == 0) {
            return Long.numberOfTrailingZeros(candidates);
        }
        long conflicts = conflicts(v, i);
        long good = candidates & ~conflicts;
        if (preferred >= 0 && (candidates >>> preferred & 1) != 0) {
            return preferred;
        }
        int f = hints.fixed[v];
        boolean fixedHere = f >= 0 && hints.fixedAt[v] >= i && hints.fixedAt[v] < blockEnd;
        if (fixedHere && isReachable(v, f, i) && (candidates >>> f & 1) != 0) {
            return f;
        }
        int r = ops.defInst[v] < 0 ? paramReg[v] : NONE;
        if (r >= 0 && (good >>> r & 1) != 0) {
            return r;
        }
        r = registerBehind(v);
        if (r >= 0 && (good >>> r & 1) != 0) {
            return r;
        }
        r = home[v];
        if (r >= 0 && (good >>> r & 1) != 0) {
            return r;
        }
        if (f >= 0 && !fixedHere && (good >>> f & 1) != 0) {
            return f;
        }
        long best = preferred(good, v);
        if (best == 0) {
            best = candidates;
        }
        for (int reg : order[ops.classOf[v]]) {
            if ((best >>> reg & 1) != 0) {
                return reg;
            }
        }
        throw new IllegalStateException("register outside its class for %" + v);
    }

    /** Of several registers those that nothing else is likely to want, as far as there are some. */
    private long preferred(long good, int v) {
        long all = (good & ~loopRegs) != 0 ? good & ~loopRegs : good;
        int p = hints.parameter[v];
        if (p < 0) {
            return all;
        }
        // Where v becomes a parameter, other variables will be loaded, most likely to where they were.
        long taken = 0;
        for (int u : assigner.entryOf(ops.defBlock[p])) {
            taken |= home[u] >= 0 ? 1L << home[u] : 0;
        }
        return (all & ~taken) != 0 ? all & ~taken : all;
    }

    /**
     * Whether the result {@code v} of instruction {@code i} saves a move in register {@code r} that it needs in
     * {@code other}.
     */
    boolean prefers(int v, int i, int r, int other) {
        int wanted = hints.fixed[v];
        if (wanted < 0 || hints.fixedAt[v] < i || hints.fixedAt[v] >= blockEnd) {
            wanted = registerBehind(v);
        }
        return wanted == r && wanted != other;
    }

    private int end(int v) {
        return lastUseBlock[v] == block ? lastUse[v] : blockEnd;
    }

    /**
     * Registers that instructions name while {@code v}, which is in a register from {@code i} on, is alive in this
     * block.
     */
    private long conflicts(int v, int i) {
        int end = end(v);
        while (nextNamed < named.size && named.get(nextNamed) <= i) {
            nextNamed++;
        }
        long result = 0;
        for (int k = nextNamed; k < named.size && k < nextNamed + LOOK_AHEAD; k++) {
            int at = named.get(k);
            if (at >= end || ops.isCall(at)) {
                break;
            }
            result |= ops.clobbers[at] | ops.fixedUses[at] | ops.fixedDefs[at];
        }
        return result;
    }

    /** Whether {@code v} can stay in register {@code f} from {@code i} to the use that wants it there. */
    private boolean isReachable(int v, int f, int i) {
        int use = hints.fixedAt[v];
        for (int k = nextNamed; k < named.size && named.get(k) < use; k++) {
            int at = named.get(k);
            if (at > i && ((ops.clobbers[at] | ops.fixedUses[at] | ops.fixedDefs[at]) >>> f & 1) != 0) {
                return false;
            }
        }
        return true;
    }
}
