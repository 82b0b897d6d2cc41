package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import kiln.artifact.api.TrapCode;
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

/** The cases of {@link GoldenLowering} on x86-64. */
class LoweringGoldenTest {
    private static final Pattern BRANCH = Pattern.compile("j\\w+ (0x[0-9a-f]+|[0-9])");
    /** What Capstone 4 makes of the prefix of most EVEX instructions, and what follows it is no code then. */
    private static final String UNKNOWN = ".byte 0x62";

    private static final Pattern RIP = Pattern.compile("rip \\+ (0x[0-9a-f]+|[0-9])");

    @TestFactory
    Stream<DynamicTest> lowersAsBefore() throws IOException {
        return GoldenLowering.tests("x86_64", LoweringGoldenTest::sections);
    }

    /** A rule without a case is one that nobody sees change. */
    @Test
    void casesReachEveryRule() throws IOException {
        assertEquals(List.of(), GoldenLowering.unreached(LoweringRules.TABLE, LoweringGoldenTest::sections));
    }

    /** For the baseline, with {@link X64#V3} and with all features, as far as there is a difference. */
    private static Map<String, String> sections(Function f) {
        Map<String, String> sections = new TreeMap<>();
        sections.put("lowered", lowered(f, Set.of()));
        sections.put("code", code(f, Set.of()));
        String v3 = code(f, X64.V3);
        if (!v3.equals(sections.get("code"))) {
            sections.put("v3 code", v3);
            sections.put("v3 lowered", lowered(f, X64.V3));
        }
        // The code of AVX-512 would depend on Capstone's version.
        String all = lowered(f, CpuFeatures.NAMES);
        if (!all.equals(lowered(f, X64.V3))) {
            sections.put("with all features lowered", all);
        }
        return sections;
    }

    private static String lowered(Function f, Set<String> features) {
        CodegenOptions options = CpuFeatures.withImplied(Machine.options(features));
        Context context = new Context(f, options, CpuFeatures.of(options.features()));
        return MachPrinter.print(new FunctionCompiler(context, Registers.FILE, _ -> {}).lower());
    }

    private static String code(Function f, Set<String> features) {
        return text(new X64Backend().compile(f, Machine.options(features)));
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
            if (i.text().startsWith(UNKNOWN)) {
                return "(EVEX: see the lowered instructions)\n";
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
            s.append(GoldenLowering.references(f, end));
            s.append(notes.getOrDefault(-(int) i.address() - 1, "")).append('\n');
        }
        List<String> words = new ArrayList<>();
        for (int at = (int) data; at < f.code().length; at += 8) {
            int size = Math.min(8, f.code().length - at);
            words.add(HexFormat.of().formatHex(f.code(), at, at + size));
        }
        return s + (words.isEmpty() ? "" : "data: " + String.join(" ", words) + "\n");
    }

    /** Whether a call through the VMContext ends there: {@code call [r15 + 8]}. */
    private static boolean isTrapCall(byte[] code, int end) {
        return end >= 4 && code[end - 4] == 0x41 && code[end - 3] == (byte) 0xff && code[end - 2] == 0x57;
    }

    /** What is recorded beside the code: relocations and returns of trap calls by their end, accesses by -1 - start. */
    private static Map<Integer, String> notes(CompiledFunction f) {
        Map<Integer, String> notes = new TreeMap<>();
        for (Relocation r : f.relocations()) {
            notes.put(r.offset(), " ; " + r.target());
        }
        for (CompiledFunction.TrapSite t : f.traps()) {
            boolean access = t.code() == TrapCode.MEMORY_OUT_OF_BOUNDS || !isTrapCall(f.code(), t.offset());
            notes.put(access ? -t.offset() - 1 : t.offset(), " ; " + t.code());
        }
        return notes;
    }
}
