package kiln.ir;

import java.util.HashMap;
import java.util.Map;

/**
 * Which operation an instruction on vectors does, on lanes of which shape. There is one object for each; see
 * {@link VectorOp#on}.
 */
public final class LaneOp implements SideData {
    private final Lanes lanes;
    private final VectorOp op;
    private final String text;

    LaneOp(Lanes lanes, VectorOp op) {
        this.lanes = lanes;
        this.op = op;
        this.text = lanes + "." + op.text(lanes);
    }

    /** The operation's shape: its result's, or its operand's if the result is no vector. */
    public Lanes lanes() {
        return lanes;
    }

    public VectorOp op() {
        return op;
    }

    /** The shape of operands that are vectors; only the first of them for VINSERT and VSHIFT. */
    public Lanes operandLanes() {
        return op.source(lanes);
    }

    /** Whether the result may have NaNs that were computed, whose bits depend on the machine. */
    public boolean makesNan() {
        return op.makesNan() && lanes.isFloat();
    }

    /** The operation named so, or null. */
    public static LaneOp named(String text) {
        return Names.BY_TEXT.get(text);
    }

    /** As in WebAssembly: {@code i8x16.add}. */
    @Override
    public String toString() {
        return text;
    }

    /** Made when a text form is read. */
    private static final class Names {
        static final Map<String, LaneOp> BY_TEXT = new HashMap<>();

        static {
            for (VectorOp op : VectorOp.values()) {
                for (Lanes lanes : op.shapes()) {
                    BY_TEXT.put(op.on(lanes).toString(), op.on(lanes));
                }
            }
        }
    }
}
