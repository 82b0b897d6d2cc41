package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kiln.artifact.TrapCode;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.codegen.Rules;
import kiln.codegen.testing.Machine;
import kiln.disasm.Disassembler;
import kiln.disasm.Instruction;
import kiln.disasm.Isa;
import kiln.ir.Function;
import kiln.ir.Parser;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * IR in, disassembly out: the inputs are shared with the other back end, the outputs lie beside this test.
 * {@code -Dkiln.golden.update=true} writes them anew.
 */
class LoweringGoldenTest {
    private static final Path INPUTS = Path.of("../codegen/src/test/resources/lowering");
    private static final Path OUTPUTS = Path.of("src/test/resources/golden");
    private static final boolean UPDATE = Boolean.getBoolean("kiln.golden.update");

    private static final Pattern BRANCH = Pattern.compile("j\\w+ (0x[0-9a-f]+|[0-9])");
    private static final Pattern RIP = Pattern.compile("rip \\+ (0x[0-9a-f]+|[0-9])");

    @TestFactory
    Stream<DynamicTest> files() throws IOException {
        try (Stream<Path> files = Files.list(INPUTS)) {
            return files.filter(f -> f.toString().endsWith(".ir")).sorted().toList().stream()
                    .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)));
        }
    }

    /** The golden files show every rule at work: one that none of their inputs reaches needs an input. */
    @Test
    void inputsReachEveryRule() throws IOException {
        Map<String, Long> before = hits();
        try (Stream<Path> files = Files.list(INPUTS)) {
            for (Path input : files.sorted().toList()) {
                for (Function f : Parser.parseAll(Files.readString(input))) {
                    compile(f, Set.of());
                    compile(f, CpuFeatures.NAMES);
                }
            }
        }
        Map<String, Long> after = hits();
        assertEquals(
                List.of(),
                after.keySet().stream()
                        .filter(rule -> after.get(rule).equals(before.get(rule)))
                        .toList());
    }

    /** How often each rule was used so far. */
    private static Map<String, Long> hits() {
        Map<String, Long> hits = new LinkedHashMap<>();
        for (Rules<Context> rules : LoweringRules.TABLE.all()) {
            for (int i = 0; i < rules.names().size(); i++) {
                hits.put(rules.operation() + ": " + rules.names().get(i), rules.hits(i));
            }
        }
        return hits;
    }

    private static void check(Path input) throws IOException {
        StringBuilder out = new StringBuilder();
        for (Function f : Parser.parseAll(Files.readString(input))) {
            String plain = compile(f, Set.of());
            out.append("; ").append(f.key()).append('\n').append(plain);
            String all = compile(f, CpuFeatures.NAMES);
            if (!all.equals(plain)) {
                out.append("; with avx, bmi1, bmi2, lzcnt\n").append(all);
            }
            out.append('\n');
        }
        Path output = OUTPUTS.resolve(input.getFileName().toString().replace(".ir", ".asm"));
        if (UPDATE) {
            Files.createDirectories(OUTPUTS);
            Files.writeString(output, out);
        }
        assertEquals(Files.exists(output) ? Files.readString(output) : "", out.toString());
    }

    private static String compile(Function f, Set<String> features) {
        return text(new X64Backend().compile(Machine.prepared(f), Machine.options(features)));
    }

    /** Disassembly in which places have names, so that a change moves no more lines than it must. */
    private static String text(CompiledFunction f) {
        List<Instruction> code;
        try (Disassembler d = new Disassembler(Isa.X86_64)) {
            code = d.disassemble(f.code(), 0);
        }
        Map<Long, String> labels = new TreeMap<>();
        long data = f.code().length;
        for (Instruction i : code) {
            if (i.address() >= data) {
                break;
            }
            Matcher m = BRANCH.matcher(i.text());
            if (m.matches()) {
                labels.put(Long.decode(m.group(1)), "");
            }
            m = RIP.matcher(i.text());
            if (m.find()) {
                data = Math.min(data, i.address() + i.bytes().length + Long.decode(m.group(1)));
            }
        }
        int n = 1;
        for (Map.Entry<Long, String> e : labels.entrySet()) {
            e.setValue("L" + n++);
        }
        Map<Integer, String> notes = notes(f);
        StringBuilder s = new StringBuilder();
        for (Instruction i : code) {
            if (i.address() >= data) {
                break;
            }
            if (labels.containsKey(i.address())) {
                s.append(labels.get(i.address())).append(":\n");
            }
            String text = i.text();
            Matcher m = BRANCH.matcher(text);
            if (m.matches()) {
                text = text.substring(0, m.start(1)) + labels.get(Long.decode(m.group(1)));
            }
            m = RIP.matcher(text);
            if (m.find()) {
                long at = i.address() + i.bytes().length + Long.decode(m.group(1)) - data;
                text = m.replaceFirst("data + " + at);
            }
            s.append("    ").append(text);
            int end = (int) i.address() + i.bytes().length;
            for (int at = (int) i.address() + 1; at <= end; at++) {
                s.append(notes.getOrDefault(at, ""));
            }
            s.append(notes.getOrDefault(-(int) i.address() - 1, "")).append('\n');
        }
        List<String> words = new ArrayList<>();
        for (int at = (int) data; at < f.code().length; at += 8) {
            int size = Math.min(8, f.code().length - at);
            words.add(HexFormat.of().formatHex(f.code(), at, at + size));
        }
        return s + (words.isEmpty() ? "" : "data: " + String.join(" ", words) + "\n");
    }

    /** What is recorded beside the code: relocations and returns of trap calls by their end, accesses by -1 - start. */
    private static Map<Integer, String> notes(CompiledFunction f) {
        Map<Integer, String> notes = new TreeMap<>();
        for (Relocation r : f.relocations()) {
            notes.put(r.offset(), " ; " + r.target());
        }
        for (CompiledFunction.TrapSite t : f.traps()) {
            boolean access = t.code() == TrapCode.MEMORY_OUT_OF_BOUNDS;
            notes.put(access ? -t.offset() - 1 : t.offset(), " ; " + t.code());
        }
        return notes;
    }
}
