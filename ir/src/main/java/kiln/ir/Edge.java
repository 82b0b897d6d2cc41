package kiln.ir;

/** A way from a terminator to a block, with the arguments for the block's parameters. */
public final class Edge {
    private Block target;
    private Value[] args;

    public Edge(Block target, Value... args) {
        this.target = target;
        this.args = args;
    }

    public Block target() {
        return target;
    }

    public void setTarget(Block target) {
        this.target = target;
    }

    public int argCount() {
        return args.length;
    }

    public Value arg(int i) {
        return args[i].resolve();
    }

    public void setArg(int i, Value v) {
        args[i] = v;
    }

    /** Replaces all arguments; the array is owned by the edge from now on. */
    public void setArgs(Value... args) {
        this.args = args;
    }
}
