package kiln.ir.pass;

import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Value;

/**
 * Values that the same operation computes, or accesses that the same one makes, for neighbouring elements: what a
 * scalar loop does for them in one turn.
 */
final class LanePack {
    /** What becomes of the values. */
    enum Kind {
        /** The same value for all elements, from outside of the loop or loaded in front of it. */
        SPLAT,
        /** Constants, which repeat themselves. */
        CONSTANTS,
        /** An arithmetic progression. */
        PROGRESSION,
        LOAD,
        STORE,
        /** Lanes of ones or zeros. */
        MASK,
        /** One of two, by a mask. */
        SELECT,
        /** What the opcode says, lane by lane. */
        OPERATION
    }

    final Kind kind;
    /** Of the result, or of what is stored. */
    final Lanes lanes;
    /** The value for the first element; null for a store. */
    final Value first;
    /** The instruction for the first element, or null. */
    final Inst inst;

    final LanePack[] operands;
    /** By element of one turn; one for what is loaded in front of the loop; null for other values. */
    LaneAccess[] accesses;
    /** Constants by element of one turn. */
    long[] constants;
    /** By what a progression grows from element to element. */
    long step;

    LanePack(Kind kind, Lanes lanes, Value first, LanePack... operands) {
        this(kind, lanes, first, first.inst(), operands);
    }

    LanePack(Kind kind, Lanes lanes, Value first, Inst inst, LanePack... operands) {
        this.kind = kind;
        this.lanes = lanes;
        this.first = first;
        this.inst = inst;
        this.operands = operands;
    }
}
