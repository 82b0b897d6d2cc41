package kiln.codegen.aarch64;

import kiln.codegen.testing.VectorExecution;

class VectorExecutionTest extends VectorExecution {
    VectorExecutionTest() {
        super(A64.TARGET);
    }
}
