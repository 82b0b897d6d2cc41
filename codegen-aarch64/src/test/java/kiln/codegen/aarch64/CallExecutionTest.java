package kiln.codegen.aarch64;

import kiln.codegen.testing.CallExecution;

class CallExecutionTest extends CallExecution {
    CallExecutionTest() {
        super(A64.TARGET);
    }
}
