package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.MachPrinter;
import kiln.codegen.Relocation;
import kiln.codegen.testing.GoldenLowering;
import kiln.codegen.testing.Machine;
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
        return GoldenLowering.tests("aarch64", LoweringGoldenTest::sections);
    }

    /** A rule without a case is one that nobody sees change. */
    @Test
    void casesReachEveryRule() throws IOException {
        Golden.assumeDisassembler();
        assertEquals(List.of(), GoldenLowering.unreached(LoweringRules.TABLE, LoweringGoldenTest::sections));
    }

    /** For the baseline, and with all features if that makes a difference. */
    private static Map<String, String> sections(Function f) {
        Map<String, String> sections = new TreeMap<>();
        sections.put("lowered", lowered(f, A64.OPTIONS));
        sections.put("code", text(A64.compile(f)));
        CodegenOptions all = Machine.options(CpuFeatures.NAMES);
        String code = text(A64.BACKEND.compile(f, all));
        if (!code.equals(sections.get("code"))) {
            sections.put("with all features code", code);
            sections.put("with all features lowered", lowered(f, all));
        }
        return sections;
    }

    private static String lowered(Function f, CodegenOptions options) {
        return MachPrinter.print(new FunctionCompiler(new Context(f, options), Registers.FILE, _ -> {}).lower());
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
                out.append(GoldenLowering.references(f, i.address() + i.bytes().length));
                out.append('\n');
            }
        }
        return out.toString();
    }

    private static boolean isAccess(Instruction i) {
        return i.mnemonic().startsWith("ld") || i.mnemonic().startsWith("st");
    }
}
