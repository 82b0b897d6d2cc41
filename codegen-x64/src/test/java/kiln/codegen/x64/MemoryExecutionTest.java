package kiln.codegen.x64;

import kiln.codegen.testing.MemoryExecution;

class MemoryExecutionTest extends MemoryExecution {
    MemoryExecutionTest() {
        super(X64.TARGET);
    }
}
