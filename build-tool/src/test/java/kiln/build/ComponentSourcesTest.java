package kiln.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import kiln.build.support.BuildFailure;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Build tools write interfaces of Java for components. */
class ComponentSourcesTest {
    /** Imports {@code f: func(x: u32) -> u32}, and exports it as {@code g}. */
    private static final byte[] COMPONENT = HexFormat.of()
            .parseHex(
                    "0061736d0d000100" + "0708014001017879" + "0079" + "0a06010001660100" + "0b070100016701" + "0000");

    @TempDir
    Path dir;

    @BeforeEach
    void files() throws IOException {
        Files.write(dir.resolve("app.wasm"), COMPONENT);
        Files.write(dir.resolve("lib.wasm"), HexFormat.of().parseHex("0061736d01000000"));
    }

    @Test
    void interfacesAreWritten() throws IOException {
        Properties request = new Properties();
        request.setProperty("wasm", dir.resolve("app.wasm").toString());
        request.setProperty("name", "app");
        request.setProperty("sources", dir.resolve("sources").toString());
        request.setProperty("packageName", "com.example.app");
        Path file = dir.resolve("request");
        try (var out = Files.newBufferedWriter(file)) {
            request.store(out, null);
        }
        BuildMain.main(new String[] {file.toString()});
        Path folder = dir.resolve("sources/com/example/app");
        assertTrue(Files.readString(folder.resolve("Imports.java")).contains("@Unsigned int f(@Unsigned int x);"));
        assertTrue(Files.readString(folder.resolve("Exports.java")).contains("@Unsigned int g(@Unsigned int x);"));
    }

    private ModuleSpec spec(String file, String className, String packageName) {
        ModuleSpec m = new ModuleSpec();
        m.setWasm(dir.resolve(file + ".wasm").toFile());
        m.setClassName(className);
        m.setPackageName(packageName);
        return m;
    }

    private String failure(ModuleSpec... modules) throws IOException {
        Workshop w = new Workshop(() -> dir, List.of(), dir.resolve("state"), _ -> {});
        return assertThrows(BuildFailure.class, () -> w.generate(List.of(modules), dir.resolve("sources")))
                .getMessage();
    }

    /** The folder of a package that is written is removed as a whole when it is written anew. */
    @Test
    void nothingElseIsWrittenThere() throws IOException {
        String alone = "would lie in package com.example, which is that of \"app\" alone";
        ModuleSpec app = spec("app", null, "com.example");
        assertEquals("what is written for \"lib\" " + alone, failure(app, spec("lib", "com.example.inner.Lib", null)));
        assertEquals("what is written for \"lib\" " + alone, failure(app, spec("lib", null, "com")));
        assertEquals(
                "\"app\" has either a class, of a module, or a package, of a component",
                failure(spec("app", "com.example.App", "com.example")));
        assertTrue(failure(spec("app", null, " ")).startsWith("\"app\" has either"));
    }
}
