package kiln.codegen.aarch64;

import kiln.codegen.testing.VectorPatternExecution;

class VectorPatternExecutionTest extends VectorPatternExecution {
    VectorPatternExecutionTest() {
        super(A64.TARGET);
    }
}
