package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.EstimateFrequencies;
import kiln.ir.pass.Pass;
import kiln.ir.pass.Pipeline;
import kiln.ir.pass.Property;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each file {@code golden/PASS/NAME.ir} holds functions, and {@code NAME.out} beside it what the pass makes of them;
 * the folders {@code level0}, {@code level1} and {@code level2} are for whole pipelines. {@code
 * -Dkiln.golden.update=true} writes the outputs anew, for a reviewer to read the difference.
 */
class GoldenTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    @TestFactory
    List<DynamicTest> golden() throws IOException {
        ArrayList<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path in :
                    files.filter(p -> p.toString().endsWith(".ir")).sorted().toList()) {
                tests.add(DynamicTest.dynamicTest(ROOT.relativize(in).toString(), () -> check(in)));
            }
        }
        assertFalse(tests.isEmpty());
        return tests;
    }

    private static void check(Path in) throws IOException {
        String pass = in.getParent().getFileName().toString();
        Pipeline pipeline = pass.startsWith("level")
                ? Pipeline.forLevel(Integer.parseInt(pass.substring(5)))
                : alone(passNamed(pass));
        StringBuilder actual = new StringBuilder();
        for (Function f : Parser.parseAll(Files.readString(in))) {
            Verifier.verify(f, "parsing");
            pipeline.verified().run(f);
            actual.append(actual.isEmpty() ? "" : "\n").append(Printer.print(f));
        }
        Path out = in.resolveSibling(in.getFileName().toString().replace(".ir", ".out"));
        if (Boolean.getBoolean("kiln.golden.update")) {
            Files.writeString(out, actual);
            return;
        }
        assertEquals(Files.readString(out), actual.toString());
    }

    private static Pipeline alone(Pass pass) {
        return pass.requires().contains(Property.FREQUENCIES)
                ? Pipeline.of(new EstimateFrequencies(), pass)
                : Pipeline.of(pass);
    }

    private static Pass passNamed(String name) {
        return Pipeline.forLevel(2).passes().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no pass " + name));
    }
}
