package kiln.endive;

import run.endive.wasm.types.Table;

/**
 * The initial value that a table may be declared with. Some versions of Endive write it to one element after the other
 * when they have made the table, some do not; Kiln has done so.
 */
final class InitialValue {
    private int next;
    private final int end;

    InitialValue(Table declared) {
        var code = declared.initialize();
        boolean isNull = code.isEmpty() || code.getFirst().opcode().name().equals("REF_NULL");
        end = isNull ? 0 : (int) declared.limits().min();
    }

    /** Whether this is the element whose turn it is. */
    boolean isNext(int index) {
        if (index != next || next >= end) {
            // Something else has begun.
            next = end;
            return false;
        }
        next++;
        return true;
    }
}
