package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users of other tools expect of a command line. Guests report by their exit status. */
class RunOptionsTest {
    private static final String WASI = "(import \"wasi_snapshot_preview1\" ";
    private static final String EXIT = WASI + "\"proc_exit\" (func $exit (param i32)))\n";

    @TempDir
    static Path dir;

    @BeforeAll
    static void files() throws IOException {
        write("adder.wat", "(func (export \"add\") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)");
        // Ends with the number that a function with two pointers stores at the first one, or the second.
        write("variables.wat", sizes("environ_sizes_get", 0));
        write("arguments.wat", sizes("args_sizes_get", 0));
        write("argumentbytes.wat", sizes("args_sizes_get", 4));
        // Creates the file "made" in its folder, and ends with the error's number.
        write(
                "creates.wat",
                WASI + "\"path_open\" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))\n" + EXIT
                        + "(memory (export \"memory\") 1) (data (i32.const 16) \"made\")\n"
                        + "(func (export \"_start\")\n"
                        + "  (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4)\n"
                        + "    (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32))))");
        write("grows.wat", "(memory 1) (func (export \"grow\") (result i32) (memory.grow (i32.const 3)))");
        write("seven.wat", "(func (export \"number\") (result i32) i32.const 7)");
        write(
                "uses.wat",
                "(import \"lib\" \"number\" (func $f (result i32)))\n" + EXIT
                        + "(memory (export \"memory\") 1) (func (export \"_start\") (call $exit (call $f)))");
        // Is content with two arguments only.
        write(
                "two.wat",
                WASI + "\"args_sizes_get\" (func $sizes (param i32 i32) (result i32)))\n" + EXIT
                        + "(memory (export \"memory\") 1) (func (export \"_start\")\n"
                        + "  (drop (call $sizes (i32.const 0) (i32.const 4)))\n"
                        + "  (call $exit (i32.ne (i32.load (i32.const 0)) (i32.const 2))))");
        write("gc.wat", "(type $t (struct (field i32))) (func (export \"f\") (drop (struct.new_default $t)))");
        write("invalid.wat", "(func (result i32))");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 4000; i++) {
            many.append("(func (export \"f")
                    .append(i)
                    .append("\") (param i32) (result i32) (local i32)\n")
                    .append("  (loop (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (local.get 0)))\n")
                    .append("    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))\n");
        }
        write("many.wat", many.toString());
    }

    private static String sizes(String function, int at) {
        return WASI + "\"" + function + "\" (func $sizes (param i32 i32) (result i32)))\n" + EXIT
                + "(memory (export \"memory\") 1) (func (export \"_start\")\n"
                + "  (drop (call $sizes (i32.const 0) (i32.const 4)))\n"
                + "  (call $exit (i32.load (i32.const " + at + "))))";
    }

    private static void write(String name, String text) throws IOException {
        Files.writeString(dir.resolve(name), text);
    }

    private static Outcome kiln(String line) {
        return Cli.kiln(dir, line);
    }

    private static int status(String line) {
        Outcome o = kiln(line);
        assertEquals("", o.err());
        return o.status();
    }

    @Test
    void runMayBeLeftOut() {
        assertEquals(1, status("@arguments.wat"));
        assertEquals(3, status("@arguments.wat --one --two"));
        assertEquals(new Outcome(0, "5\n", ""), kiln("--no-cache --invoke add @adder.wat 2 3"));
        assertEquals(0, status("compile @arguments.wat -o @plain"));
        assertEquals(2, status("@plain x"), "a compiled file by any name");
    }

    @Test
    void foldersCanBeReadOnly() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("folder"));
        int notCapable = 76;
        int readOnly = status("run --dir @folder::.:ro @creates.wat");
        assertTrue(readOnly == notCapable || readOnly == 69, "errno " + readOnly);
        assertEquals(readOnly, status("run --dir @folder:ro @creates.wat"));
        assertFalse(Files.exists(folder.resolve("made")));
        assertEquals(0, status("run --dir @folder::.:rw @creates.wat"));
        assertTrue(Files.exists(folder.resolve("made")));
        // A name that ends like that needs the other suffix behind.
        Path odd = Files.createDirectory(dir.resolve("odd:ro"));
        assertEquals(0, status("run --dir @odd:ro:rw @creates.wat"));
        assertTrue(Files.exists(odd.resolve("made")));
    }

    @Test
    void variablesAreInherited() {
        assertEquals(0, status("run @variables.wat"));
        assertEquals(1, status("run --env PATH @variables.wat"));
        assertEquals(2, status("run --env PATH --env X=1 @variables.wat"));
        int all = status("run --inherit-env @variables.wat");
        assertTrue(all >= System.getenv().size() && all > 1, all + " variables");
        assertEquals(all, status("run --inherit-env --env PATH=other @variables.wat"));
        assertEquals(all + 1, status("run --inherit-env --env KILN_TEST_NEW=1 @variables.wat"));
    }

    @Test
    void programsCanBeRenamed() {
        assertEquals("argumentbytes.wat".length() + 1, status("run @argumentbytes.wat"));
        assertEquals(4, status("run --argv0 abc @argumentbytes.wat"));
    }

    @Test
    void memoryIsLimited() {
        assertEquals("1\n", kiln("run --invoke grow @grows.wat").out());
        assertEquals(
                "1\n", kiln("run --max-memory 256K --invoke grow @grows.wat").out());
        assertEquals(
                "-1\n", kiln("run --max-memory 192K --invoke grow @grows.wat").out());
    }

    @Test
    void modulesAreLoadedBefore() {
        assertEquals(7, status("run --preload lib=" + dir + "/seven.wat @uses.wat"));
        assertEquals(0, status("compile @seven.wat"));
        assertEquals(7, status("run --no-cache --preload lib=" + dir + "/seven.cwasm @uses.wat"));
        Outcome needs = kiln("run --preload lib=" + dir + "/uses.wat @uses.wat");
        assertTrue(needs.err().contains("uses.wat: ") && needs.err().contains("lib.number"), needs.err());
        Outcome slow = kiln("run --timeout 10s --preload lib=" + dir + "/seven.cwasm @uses.wat");
        assertTrue(slow.err().contains("seven.cwasm: --timeout cannot stop it"), slow.err());
    }

    @Test
    void whatStandsBehindAProgramIsForTheProgram() {
        assertEquals(0, kiln("bench --json --iterations 1 @two.wat --json").status());
        Outcome o = kiln("bench --json --iterations 1 @two.wat");
        assertTrue(o.err().contains("ended with status 1"), o.err());
        assertEquals(0, kiln("bench --json --iterations 1 @two.wat -- x").status());
    }

    @Test
    void webAssemblyIsLookedInto() {
        String info = kiln("info @adder.wat").out();
        assertTrue(info.contains("export     add: func [i32, i32] -> [i32]\n"), info);
        assertTrue(info.contains("bytes when compiled\n"), info);
        String aarch64 = kiln("info --target aarch64-linux @adder.wat").out();
        assertTrue(aarch64.contains("target       aarch64-linux\n"), aarch64);
        assertTrue(kiln("objdump --section index @adder.wat").out().contains(" add\n"));
        assertEquals(new Outcome(0, "", ""), kiln("validate @adder.wat @gc.wat"));
        assertEquals(0, kiln("compile @adder.wat -o @adder.cwasm").status());
        assertEquals(new Outcome(0, "", ""), kiln("validate @adder.cwasm"));
        Outcome invalid = kiln("validate @invalid.wat @adder.wat");
        assertEquals(2, invalid.status());
        assertTrue(
                invalid.err().contains("type mismatch") && invalid.err().contains("in function 0 at 0x"),
                invalid.err());
        assertEquals(2, kiln("validate --features 2.0 @gc.wat").status());
    }

    // In processes of their own

    @Test
    void compiledFilesGoToStandardOutput() throws Exception {
        assertEquals(
                "",
                Shell.run(
                        dir,
                        "kiln compile adder.wat -o piped.cwasm && kiln compile adder.wat -o - | cmp - piped.cwasm",
                        2));
    }

    @Test
    void theCacheIsShownAndCleaned() throws Exception {
        String out = Shell.run(
                dir,
                "export KILN_CACHE=\"$PWD/kept\"\nkiln cache\nkiln adder.wat\n"
                        + "kiln --invoke add adder.wat 1 2\ntouch kept/other\nkiln cache --path\n"
                        + "kiln cache --clean --older-than 1h\nkiln cache --clean | cut -d, -f1\nls kept\n"
                        + "KILN_CACHE=off kiln cache",
                4);
        assertEquals(
                "folder   " + dir + "/kept\nkept     0 programs, 0 bytes\n"
                        + "kiln: adder.wat: the module exports neither _start nor _initialize; --invoke calls one of"
                        + " its functions (add)\n3\n" + dir
                        + "/kept\nremoved 0 programs, 0 bytes\nremoved 1 program\nother\n"
                        + "kiln: there is no cache: KILN_CACHE is off, or neither XDG_CACHE_HOME nor HOME is a folder\n"
                        + "status 2\n",
                out);
    }

    @Test
    void shellsComplete() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "there is no bash");
        String complete = "kiln completion > complete\n"
                + "cat > ask <<'EOF'\n. ./complete\n"
                + "COMP_WORDS=(kiln comp) COMP_CWORD=1; _complete_kiln; echo \"${COMPREPLY[@]}\"\n"
                + "COMP_WORDS=(kiln compile --inter) COMP_CWORD=2; _complete_kiln; echo \"${COMPREPLY[@]}\"\n"
                + "COMP_WORDS=(kiln run add) COMP_CWORD=2; _complete_kiln; echo \"${COMPREPLY[@]}\"\nEOF\n"
                + "bash --norc ask 2>/dev/null"; // compopt works in completions only
        String out = Shell.run(dir, complete, 2);
        assertEquals("compile completion", out.lines().findFirst().orElse(""), out);
        assertEquals("--interruptible", out.lines().skip(1).findFirst().orElse(""), out);
        assertTrue(out.lines().skip(2).findFirst().orElse("").contains("adder.wat"), out);
    }

    @Test
    void longCompilationsShowProgressOnTerminalsOnly() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script (of util-linux) makes terminals; not here");
        assumeTrue(
                !Corpus.EMULATED || !Corpus.SAMPLED, "an emulated JVM compiles for long: only with -Dkiln.whole=true");
        String out = Shell.run(
                dir,
                "kiln compile many.wat -o /dev/null 2>&1\necho silent\n"
                        + "sed -n '1,2p' \"$0\" > progress; echo 'kiln compile many.wat -o /dev/null' >> progress\n"
                        + "TERM=xterm script -qec 'sh ./progress' /dev/null",
                3);
        assertTrue(out.startsWith("silent\n"), out);
        assertTrue(out.contains("\rcompiling many.wat: ") && out.contains(" of 4000 functions"), out);
        assertTrue(out.endsWith("\r\033[K"), "the line is not removed: " + out);
    }
}
