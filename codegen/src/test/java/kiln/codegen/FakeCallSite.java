package kiln.codegen;

import java.util.List;

/** Makes sites of calls for instructions that have their operands themselves. */
public final class FakeCallSite {
    private FakeCallSite() {}

    public static CallSite empty() {
        return new CallSite(null, 0, false, null, new OperandList(), 0, 0, List.of(), 0, 0);
    }
}
