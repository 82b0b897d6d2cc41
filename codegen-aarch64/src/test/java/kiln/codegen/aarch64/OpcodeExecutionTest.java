package kiln.codegen.aarch64;

import kiln.codegen.testing.OpcodeExecution;

class OpcodeExecutionTest extends OpcodeExecution {
    OpcodeExecutionTest() {
        super(A64.TARGET);
    }
}
