package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeSet;
import kiln.artifact.Printable;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever names a module, a file or an argument has, what is printed and said has no character that a terminal or a
 * log obeys, and no line without end.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "texts are the same there")
class HostileNamesTest {
    private static final int MAX_LINE = 10_000;

    @TempDir
    Path dir;

    static List<String> names() {
        return List.of(
                "\u001b[2J\u001b]0;title\u0007\u001b[31mred",
                "one\ntwo\r\nthree\u0085four\u2028five",
                "zero\0after",
                "bell\u0007back\b\b\bdel\u007fcsi\u009b31m\u000e",
                "\u202egnp.exe\u2066\u200f\u061c\u200b",
                "tag\udb40\udc41\ue000\ufeff\udbff\udfff",
                "long " + "x".repeat(200_000),
                "\u001b".repeat(50_000));
    }

    /** Text for people: whole lines of what can be seen. */
    private static void assertHarmless(String what, String text) {
        for (String line : text.split("\n", -1)) {
            assertTrue(line.length() <= MAX_LINE, () -> what + ": a line of " + line.length() + " characters");
            line.codePoints()
                    .filter(c -> switch (Character.getType(c)) {
                        case Character.CONTROL,
                                Character.FORMAT,
                                Character.SURROGATE,
                                Character.PRIVATE_USE,
                                Character.UNASSIGNED,
                                Character.LINE_SEPARATOR,
                                Character.PARAGRAPH_SEPARATOR -> true;
                        default -> false;
                    })
                    .forEach(c -> {
                        throw new AssertionError(
                                what + ": U+" + Integer.toHexString(c) + " in " + Printable.line(line));
                    });
        }
    }

    private Outcome kiln(int status, String... args) {
        Outcome o = Cli.run(args);
        String what = Printable.line(String.join(" ", args));
        assertHarmless(what, o.out());
        assertHarmless(what, o.err());
        assertEquals(status, o.status(), () -> what + ": " + o.err());
        if (status == 2) {
            assertTrue(o.err().lines().count() <= 2, () -> what + ": " + o.err());
        }
        return o;
    }

    private String write(String name, byte[] content) throws IOException {
        Path file = dir.resolve(name);
        Files.write(file, content);
        return file.toString();
    }

    /** As long as a file's name may be. */
    private static String fileName(String name) {
        return name.replace("\0", "")
                .substring(0, Math.min(60, name.replace("\0", "").length()));
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyCommand(String name) throws IOException {
        String wasm = write(
                fileName(name) + ".wasm", new NamedModule(name).exports(name).toBytes());
        String cwasm = write(fileName(name) + ".cwasm", new byte[0]);
        kiln(0, "compile", wasm, "--no-inlining");
        String info = kiln(0, "info", cwasm).out();
        assertTrue(info.contains(Printable.name(name)) && info.contains(Printable.name(name + "!")), info);
        String types = kiln(0, "info", "--types", cwasm).out();
        String shown = " $" + Printable.name(name);
        assertTrue(types.contains("  type 2" + shown + ": (struct (field" + shown + " (mut i32)))\n"), types);
        kiln(0, "info", "--dropped", cwasm);
        // As it is and as it was shown.
        String why = kiln(0, "info", "--why", name, cwasm).out();
        assertEquals(why, kiln(0, "info", "--why", Printable.name(name), cwasm).out());
        String index = kiln(0, "objdump", "--section", "index", cwasm).out();
        assertTrue(index.contains(Printable.name(name)), index);
        if (!Corpus.EMULATED) {
            kiln(0, "objdump", cwasm);
            kiln(0, "objdump", "--function", Printable.name(name), cwasm);
        }
        String trap = kiln(134, "run", "--no-cache", "--invoke", name, wasm).err();
        assertEquals(3, trap.lines().count(), trap);
        assertTrue(trap.contains("    at " + Printable.name(name) + "." + Printable.name(name) + "@0x"), trap);
        kiln(2, "run", wasm);
        kiln(2, "run", "--invoke", name, cwasm, "1", "2");
        kiln(2, "run", "--invoke", name + "m", cwasm);
        kiln(2, "run", "--invoke", name + "?", cwasm);
        kiln(2, "bench", wasm);
    }

    @ParameterizedTest
    @MethodSource("names")
    void modulesThatCannotBeUsed(String name) throws IOException {
        String file = fileName(name);
        byte[] open = new NamedModule(name).imports(name, name).exports(name).toBytes();
        String imports = write(file + "-import.wasm", open);
        kiln(2, "run", "--no-cache", imports);
        kiln(134, "run", "--no-cache", "--unknown-imports=trap", "--invoke", name + "!", imports);
        String many = write(file + "-many.wasm", manyImports(name));
        kiln(2, "run", "--no-cache", many);
        kiln(2, "run", "--no-cache", "--unknown-imports=default", many);
        kiln(0, "compile", many, "-o", dir.resolve("many.cwasm").toString());
        kiln(0, "info", dir.resolve("many.cwasm").toString());
        kiln(
                2,
                "compile",
                write(
                        "twice.wasm",
                        new NamedModule(name).exports(name).exports(name).toBytes()));
        kiln(
                2,
                "compile",
                write(file + "-invalid.wasm", new NamedModule(name).body(0x1a).toBytes()));
        kiln(2, "compile", write(file + "-cut.wasm", "\0asm\1\0\0\0\1".getBytes(StandardCharsets.ISO_8859_1)));
        // Linking: a missing export, two of one name, a circle, a wrong type
        String out = dir.resolve("linked.cwasm").toString();
        String exporter = write(
                file + "-export.wasm", new NamedModule(name).exports("else").toBytes());
        kiln(2, "compile", exporter, imports, "--name", name, "--name", "b", "-o", out);
        kiln(2, "compile", exporter, imports, "--name", name, "--name", name, "-o", out);
        kiln(2, "compile", imports, "--name", name, imports, "--name", name + "2", "-o", out);
        String wrong = write(
                "wrong.wasm", new NamedModule(name).imports(name, name + "m").toBytes());
        String right = write("right.wasm", new NamedModule(name).exports(name).toBytes());
        kiln(2, "compile", wrong, right, "--name", "b", "--name", name, "-o", out);
        kiln(0, "compile", imports, right, "--name", "b", "--name", name, "-o", out);
        kiln(0, "info", out);
        kiln(0, "info", "--why", name, out);
    }

    private static byte[] manyImports(String name) {
        NamedModule m = new NamedModule("many");
        String short1 = name.substring(0, Math.min(name.length(), 200));
        for (int i = 0; i < 1000; i++) {
            m.imports(short1, short1 + i);
        }
        return m.exports("x").toBytes();
    }

    @ParameterizedTest
    @MethodSource("names")
    void arguments(String name) throws IOException {
        String wasm = write("good.wasm", new NamedModule("good").exports("run").toBytes());
        String cwasm = dir.resolve("good.cwasm").toString();
        kiln(0, "compile", wasm);
        String[][] lines = {
            {name},
            {"help", name},
            {"compile", name},
            {"compile", dir + "/" + fileName(name) + "/x.wasm"},
            {"compile", wasm, "-o", dir + "/" + fileName(name) + "/x"},
            {"compile", "--" + name, wasm},
            {"compile", "-O", name, wasm},
            {"compile", "--strip", name, wasm},
            {"compile", "--target", name, wasm},
            {"compile", "--cpu", name, wasm},
            {"compile", "--jobs", name, wasm},
            {"run", name},
            {"run", "--invoke", name, cwasm},
            {"run", "--timeout", name, cwasm},
            {"run", "--unknown-imports", name, cwasm},
            {"run", "--dir", name, cwasm},
            {"run", "--dir", "::" + name, cwasm},
            {"run", "--env", name, cwasm},
            {"run", "--invoke", "run", cwasm, name},
            {"run", "--require-signature", name, cwasm},
            {"info", name},
            {"info", "--why", name, cwasm},
            {"objdump", "--section", name, cwasm},
            {"objdump", "--section", "index", "--function", name, cwasm},
            {"sign", name, "--key", name},
            {"keygen", "-o", dir + "/" + fileName(name) + "/x"},
            {"wast", name},
            {"wast", "--features", name, wasm},
            {"bench", name},
        };
        for (String[] line : lines) {
            if (String.join("", line).indexOf('\0') < 0) {
                kiln(2, line);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void scripts(String name) throws IOException {
        String wasm = fileName(name) + ".wasm";
        write(wasm, new NamedModule(name).exports(name).toBytes());
        write("import.wasm", new NamedModule(name).imports(name, name).toBytes());
        List<Map<String, Object>> commands = new ArrayList<>();
        Map<String, Object> action = Map.of("type", "invoke", "field", name, "args", List.of());
        commands.add(Map.of("type", "module", "line", 1, "filename", wasm, "name", "$" + name));
        commands.add(Map.of("type", "assert_return", "line", 2, "action", action, "expected", List.of()));
        commands.add(Map.of("type", "assert_trap", "line", 3, "action", action, "text", name));
        commands.add(Map.of("type", "action", "line", 4, "action", Map.of("type", "invoke", "field", name + "?")));
        commands.add(Map.of("type", "assert_unlinkable", "line", 5, "filename", wasm, "text", name));
        commands.add(Map.of("type", "assert_invalid", "line", 6, "filename", wasm, "text", name));
        commands.add(Map.of("type", "module", "line", 7, "filename", "import.wasm"));
        commands.add(Map.of("type", name, "line", 8));
        String script =
                write(fileName(name) + ".json", new ObjectMapper().writeValueAsBytes(Map.of("commands", commands)));
        String out = kiln(1, "wast", script).out();
        assertTrue(out.contains("6 failed"), out);
        kiln(2, "wast", write("broken.json", ("{\"commands\": " + name).getBytes(StandardCharsets.UTF_8)));
    }

    /** What Java programs get: exact names from methods, names that can be printed in messages. */
    @ParameterizedTest
    @MethodSource("names")
    void embedding(String name) {
        byte[] cwasm =
                Compiler.compile(name, new NamedModule(name).exports(name).toBytes(), CompilerOptions.defaults());
        byte[] open = Compiler.compile(
                name, new NamedModule(name).imports(name, name).exports(name).toBytes(), CompilerOptions.defaults());
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, cwasm);
                CompiledModule importing = CompiledModule.load(engine, open);
                Store store = new Store(engine)) {
            assertEquals(name, module.name());
            assertEquals(name, module.exports().getFirst().name());
            assertEquals(name, importing.imports().getFirst().module());
            Linker linker = new Linker(engine);
            Instance instance = linker.instantiate(store, module);
            assertTrue(instance.exportNames().containsAll(new TreeSet<>(List.of(name, name + "m"))));
            TrapException trap =
                    assertThrows(TrapException.class, () -> instance.func(name).call());
            assertEquals(name, trap.frames().getFirst().function());
            StringWriter text = new StringWriter();
            trap.printStackTrace(new PrintWriter(text));
            assertHarmless(
                    "stack trace", text.toString().replace("\tat ", "at ").replace("\t...", "..."));
            assertHarmless("frames", trap.frames().toString());
            LinkException link = assertThrows(LinkException.class, () -> linker.instantiate(store, importing));
            assertHarmless("link", link.getMessage() + "\n" + String.join("\n", link.problems()));
            linker.define(name, name, instance.memory(name + "m"));
            assertHarmless(
                    "type",
                    assertThrows(LinkException.class, () -> linker.instantiate(store, importing))
                            .getMessage());
            for (String missing : List.of("x", name + "?")) {
                assertHarmless(
                        "export",
                        assertThrows(NoSuchElementException.class, () -> instance.export(missing))
                                .getMessage());
            }
            assertHarmless(
                    "kind",
                    assertThrows(NoSuchElementException.class, () -> instance.func(name + "m"))
                            .getMessage());
            assertHarmless("texts", module + " " + instance + " " + importing.imports() + " " + module.exports());
            byte[] bad = new NamedModule(name).exports(name).exports(name).toBytes();
            assertHarmless(
                    "compile",
                    assertThrows(CompileException.class, () -> Compiler.compile(name, bad, CompilerOptions.defaults()))
                            .getMessage());
        }
    }

    @Test
    void ordinaryNamesLookAsTheyAre() throws IOException {
        String name = "std::vector<größe, \"面积\">::operator=(int&&) const";
        String wasm = write("größe.wasm", new NamedModule(name).exports(name).toBytes());
        String trap = kiln(134, "run", "--no-cache", "--invoke", name, wasm).err();
        assertTrue(trap.contains("    at " + name + "." + name + "@0x"), trap);
        assertTrue(kiln(0, "info", wasm).out().contains("größe.wasm"));
    }
}
