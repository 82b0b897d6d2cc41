package kiln.ir.pass;

import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.Ranges;
import kiln.ir.analysis.UseCounts;

/**
 * Replaces instructions by cheaper ones that compute the same: constants, algebraic identities, strength reduction,
 * conversions that cancel out, comparisons of comparisons, constant parts of addresses moved into displacements. Runs
 * early, because it makes different ways to write the same thing look equal, and again after value numbering and
 * hoisting have shown more.
 */
public final class Simplify implements Pass {
    private final boolean byRanges;

    /** Looks at definitions only. */
    public Simplify() {
        this(false);
    }

    private Simplify(boolean byRanges) {
        this.byRanges = byRanges;
    }

    /** Looks at {@link Ranges} as well. */
    public static Simplify byRanges() {
        return new Simplify(true);
    }

    @Override
    public String name() {
        return "simplify";
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        apply(f);
    }

    /** Returns whether something was replaced. */
    boolean apply(Function f) {
        Cfg cfg = Cfg.of(f);
        Rewriter rewriter = new Rewriter(f, byRanges ? new Ranges(f) : null);
        for (int i = 0; i < cfg.reachable(); i++) {
            rewriter.block(cfg.block(cfg.inReversePostorder(i)));
        }
        if (rewriter.hasCut()) {
            RemoveUnreachable.removeFrom(f);
        }
        return rewriter.hasChanged();
    }

    /** Whether values were used only once when the pass began, or asked first: good enough to judge what pays off. */
    static final class SingleUses {
        private final Function f;
        /** Null as long as nobody has asked: of what has been simplified before, most do not. */
        private UseCounts uses;
        /** How often each of the values counted is extended with zeros. */
        private int[] extensions;

        private final int countedValues;
        private boolean hasRefused;

        /** @param counts whether somebody will ask for certain */
        SingleUses(Function f, boolean counts) {
            this.f = f;
            countedValues = f.valueIdBound();
            if (counts) {
                count();
            }
        }

        private void count() {
            uses = new UseCounts(f);
            extensions = new int[f.valueIdBound()];
            for (Block b : f.blocks()) {
                for (Inst i = b.first(); i != null; i = i.next()) {
                    if (i.opcode() == Opcode.ZEXT) {
                        extensions[i.arg(0).id()]++;
                    }
                }
            }
        }

        boolean contains(Value v) {
            return isFew(v, false);
        }

        /** Whether all uses of a value extend it with zeros, or there is only one: it goes if they do without it. */
        boolean isExtendedOnly(Value v) {
            return isFew(v, true);
        }

        private boolean isFew(Value v, boolean extended) {
            if (uses == null) {
                count();
            }
            int most = v.id() < countedValues && extended ? Math.max(1, extensions[v.id()]) : 1;
            boolean few = v.id() >= countedValues || uses.of(v) <= most;
            hasRefused |= !few;
            return few;
        }

        /** Whether {@link #contains} has said no since this was asked last: what is used less later may pay off. */
        boolean hasRefused() {
            boolean result = hasRefused;
            hasRefused = false;
            return result;
        }
    }
}
