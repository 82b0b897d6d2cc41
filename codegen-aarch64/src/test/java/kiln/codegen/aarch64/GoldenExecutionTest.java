package kiln.codegen.aarch64;

import kiln.codegen.testing.GoldenExecution;

class GoldenExecutionTest extends GoldenExecution {
    GoldenExecutionTest() {
        super(A64.TARGET);
    }
}
