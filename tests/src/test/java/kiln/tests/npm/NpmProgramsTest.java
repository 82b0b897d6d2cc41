package kiln.tests.npm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Large programs that npm has, compiled and used: minutes and a few gigabytes, so on request only, by
 * {@code -Dkiln.npm=true}. {@code -Dkiln.npm.folder=DIR} keeps what was fetched for the next time.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class NpmProgramsTest {
    @TempDir
    Path dir;

    @BeforeEach
    void onRequest() {
        Npm.assumeWanted();
    }

    private Path fetch(String name, String version) throws IOException, InterruptedException {
        return Npm.fetch(dir, name, version);
    }

    // pandoc: 58 MB of Haskell with SIMD and legacy exceptions.

    /** An instance that is used through its exports, as the package's own JavaScript does. */
    private record Pandoc(Instance instance, Memory memory) {
        int allocate(int bytes) {
            return (int) instance.func("malloc").call(bytes);
        }

        int text(String text) {
            byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
            int at = allocate(bytes.length);
            memory.writeBytes(at, bytes);
            return at;
        }

        void start(List<String> args) {
            instance.func("__wasm_call_ctors").call();
            int count = allocate(4);
            memory.writeInt(count, args.size());
            int values = allocate(4 * (args.size() + 1));
            for (int i = 0; i < args.size(); i++) {
                memory.writeInt(values + 4L * i, text(args.get(i)));
            }
            memory.writeInt(values + 4L * args.size(), 0);
            int pointer = allocate(4);
            memory.writeInt(pointer, values);
            instance.func("hs_init_with_rtsopts").call(count, pointer);
        }

        void convert(String options) {
            byte[] bytes = options.getBytes(StandardCharsets.UTF_8);
            int at = allocate(bytes.length);
            memory.writeBytes(at, bytes);
            instance.func("convert").call(at, bytes.length);
        }
    }

    @Test
    void pandocConvertsMarkdown() throws Exception {
        Path wasm = fetch("pandoc-wasm", "1.1.0").resolve("src/pandoc.wasm");
        Path root = Files.createDirectory(dir.resolve("root"));
        for (String file : List.of("stdout", "stderr", "warnings")) {
            Files.createFile(root.resolve(file));
        }
        String text = """
                # Title

                Some *emphasis*, `code` and a [link](https://example.org/).

                | a | b |
                |---|---|
                | 1 | 2 |

                - one
                - two

                $x^2$ ~~gone~~ "quoted" --- dash
                """;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, Files.readAllBytes(wasm));
                Store store = new Store(engine);
                Wasi wasi = Wasi.builder()
                        .args("pandoc.wasm", "+RTS", "-H64m", "-RTS")
                        .stdin(new ByteArrayInputStream(new byte[0]))
                        .stderr(err)
                        .preopen(root, "/")
                        .build()) {
            Linker linker = new Linker(engine);
            wasi.addTo(linker);
            Instance instance = linker.instantiate(store, module);
            Pandoc pandoc = new Pandoc(instance, instance.memory("memory"));
            pandoc.start(List.of("pandoc.wasm", "+RTS", "-H64m", "-RTS"));
            for (int round = 0; round < 2; round++) {
                Files.writeString(root.resolve("stdin"), text);
                Files.writeString(root.resolve("stdout"), "");
                pandoc.convert("{\"from\": \"markdown\", \"to\": \"html\"}");
                String html = Files.readString(root.resolve("stdout"));
                String all = html + Files.readString(root.resolve("stderr")) + err;
                for (String part : List.of(
                        "<h1 id=\"title\">Title</h1>",
                        "<em>emphasis</em>",
                        "<code>code</code>",
                        "href=\"https://example.org/\">link</a>",
                        "<td",
                        "<li>one</li>",
                        "<del>gone</del>",
                        "“quoted” — dash")) {
                    assertTrue(html.contains(part), () -> part + " is missing in\n" + all);
                }
            }
            // An exception of Haskell, which the C code of its runtime system raises as one of WebAssembly.
            pandoc.convert("{\"from\": \"nonsense\", \"to\": \"html\"}");
            assertTrue(Files.readString(root.resolve("stderr")).contains("nonsense"));
        }
    }

    // clang: 75 MB, clang and lld in one, which each go by their first argument.

    private static int run(CompiledModule module, Path root, ByteArrayOutputStream out, List<String> args)
            throws IOException {
        try (Store store = new Store(module.engine());
                Wasi wasi = Wasi.builder()
                        .args(args)
                        .stdout(out)
                        .stderr(out)
                        .preopen(root, "/")
                        .build()) {
            Linker linker = new Linker(module.engine());
            wasi.addTo(linker);
            return wasi.run(linker.instantiate(store, module));
        }
    }

    private static void succeeds(CompiledModule module, Path root, String... args) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int status = run(module, root, out, List.of(args));
        assertEquals(0, status, () -> List.of(args) + ": " + out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void clangBuildsProgramsThatRun() throws Exception {
        Path files = fetch("@yowasp/clang", "22.0.0-git20542-10").resolve("gen");
        Path root = Files.createDirectory(dir.resolve("root"));
        Path usr = Files.createDirectory(root.resolve("usr"));
        Process tar = new ProcessBuilder(
                        "tar", "xf", files.resolve("llvm-resources.tar").toString(), "-C", usr.toString())
                .inheritIO()
                .start();
        assertEquals(0, tar.waitFor());
        Files.writeString(root.resolve("t.c"), """
                #include <stdio.h>
                #include <stdlib.h>
                #include <string.h>

                static int compare(const void *a, const void *b) {
                    return strcmp(*(char *const *) a, *(char *const *) b);
                }

                int main(int argc, char **argv) {
                    long sum = 0;
                    for (int i = 0; i < 1000; i++) sum += (long) i * i;
                    qsort(argv + 1, argc - 1, sizeof *argv, compare);
                    printf("%ld %.3f", sum, 1.0 / 3);
                    for (int i = 1; i < argc; i++) printf(" %s", argv[i]);
                    puts("");
                    return 3;
                }
                """);
        try (Engine engine = new Engine();
                CompiledModule clang =
                        CompiledModule.load(engine, Files.readAllBytes(files.resolve("llvm.core.wasm")))) {
            List<String> outputs = new ArrayList<>();
            for (String level : List.of("-O0", "-O2")) {
                succeeds(clang, root, "clang", level, "-c", "t.c", "-o", "t.o");
                succeeds(
                        clang,
                        root,
                        "wasm-ld",
                        "-m",
                        "wasm32",
                        "-L/usr/lib/wasm32-wasip1",
                        "/usr/lib/wasm32-wasip1/crt1-command.o",
                        "t.o",
                        "-lc",
                        "/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a",
                        "-o",
                        "t.wasm");
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                try (CompiledModule built = CompiledModule.load(engine, Files.readAllBytes(root.resolve("t.wasm")))) {
                    assertEquals(3, run(built, root, out, List.of("t", "pear", "apple", "fig")));
                }
                outputs.add(out.toString(StandardCharsets.UTF_8));
            }
            assertEquals(List.of("332833500 0.333 apple fig pear\n", "332833500 0.333 apple fig pear\n"), outputs);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Files.writeString(root.resolve("wrong.c"), "int main() { return x; }");
            assertEquals(1, run(clang, root, out, List.of("clang", "-c", "wrong.c", "-o", "wrong.o")));
            assertTrue(out.toString(StandardCharsets.UTF_8).contains("undeclared identifier 'x'"), out::toString);
        }
    }
}
