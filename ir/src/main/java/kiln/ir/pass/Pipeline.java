package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import kiln.ir.Function;
import kiln.ir.analysis.Verifier;

/** The passes of an optimisation level, in order. Immutable, and usable by several threads at once. */
public final class Pipeline {
    /** What back ends require. */
    public static final Set<Property> FOR_BACK_ENDS =
            Set.of(Property.REACHABLE, Property.FREQUENCIES, Property.NO_CRITICAL_EDGES, Property.COLD_LAST);

    private final List<Pass> passes;
    private final boolean verify;

    private Pipeline(List<Pass> passes, boolean verify) {
        this.passes = List.copyOf(passes);
        this.verify = verify;
    }

    /**
     * What is true of every function after these passes.
     *
     * @param given what is true before them
     * @throws IllegalArgumentException if a pass requires what those before it do not leave
     */
    static Set<Property> established(Set<Property> given, List<Pass> passes) {
        EnumSet<Property> holds = EnumSet.noneOf(Property.class);
        holds.addAll(given);
        for (Pass pass : passes) {
            if (!holds.containsAll(pass.requires())) {
                EnumSet<Property> missing = EnumSet.copyOf(pass.requires());
                missing.removeAll(holds);
                throw new IllegalArgumentException(pass.name() + " requires " + missing);
            }
            holds.retainAll(pass.keeps());
            holds.addAll(pass.establishes());
        }
        return holds;
    }

    /** For code as translation leaves it. */
    private static Pipeline forBackEnds(Pass... passes) {
        Set<Property> left = established(Set.of(), List.of(passes));
        if (!left.containsAll(FOR_BACK_ENDS)) {
            throw new IllegalArgumentException("back ends require " + FOR_BACK_ENDS + ", the passes leave " + left);
        }
        return new Pipeline(List.of(passes), false);
    }

    /**
     * The passes of a level: 0 does what back ends need, 1 adds what pays for its time by leaving less work to them, 2
     * adds everything else. Each list says why a pass stands where it stands.
     *
     * @throws IllegalArgumentException if there is no such level
     */
    public static Pipeline forLevel(int level) {
        return switch (level) {
            case 0 ->
                forBackEnds(
                        new RemoveUnreachable(),
                        new ExpandAllocations(),
                        new EstimateFrequencies(),
                        // Back ends put the moves of an edge at one of its ends.
                        new SplitCriticalEdges(),
                        // That has made new blocks.
                        new ColdBlocksLast());
            case 1 ->
                forBackEnds(
                        new RemoveUnreachable(),
                        // Fewer blocks and parameters are less to do for everything that follows.
                        new CleanUp(),
                        new Simplify(),
                        new DeadCode(),
                        new ExpandAllocations(),
                        new EstimateFrequencies(),
                        new BlockLayout(),
                        new SplitCriticalEdges(),
                        // That has made new blocks.
                        new ColdBlocksLast());
            case 2 ->
                forBackEnds(
                        new RemoveUnreachable(),
                        new CleanUp(),
                        // Whose methods are known and copied may be seen by nobody else.
                        new KnownObjects(),
                        // What was loaded from objects that vanish takes part in all that follows.
                        new ScalarObjects(),
                        // Equal things look equal now ...
                        Simplify.byRanges(),
                        new DeadCode(),
                        // ... so that they can be merged, ...
                        new ValueNumbering(),
                        // ... which settles branches and leaves less in loops.
                        new CleanUp(),
                        new EqualParams(),
                        // Counters are as plain as they will be.
                        new InterruptChecks(),
                        // Ways through what is left are as short as they will be.
                        new JumpThreading(),
                        // What still only chooses among constants does nothing else.
                        new SwitchTables(),
                        new SteppedParams(),
                        // Sums have all of their operands.
                        new CarriedSums(),
                        // What is cold within a loop stays there.
                        new EstimateFrequencies(),
                        new LoopInvariants(),
                        // Forwarded values and merged constants bring rules together again.
                        new SimplifyAgain(),
                        // Addresses are settled, and so is which counters are extended in them.
                        new WideCounters(),
                        new LoopTests(),
                        // What is there by now is as plain as it will be.
                        new VectorLoops(),
                        // What stays scalar may wait for memory.
                        new Accumulators(),
                        // What is left of other small loops does several turns at once.
                        new UnrollLoops(),
                        new ExpandAllocations(),
                        // Less code is left, and new blocks have come.
                        new EstimateFrequencies(),
                        new BlockLayout(),
                        new SplitCriticalEdges(),
                        // Each edge has a place of its own now, to which additions may go.
                        new LoopSteps(),
                        // That has made new blocks.
                        new ColdBlocksLast());
            default -> throw new IllegalArgumentException("no optimisation level " + level);
        };
    }

    /**
     * These passes in this order, for functions of which everything is true that the first one requires.
     *
     * @throws IllegalArgumentException if a pass requires what those before it do not leave
     */
    public static Pipeline of(Pass... passes) {
        established(passes.length == 0 ? Set.of() : passes[0].requires(), List.of(passes));
        return new Pipeline(List.of(passes), false);
    }

    /**
     * This pipeline without the passes of these names.
     *
     * @throws IllegalArgumentException if there is no pass of such a name, or another one requires what it establishes
     */
    public Pipeline without(Collection<String> names) {
        for (String name : names) {
            if (passes.stream().noneMatch(p -> p.name().equals(name))) {
                throw new IllegalArgumentException("no pass " + name);
            }
        }
        List<Pass> rest = new ArrayList<>(passes);
        rest.removeIf(p -> names.contains(p.name()));
        established(Set.of(), rest);
        return new Pipeline(rest, verify);
    }

    /** This pipeline with the verifier before the first and after every pass. */
    public Pipeline verified() {
        return new Pipeline(passes, true);
    }

    public List<Pass> passes() {
        return passes;
    }

    /** Runs all passes on {@code f}. */
    public void run(Function f) {
        run(f, pass -> {});
    }

    /** As {@link #run(Function)}; {@code after} is told of each pass when it is done. */
    public void run(Function f, Consumer<Pass> after) {
        if (begin(f)) {
            run(f, 0, passes.size(), after);
        }
    }

    /**
     * Runs the passes for which an object that is made is one instruction, and a loop is one loop. What they leave can
     * be copied to its calls, and still shows there that it makes objects, or does the same for many elements.
     *
     * @return whether {@link #finish} has something left to do
     */
    public boolean runForCopies(Function f) {
        return runBeforeLasting(f) && !finishIfSame(f);
    }

    /**
     * The first half of {@link #runForCopies}, for a function that may turn out not to be copied.
     *
     * @return whether passes are left for {@link #finishIfSame} or {@link #finish}
     */
    public boolean runBeforeLasting(Function f) {
        if (!begin(f)) {
            return false;
        }
        run(f, 0, firstLasting(), pass -> {});
        return true;
    }

    /** Runs the other passes if copies may be made of what they leave as well; returns whether that is so. */
    public boolean finishIfSame(Function f) {
        List<Pass> rest = passes.subList(firstLasting(), passes.size());
        for (Pass pass : rest) {
            if (pass instanceof LastingPass lasting && lasting.hasWork(f)) {
                return false;
            }
        }
        for (Pass pass : rest) {
            if (!(pass instanceof LastingPass)) {
                run(f, pass);
            }
        }
        return true;
    }

    /** Runs the passes that {@link #runForCopies}, or the first half of it, has left. */
    public void finish(Function f) {
        run(f, firstLasting(), passes.size(), pass -> {});
    }

    private int firstLasting() {
        for (int i = 0; i < passes.size(); i++) {
            if (passes.get(i) instanceof LastingPass) {
                return i;
            }
        }
        return passes.size();
    }

    /** Whether there is anything to do. */
    private boolean begin(Function f) {
        if (verify) {
            Verifier.verify(f, "translation");
        }
        // Nothing but an end: modules have thousands of such functions.
        return f.blocks().size() > 1 || f.entry().first() != f.entry().terminator();
    }

    private void run(Function f, int first, int end, Consumer<Pass> after) {
        for (Pass pass : passes.subList(first, end)) {
            run(f, pass);
            after.accept(pass);
        }
    }

    private void run(Function f, Pass pass) {
        pass.run(f);
        if (verify) {
            Verifier.verify(f, pass.name());
        }
    }
}
