package kiln.codegen.x64;

import kiln.codegen.testing.VectorPatternExecution;

class VectorPatternExecutionTest extends VectorPatternExecution {
    VectorPatternExecutionTest() {
        super(X64.TARGET);
    }
}
