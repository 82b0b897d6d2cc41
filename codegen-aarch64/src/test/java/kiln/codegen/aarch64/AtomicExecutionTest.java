package kiln.codegen.aarch64;

import kiln.codegen.testing.AtomicExecution;

class AtomicExecutionTest extends AtomicExecution {
    AtomicExecutionTest() {
        super(A64.TARGET);
    }
}
