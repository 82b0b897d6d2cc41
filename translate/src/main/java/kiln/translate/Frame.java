package kiln.translate;

import kiln.ir.Block;
import kiln.ir.Value;
import kiln.types.FuncType;

/** An open block, loop or if, or the function itself. */
final class Frame {
    /** What opened the frame. */
    enum Kind {
        FUNCTION,
        BLOCK,
        LOOP,
        IF,
        ELSE,
        TRY_TABLE,
        /** A legacy try before its handlers. */
        TRY,
        /** A handler of a legacy try. */
        CATCH
    }

    Kind kind;
    FuncType type;
    /** Operands below the frame's parameters. */
    int height;
    /** What follows the frame, with its results as parameters; the header of a loop. */
    Block target;
    /** Where an if goes if its condition is zero. */
    Block elseBlock;
    /** The parameters of an if, for its else. */
    Value[] params;
    /** Where exceptions go that are thrown directly in the frame, or null if they leave the function. */
    Handler handler;
    /** The exception that a handler of a legacy try has caught. */
    Value exception;
    /** Where a legacy try goes on if none of its handlers so far wants the exception, or null if that never happens. */
    Block otherwise;
    /** {@link MemoryAccess#base0} at the start. */
    Value memoryBase;

    int branchArity() {
        return kind == Kind.LOOP ? type.paramCount() : type.resultCount();
    }
}
