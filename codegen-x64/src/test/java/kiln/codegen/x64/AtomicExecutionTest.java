package kiln.codegen.x64;

import kiln.codegen.testing.AtomicExecution;

class AtomicExecutionTest extends AtomicExecution {
    AtomicExecutionTest() {
        super(X64.TARGET);
    }
}
