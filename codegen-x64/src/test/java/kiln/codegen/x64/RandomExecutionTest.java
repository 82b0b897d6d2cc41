package kiln.codegen.x64;

import kiln.codegen.testing.RandomExecution;

class RandomExecutionTest extends RandomExecution {
    RandomExecutionTest() {
        super(X64.TARGET);
    }
}
