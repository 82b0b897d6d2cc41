package kiln.codegen.x64;

import kiln.codegen.testing.PatternExecution;

class PatternExecutionTest extends PatternExecution {
    PatternExecutionTest() {
        super(X64.TARGET);
    }
}
