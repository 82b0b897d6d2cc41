package kiln.ir;

import java.util.ArrayList;
import java.util.List;

/** A basic block: parameters, a doubly linked list of instructions, the last of which is the only terminator. */
public final class Block {
    private final int id;
    private final Function function;
    private final ArrayList<Value> params = new ArrayList<>(0);
    Inst first;
    Inst last;
    private float frequency = Frequency.ONCE;
    private boolean unrolled;

    Block(Function function, int id) {
        this.function = function;
        this.id = id;
    }

    /** Dense number, unique in its function; not the position in the layout. */
    public int id() {
        return id;
    }

    public Function function() {
        return function;
    }

    public List<Value> params() {
        return params;
    }

    public Value addParam(Type type) {
        Value v = function.newValue(type);
        v.block = this;
        v.index = params.size();
        params.add(v);
        return v;
    }

    /** Drops parameter {@code i}; the caller drops the argument on every incoming edge. */
    public void removeParam(int i) {
        params.remove(i);
        for (int k = i; k < params.size(); k++) {
            params.get(k).index = k;
        }
    }

    /**
     * Drops every parameter {@code i} for which {@code keep[i]} is false; the caller does the same on every incoming
     * edge with {@link Edge#keepArgs}.
     */
    public void keepParams(boolean[] keep) {
        int n = 0;
        for (int i = 0; i < params.size(); i++) {
            if (keep[i]) {
                Value v = params.get(i);
                v.index = n;
                params.set(n++, v);
            }
        }
        params.subList(n, params.size()).clear();
    }

    public Inst first() {
        return first;
    }

    public Inst last() {
        return last;
    }

    /** The terminator, or null while the block is being built. */
    public Inst terminator() {
        return last != null && last.opcode.isTerminator ? last : null;
    }

    /** See {@link Frequency}; after some passes a guess from before. */
    public float frequency() {
        return frequency;
    }

    public void setFrequency(float frequency) {
        this.frequency = frequency;
    }

    /** Whether the block is expected to run rarely: laid out after the hot code. */
    public boolean isCold() {
        return Frequency.isCold(frequency);
    }

    /** Whether a loop of which this is the header does several turns at once, or has few of them to do. */
    public boolean isUnrolled() {
        return unrolled;
    }

    public void setUnrolled() {
        unrolled = true;
    }

    public void append(Inst inst) {
        insertBefore(inst, null);
    }

    /** Inserts {@code inst} before {@code next}, or at the end if that is null. */
    public void insertBefore(Inst inst, Inst next) {
        if (inst.block != null) {
            throw new IllegalStateException("instruction is in a block already");
        }
        if (inst.targetCount() > 0) {
            function.invalidateGraph();
        }
        Inst prev = next == null ? last : next.prev;
        inst.block = this;
        inst.prev = prev;
        inst.next = next;
        if (prev == null) {
            first = inst;
        } else {
            prev.next = inst;
        }
        if (next == null) {
            last = inst;
        } else {
            next.prev = inst;
        }
    }

    /** Takes {@code inst} out of this block; its results stay valid values only if it is inserted again. */
    public void remove(Inst inst) {
        if (inst.block != this) {
            throw new IllegalStateException("instruction is not in this block");
        }
        if (inst.targetCount() > 0) {
            function.invalidateGraph();
        }
        if (inst.prev == null) {
            first = inst.next;
        } else {
            inst.prev.next = inst.next;
        }
        if (inst.next == null) {
            last = inst.prev;
        } else {
            inst.next.prev = inst.prev;
        }
        inst.block = null;
        inst.prev = null;
        inst.next = null;
    }

    /** Moves the instructions behind {@code inst} to {@code rest}, which must be empty. */
    public void splitAfter(Inst inst, Block rest) {
        if (inst.block != this || rest.first != null) {
            throw new IllegalStateException("not in this block, or the other one is not empty");
        }
        if (inst.next == null) {
            return;
        }
        function.invalidateGraph();
        rest.first = inst.next;
        rest.last = last;
        for (Inst i = rest.first; i != null; i = i.next) {
            i.block = rest;
        }
        rest.first.prev = null;
        inst.next = null;
        last = inst;
    }

    /** Moves all instructions of {@code other} to the end of this block, which must have no terminator. */
    public void appendAll(Block other) {
        if (terminator() != null) {
            throw new IllegalStateException(this + " has a terminator");
        }
        function.invalidateGraph();
        for (Inst i = other.first; i != null; i = i.next) {
            i.block = this;
        }
        if (other.first == null) {
            return;
        }
        other.first.prev = last;
        if (last == null) {
            first = other.first;
        } else {
            last.next = other.first;
        }
        last = other.last;
        other.first = null;
        other.last = null;
    }

    @Override
    public String toString() {
        return "b" + id;
    }
}
