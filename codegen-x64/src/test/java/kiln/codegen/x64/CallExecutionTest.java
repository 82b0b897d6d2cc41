package kiln.codegen.x64;

import kiln.codegen.testing.CallExecution;

class CallExecutionTest extends CallExecution {
    CallExecutionTest() {
        super(X64.TARGET);
    }
}
