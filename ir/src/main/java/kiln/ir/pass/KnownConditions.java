package kiln.ir.pass;

import java.util.Arrays;
import kiln.ir.analysis.Cfg;

/** Which values are known to be zero or not zero from some block on, because a branch or a check said so. */
final class KnownConditions {
    private final Cfg cfg;

    /**
     * By value number: block in whose dominance region the fact holds, plus one; negated if the value is zero there.
     */
    private int[] facts;

    KnownConditions(Cfg cfg, int values) {
        this.cfg = cfg;
        this.facts = new int[values];
    }

    /** 1 if the value is not zero, 0 if it is, -1 if nothing is known in the block with number {@code k}. */
    int of(int number, int k) {
        int f = number < facts.length ? facts[number] : 0;
        if (f == 0 || !cfg.dominates(Math.abs(f) - 1, k)) {
            return -1;
        }
        return f > 0 ? 1 : 0;
    }

    /** Notes a fact that holds from here, in the block with number {@code k}, on. Returns whether it is news. */
    boolean add(int number, boolean nonZero, int k) {
        if (of(number, k) >= 0) {
            return false;
        }
        if (number >= facts.length) {
            facts = Arrays.copyOf(facts, number + number / 2 + 16);
        }
        facts[number] = nonZero ? k + 1 : -(k + 1);
        return true;
    }
}
