package kiln.codegen.aarch64;

import kiln.codegen.testing.PatternExecution;

class PatternExecutionTest extends PatternExecution {
    PatternExecutionTest() {
        super(A64.TARGET);
    }
}
