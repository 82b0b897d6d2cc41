package kiln.translate;

import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Type;
import kiln.wasm.CatchKind;

/** The handlers of one try_table or legacy try, while its body is open. */
final class Handler {
    /** Where exceptions go that it does not want, or null if they leave the function. */
    final Handler outer;
    /** The clauses of a try_table; null for a legacy try, whose handlers come later. */
    final Clause[] clauses;

    private Block dispatch;

    /**
     * A clause of a try_table.
     *
     * @param tag if the kind has one
     * @param label the frame that it branches to
     */
    record Clause(CatchKind kind, int tag, Frame label) {}

    /** Of a legacy try. */
    Handler(Handler outer) {
        this.outer = outer;
        this.clauses = null;
    }

    /** Of a try_table. */
    Handler(Handler outer, Clause[] clauses) {
        this.outer = outer;
        this.clauses = clauses;
    }

    /**
     * Where landing pads go with their exception, which is the only parameter. Nobody has to seal it if nobody has
     * asked for it.
     */
    Block dispatch(Function f) {
        if (dispatch == null) {
            dispatch = f.newDetachedBlock();
            dispatch.addParam(Type.REF);
        }
        return dispatch;
    }

    /** The block of {@link #dispatch(Function)} if something throws, else null. */
    Block dispatch() {
        return dispatch;
    }
}
