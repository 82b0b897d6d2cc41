package kiln.codegen;

import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Value;

/** A comparison of two integers or references: {@code x cond y}. */
public record IntComparison(Value x, IntCond cond, Value y) {
    /** Of an ICMP. */
    public static IntComparison of(Inst icmp) {
        return new IntComparison(icmp.arg(0), icmp.intCond(), icmp.arg(1));
    }

    /** The same with the operands the other way round. */
    public IntComparison swap() {
        return new IntComparison(y, cond.swap(), x);
    }
}
