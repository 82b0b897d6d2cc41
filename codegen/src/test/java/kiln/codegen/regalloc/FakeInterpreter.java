package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * Runs fake code, before allocation or after it, and returns what every instruction read. Whatever an instruction may
 * overwrite is filled with rubbish at the moment at which it may. During each call that may collect, all objects move:
 * a reference is read as what it refers to only if it was where the call's stack map says.
 */
final class FakeInterpreter {
    private final Map<Reg, Long> virtuals = new HashMap<>();
    private final long[] registers = new long[64];
    private final Map<Integer, Long> slots = new HashMap<>();
    private final List<Long> trace = new ArrayList<>();
    private long rubbish = 0x5ca1ab1e;
    /** Instructions of the original function run, so that both versions stop at the same one. */
    private int steps;
    /** Whether this is the version before allocation. */
    private boolean virtual;
    /** References to objects where these are now differ by this from what is in the trace. */
    private long base;

    static List<Long> run(MachFunction f, int maxSteps) {
        FakeInterpreter i = new FakeInterpreter();
        i.registers[FakeMachine.PINNED.bit()] = 0xc0ffee;
        for (MachBlock each : f.blocks()) {
            for (MachInst inst : each.insts()) {
                // Blocks that nothing leads to are left as they were.
                i.virtual |= (each.index() == 0 || !each.predecessors().isEmpty())
                        && IntStream.range(0, inst.form().count())
                                .anyMatch(k -> inst.reg(k).isVirtual());
            }
        }
        MachBlock b = f.blocks().getFirst();
        while (b != null && i.steps < maxSteps) {
            b = i.block(b);
        }
        return i.trace;
    }

    private MachBlock block(MachBlock b) {
        long last = 0;
        for (MachInst inst : b.insts()) {
            last = step((FakeInst) inst);
        }
        int n = b.successors().size();
        if (n == 0) {
            return null;
        }
        MachBlock.Successor s = b.successors().get((int) Long.remainderUnsigned(mix(last), n));
        long[] values = new long[s.args().length];
        for (int k = 0; k < values.length; k++) {
            // After allocation moves have done this already, and nobody reads virtual registers.
            values[k] = virtuals.getOrDefault(s.args()[k], 0L);
        }
        for (int k = 0; k < values.length; k++) {
            virtuals.put(s.target().params().get(k), values[k]);
        }
        return s.target();
    }

    private long get(Reg r) {
        return switch (r.kind()) {
            case VIRTUAL -> {
                if (!virtuals.containsKey(r)) {
                    throw new IllegalStateException("read of undefined " + r);
                }
                yield virtuals.get(r);
            }
            case PHYSICAL -> registers[r.bit()];
            case SLOT -> slots.getOrDefault(r.index(), 0L);
        };
    }

    private void set(Reg r, long value) {
        switch (r.kind()) {
            case VIRTUAL -> virtuals.put(r, value);
            case PHYSICAL -> registers[r.bit()] = value;
            case SLOT -> slots.put(r.index(), value);
        }
    }

    private long step(FakeInst inst) {
        int n = inst.form().count();
        if (inst.isSwap()) {
            long t = get(inst.reg(0));
            set(inst.reg(0), get(inst.reg(1)));
            set(inst.reg(1), t);
            return 0;
        }
        if (inst.isMove()) {
            set(inst.moveTarget(), get(inst.moveSource()));
            return 0;
        }
        if (inst.isClear()) {
            set(inst.reg(0), base);
            return 0;
        }
        long[] values = new long[n];
        for (int k = 0; k < n; k++) {
            if (inst.role(k) == Operands.TEMP || inst.role(k) == Operands.DEF_EARLY) {
                set(inst.reg(k), rubbish += 77);
            }
        }
        for (int k = 0; k < values.length; k++) {
            byte kind = inst.role(k);
            if (Operands.isUse(kind) && kind != Operands.USE_LATE) {
                values[k] = read(inst, k);
            }
        }
        if (!virtual) {
            for (int k = 0; k < n; k++) {
                if (Operands.isDef(inst.role(k))) {
                    set(inst.reg(k), rubbish += 77);
                }
            }
            for (long m = inst.form().clobbers().bits(); m != 0; m &= m - 1) {
                registers[Long.numberOfTrailingZeros(m)] = rubbish += 77;
            }
        }
        for (int k = 0; k < values.length; k++) {
            if (inst.role(k) == Operands.USE_LATE) {
                values[k] = read(inst, k);
            }
        }
        if (!virtual && inst.callSite() != null) {
            collect(inst.callSite().references());
        }
        long hash = inst.name.hashCode();
        int first = 0;
        if (inst.form().commutes()) {
            // Always the first two operands.
            hash = mix(hash ^ (values[0] + values[1]));
            first = 2;
        }
        for (int k = first; k < values.length; k++) {
            if (Operands.isUse(inst.role(k))) {
                hash = mix(hash ^ values[k]);
            }
        }
        for (int k = 0; k < values.length; k++) {
            if (Operands.isDef(inst.role(k))) {
                long value = mix(hash + k);
                set(inst.reg(k), inst.isReference(k) ? value ^ base : value);
            }
        }
        for (int k = 0; k < n; k++) {
            if (inst.role(k) == Operands.TEMP && inst.reg(k).isPhysical()) {
                set(inst.reg(k), rubbish += 77);
            }
        }
        if (!inst.isConstant()) {
            // Constants may be repeated.
            trace.add(hash);
            steps++;
        }
        return hash;
    }

    private long read(FakeInst inst, int operand) {
        long value = get(inst.reg(operand));
        return inst.isReference(operand) ? value ^ base : value;
    }

    private void collect(int[] words) {
        long old = base;
        base = mix(base + 0x1234567);
        for (int w : words) {
            slots.merge(w, old ^ base, (value, change) -> value ^ change);
        }
    }

    private static long mix(long x) {
        x = (x ^ x >>> 31) * 0x9e3779b97f4a7c15L;
        return x ^ x >>> 29;
    }
}
