package kiln.compiler;

import java.util.Arrays;
import java.util.BitSet;
import kiln.translate.ModuleEnvironment;
import kiln.wasm.WasmModule;

/**
 * The order in which a module's functions are compiled, so that what is inlined is ready before those that it is
 * inlined into: callees first. A call within a cycle of calls that would need the opposite order is never inlined.
 * Known before anything is translated, so that the order depends neither on timing nor on the number of threads.
 *
 * <p>Only functions that are small, or called in one place only, have a place in this order; the others come after all
 * of these, and are not waited for.
 */
final class CallOrder {
    /** Bytes of a body that may become small enough to be copied to every call. */
    private static final int SMALL_BODY = 200;
    /** Bytes of a body that may be moved to its only call. */
    private static final int SINGLE_BODY = 1200;

    private final WasmModule module;
    private final ModuleEnvironment env;
    private final int imported;
    private final int[] order;
    private final int[] rank;
    private final int[] callers;
    private int placed;

    /** @param linked functions, by index in the function space, that other modules of the file call directly */
    CallOrder(ModuleEnvironment env, BitSet linked) {
        this.env = env;
        this.module = env.wasm();
        this.imported = module.importedFuncCount();
        int count = module.funcCount() - imported;
        order = new int[count];
        rank = new int[count];
        callers = new int[count];
        for (int i = 0; i < count; i++) {
            if (env.isLive(imported + i)) {
                for (int callee : env.calls(imported + i)) {
                    callers[callee - imported]++;
                }
            }
        }
        linked.stream().forEach(f -> callers[f - imported]++);
        Arrays.fill(rank, -1);
        Walk walk = new Walk(count);
        for (int i = 0; i < count; i++) {
            if (rank[i] < 0 && isCandidate(i)) {
                walk.from(i);
            }
        }
        for (int i = 0; i < count; i++) {
            if (rank[i] < 0) {
                place(i);
            }
        }
    }

    private void place(int i) {
        rank[i] = placed;
        order[placed++] = i;
    }

    /** Whether copies of a defined function are considered at all; a dropped one is not called. */
    boolean isCandidate(int defined) {
        int func = imported + defined;
        if (callers[defined] == 0 || !env.isLive(func)) {
            return false;
        }
        return module.bodyLength(func) <= (isCalledOnce(defined) ? SINGLE_BODY : SMALL_BODY);
    }

    /** Whether a defined function has a single call, and nothing else refers to it. */
    boolean isCalledOnce(int defined) {
        return callers[defined] == 1 && env.reference(imported + defined) == null;
    }

    /** Number {@code i} of the functions in this order, as number among the defined functions. */
    int function(int i) {
        return order[i];
    }

    /** Whether {@code callee} is a candidate that is complete before {@code caller} is begun. */
    boolean isBefore(int callee, int caller) {
        return rank[callee] < rank[caller] && isCandidate(callee);
    }

    /** Depth first over calls of candidates, without recursion. */
    private final class Walk {
        private final int[] stack;
        private final int[] nextCall;
        private final boolean[] entered;

        Walk(int count) {
            stack = new int[count];
            nextCall = new int[count];
            entered = new boolean[count];
        }

        void from(int start) {
            int depth = 0;
            stack[depth++] = start;
            entered[start] = true;
            while (depth > 0) {
                int f = stack[depth - 1];
                int[] calls = env.calls(imported + f);
                if (nextCall[f] == calls.length) {
                    place(f);
                    depth--;
                    continue;
                }
                int callee = calls[nextCall[f]++] - imported;
                if (!entered[callee] && isCandidate(callee)) {
                    entered[callee] = true;
                    stack[depth++] = callee;
                }
            }
        }
    }
}
