package kiln.wasm;

import kiln.types.ValType;

/**
 * An element segment. Its entries are in one of two forms: function indices, when every entry is a {@code ref.func} or
 * a null (by far the most common), or expressions.
 *
 * @param type   the reference {@link ValType} of the entries
 * @param table  the table an active segment is written to
 * @param at     where an active segment starts in the table, else null
 * @param funcs  function indices, -1 for null; or null if {@code exprs} is set. Not to be changed
 * @param exprs  constant expressions; or null if {@code funcs} is set. Not to be changed
 */
public record ElemSegment(SegmentMode mode, int type, int table, ConstExpr at, int[] funcs, ConstExpr[] exprs) {
    /** How many entries the segment has. */
    public int count() {
        return funcs != null ? funcs.length : exprs.length;
    }
}
