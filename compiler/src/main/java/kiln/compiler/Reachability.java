package kiln.compiler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;

/**
 * What of the compiled code is needed: starts with the functions that are visible from outside and with start-up code
 * and trampolines, and follows calls and references. This is done after optimisation, which removes calls, and says for
 * each function why it is kept.
 */
final class Reachability {
    private final Program program;
    private final Map<FuncKey, Fate> fates = new HashMap<>();
    /** Functions that are needed if another one can run, because that one makes references to them. */
    private final Map<FuncKey, List<FuncKey>> referredBy = new HashMap<>();

    private final Set<FuncKey> reached = new LinkedHashSet<>();
    /** Functions that run as a part of others, by one of these. */
    private final Map<FuncKey, FuncKey> copied = new HashMap<>();

    private final ArrayDeque<FuncKey> queue = new ArrayDeque<>();

    /** The functions of a program, by key. */
    interface Program {
        /** Functions of modules that may be called by reference, and start functions. */
        List<FuncKey> referred();

        /** Why a function of {@link #referred} may be called; a function named there is of the same module. */
        Fate reference(FuncKey key);

        /** Start-up code and trampolines. */
        List<FuncKey> entries();

        /** The functions that code refers to directly. */
        Iterable<FuncKey> targets(FuncKey key);

        /** The functions that a function contains copies of. */
        Iterable<FuncKey> copies(FuncKey key);

        /** The function with this index in the function space of {@code module}. */
        FuncKey function(int module, int index);

        /** The inverse of {@link #function}. */
        int index(FuncKey key);
    }

    Reachability(Program program) {
        this.program = program;
    }

    void run() {
        List<FuncKey> conditional = new ArrayList<>();
        for (FuncKey f : program.referred()) {
            Fate why = program.reference(f);
            if (why.function() < 0) {
                reach(f, why);
            } else {
                referredBy
                        .computeIfAbsent(program.function(f.payload(), why.function()), _ -> new ArrayList<>())
                        .add(f);
                conditional.add(f);
            }
        }
        for (FuncKey entry : program.entries()) {
            reach(entry, null);
        }
        follow();
        // Who makes the reference may have gone, but the reference is only known to have one maker.
        for (FuncKey f : conditional) {
            reach(f, program.reference(f));
            follow();
        }
    }

    private void reach(FuncKey key, Fate why) {
        if (reached.add(key)) {
            if (why != null) {
                fates.put(key, why);
            }
            queue.add(key);
        }
    }

    private void follow() {
        for (FuncKey f = queue.poll(); f != null; f = queue.poll()) {
            for (FuncKey target : program.targets(f)) {
                reach(target, called(f, target));
            }
            reachReferred(f);
            for (FuncKey copy : program.copies(f)) {
                // Better one of its own module, which is the only one that can be named.
                if (copied.merge(copy, f, (a, b) -> a.payload() == copy.payload() ? a : b) == f) {
                    reachReferred(copy);
                }
            }
        }
    }

    private void reachReferred(FuncKey by) {
        for (FuncKey target : referredBy.getOrDefault(by, List.of())) {
            reach(target, program.reference(target));
        }
    }

    private Fate called(FuncKey caller, FuncKey callee) {
        if (callee.kind() != FuncKey.Kind.WASM_FUNCTION) {
            return null;
        }
        // The start function is the only one that start-up code calls.
        return caller.kind() == FuncKey.Kind.MODULE_STARTUP
                ? new Fate(Fate.Kind.START, 0)
                : new Fate(Fate.Kind.CALL, 0, nameable(caller, callee));
    }

    /** A fate names functions of the same module only. */
    private int nameable(FuncKey other, FuncKey key) {
        boolean isOfModule = other.kind() == FuncKey.Kind.WASM_FUNCTION && other.payload() == key.payload();
        return isOfModule ? program.index(other) : -1;
    }

    /** Everything that is needed, in the order in which it was found. */
    Set<FuncKey> reached() {
        return reached;
    }

    /** What became of a wasm function. */
    Fate fate(FuncKey key) {
        if (fates.containsKey(key)) {
            return fates.get(key);
        }
        FuncKey by = copied.get(key);
        return by == null ? Fate.UNREACHABLE : new Fate(Fate.Kind.INLINED, 0, nameable(by, key));
    }
}
