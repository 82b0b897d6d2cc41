package kiln.codegen.x64;

import kiln.codegen.testing.OpcodeExecution;

class OpcodeExecutionTest extends OpcodeExecution {
    OpcodeExecutionTest() {
        super(X64.TARGET);
    }
}
