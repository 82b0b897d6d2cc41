package kiln.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import kiln.wat.Wat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java code of the documents, as it stands there, compiles and does what the documents say. */
class ExamplesTest {
    private static final Pattern BLOCK = Pattern.compile("^```java\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final String IMPORTS = """
            import java.lang.invoke.*;
            import java.nio.file.*;
            import java.util.function.*;
            import kiln.runtime.*;

            """;

    @TempDir
    Path dir;

    @BeforeEach
    void compileModules() throws IOException {
        for (String name : new String[] {"app", "adder"}) {
            try (InputStream in = ExamplesTest.class.getResourceAsStream(name + ".wasm")) {
                byte[] wasm = in.readAllBytes();
                Files.write(dir.resolve(name + ".wasm"), wasm);
                Files.write(
                        dir.resolve(name + ".cwasm"),
                        Compiler.compile(name + ".wasm", wasm, CompilerOptions.defaults()));
            }
        }
    }

    @Test
    void embedding() throws Exception {
        List<String> blocks = blocks("docs/embedding.md");
        assertEquals(4, blocks.size(), "another number of examples: this test must know them all");
        assertEquals("5\n", runStatements(blocks.getFirst()));
        String cache = blocks.get(1)
                .replace("/var/cache/app/wasm", dir.resolve("cache").toString());
        String resource = "final class App {}\n";
        Files.copy(dir.resolve("adder.cwasm"), dir.resolve("plugin.wasm"));
        assertEquals("", runStatements(cache, resource));
        assertEquals(
                "42\n",
                run(blocks.get(2) + "\nfinal class Example { public static void main(String[] args) throws Throwable {"
                        + " System.out.println(Adder.add(40, 2)); } }\n"));
        byte[] worker = Wat.encode(
                "worker.wat",
                "(import \"env\" \"memory\" (memory 1 100 shared)) (func (export \"work\"))"
                        .getBytes(StandardCharsets.UTF_8));
        Files.write(dir.resolve("worker.cwasm"), Compiler.compile("worker", worker, CompilerOptions.defaults()));
        String before = "Engine engine = new Engine();\n"
                + "CompiledModule module = CompiledModule.load(engine, Path.of(\"worker.cwasm\"));\n";
        assertEquals("", runStatements(before + blocks.get(3)));
    }

    @Test
    void readme() throws Exception {
        List<String> blocks = blocks("README.md");
        assertEquals(2, blocks.size(), "another number of examples: this test must know them all");
        assertEquals("", runStatements(blocks.getFirst()));
        // The other one needs Endive, and stands in the tests of the module endive as well.
        assertTrue(blocks.getLast().contains("KilnEndive.use("), blocks.getLast());
    }

    /** Java that TeaVM has compiled, with the embedder that the documents name. */
    @Test
    void teaVm() throws Exception {
        Path program = Corpus.path().resolve("programs/own/java-gc.wasm");
        Assumptions.assumeTrue(Files.exists(program), "the public programs are not here");
        String embedder = Files.readString(Corpus.root().resolve("examples/teavm/TeaVm.java"));
        String imports = embedder.lines().filter(l -> l.startsWith("import ")).collect(Collectors.joining("\n"));
        String body = embedder.lines().filter(l -> !l.startsWith("import ")).collect(Collectors.joining("\n"));
        Files.copy(program, dir.resolve("program.wasm"));
        assertEquals(
                Files.readString(Corpus.path().resolve("programs/expected/java.stdout")),
                run(imports + "\n" + body.replace("public final class", "final class")
                        + "\nfinal class Example { public static void main(String[] args) throws Exception {"
                        + " TeaVm.main(new String[] {\"program.wasm\"}); } }\n"));
    }

    private static List<String> blocks(String document) throws IOException {
        List<String> blocks = new ArrayList<>();
        Matcher m = BLOCK.matcher(Files.readString(Corpus.root().resolve(document)));
        while (m.find()) {
            blocks.add(m.group(1));
        }
        return blocks;
    }

    private String runStatements(String statements) throws Exception {
        return runStatements(statements, "");
    }

    /** @param more classes that the reader has */
    private String runStatements(String statements, String more) throws Exception {
        return run(more + "final class Example {\n    public static void main(String[] args) throws Throwable {\n"
                + statements + "    }\n}\n");
    }

    /**
     * Compiles the text, with the imports that every reader adds, and runs its class {@code Example} beside the
     * modules; what it prints.
     */
    private String run(String text) throws Exception {
        Path source = dir.resolve("Example.java");
        Files.writeString(source, IMPORTS + text);
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        Assumptions.assumeTrue(javac != null, "this JVM comes without a compiler");
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, null)) {
            List<String> options = List.of("-d", dir.toString(), "-cp", System.getProperty("java.class.path"));
            assertTrue(
                    javac.getTask(messages, files, null, options, null, files.getJavaFileObjects(source))
                            .call(),
                    messages::toString);
        }
        List<String> command = new ArrayList<>(ChildJvm.command(List.of(), "Example", List.of()));
        int classPath = command.indexOf("-cp") + 1;
        command.set(classPath, dir + ":" + command.get(classPath));
        Path said = dir.resolve("said");
        Process p = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertTrue(ChildJvm.ends(p, 2));
        assertEquals(0, p.exitValue(), () -> read(said));
        return read(said);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
