package kiln.codegen.aarch64;

import kiln.codegen.testing.RandomExecution;

class RandomExecutionTest extends RandomExecution {
    RandomExecutionTest() {
        super(A64.TARGET);
    }
}
