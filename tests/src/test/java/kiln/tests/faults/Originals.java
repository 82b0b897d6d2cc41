package kiln.tests.faults;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import kiln.wasm.WasmException;

/**
 * Modules to mutate: the public suites' and small programs where they are, the project's own tests' in any case. Always
 * in the same order.
 */
final class Originals {
    private static final int MAX_BYTES = 60_000;
    private static final List<String> ZIPS = List.of(
            "spec/json/core.zip",
            "spec/json/multi-memory.zip",
            "spec/json/bulk-memory.zip",
            "spec/json/gc.zip",
            "spec/json/exceptions.zip",
            "spec/json/memory64.zip",
            "spec/json/simd.zip",
            "misc/wasmtime/json/root.zip",
            "misc/wasmtime/json/function-references.zip",
            "misc/wasmtime/json/multi-memory.zip",
            "misc/smith/smith2.zip",
            "misc/smith/smith3.zip");

    private Originals() {}

    static List<byte[]> read(Path corpus, Path project) throws IOException {
        List<byte[]> all = new ArrayList<>();
        folder(project.resolve("tests/src/test/resources"), all);
        folder(project.resolve("translate/src/test/resources"), all);
        if (Files.isDirectory(corpus)) {
            for (String zip : ZIPS) {
                zip(corpus.resolve(zip), all);
            }
            folder(corpus.resolve("misc/wazero-regressions"), all);
            folder(corpus.resolve("programs/own"), all);
            folder(corpus.resolve("programs/wasm3"), all);
            folder(corpus.resolve("programs/chicory"), all);
        }
        return all;
    }

    private static void folder(Path folder, List<byte[]> all) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path p : files.filter(f -> f.toString().endsWith(".wasm"))
                        .sorted()
                        .toList()) {
                    add(Files.readAllBytes(p), all);
                }
            }
        }
    }

    private static void zip(Path path, List<byte[]> all) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        boolean executed = path.toString().contains("core")
                || path.toString().contains("multi-memory")
                || path.toString().contains("root")
                || path.toString().contains("function-references")
                || path.toString().contains("smith2");
        try (ZipFile zip = new ZipFile(path.toFile())) {
            List<String> names = new ArrayList<>();
            zip.stream()
                    .map(ZipEntry::getName)
                    .filter(n -> n.endsWith(".wasm"))
                    .sorted()
                    .forEach(names::add);
            // Of what is refused anyway a few are enough.
            int step = executed ? 1 : Math.max(1, names.size() / 40);
            for (int i = 0; i < names.size(); i += step) {
                try (InputStream in = zip.getInputStream(zip.getEntry(names.get(i)))) {
                    add(in.readAllBytes(), all);
                }
            }
        }
    }

    private static void add(byte[] wasm, List<byte[]> all) {
        // Suites are full of invalid modules: a few are enough, because what becomes of one is nearly always invalid,
        // too.
        if (wasm.length > 12 && wasm.length <= MAX_BYTES && (isValid(wasm) || wasm.length % 16 == 0)) {
            all.add(wasm);
        }
    }

    private static boolean isValid(byte[] wasm) {
        try {
            Validator.validate(ModuleDecoder.decode(wasm, "original", Features.ALL));
            return true;
        } catch (WasmException e) {
            return false;
        }
    }
}
