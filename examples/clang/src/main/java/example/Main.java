package example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.wasi.Wasi;

/** Builds a C program by clang and lld, which are WebAssembly themselves, and runs it: all inside this JVM. */
public final class Main {
    private Main() {}

    /** @param args the package's {@code llvm.core.wasm}, and a folder with {@code usr} and a C program */
    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[1]);
        try (Engine engine = Engine.builder().cache(root.resolve("cache")).build();
                CompiledModule llvm = CompiledModule.load(engine, Path.of(args[0]))) {
            run(llvm, root, "clang", "-O2", "-c", "hello.c", "-o", "hello.o");
            String lib = "/usr/lib/wasm32-wasip1";
            String builtins = "/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a";
            run(llvm, root, "wasm-ld", lib + "/crt1-command.o", "hello.o", "-L" + lib, "-lc", builtins, "-o", "a.wasm");
            try (CompiledModule program = CompiledModule.load(engine, root.resolve("a.wasm"))) {
                run(program, root, "hello", "from", "inside");
            }
        }
    }

    private static void run(CompiledModule module, Path root, String... args) throws IOException {
        try (Store store = new Store(module.engine());
                Wasi wasi = Wasi.builder().args(args).inheritStdio().preopen(root, "/").build()) {
            Linker linker = new Linker(module.engine());
            wasi.addTo(linker);
            int status = wasi.run(linker.instantiate(store, module));
            if (status != 0) {
                throw new IOException(args[0] + " ended with " + status);
            }
        }
    }
}
