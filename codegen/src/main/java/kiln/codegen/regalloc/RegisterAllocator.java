package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.Reg;
import kiln.codegen.RegisterFile;

/**
 * Gives every virtual register of a function a place: a physical register or a spill slot, which may change over time.
 *
 * <p>In three steps: {@link Liveness} finds what is live and how far away its next use is; {@link Spiller} decides what
 * is in registers where, so that there are always enough of them, and {@link SpillPlan} where the rest is stored;
 * {@link Assigner} and {@link EdgeMoves} choose the registers and write the code. Each step is a fixed number of walks
 * over the code, so the cost is linear in the size of the function and of its live-in sets. Where those get out of
 * hand, and at optimisation level 0, variables are in registers within single blocks only.
 */
public final class RegisterAllocator {
    /**
     * Total size of live-in sets up to which values stay in registers between blocks: this many for each instruction,
     * since a set may hold what is live in blocks of hardly any, and never more than the limit. Large functions of real
     * programs have up to 170.
     */
    private static final long LIVE_IN_PER_INSTRUCTION = 256;

    private static final long LIVE_IN_BASE = 100_000;
    private static final long LIVE_IN_LIMIT = 6_000_000;

    private RegisterAllocator() {}

    /** What an allocation cost: words of spill area, and instructions inserted in the code. */
    public record Result(int spillWords, int moves, int loads, int stores) {}

    /**
     * Rewrites {@code function} to physical registers, with moves inserted.
     *
     * @param after is told the name of each step when it is done
     * @return number of eight-byte words of spill area used
     * @throws IllegalArgumentException if the function is malformed (critical edges, uses before definitions)
     * @throws IllegalStateException if an instruction asks for more registers than there are
     */
    public static int allocate(
            MachFunction function,
            RegisterFile file,
            MoveFactory moves,
            CodegenOptions options,
            Consumer<String> after) {
        return allocateWithStatistics(function, file, moves, options, after).spillWords;
    }

    /** As {@link #allocate}, but says more of the outcome. */
    public static Result allocateWithStatistics(
            MachFunction function,
            RegisterFile file,
            MoveFactory moves,
            CodegenOptions options,
            Consumer<String> after) {
        if (function.virtualCount() == 0) {
            // Modules have thousands of functions that do next to nothing.
            return new Result(0, 0, 0, 0);
        }
        Graph graph = new Graph(function);
        Operands ops = new Operands(function, file);
        after.accept("operands");
        if (!options.check()) {
            Output output = new Output(ops, moves, null);
            Result result = run(graph, ops, output, options.optLevel(), after);
            dropIdleCopies(function, output);
            return result;
        }
        AllocationChecker checker = new AllocationChecker(graph, ops);
        List<Output.Inserted> record = new ArrayList<>();
        Output output = new Output(ops, moves, record);
        Result result = run(graph, ops, output, options.optLevel(), after);
        checker.check(record);
        dropIdleCopies(function, output);
        return result;
    }

    /** Allocates, but leaves copies of registers to themselves in the code. */
    static Result run(Graph graph, Operands ops, Output output, int optLevel, Consumer<String> after) {
        Liveness liveness = optLevel == 0 ? null : Liveness.compute(graph, ops, liveInLimit(ops));
        if (liveness == null) {
            liveness = Liveness.local(graph, ops);
        }
        overwriteWhatDies(ops, liveness);
        after.accept("liveness");
        boolean[] cheap = rematerializable(graph.function, ops);
        Spiller spiller = new Spiller(graph, ops, liveness, cheap);
        spiller.run();
        if (!liveness.isLocal()) {
            IdleEntries.drop(graph, ops, spiller);
        }
        after.accept("spilling");
        SpillPlan plan = new SpillPlan(graph, ops, liveness, spiller, cheap);
        SpillSlots slots = slots(graph, ops, liveness, spiller, plan);
        output.setSlots(slots);
        after.accept("spill slots");
        boolean[] unread = UnreadDefinitions.find(graph, ops, spiller, plan);
        Assigner assigner = new Assigner(graph, ops, liveness, spiller, plan, slots, unread, output);
        assigner.run();
        new EdgeMoves(graph, ops, spiller, plan, assigner, output).run();
        new BackEdges(graph, ops, spiller, plan, assigner).run();
        for (MachBlock b : graph.function.blocks()) {
            if (graph.flow.isReachable(b.index())) {
                b.setInsts(assigner.code[b.index()]);
            }
        }
        if (ops.hasReferences) {
            new StackReferences(graph, ops, liveness, plan, slots).run();
            clearReferences(slots, output, assigner);
        }
        after.accept("assignment");
        return new Result(slots.words(), output.moveCount, output.loadCount, output.storeCount);
    }

    private static SpillSlots slots(Graph graph, Operands ops, Liveness liveness, Spiller spiller, SpillPlan plan) {
        if (!ops.hasReferences) {
            return new SpillSlots(graph, ops, liveness, spiller, plan, false);
        }
        if (!liveness.isLocal() && graph.function.stackReferences() == 0) {
            SpillSlots slots = new SpillSlots(graph, ops, liveness, spiller, plan, false);
            if (StackReferences.fits(ops, slots.words())) {
                return slots;
            }
        }
        return new SpillSlots(graph, ops, liveness, spiller, plan, true);
    }

    /** Makes words null, of which collections must know before anything is stored there. */
    private static void clearReferences(SpillSlots slots, Output output, Assigner assigner) {
        if (slots.sharesReferenceWords()) {
            ArrayList<MachInst> code = new ArrayList<>();
            output.to(code, -1);
            for (int word : slots.referenceWords()) {
                output.clear(word);
            }
            assigner.code[0].addAll(0, code);
        }
    }

    /** Exchanges operands where the one to be overwritten lives on and the other one does not. */
    private static void overwriteWhatDies(Operands ops, Liveness liveness) {
        for (int i = 0; i < ops.insts.length; i++) {
            int o = ops.exchangeable(i);
            if (o >= 0 && liveness.next[o] != Liveness.DEAD && liveness.next[o + 1] == Liveness.DEAD) {
                liveness.exchange(o);
            }
        }
    }

    private static long liveInLimit(Operands ops) {
        return Math.min(LIVE_IN_LIMIT, LIVE_IN_BASE + LIVE_IN_PER_INSTRUCTION * ops.insts.length);
    }

    private static void dropIdleCopies(MachFunction function, Output output) {
        if (output.hasIdleCopies) {
            for (MachBlock b : function.blocks()) {
                b.insts().removeIf(i -> i.isMove() && i.moveSource() == i.moveTarget());
            }
        }
    }

    /** Variables that can be computed again from nothing. */
    private static boolean[] rematerializable(MachFunction function, Operands ops) {
        boolean[] result = new boolean[ops.variables];
        for (int i = 0; i < ops.insts.length; i++) {
            int defined = -1;
            boolean plain = !ops.isConstrained(i);
            for (int o = ops.start[i]; o < ops.start[i + 1] && plain; o++) {
                switch (ops.kind[o]) {
                    case Operands.DEF -> {
                        plain = defined < 0;
                        defined = ops.variable[o];
                    }
                    case Operands.PHYSICAL, Operands.RESERVED -> {}
                    default -> plain = false;
                }
            }
            if (plain && defined >= 0) {
                Reg r = function.virtual(defined);
                result[defined] = ops.insts[i].rematerialize(r) != null;
            }
        }
        return result;
    }
}
