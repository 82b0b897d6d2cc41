package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.compiler.CodeCache;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Options, help, exit statuses and what is said of mistakes. */
class MainTest {
    private static final List<String> COMMANDS = List.of(
            "compile",
            "run",
            "objdump",
            "explore",
            "info",
            "validate",
            "bindgen",
            "keygen",
            "sign",
            "wast",
            "bench",
            "cache",
            "completion");

    @TempDir
    Path dir;

    private record Outcome(int status, String out, String err) {}

    private interface Action {
        int run();
    }

    private static Outcome captured(Action action) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream oldOut = System.out;
        PrintStream oldErr = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int status = action.run();
            return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
        }
    }

    private static Outcome kiln(String... args) {
        return captured(() -> Main.run(args));
    }

    @Test
    void everyCommandHasHelp() {
        for (String command : COMMANDS) {
            Outcome help = kiln(command, "--help");
            assertEquals(0, help.status());
            assertTrue(help.out().startsWith("Usage: kiln " + command), help.out());
            assertEquals(help, kiln("help", command));
            assertEquals(new Outcome(0, "kiln 0.1.0\n", ""), kiln(command, "--version"));
        }
        String all = kiln("--help").out();
        COMMANDS.forEach(c -> assertTrue(all.contains("\n  " + c), all));
        assertEquals(all, kiln("help").out());
    }

    /** The list of commands shows the first line of a description. */
    @Test
    void listedDescriptionsAreWholeSentences() {
        for (CommandLine command : Main.whole().getSubcommands().values()) {
            String[] description = command.getCommandSpec().usageMessage().description();
            assertTrue(description[0].endsWith("."), description[0]);
        }
    }

    @Test
    void nonsenseIsTwoLinesAndStatus2() {
        for (String[] args : new String[][] {
            {}, {"bake"}, {"help", "bake"}, {"run"}, {"compile"}, {"run", "--what", "x"}, {"info", "a", "b"}
        }) {
            Outcome o = kiln(args);
            assertEquals(2, o.status());
            assertEquals("", o.out());
            assertEquals(2, o.err().lines().count(), o.err());
            assertTrue(o.err().startsWith("kiln: ") && o.err().contains("--help."), o.err());
        }
    }

    /** What the options of run come to. */
    private static CompilerOptions hostOptions(String... args) {
        CompileOptions options = CompileOptions.forThisMachine();
        CommandSpec spec = CommandSpec.create();
        options.addTo(spec);
        new CommandLine(spec).parseArgs(args);
        return options.toHostOptions();
    }

    /** What the options of compile come to. */
    private static CompilerOptions options(String... args) {
        CompileOptions options = CompileOptions.forFiles();
        CommandSpec spec = CommandSpec.create();
        options.addTo(spec);
        new CommandLine(spec).parseArgs(args);
        return options.toOptions();
    }

    @Test
    void compileOptions() {
        assertEquals(CompilerOptions.defaults(), options());
        assertEquals(
                CompilerOptions.defaults()
                        .withTarget(Target.X86_64_LINUX)
                        .withCpu(Set.of("avx", "lzcnt"))
                        .withOptLevel(1)
                        .withJobs(3)
                        .withInterruptible(true)
                        .withExplicitBounds(true)
                        .withCanonicalNans(true)
                        .withRelaxedSimd(CompilerOptions.RelaxedSimd.DETERMINISTIC)
                        .withKeepAll(true)
                        .withInlining(false)
                        .withEagerTables(true),
                options(
                        "--target=x86_64-linux",
                        "--cpu=lzcnt,avx",
                        "-O1",
                        "--jobs=3",
                        "--interruptible",
                        "--explicit-bounds",
                        "--nan=canonical",
                        "--relaxed-simd=deterministic",
                        "--keep-all",
                        "--no-inlining",
                        "--eager-tables"));
        assertEquals(
                Set.of("lse"), options("--target=aarch64-linux", "--cpu", "lse").cpu());
        assertEquals(CompilerOptions.defaults(), options("--nan=any", "--relaxed-simd=host"));
        assertEquals(
                "--relaxed-simd=fast: known are host, deterministic",
                assertThrows(UserError.class, () -> options("--relaxed-simd=fast"))
                        .getMessage());
        assertEquals(
                "unknown CPU feature lse for x86_64-linux (known: avx, avx2, avx512_bitalg,"
                        + " avx512vbmi, avx512vl, bmi1, bmi2, fma, lzcnt)",
                assertThrows(UserError.class, () -> options("--target=x86_64-linux", "--cpu=lse"))
                        .getMessage());
        String other = Target.host() == Target.X86_64_LINUX ? "aarch64-linux" : "x86_64-linux";
        assertThrows(UserError.class, () -> options("--target", other, "--cpu=native"));
    }

    /** Files are for all machines; what is executed at once is for this one, unless less is asked for. */
    @Test
    void codeThatStaysIsForThisMachine() {
        Set<String> here = Target.host().usableFeatures(HostCpu.current().features());
        assertEquals(Set.of(), options().cpu());
        assertEquals(here, options("--cpu=native").cpu());
        assertEquals(here, hostOptions().cpu());
        assertEquals(Set.of(), hostOptions("--cpu=baseline").cpu());
        String other = Target.host() == Target.X86_64_LINUX ? "aarch64-linux" : "x86_64-linux";
        UserError e = assertThrows(UserError.class, () -> hostOptions("--target", other));
        assertTrue(e.getMessage().startsWith("--target " + other + ": this machine is "), e.getMessage());
    }

    /** The cache keeps code for several processors apart. */
    @Test
    void featuresArePartOfTheCachesKey() {
        CodeCache cache = new CodeCache(Path.of("x"));
        CompilerOptions x64 = CompilerOptions.defaults().withTarget(Target.X86_64_LINUX);
        Set<Path> keys = new HashSet<>();
        for (Set<String> cpu : List.of(Set.<String>of(), Set.of("avx"), Set.of("avx", "bmi1"), Set.of("bmi1"))) {
            keys.add(cache.entry(new byte[] {1}, x64.withCpu(cpu)));
        }
        assertEquals(4, keys.size());
    }

    @Test
    void mistypedNames() {
        assertEquals("kiln: no command or file comple; did you mean compile?", firstLine("comple"));
        assertEquals("kiln: no command or file rnu; did you mean run?", firstLine("help", "rnu"));
        assertEquals("kiln: no command or file xyzzy", firstLine("xyzzy"));
        assertEquals(
                "kiln: Unknown option: '--intruptible'; did you mean --interruptible?",
                firstLine("compile", "--intruptible", "x.wasm"));
        assertEquals(
                "kiln: Unknown option: '--tagret=x'; did you mean --target?",
                firstLine("compile", "--tagret=x", "x.wasm"));
        assertEquals("add", Suggestions.nearest("dad", List.of("sub", "add", "multiply")));
        assertEquals("ab", Suggestions.nearest("ba", List.of("abcd", "ab")));
        assertEquals(null, Suggestions.nearest("", List.of("x")));
        assertEquals(null, Suggestions.nearest("x".repeat(10_000), List.of("y".repeat(10_000))));
    }

    private static String firstLine(String... args) {
        Outcome o = kiln(args);
        assertEquals(2, o.status());
        assertEquals("", o.out());
        return o.err().lines().findFirst().orElse("");
    }

    @Test
    void theEnvironmentIsReadExactly() {
        byte[] raw = {'A', '=', (byte) 0xff, 0, 'B', '=', 0, '=', 'x', 0, 'C', 0, 'A', '=', '2', 0, 'D', '=', '1'};
        assertEquals(java.util.Map.of("A", "\udcff", "B", ""), Environment.parse(raw));
    }

    private static Outcome reported(Exception e) {
        return captured(() -> Mistakes.report(e));
    }

    @Test
    void whatIsTheUsersMistakeAndWhatIsOurs() {
        assertEquals(new Outcome(2, "", "kiln: x\\u{a}y\n"), reported(new UserError("x\ny")));
        assertEquals(new Outcome(2, "", "kiln: a: no such file\n"), reported(new NoSuchFileException("a")));
        assertEquals(new Outcome(2, "", "kiln: a: permission denied\n"), reported(new AccessDeniedException("a")));
        assertEquals(new Outcome(2, "", "kiln: a: cannot be used\n"), reported(new NotDirectoryException("a")));
        assertEquals(new Outcome(2, "", "kiln: why\n"), reported(new UncheckedIOException(new IOException("why"))));
        Outcome ours = reported(new IllegalStateException("why"));
        assertEquals(70, ours.status());
        assertTrue(ours.err().startsWith("kiln: internal error") && ours.err().contains("\tat "), ours.err());
    }

    @Test
    void inputFiles() throws IOException {
        Path file = Files.write(dir.resolve("file"), new byte[] {1, 2});
        assertEquals(file, InputFile.check(file));
        assertEquals(2, InputFile.read(file).length);
        Files.createSymbolicLink(dir.resolve("link"), Path.of("nothing"));
        assertEquals(dir + ": is a directory", refused(dir));
        assertEquals(dir + "/none: no such file", refused(dir.resolve("none")));
        assertEquals(dir + "/link: no such file (a link to nothing)", refused(dir.resolve("link")));
        assertEquals(dir + "/file/x/y: file is not a directory", refused(dir.resolve("file/x/y")));
        // What is neither file nor folder may be read once.
        assertNotNull(InputFile.check(Path.of("/dev/null")));
        assertEquals(0, InputFile.read(Path.of("/dev/null")).length);
    }

    private static String refused(Path file) {
        return assertThrows(UserError.class, () -> InputFile.check(file)).getMessage();
    }

    @Test
    void guestsAreGivenWhatIsNamed() {
        for (String[] bad : new String[][] {
            {"--dir", "::x"},
            {"--dir", "/::"},
            {"--dir", dir + "/none"},
            {"--dir", ":ro"},
            {"--env", "="},
            {"--env", "NO_SUCH_NAME"}
        }) {
            GuestOptions guest = new GuestOptions();
            CommandSpec spec = CommandSpec.create();
            guest.addTo(spec);
            new CommandLine(spec).parseArgs(bad);
            UserError e = assertThrows(UserError.class, () -> guest.apply(kiln.wasi.Wasi.builder()));
            assertTrue(e.getMessage().startsWith(bad[0] + " ") && e.getMessage().contains(bad[1]), e.getMessage());
        }
    }

    @Test
    void namesOfModules() {
        assertEquals("app", ModuleFiles.stem(Path.of("x/app.wasm")));
        assertEquals("app.cwasm", ModuleFiles.stem(Path.of("app.cwasm")));
        assertEquals("app.wasm", ModuleFiles.stem(Path.of("app.wasm.wasm")));
        assertTrue(ModuleFiles.isWasm(new byte[] {0, 'a', 's', 'm', 9}));
        assertFalse(ModuleFiles.isWasm(new byte[] {0, 'a', 's'}));
    }
}
