package kiln.codegen.x64;

import kiln.codegen.testing.VectorExecution;

class VectorExecutionTest extends VectorExecution {
    VectorExecutionTest() {
        super(X64.TARGET);
    }
}
