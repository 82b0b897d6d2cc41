package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kiln.codegen.CompiledFunction;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.MachPrinter;
import kiln.codegen.Relocation;
import kiln.codegen.testing.GoldenLowering;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import kiln.ir.Function;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The cases of {@link GoldenLowering} on AArch64. */
class LoweringGoldenTest {
    @TestFactory
    Stream<DynamicTest> lowersAsBefore() throws IOException {
        Golden.assumeDisassembler();
        return GoldenLowering.tests(
                "aarch64", LoweringRules.TABLE, f -> Map.of("lowered", lowered(f), "code", text(A64.compile(f))));
    }

    /** A rule without a case is one that nobody sees change. */
    @Test
    void casesReachEveryRule() throws IOException {
        assertEquals(
                List.of(),
                GoldenLowering.unreached(
                        LoweringRules.TABLE, f -> Map.of("code", A64.compile(f).toString())));
    }

    private static String lowered(Function f) {
        return MachPrinter.print(new FunctionCompiler(new Context(f, A64.OPTIONS), Registers.FILE, _ -> {}).lower());
    }

    private static String text(CompiledFunction f) {
        StringBuilder out = new StringBuilder("frame " + f.frameBytes() + "\n");
        try (Disassembler d = new Disassembler(Isa.AARCH64)) {
            for (Instruction i : d.disassemble(f.code(), 0)) {
                out.append(i);
                for (Relocation r : f.relocations()) {
                    if (r.offset() == i.address()) {
                        out.append("    ; ").append(r.target());
                    }
                }
                for (CompiledFunction.TrapSite t : f.traps()) {
                    // An explicit trap's site is the return address.
                    boolean call = i.mnemonic().equals("blr");
                    if (t.offset() == i.address() + (call ? 4 : 0) && (call || isAccess(i))) {
                        out.append("    ; ").append(t.code());
                    }
                }
                out.append('\n');
            }
        }
        return out.toString();
    }

    private static boolean isAccess(Instruction i) {
        return i.mnemonic().startsWith("ld") || i.mnemonic().startsWith("st");
    }
}
