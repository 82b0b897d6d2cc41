package kiln.codegen.x64;

import kiln.codegen.testing.GoldenExecution;

class GoldenExecutionTest extends GoldenExecution {
    GoldenExecutionTest() {
        super(X64.TARGET);
    }
}
