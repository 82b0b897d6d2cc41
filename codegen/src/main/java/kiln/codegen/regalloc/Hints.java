package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Wishes of variables for registers, found by one walk over the code backwards: the register that the next fixed use
 * wants, and the block parameter that the variable is handed to. Both are passed on through copies and two-address
 * operations.
 */
final class Hints {
    /** Register bit wanted by a fixed use, or -1, and the instruction number of that use. */
    final byte[] fixed;

    final int[] fixedAt;
    /** A block parameter that would like to be in the same register, or -1. */
    final int[] parameter;
    /** Registers that instructions in a loop name, calls excepted, by header. */
    final long[] namedInLoop;

    /** How often it is handed to that. */
    final double[] parameterWeight;

    Hints(Graph graph, Operands ops) {
        fixed = new byte[ops.variables];
        fixedAt = new int[ops.variables];
        parameter = new int[ops.variables];
        parameterWeight = new double[ops.variables];
        namedInLoop = new long[graph.blocks];
        Arrays.fill(fixed, (byte) -1);
        Arrays.fill(parameter, -1);
        for (int b : graph.flow.postorder()) {
            for (MachBlock.Successor s : graph.block(b).successors()) {
                Reg[] args = s.args();
                for (int k = 0; k < args.length; k++) {
                    int a = args[k].index();
                    double f = graph.edgeFrequency(b, s.target().index());
                    int p = s.target().params().get(k).index();
                    if (parameter[a] < 0 || f > parameterWeight[a]) {
                        parameter[a] = p;
                        parameterWeight[a] = f;
                    }
                    if (fixed[a] < 0 && fixed[p] >= 0) {
                        fixed[a] = fixed[p];
                        fixedAt[a] = fixedAt[p];
                    }
                }
            }
            scan(graph, ops, b);
        }
        // Headers of inner loops come before those of outer ones.
        for (int h : graph.flow.postorder()) {
            int outer = graph.flow.isLoopHeader(h) ? graph.flow.outerLoop(h) : -1;
            if (outer >= 0) {
                namedInLoop[outer] |= namedInLoop[h];
            }
        }
    }

    private void scan(Graph graph, Operands ops, int b) {
        long named = 0;
        for (int i = ops.blockStart[b + 1] - 1; i >= ops.blockStart[b]; i--) {
            int from = ops.start[i];
            int to = ops.start[i + 1];
            if (ops.isConstrained(i) && !ops.isCall(i)) {
                named |= ops.clobbers[i] | ops.fixedDefs[i] | ops.fixedUses[i];
            }
            for (int o = from; o < to; o++) {
                int v = ops.variable[o];
                if (ops.kind[o] == Operands.USE_FIXED) {
                    fixed[v] = ops.detail[o];
                    fixedAt[v] = i;
                } else if (ops.kind[o] == Operands.DEF_REUSE) {
                    int u = ops.variable[from + ops.detail[o]];
                    if (u >= 0) {
                        inherit(u, v);
                    }
                }
            }
            if (to - from == 2 && ops.isMove(i)) {
                int o = Operands.isUse(ops.kind[from]) ? from : from + 1;
                int d = o == from ? from + 1 : from;
                inherit(ops.variable[o], ops.variable[d]);
            }
        }
        if (named != 0 && !graph.cold[b]) {
            int h = graph.flow.loopHeader(b);
            if (h >= 0) {
                namedInLoop[h] |= named;
            }
        }
    }

    private void inherit(int u, int from) {
        if (fixed[u] < 0) {
            fixed[u] = fixed[from];
            fixedAt[u] = fixedAt[from];
        }
        if (parameter[u] < 0) {
            parameter[u] = parameter[from];
            parameterWeight[u] = parameterWeight[from];
        }
    }
}
