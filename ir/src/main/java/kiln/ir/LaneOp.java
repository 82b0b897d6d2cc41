package kiln.ir;

/**
 * Which operation an instruction on vectors does, on lanes of which shape.
 *
 * @param lanes one of the shapes that the operation exists for
 */
public record LaneOp(Lanes lanes, VectorOp op) implements SideData {
    public LaneOp {
        if (!op.shapes().contains(lanes)) {
            throw new IllegalArgumentException("there is no " + lanes + "." + op);
        }
    }

    /** The operation's value on constants. */
    public V128 apply(V128 x, V128 y) {
        return op.apply(lanes, x, y);
    }

    /** As in WebAssembly: {@code i8x16.add}. */
    @Override
    public String toString() {
        return lanes + "." + op;
    }
}
