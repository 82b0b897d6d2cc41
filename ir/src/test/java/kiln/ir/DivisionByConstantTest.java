package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import kiln.artifact.FuncKey;
import kiln.ir.pass.DeadCode;
import kiln.ir.pass.Simplify;
import org.junit.jupiter.api.Test;

/** Quotients and remainders by constants, as the simplifier computes them, against division itself. */
class DivisionByConstantTest {
    private static final Opcode[] OPS = {Opcode.UDIV, Opcode.SDIV, Opcode.UREM, Opcode.SREM};

    @Test
    void exactFor32Bits() {
        check(Type.I32, divisors(Type.I32));
    }

    @Test
    void exactFor64Bits() {
        check(Type.I64, divisors(Type.I64));
    }

    /** Small ones, neighbours of powers of two, and some at random. */
    private static TreeSet<Long> divisors(Type type) {
        TreeSet<Long> all = new TreeSet<>();
        for (long d = -300; d <= 300; d++) {
            addDivisor(all, type, d);
        }
        for (int k = 0; k < type.bytes() * 8; k++) {
            for (long d = -2; d <= 2; d++) {
                addDivisor(all, type, (1L << k) + d);
                addDivisor(all, type, -(1L << k) + d);
                addDivisor(all, type, (1L << k) / 3 + d);
                addDivisor(all, type, (1L << k) * 5 / 7 + d);
            }
        }
        Random random = new Random(7);
        for (int i = 0; i < 600; i++) {
            addDivisor(all, type, random.nextLong() >> random.nextInt(64));
        }
        return all;
    }

    private static void addDivisor(TreeSet<Long> all, Type type, long d) {
        long n = type.normalize(d);
        if (n != 0) {
            all.add(n);
        }
    }

    private static void check(Type type, TreeSet<Long> divisors) {
        Random random = new Random(11);
        for (long d : divisors) {
            // Where quotients change and where types end is where mistakes show.
            TreeSet<Long> dividends = new TreeSet<>();
            for (long base : new long[] {0, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
                long multiple = base / d * d;
                long unsignedMultiple = Long.divideUnsigned(base, d) * d;
                long low = d & 0xffffffffL;
                long m32 = low == 0 ? 0 : (base & 0xffffffffL) / low * low;
                for (long e = -2; e <= 2; e++) {
                    addDividend(dividends, type, base + e);
                    addDividend(dividends, type, multiple + e);
                    addDividend(dividends, type, unsignedMultiple + e);
                    addDividend(dividends, type, m32 + e);
                    addDividend(dividends, type, d * (random.nextLong() >> random.nextInt(64)) + e);
                }
            }
            for (Opcode op : OPS) {
                if (d == -1 && op == Opcode.SDIV) {
                    continue;
                }
                Function f = quotient(type, op, d);
                Value result = f.entry().terminator().arg(0);
                for (long x : dividends) {
                    long expected = op.binary().apply(type, x, d);
                    if (evaluate(result, x) != expected) {
                        fail(type + ": " + x + " " + op + " " + d + " should be " + expected + ", not "
                                + evaluate(result, x) + "\n" + Printer.print(f));
                    }
                }
            }
        }
    }

    private static void addDividend(TreeSet<Long> all, Type type, long x) {
        all.add(type.normalize(x));
    }

    private static Function quotient(Type type, Opcode op, long d) {
        Function f = new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(type), List.of(type)));
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        b.ret(b.binary(op, f.entry().addParam(type), b.iconst(type, d)));
        new Simplify().run(f);
        new DeadCode().run(f);
        for (Inst i = f.entry().first(); i != null; i = i.next()) {
            assertTrue(i.opcode().effect() != Opcode.Effect.TRAPS, "still divides by " + d + ": " + Printer.print(i));
        }
        return f;
    }

    private static long evaluate(Value v, long x) {
        Inst i = v.inst();
        if (i == null) {
            return x;
        }
        return switch (i.opcode()) {
            case ICONST -> i.imm();
            case ICMP -> i.intCond().test(evaluate(i.arg(0), x), evaluate(i.arg(1), x)) ? 1 : 0;
            default ->
                i.argCount() == 1
                        ? i.opcode().unary().apply(i.type(), i.arg(0).type(), evaluate(i.arg(0), x))
                        : i.opcode().binary().apply(i.type(), evaluate(i.arg(0), x), evaluate(i.arg(1), x));
        };
    }
}
