package kiln.tests.modules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import kiln.tests.ChildJvm;
import kiln.wat.Wat;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** An application of named modules uses Kiln as such: it gets what is exported, and only the loader native access. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "class files are the same there")
class ModulePathTest {
    private static final String MODULE = """
            module app {
                requires kiln.compiler;
                requires kiln.wasi;
            }
            """;

    /** Typed and raw host functions, a handle, memory as a segment, WebAssembly that is compiled on loading. */
    private static final String PROGRAM = """
            package app;

            import java.nio.file.Path;
            import java.util.function.IntBinaryOperator;
            import kiln.artifact.api.TrapCode;
            import kiln.runtime.*;
            import kiln.wasi.Wasi;

            public final class Main {
                public static void main(String[] args) throws Throwable {
                    try (Engine engine = new Engine();
                            CompiledModule module = CompiledModule.load(engine, Path.of(args[0]));
                            Store store = new Store(engine);
                            Wasi wasi = Wasi.builder().build()) {
                        Linker linker = new Linker(engine)
                                .func("env", "add", IntBinaryOperator.class, (a, b) -> a + b)
                                .func("env", "raw", new FuncType(java.util.List.of(), java.util.List.of(ValType.I32)),
                                        (caller, in, out) -> out[0] = 40);
                        wasi.addTo(linker);
                        Instance instance = linker.instantiate(store, module);
                        System.out.println((int) instance.func("sum").handle().invokeExact(2));
                        System.out.println(instance.memory().segment().byteSize());
                        try {
                            instance.func("trap").call();
                        } catch (TrapException e) {
                            System.out.println(e.code() == TrapCode.UNREACHABLE);
                        }
                    }
                }
            }
            """;

    private static final String GUEST = """
            (import "env" "add" (func $add (param i32 i32) (result i32)))
            (import "env" "raw" (func $raw (result i32)))
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
            (memory 2)
            (func (export "sum") (param i32) (result i32) (call $add (local.get 0) (call $raw)))
            (func (export "trap") unreachable)
            """;

    @TempDir
    Path dir;

    @BeforeEach
    void compile() throws IOException {
        Files.writeString(dir.resolve("module-info.java"), MODULE);
        Files.writeString(dir.resolve("Main.java"), PROGRAM);
        Files.write(dir.resolve("guest.wasm"), Wat.encode("guest.wat", GUEST.getBytes(StandardCharsets.UTF_8)));
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        Assumptions.assumeTrue(javac != null, "this JVM comes without a compiler");
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = javac.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-d", dir.resolve("app").toString(), "--module-path", Modules.path(), "-Xlint:all", "-Werror");
            var sources = files.getJavaFileObjects(dir.resolve("module-info.java"), dir.resolve("Main.java"));
            boolean good =
                    javac.getTask(messages, files, null, options, null, sources).call();
            assertTrue(good, messages::toString);
        }
    }

    @Test
    void onlyTheLoaderNeedsNativeAccess() throws Exception {
        assertEquals("42\n131072\ntrue\n", run(true, "--enable-native-access=kiln.loader"));
    }

    @Test
    void refusedNativeAccessSaysWhatToDo() throws Exception {
        String said = run(true);
        assertTrue(
                said.contains("UnsupportedOperationException: this JVM does not let Kiln call native code")
                        && said.contains("start it with --enable-native-access=kiln.loader"),
                said);
        said = run(false);
        assertTrue(said.contains("start it with --enable-native-access=ALL-UNNAMED"), said);
    }

    /** What the program prints, where native access that was not allowed is refused. */
    private String run(boolean onModulePath, String... options) throws Exception {
        List<String> command = new ArrayList<>(ChildJvm.command(List.of(), "app.Main", List.of()));
        command.removeIf(o -> o.startsWith("--enable-native-access"));
        int classPath = command.indexOf("-cp");
        String path = dir.resolve("app") + ":" + (onModulePath ? Modules.path() : command.get(classPath + 1));
        command.subList(classPath, command.size()).clear();
        command.add("--illegal-native-access=deny");
        command.addAll(List.of(options));
        command.addAll(
                onModulePath
                        ? List.of("--module-path", path, "--module", "app/app.Main")
                        : List.of("-cp", path, "app.Main"));
        command.add(dir.resolve("guest.wasm").toString());
        Path said = dir.resolve("said");
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertTrue(ChildJvm.ends(p, 2));
        return Files.readString(said);
    }
}
