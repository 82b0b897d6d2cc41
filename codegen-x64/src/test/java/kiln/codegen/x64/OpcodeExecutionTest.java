package kiln.codegen.x64;

import java.util.Set;
import kiln.codegen.testing.OpcodeExecution;
import kiln.ir.Opcode;

class OpcodeExecutionTest extends OpcodeExecution {
    OpcodeExecutionTest() {
        super(X64.TARGET, Set.of(Opcode.VBINARY));
    }
}
