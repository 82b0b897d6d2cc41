package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.Artifact;
import kiln.artifact.SourceLines;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import kiln.runtime.WasmFrame;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Source lines out of DWARF; lines.c, compiled by clang for DWARF 4 and 5. */
class DebugInfoTest {
    @TempDir
    Path dir;

    private void copy(String name) throws IOException {
        Files.write(dir.resolve(name), Cli.resource(name));
    }

    private Outcome kiln(String line) {
        return Cli.kiln(dir, line);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lines4", "lines5"})
    void backtracesHaveLines(String module) throws IOException {
        copy(module + ".wasm");
        for (String level : List.of("-O0", "-O2", "-O2 --no-inlining")) {
            String compile = "compile --debug-info " + level + " @" + module + ".wasm";
            assertEquals(new Outcome(0, "", ""), kiln(compile));
            String divide =
                    kiln("run --invoke divide @" + module + ".cwasm 1 0").err();
            assertTrue(
                    divide.matches("kiln: trap: integer divide by zero\n"
                            + " {4}at [^\n]*quotient@0x[0-9a-f]+ \\([^\n]*lines.c:4\\)\n"
                            + " {4}at [^\n]*divide@0x[0-9a-f]+ \\([^\n]*lines.c:15\\)\n"),
                    level + ": " + divide);
            // In an inlined function: of clang's inlining.
            String both = kiln("run --invoke both @" + module + ".cwasm 1000").err();
            assertTrue(both.matches("(?s)kiln: trap: unreachable[^\n]*\n {4}at [^\n]*both@.*lines.c:9\\)\n"), both);
            String through = kiln("run --invoke both @" + module + ".cwasm 5").err();
            assertTrue(
                    through.matches("(?s).*quotient@.*lines.c:4\\)\n.*both@0x[0-9a-f]+ \\([^\n]*lines.c:15\\)\n"),
                    through);
        }
    }

    @Test
    void javaSeesTheLines() throws IOException {
        byte[] compiled = Compiler.compile(
                "lines.wasm",
                Cli.resource("lines5.wasm"),
                CompilerOptions.defaults().withDebugInfo(true));
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compiled);
                Instance instance = Instance.create(module)) {
            TrapException e = assertThrows(
                    TrapException.class, () -> instance.func("divide").call(1, 0));
            WasmFrame frame = e.frames().getFirst();
            assertEquals(4, frame.sourceLine());
            assertTrue(frame.sourceFile().endsWith("lines.c"), frame.sourceFile());
            StackTraceElement top = e.getStackTrace()[0];
            assertEquals("quotient", top.getMethodName());
            assertEquals(4, top.getLineNumber());
            assertEquals(frame.sourceFile(), top.getFileName());
        }
    }

    @Test
    void objdumpHasLines() throws IOException {
        assumeFalse(Corpus.EMULATED, "an emulated JVM cannot load the disassembler");
        copy("lines5.wasm");
        for (Target target : Target.values()) {
            String with = kiln("objdump --debug-info --no-inlining --target " + target.label() + " @lines5.wasm")
                    .out();
            assertTrue(with.matches("(?s).*<quotient>:[^\n]*\n([^\n]*\n)*?[^\n]*lines.c:4\n.*"), with);
            assertFalse(kiln("objdump --target " + target.label() + " @lines5.wasm")
                    .out()
                    .contains("lines.c"));
        }
    }

    @Test
    void onlyWhereTheyAreAskedFor() throws IOException {
        copy("lines5.wasm");
        assertEquals(0, kiln("compile @lines5.wasm").status());
        String without = kiln("run --invoke divide @lines5.cwasm 1 0").err();
        assertTrue(without.contains("quotient@0x") && !without.contains("lines.c"), without);
        assertEquals(
                0,
                kiln("compile --debug-info --strip offsets --no-inlining @lines5.wasm")
                        .status());
        String stripped = kiln("run --invoke divide @lines5.cwasm 1 0").err();
        assertTrue(stripped.contains("quotient\n"), stripped);
        assertEquals("options", kiln("info --debug-info @lines5.wasm").out().contains(" debug-info") ? "options" : "");
        // A module that tells nothing.
        copy("values.wasm");
        assertEquals(0, kiln("compile --debug-info @values.wasm").status());
        assertFalse(kiln("info @values.cwasm").out().contains(".kiln.lines"));
    }

    @Test
    void linkedModulesHaveLinesEach() throws IOException {
        copy("lines5.wasm");
        Files.writeString(
                dir.resolve("calls.wat"),
                "(import \"lines5\" \"divide\" (func $f (param i32 i32) (result i32)))\n"
                        + "(func (export \"go\") (result i32) (call $f (i32.const 1) (i32.const 0)))");
        assertEquals(
                0,
                kiln("compile --debug-info @lines5.wasm @calls.wat -o @all.cwasm")
                        .status());
        String err = kiln("run --invoke go @all.cwasm").err();
        assertTrue(err.matches("(?s).*quotient@.*lines.c:4\\)\n.*divide@.*lines.c:15\\)\n.*go@0x[0-9a-f]+\n"), err);
    }

    /** Debugging information that is damaged makes no module unusable. */
    @Test
    void damagedLinesDoNoHarm() throws IOException {
        for (String name : List.of("lines4.wasm", "lines5.wasm")) {
            byte[] wasm = Cli.resource(name);
            int start = indexOf(wasm, ".debug_line") + ".debug_line".length();
            CompilerOptions options = CompilerOptions.defaults()
                    .withDebugInfo(true)
                    .withOptLevel(0)
                    .withJobs(1);
            int step = Corpus.SAMPLED ? 7 : 1;
            int end = endOfSection(wasm, start);
            assertTrue(end > start + 50, "the section has no lines");
            for (int at = start; at < end; at += step) {
                for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                    byte[] damaged = wasm.clone();
                    damaged[at] = (byte) value;
                    byte[] compiled = Compiler.compile(name, damaged, options);
                    try (Artifact a = Artifact.of(
                            java.lang.foreign.Arena.ofAuto()
                                    .allocate(compiled.length, 64)
                                    .copyFrom(java.lang.foreign.MemorySegment.ofArray(compiled)),
                            Artifact.OpenOptions.DEFAULT)) {
                        a.verify();
                        SourceLines lines = a.lines();
                        for (int offset = 0; lines != null && offset < wasm.length; offset += 16) {
                            lines.find(0, offset);
                        }
                    }
                }
            }
        }
    }

    /** Of the section that contains a byte. */
    private static int endOfSection(byte[] wasm, int at) {
        int end = 8;
        while (end <= at) {
            int next = end + 1;
            int size = 0;
            for (int shift = 0; ; shift += 7) {
                size |= (wasm[next] & 0x7f) << shift;
                if (wasm[next++] >= 0) {
                    break;
                }
            }
            end = next + size;
        }
        return end;
    }

    private static int indexOf(byte[] all, String text) {
        byte[] wanted = text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        for (int i = 0; ; i++) {
            if (Arrays.equals(all, i, i + wanted.length, wanted, 0, wanted.length) && all[i + wanted.length] != '_') {
                return i;
            }
        }
    }
}
