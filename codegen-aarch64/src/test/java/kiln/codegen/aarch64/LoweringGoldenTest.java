package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import kiln.ir.Function;
import kiln.ir.Parser;
import kiln.ir.analysis.Verifier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** IR in, disassembly out; the input is the same for all instruction sets. */
class LoweringGoldenTest {
    private static final Path INPUTS = Path.of("../codegen/src/test/resources/lowering");

    static List<String> inputs() throws IOException {
        try (Stream<Path> files = Files.list(INPUTS)) {
            return files.map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(".ir"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("inputs")
    void lowersAsBefore(String input) throws IOException {
        Golden.assumeDisassembler();
        StringBuilder out = new StringBuilder();
        for (Function f : Parser.parseAll(Files.readString(INPUTS.resolve(input)))) {
            Verifier.verify(f);
            print(A64.compile(f), out);
        }
        Golden.check("lowering/" + input.replace(".ir", ".txt"), out.toString());
    }

    private static void print(CompiledFunction f, StringBuilder out) {
        out.append(f.key()).append(", frame ").append(f.frameBytes()).append('\n');
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
        assertFalse(out.isEmpty());
        out.append('\n');
    }

    private static boolean isAccess(Instruction i) {
        return i.mnemonic().startsWith("ld") || i.mnemonic().startsWith("st");
    }
}
