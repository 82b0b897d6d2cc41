package kiln.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;
import kiln.ir.Block;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inliner;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.InlineCost;
import kiln.ir.pass.EstimateFrequencies;
import kiln.translate.ModuleEnvironment;

/**
 * Which calls of a module are replaced by copies of what they call. Callees are complete before their callers are begun
 * (see {@link CallOrder}), so that a copy is of optimised code, whose size is known.
 *
 * <p>A call costs its instructions, and whatever lies in registers must be saved around it, because no register
 * survives a call: small functions are copied wherever they are called, larger ones in loops, with constant arguments,
 * or if it is their only call. A copy of what always calls something itself saves nothing but one call of several, so
 * it must be small, too. Sizes are those of {@link InlineCost}.
 */
final class Inlining implements Inliner.Surroundings {
    /** What a call is itself, besides its arguments: with copies of this size text as a whole stays as large. */
    private static final int CALL_SIZE = 4;
    /** What a copy may be larger because nothing need be saved around it. */
    private static final int SAVING = 6;
    /** What a copy may be larger for each loop around the call, up to two: outside of loops it saves too little. */
    private static final int PER_LOOP = 15;
    /** The largest that may be copied to several calls, without what is cold in it. */
    private static final int SMALL = CALL_SIZE + SAVING + 2 * PER_LOOP;
    /** What a copy may be larger for each argument that is constant: branches on it go away. */
    private static final int PER_CONSTANT = 5;
    /** The largest function that is moved to its only call. */
    private static final int SINGLE = 250;
    /** How much a function may grow by copies that are larger than their calls ... */
    private static final int MIN_GROWTH = 300;
    /** ... or by this part of its own size. */
    private static final int GROWTH_DIVISOR = 2;
    /** How large a recursive function may become by copies of itself. */
    private static final int RECURSIVE = 150;

    /**
     * The most calls that may have been replaced in a function that is copied itself. Each copy tells of all of them,
     * even if little code is left of them; where each function calls the one before, all would tell of all. Programs
     * have up to 40.
     */
    private static final int MAX_SITES = 100;

    private final int module;
    private final ModuleEnvironment env;
    private final LinkedContexts contexts;
    private final List<Inlining> linked;
    private final CallOrder order;
    private final Function[] bodies;
    private final InlineCost[] costs;
    private final boolean[] done;
    /** Small functions of the component whose home this module is; complete before a later module is begun. */
    private final Map<FuncKey, Function> ofComponent = new HashMap<>();

    private boolean abandoned;

    /**
     * @param env what is known of the module
     * @param linked of the modules before this one, which are complete; null for one that is not inlined
     * @param functions how many functions the module defines
     */
    Inlining(ModuleEnvironment env, List<Inlining> linked, CallOrder order, int functions) {
        this.module = linked.size();
        this.env = env;
        this.contexts = env.contexts();
        this.linked = linked;
        this.order = order;
        this.bodies = new Function[functions];
        this.costs = new InlineCost[functions];
        this.done = new boolean[functions];
    }

    CallOrder order() {
        return order;
    }

    /** A call that may be replaced. */
    private record Site(Inst call, Function body, boolean isOnly, int surplus, int number) {}

    /** Replaces calls in the function as translation made it. */
    void expand(Function f) {
        List<Inst> calls = candidates(f);
        if (calls.isEmpty()) {
            return;
        }
        new EstimateFrequencies().run(f);
        Cfg cfg = Cfg.of(f);
        List<Site> sites = new ArrayList<>();
        for (Inst call : calls) {
            FuncKey callee = call.call().key();
            Inlining owner = owner(callee);
            Function body = callee.isOfComponent() ? owner.ofComponent.get(callee) : owner.bodies[callee.index()];
            InlineCost cost = callee.isOfComponent() ? InlineCost.of(body) : owner.costs[callee.index()];
            boolean isOnly = !callee.isOfComponent() && owner == this && order.isCalledOnce(callee.index());
            if (!cfg.isReachable(call.block().id())) {
                continue;
            }
            int surplus = cost.size() - CALL_SIZE - call.argCount() - call.resultCount();
            if (surplus <= allowance(call, isOnly, cost)) {
                sites.add(new Site(call, body, isOnly, surplus, sites.size()));
            }
        }
        Map<Inst, Function> chosen = choose(f, sites);
        if (!chosen.isEmpty()) {
            Inliner.run(f, chosen::get, this);
        }
    }

    private List<Inst> candidates(Function f) {
        List<Inst> calls = new ArrayList<>();
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                if (i.opcode().isDirectCall()) {
                    FuncKey key = i.call().key();
                    if (key.isOfComponent()
                            ? owner(key) != null && owner(key).ofComponent.containsKey(key)
                            : key.kind() == FuncKey.Kind.WASM_FUNCTION && isReady(key, f.key())) {
                        calls.add(i);
                    }
                }
            }
        }
        return calls;
    }

    private boolean isReady(FuncKey callee, FuncKey caller) {
        Inlining owner = owner(callee);
        // What belongs to the component comes after all functions of its home.
        return owner != null
                && (owner != this || caller.isOfComponent() || order.isBefore(callee.index(), caller.index()))
                && owner.body(callee.index()) != null;
    }

    private Inlining owner(FuncKey callee) {
        return callee.payload() == module ? this : linked.get(callee.payload());
    }

    @Override
    public int distance(int to) {
        return contexts.distance(module, to);
    }

    @Override
    public boolean mayThrow(FuncKey function) {
        Inlining owner = owner(function);
        return owner == null || owner.env.mayThrow(function);
    }

    private int allowance(Inst call, boolean isOnly, InlineCost cost) {
        if (call.block().isCold()) {
            return 0;
        }
        if (isOnly) {
            return SINGLE;
        }
        if (!cost.maySkipCalls()) {
            return 0;
        }
        int constants = 0;
        for (int i = 0; i < call.argCount(); i++) {
            constants += isConstant(call.arg(i)) ? 1 : 0;
        }
        int loops = Math.min(Frequency.loops(call.block().frequency()), 2);
        // What is rarely run in the callee costs room, but no time.
        int cold = (cost.size() - cost.hot()) / 2;
        return SAVING + PER_LOOP * loops + PER_CONSTANT * constants + cold;
    }

    private static boolean isConstant(Value v) {
        return v.is(Opcode.ICONST) || v.is(Opcode.FCONST) || v.is(Opcode.VCONST);
    }

    /** Those that make the caller smaller, then innermost and small ones, until the caller has grown enough. */
    private Map<Inst, Function> choose(Function f, List<Site> sites) {
        sites.sort(Inlining::compare);
        Map<Inst, Function> chosen = new IdentityHashMap<>();
        int growth = sites.isEmpty() ? 0 : Math.max(MIN_GROWTH, InlineCost.of(f).size() / GROWTH_DIVISOR);
        for (Site s : sites) {
            // The only call of a function takes its code along.
            int added = s.isOnly ? s.surplus / 2 : s.surplus;
            if (added <= 0 || added <= growth) {
                growth -= Math.max(0, added);
                chosen.put(s.call, s.body);
            }
        }
        return chosen;
    }

    // Comparators made of others are linked when they are first used, which takes milliseconds; see architecture.md.
    private static int compare(Site a, Site b) {
        int order = Boolean.compare(a.surplus > 0, b.surplus > 0);
        if (order == 0) {
            order = Float.compare(b.call.block().frequency(), a.call.block().frequency());
        }
        if (order == 0) {
            order = Integer.compare(a.surplus, b.surplus);
        }
        return order == 0 ? Integer.compare(a.number, b.number) : order;
    }

    /** Whether a function calls itself directly, so that {@link #isWorthInliningRecursion} is to be asked. */
    static boolean callsItself(Function f) {
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                if (i.opcode().isDirectCall() && i.call().key().equals(f.key())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether it pays to put copies of a recursive function into itself. */
    static boolean isWorthInliningRecursion(InlineCost cost) {
        return cost.selfCalls() > 0 && cost.copyable() && cost.size() + cost.selfCalls() * cost.size() <= RECURSIVE;
    }

    /**
     * Puts copies of a recursive function into itself, a level at a time, as long as it does not become too large.
     *
     * @param f the function after {@link #expand}
     * @param body the function optimised
     */
    static void inlineRecursion(Function f, Function body, InlineCost cost) {
        new EstimateFrequencies().run(f);
        int size = cost.size();
        int calls = cost.selfCalls();
        while (size + calls * cost.size() <= RECURSIVE) {
            int replaced = Inliner.run(
                    f,
                    call -> call.call().key().equals(f.key()) && !call.block().isCold() ? body : null,
                    _ -> 0);
            if (replaced == 0) {
                return;
            }
            size += replaced * cost.size();
            calls = replaced * cost.selfCalls();
        }
    }

    /**
     * Says that a function is complete.
     *
     * @param f the optimised function, which will not be changed any more; or null if it is not to be copied
     */
    synchronized void complete(int function, Function f, InlineCost cost) {
        bodies[function] = f;
        costs[function] = cost;
        done[function] = true;
        notifyAll();
    }

    /**
     * Takes an optimised function of the component whose home this module is, to be copied to its calls in later
     * modules if it is small.
     */
    boolean completeOfComponent(Function f) {
        InlineCost cost = InlineCost.of(f);
        boolean isSmall = cost.copyable()
                && cost.selfCalls() == 0
                && cost.hot() <= SMALL
                && (!f.hasInlines() || f.inlines().siteCount() <= MAX_SITES);
        if (isSmall) {
            Inliner.compact(f);
            ofComponent.put(f.key(), f);
        }
        return isSmall;
    }

    /** Says that some functions will never be complete: nobody may wait for them any longer. */
    synchronized void abandon() {
        abandoned = true;
        notifyAll();
    }

    /**
     * Whether copies of a function might be made.
     *
     * @param f the function optimised
     */
    boolean isSmall(int function, Function f, InlineCost cost) {
        if (!cost.copyable() || cost.selfCalls() > 0) {
            return false;
        }
        if (f.hasInlines() && f.inlines().siteCount() > MAX_SITES) {
            return false;
        }
        int limit = order.isCalledOnce(function) ? SINGLE : SMALL;
        return cost.hot() <= limit;
    }

    /** The function to copy, or null if it is not to be copied; waits until that is known. */
    private synchronized Function body(int function) {
        while (!done[function]) {
            if (abandoned) {
                throw WorkPool.ABANDONED;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CompileException("interrupted", e);
            }
        }
        return bodies[function];
    }
}
