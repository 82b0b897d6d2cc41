package kiln.ir.pass;

import java.util.Arrays;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * An integer in a loop of one block as a sum: invariant values, each some number of times, a constant, and a step for
 * each turn that the loop has made. Sums wrap around as the type's do.
 */
final class LinearValue {
    /** How many operations back operands are looked at. */
    private static final int MAX_DEPTH = 24;

    /** ... in front of the loop, where a value can stand for itself. */
    private static final int MAX_DEPTH_OUTSIDE = 8;

    private static final int MAX_TERMS = 4;

    final Type type;
    /** Invariant, in order of their numbers. */
    final Value[] terms;

    final long[] factors;
    final long constant;
    final long step;

    private LinearValue(Type type, Value[] terms, long[] factors, long constant, long step) {
        this.type = type;
        this.terms = terms;
        this.factors = factors;
        this.constant = type.normalize(constant);
        this.step = type.normalize(step);
    }

    private static LinearValue constant(Type type, long c) {
        return new LinearValue(type, new Value[0], new long[0], c, 0);
    }

    private static LinearValue term(Value v) {
        return new LinearValue(v.type(), new Value[] {v}, new long[] {1}, 0, 0);
    }

    /** What {@code v} is in each turn of the loop, or null if it is nothing like that. */
    static LinearValue of(Value v, CountedLoop loop) {
        return of(v, loop, MAX_DEPTH);
    }

    private static LinearValue of(Value v, CountedLoop loop, int depth) {
        if (!v.type().isInt()) {
            return null;
        }
        if (v.is(Opcode.ICONST)) {
            return constant(v.type(), v.inst().imm());
        }
        Map<Value, LinearValue> known = loop.linearValues();
        LinearValue sum = known.get(v);
        if (sum == null && !known.containsKey(v)) {
            sum = find(v, loop, depth);
            known.put(v, sum);
        }
        return sum;
    }

    private static LinearValue find(Value v, CountedLoop loop, int depth) {
        boolean inside = loop.isInside(v);
        if (inside && v.paramOf() != null) {
            LinearValue start = loop.isStepped(v) ? of(loop.start(v), loop, depth - 1) : null;
            return start == null ? null : start.stepped(loop.step(v));
        }
        int left = inside ? depth : Math.min(depth, MAX_DEPTH_OUTSIDE);
        LinearValue sum = left > 0 && v.inst() != null ? ofOperation(v, loop, left - 1) : null;
        return sum != null || inside ? sum : term(v);
    }

    private static LinearValue ofOperation(Value v, CountedLoop loop, int depth) {
        Opcode op = v.inst().opcode();
        if (op != Opcode.ADD && op != Opcode.SUB && op != Opcode.SHL && op != Opcode.MUL) {
            return null;
        }
        LinearValue x = of(v.inst().arg(0), loop, depth);
        LinearValue y = x == null ? null : of(v.inst().arg(1), loop, depth);
        if (y == null) {
            return null;
        }
        return switch (op) {
            case ADD -> x.plus(y, 1);
            case SUB -> x.plus(y, -1);
            case SHL -> y.isConstant() ? x.times(1L << (y.constant & v.type().bytes() * 8 - 1)) : null;
            default -> y.isConstant() ? x.times(y.constant) : null;
        };
    }

    private LinearValue stepped(long by) {
        return new LinearValue(type, terms, factors, constant, step + by);
    }

    private LinearValue times(long factor) {
        long[] product = factors.clone();
        for (int i = 0; i < product.length; i++) {
            product[i] = type.normalize(product[i] * factor);
        }
        return new LinearValue(type, terms, product, constant * factor, step * factor);
    }

    /** The sum of both, or the difference if {@code sign} is -1; null if there are too many terms. */
    LinearValue plus(LinearValue y, long sign) {
        Value[] all = Arrays.copyOf(terms, terms.length + y.terms.length);
        long[] sums = Arrays.copyOf(factors, all.length);
        int n = terms.length;
        for (int i = 0; i < y.terms.length; i++) {
            int k = 0;
            while (k < n && all[k].id() < y.terms[i].id()) {
                k++;
            }
            if (k == n || all[k] != y.terms[i]) {
                System.arraycopy(all, k, all, k + 1, n - k);
                System.arraycopy(sums, k, sums, k + 1, n - k);
                all[k] = y.terms[i];
                sums[k] = 0;
                n++;
            }
            sums[k] = type.normalize(sums[k] + sign * y.factors[i]);
        }
        int kept = 0;
        for (int k = 0; k < n; k++) {
            if (sums[k] != 0) {
                all[kept] = all[k];
                sums[kept++] = sums[k];
            }
        }
        return kept > MAX_TERMS
                ? null
                : new LinearValue(
                        type,
                        Arrays.copyOf(all, kept),
                        Arrays.copyOf(sums, kept),
                        constant + sign * y.constant,
                        step + sign * y.step);
    }

    /** Zero of the same type. */
    LinearValue zero() {
        return constant(type, 0);
    }

    /** The sum without one of its terms. */
    LinearValue without(int term) {
        Value[] rest = new Value[terms.length - 1];
        long[] f = new long[rest.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = terms[i < term ? i : i + 1];
            f[i] = factors[i < term ? i : i + 1];
        }
        return new LinearValue(type, rest, f, constant, step);
    }

    LinearValue withoutConstant() {
        return new LinearValue(type, terms, factors, 0, step);
    }

    boolean isConstant() {
        return terms.length == 0 && step == 0;
    }

    /** Whether the two differ by a constant at most. */
    boolean isParallelTo(LinearValue y) {
        return type == y.type && step == y.step && Arrays.equals(terms, y.terms) && Arrays.equals(factors, y.factors);
    }

    /** Whether the value is an outcome of the block itself, or was there before. */
    static boolean isIn(Block block, Value v) {
        return v.inst() != null ? v.inst().block() == block : v.paramOf() == block;
    }

    /** Makes the value that this is in the first turn. */
    Value atStart(Builder b) {
        Value sum = null;
        for (int i = 0; i < terms.length; i++) {
            Value t = factors[i] == 1 ? terms[i] : b.binary(Opcode.MUL, terms[i], b.iconst(type, factors[i]));
            sum = sum == null ? t : b.binary(Opcode.ADD, sum, t);
        }
        if (sum == null) {
            return b.iconst(type, constant);
        }
        return constant == 0 ? sum : b.binary(Opcode.ADD, sum, b.iconst(type, constant));
    }
}
