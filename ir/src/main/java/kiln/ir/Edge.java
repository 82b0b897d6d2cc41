package kiln.ir;

/** An edge from a terminator to a block, with the arguments for the block's parameters. */
public final class Edge {
    private Block target;
    private Value[] args;
    private float frequency = Frequency.ONCE;

    public Edge(Block target, Value... args) {
        this.target = target;
        this.args = args;
    }

    public Block target() {
        return target;
    }

    public void setTarget(Block target) {
        this.target = target;
        target.function().invalidateGraph();
    }

    /** See {@link Frequency}; after some passes a guess from before. */
    public float frequency() {
        return frequency;
    }

    public void setFrequency(float frequency) {
        this.frequency = frequency;
    }

    public int argCount() {
        return args.length;
    }

    public Value arg(int i) {
        Value v = args[i];
        if (v.forward != null) {
            v = v.resolve();
            args[i] = v;
        }
        return v;
    }

    public void setArg(int i, Value v) {
        args[i] = v;
    }

    /** Replaces all arguments; the array is owned by the edge from now on. */
    public void setArgs(Value... args) {
        this.args = args;
    }

    /** Drops every argument {@code i} for which {@code keep[i]} is false. */
    public void keepArgs(boolean[] keep) {
        int n = 0;
        for (int i = 0; i < args.length; i++) {
            n += keep[i] ? 1 : 0;
        }
        Value[] kept = new Value[n];
        n = 0;
        for (int i = 0; i < args.length; i++) {
            if (keep[i]) {
                kept[n++] = args[i];
            }
        }
        args = kept;
    }

    /** Whether this edge passes the same values to the same block as {@code other}. */
    public boolean sameAs(Edge other) {
        if (target != other.target || args.length != other.args.length) {
            return false;
        }
        for (int i = 0; i < args.length; i++) {
            if (arg(i) != other.arg(i)) {
                return false;
            }
        }
        return true;
    }
}
