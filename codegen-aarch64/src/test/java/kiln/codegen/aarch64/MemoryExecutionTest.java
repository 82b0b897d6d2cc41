package kiln.codegen.aarch64;

import kiln.codegen.testing.MemoryExecution;

class MemoryExecutionTest extends MemoryExecution {
    MemoryExecutionTest() {
        super(A64.TARGET);
    }
}
