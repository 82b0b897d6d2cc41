package kiln.wasm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** Real and generated programs are valid, and validation keeps its speed. */
class ProgramsTest {
    private static final int COMPONENT_LAYER = 1;

    @Test
    void everyCoreModuleIsValid() throws IOException {
        List<String> wrong = new ArrayList<>();
        int modules = 0;
        int components = 0;
        for (String folder : List.of("programs", "misc/wazero-regressions", "wasi")) {
            for (Path file : wasmFiles(Corpus.require(folder))) {
                byte[] bytes = Files.readAllBytes(file);
                if (bytes[6] == COMPONENT_LAYER) {
                    components++;
                } else {
                    modules++;
                    note(bytes, file.toString(), wrong);
                }
            }
        }
        System.out.println(
                modules + " programs, " + wrong.size() + " of them rejected; " + components + " components left out");
        assertEquals(List.of(), wrong);
        assertTrue(modules > 100, "only " + modules);
    }

    @Test
    void everyGeneratedModuleIsValid() throws IOException {
        List<String> wrong = new ArrayList<>();
        int modules = 0;
        for (String name : List.of("smith2", "smith3")) {
            Path zip = Corpus.require("misc/smith/" + name + ".zip");
            try (ZipFile file = new ZipFile(zip.toFile())) {
                for (ZipEntry entry :
                        file.stream().filter(e -> e.getName().endsWith(".wasm")).toList()) {
                    modules++;
                    Features features = name.equals("smith2") ? Features.WASM2 : Features.WASM3;
                    byte[] bytes = file.getInputStream(entry).readAllBytes();
                    WasmException e = SpecScripts.problem(bytes, entry.getName(), features);
                    if (e != null) {
                        wrong.add(name + ' ' + e.getMessage());
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertEquals(200, modules);
    }

    private static void note(byte[] bytes, String name, List<String> wrong) {
        WasmException e = SpecScripts.problem(bytes, name, Features.ALL);
        if (e != null) {
            wrong.add(e.getMessage());
        }
    }

    private static List<Path> wasmFiles(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".wasm")).sorted().toList();
        }
    }

    /** Prints the speed. The bound is far below what is usual, to catch a change of order, not of degree. */
    @Test
    void aLargeModuleValidatesFast() throws IOException {
        byte[] bytes = Files.readAllBytes(Corpus.require("programs/big/starlingmonkey-core.wasm"));
        WasmModule module = ModuleDecoder.decode(bytes, "starlingmonkey-core.wasm", Features.ALL);
        long bodyBytes = 0;
        for (int f = module.importedFuncCount(); f < module.funcCount(); f++) {
            bodyBytes += module.bodyLength(f);
        }
        double best = 0;
        for (int round = 0; round < 6; round++) {
            long start = System.nanoTime();
            Validator.validate(module);
            best = Math.max(best, bodyBytes * 1e3 / (System.nanoTime() - start));
        }
        System.out.printf("validated %d bytes of function bodies at %.1f MB/s%n", bodyBytes, best);
        assertTrue(best > 5, "only " + best + " MB/s");
    }
}
