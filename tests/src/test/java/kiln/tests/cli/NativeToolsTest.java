package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import kiln.cli.Main;
import kiln.tests.ChildJvm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Tools of the system see functions of a mapped file by their names ({@code kiln run --trusted}). */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "tools of the host's would see the emulator")
class NativeToolsTest {
    private static final String SPIN = """
            (module $spin
              (func $inner (param i32) (result i32) (local i32)
                (loop
                  (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (local.get 0)))
                  (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (local.get 1))
              (func $outer (export "_start") (loop (drop (call $inner (i32.const 100000000))) (br 0))))
            """;

    @TempDir
    Path dir;

    private Path file;
    private Process program;

    @BeforeEach
    void start() throws Exception {
        Path text = Files.writeString(dir.resolve("spin.wat"), SPIN);
        file = dir.resolve("spin.cwasm");
        assertEquals(
                0,
                Cli.run("compile", "--no-inlining", text.toString(), "-o", file.toString())
                        .status());
        start(List.of(), "run", "--trusted", file.toString());
    }

    private void start(List<String> jvmOptions, String... args) throws Exception {
        program = ChildJvm.start(dir.resolve("said"), jvmOptions, Main.class.getName(), List.of(args));
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        while (mapping().isEmpty()) {
            assertTrue(program.isAlive() && System.nanoTime() < end, "the file is not mapped");
            Thread.sleep(20);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (program != null) {
            program.destroyForcibly().waitFor();
        }
    }

    /** The line of the system's list of mappings that is the file's code. */
    private Optional<String> mapping() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + program.pid() + "/maps")).stream()
                .filter(l -> l.contains(" r-xp ") && l.startsWith(file.toString(), l.indexOf('/')))
                .findFirst();
    }

    private String tool(String... command) throws Exception {
        Path out = Files.createTempFile(dir, "tool", ".txt");
        Process p = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            assertTrue(p.waitFor(10, TimeUnit.MINUTES), "does not end: " + String.join(" ", command));
        } finally {
            p.destroyForcibly().waitFor();
        }
        return Files.readString(out);
    }

    @Test
    void gdbNamesFunctions() throws Exception {
        Path gdb = Path.of("/usr/bin/gdb");
        assumeTrue(Files.isExecutable(gdb), "there is no gdb (Debian: apt-get install gdb)");
        // START-END r-xp OFFSET ...
        String[] fields = mapping().orElseThrow().split(" +");
        long base = Long.parseLong(fields[0].substring(0, fields[0].indexOf('-')), 16) - Long.parseLong(fields[2], 16);
        // The program may still be on its way to its first call.
        String said = "";
        for (int attempt = 0; attempt < 20 && !said.contains(" in outer ()"); attempt++) {
            Thread.sleep(attempt * 50L);
            said = tool(
                    gdb.toString(),
                    "-nx",
                    "-batch",
                    "-p",
                    Long.toString(program.pid()),
                    "-ex",
                    "add-symbol-file " + file + " -o " + base,
                    "-ex",
                    "thread apply all backtrace 4");
            assumeFalse(said.contains("Operation not permitted"), "gdb may not look at processes here: " + said);
        }
        assertTrue(said.matches("(?s).*#0 [^\n]* inner \\(\\)\n#1 [^\n]* in outer \\(\\)\n.*"), said);
    }

    @Test
    void perfNamesFunctions() throws Exception {
        Path perf = Path.of("/usr/bin/perf");
        assumeTrue(Files.isExecutable(perf), "there is no perf (Debian: apt-get install linux-perf)");
        String data = dir.resolve("perf.data").toString();
        String recorded =
                tool(perf.toString(), "record", "-o", data, "-p", Long.toString(program.pid()), "--", "sleep", "2");
        assumeTrue(recorded.contains("samples)"), "perf may not record here: " + recorded);
        String report = tool(perf.toString(), "report", "-i", data, "--stdio", "--sort", "dso,symbol");
        assertTrue(report.matches("(?s).* [0-9a-z]+\\.cwasm +\\[\\.\\] inner\\b.*"), report);
    }

    /** Code that never was in a file gets one: the name in memory that it has otherwise says nothing to tools. */
    @Test
    void perfNamesFunctionsThatWereCompiledInTheProcess() throws Exception {
        stop();
        file = dir.resolve("extracted");
        start(
                List.of("-Dkiln.extract=" + file),
                "run",
                "--no-server",
                "--no-cache",
                "--no-inlining",
                dir.resolve("spin.wat").toString());
        perfNamesFunctions();
    }
}
