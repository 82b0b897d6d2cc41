package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import kiln.codegen.CompiledFunction;
import kiln.codegen.LoweringContext;
import kiln.codegen.RuleList;
import kiln.codegen.RuleTable;
import kiln.ir.Function;
import kiln.ir.Parser;
import kiln.ir.analysis.Verifier;
import org.junit.jupiter.api.DynamicTest;

/**
 * Lowering by expected text. Each file in {@code codegen/src/test/resources/lowering} is one case: what it shows, a
 * function, and what becomes of it on each instruction set, as machine instructions over virtual registers and as final
 * code. A back end's test looks at the sections that begin with its name; {@code -Dkiln.golden.update=true} writes them
 * anew.
 */
public final class GoldenLowering {
    private static final boolean UPDATE = Boolean.getBoolean("kiln.golden.update");
    private static final Path FOLDER = Path.of("../codegen/src/test/resources/lowering");
    private static final String MARK = ";; ";

    private GoldenLowering() {}

    /** What a back end makes of a function. */
    @FunctionalInterface
    public interface Target {
        /** By the section's name behind that of the instruction set ("lowered", "code"), its text. */
        Map<String, String> sections(Function f);
    }

    /** A test for each case. */
    public static Stream<DynamicTest> tests(String isa, Target target) throws IOException {
        return files().stream()
                .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f, isa, target)));
    }

    /** A note on the references over a call that ends there, or nothing. */
    public static String references(CompiledFunction f, long end) {
        for (CompiledFunction.StackMap m : f.stackMaps()) {
            if (m.returnAddress() == end) {
                StringBuilder s = new StringBuilder("    ; live:");
                for (int word : m.words()) {
                    s.append(" fp-").append(8 * (word + 1));
                }
                return s.toString();
            }
        }
        return "";
    }

    static Map<String, Function> cases() throws IOException {
        Map<String, Function> cases = new TreeMap<>();
        for (Path file : files()) {
            cases.put(file.getFileName().toString(), function(read(file)));
        }
        return cases;
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
        }
    }

    private static void check(Path file, String isa, Target target) throws IOException {
        Map<String, String> sections = read(file);
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> actual = new TreeMap<>();
        target.sections(function(sections)).forEach((name, text) -> actual.put(isa + " " + name, text));
        sections.forEach((name, text) -> {
            if (name.startsWith(isa + " ")) {
                expected.put(name, text);
            }
        });
        if (UPDATE) {
            sections.keySet().removeAll(expected.keySet());
            sections.putAll(actual);
            write(file, sections);
            return;
        }
        assertEquals(text(expected), text(actual), file.toString());
    }

    private static Function function(Map<String, String> sections) {
        Function f = Parser.parse(sections.get(""));
        Verifier.verify(f);
        return Machine.prepared(f);
    }

    /** The sections by name; the input has none. */
    private static Map<String, String> read(Path file) throws IOException {
        Map<String, String> sections = new TreeMap<>();
        String name = "";
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(MARK)) {
                sections.put(name, trim(text.toString()));
                name = line.substring(MARK.length());
                text = new StringBuilder();
            } else {
                text.append(line).append('\n');
            }
        }
        sections.put(name, trim(text.toString()));
        return sections;
    }

    private static void write(Path file, Map<String, String> sections) throws IOException {
        Files.writeString(file, text(sections));
    }

    private static String text(Map<String, String> sections) {
        StringBuilder s = new StringBuilder();
        sections.forEach((name, text) ->
                s.append(name.isEmpty() ? "" : "\n" + MARK + name + "\n").append(trim(text)));
        return s.toString();
    }

    /** Without empty lines in front and behind. */
    private static String trim(String text) {
        return text.stripTrailing().replaceFirst("^\n+", "") + "\n";
    }

    /**
     * The rules that lower no instruction of any case, as "operation: rule".
     *
     * @param target compiles with {@link kiln.codegen.CodegenOptions#check}, which has rules count
     */
    public static <C extends LoweringContext> List<String> unreached(RuleTable<C> table, Target target)
            throws IOException {
        Map<String, Long> before = new TreeMap<>();
        count(table, before);
        for (Path file : files()) {
            target.sections(function(read(file)));
        }
        Map<String, Long> after = new TreeMap<>();
        count(table, after);
        List<String> unreached = new ArrayList<>();
        after.forEach((rule, hits) -> {
            if (hits.equals(before.get(rule))) {
                unreached.add(rule);
            }
        });
        return unreached;
    }

    private static <C extends LoweringContext> void count(RuleTable<C> table, Map<String, Long> hits) {
        for (RuleList rules : table.all()) {
            for (int i = 0; i < rules.names().size(); i++) {
                hits.put(rules.operation() + ": " + rules.names().get(i), rules.hits(i));
            }
        }
    }
}
