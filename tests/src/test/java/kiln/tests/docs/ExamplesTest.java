package kiln.tests.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.tests.ChildJvm;
import kiln.tests.ComponentBytes;
import kiln.tests.Corpus;
import kiln.tests.wasi.HttpServiceTest;
import kiln.wat.Wat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java code of the documents, as it stands there, compiles and does what the documents say. */
class ExamplesTest {
    private static final Pattern BLOCK = Pattern.compile("^```java\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final String IMPORTS = """
            import java.io.*;
            import java.lang.invoke.*;
            import java.net.*;
            import java.nio.file.*;
            import java.time.*;
            import java.util.*;
            import java.util.function.*;
            import kiln.runtime.*;
            import kiln.runtime.component.*;
            import kiln.wasi.*;
            import kiln.wasi.p2.*;

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

    private void compile(String name, byte[] wasm) throws IOException {
        CompilerOptions options = CompilerOptions.defaults().withInterruptible(true);
        Files.write(dir.resolve(name + ".cwasm"), Compiler.compile(name, wasm, options));
    }

    private static byte[] wat(String text) {
        return Wat.encode("example.wat", text.getBytes(StandardCharsets.UTF_8));
    }

    /** A status that an example gets is printed. */
    private static String printing(String block) {
        return block.replaceFirst("int status = (.*);", "System.out.println($1);");
    }

    @Test
    void wasi() throws Exception {
        Assumptions.assumeFalse(Corpus.EMULATED, "starts many JVMs, and the classes are the same there");
        List<String> blocks = blocks("docs/wasi.md");
        assertEquals(7, blocks.size(), "another number of examples: this test must know them all");
        compile("program", wat("(func (export \"_start\"))"));
        String before = "Engine engine = new Engine();\n"
                + "CompiledModule module = CompiledModule.load(engine, Path.of(\"program.cwasm\"));\n";
        Path data = Files.createDirectory(dir.resolve("data"));
        assertEquals("0\n", runStatements(before + printing(onFolder(blocks.getFirst(), data))));
        compile(
                "program",
                wat("(import \"env\" \"memory\" (memory 1 1 shared)) (func (export \"_start\"))"
                        + " (func (export \"wasi_thread_start\") (param i32 i32))"));
        assertEquals("0\n", runStatements(before + "Wasi wasi = Wasi.builder().build();\n" + printing(blocks.get(1))));
        try (FileSystem zip = FileSystems.newFileSystem(dir.resolve("assets.zip"), Map.of("create", "true"))) {
            Files.createFile(zip.getPath("/file"));
        }
        assertEquals("", runStatements(blocks.get(2)));
        assertEquals("", runStatements("var captured = new ByteArrayOutputStream();\n" + blocks.get(3)));
        // (func (result (result))), and an instance with it under its name.
        compile(
                "app",
                new ComponentBytes()
                        .module("(module (func (export \"run\") (result i32) (i32.const 0)))")
                        .one(ComponentBytes.CORE_INSTANCE, 0, 0, 0)
                        .one(ComponentBytes.ALIAS, 0, 0, 1, 0, "run")
                        .one(ComponentBytes.TYPE, 0x6a, 0, 0)
                        .one(ComponentBytes.TYPE, 0x40, 0, 0, 0)
                        .one(ComponentBytes.CANON, 0, 0, 0, 0, 1)
                        .one(ComponentBytes.INSTANCE, 1, 1, 0, "run", 1, 0)
                        .one(ComponentBytes.EXPORT, 0, "wasi:cli/run@0.2.0", 5, 0, 0)
                        .toArray());
        assertEquals("0\n", runStatements("Engine engine = new Engine();\n" + printing(onFolder(blocks.get(4), data))));
        assertEquals("", runStatements(blocks.get(5)));
        try (InputStream in = HttpServiceTest.class.getResourceAsStream("handler.wasm")) {
            compile("handler", in.readAllBytes());
        }
        assertEquals(
                "/hello\n",
                runStatements("Component component = Component.load(new Engine(), Path.of(\"handler.cwasm\"));\n"
                        + blocks.get(6).replace("8080", "0")
                        + "URI uri = URI.create(\"http:/\" + service.address() + \"/hello\");\n"
                        + "try (InputStream in = uri.toURL().openStream()) {\n"
                        + "System.out.println(new String(in.readAllBytes()));\n}\nservice.close();\n"));
    }

    private static String onFolder(String block, Path folder) {
        return block.replace("/srv/data", folder.toString());
    }

    @Test
    void components() throws Exception {
        Assumptions.assumeFalse(Corpus.EMULATED, "starts many JVMs, and the classes are the same there");
        List<String> blocks = blocks("docs/components.md");
        assertEquals(1, blocks.size(), "another number of examples: this test must know them all");
        compile("app", shapes());
        String declared = """
                interface Log {
                    void log(String message);
                }

                sealed interface Shape {
                    record Circle(double radius) implements Shape {}

                    record Square(double side) implements Shape {}
                }

                interface Shapes {
                    double area(Shape shape);
                }

                """;
        String block = blocks.getFirst().replaceFirst("double a = (.*);", "System.out.println($1);");
        assertEquals("a shape\n12.0\n", runStatements("Engine engine = new Engine();\n" + block, declared));
    }

    /** {@code demo:kv/shapes}, which says something to {@code demo:kv/log} and takes three for pi. */
    private static byte[] shapes() {
        int f64 = 0x75;
        int string = 0x73;
        return new ComponentBytes()
                .one(
                        ComponentBytes.TYPE,
                        0x42,
                        2,
                        ComponentBytes.bytes(1, 0x40, 1, "message", string, 1, 0),
                        ComponentBytes.bytes(4, 0, "log", 1, 0))
                .one(ComponentBytes.IMPORT, 0, "demo:kv/log", 5, 0)
                .one(ComponentBytes.ALIAS, 1, 0, 0, "log")
                .module("(module (memory (export \"memory\") 1) (data (i32.const 0) \"a shape\"))")
                .one(ComponentBytes.CORE_INSTANCE, 0, 0, 0)
                .one(ComponentBytes.ALIAS, 0, 2, 1, 0, "memory")
                .one(ComponentBytes.CANON, 1, 0, 0, 2, 0, 3, 0)
                .one(ComponentBytes.CORE_INSTANCE, 1, 1, "log", 0, 0)
                .module("""
                        (module
                          (func $log (import "log" "log") (param i32 i32))
                          (func (export "area") (param $square i32) (param $x f64) (result f64)
                            (call $log (i32.const 0) (i32.const 7))
                            (f64.mul
                              (f64.mul (local.get $x) (local.get $x))
                              (select (f64.const 1) (f64.const 3) (local.get $square)))))
                        """)
                .one(ComponentBytes.CORE_INSTANCE, 0, 1, 1, "log", 0x12, 1)
                .one(ComponentBytes.ALIAS, 0, 0, 1, 2, "area")
                .one(ComponentBytes.TYPE, 0x71, 2, "circle", 1, f64, 0, "square", 1, f64, 0)
                .one(ComponentBytes.TYPE, 0x40, 1, "shape", 1, 0, f64)
                .one(ComponentBytes.CANON, 0, 0, 1, 0, 2)
                .one(ComponentBytes.INSTANCE, 1, 2, 0, "shape", 3, 1, 0, "area", 1, 1)
                .one(ComponentBytes.EXPORT, 0, "demo:kv/shapes", 5, 1, 0)
                .toArray();
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
