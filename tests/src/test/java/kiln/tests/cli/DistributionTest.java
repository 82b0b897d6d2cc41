package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The zip file that is handed to users: unpacked anywhere, it runs with nothing but a JDK. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "the scripts are the same there")
class DistributionTest {
    @TempDir
    Path dir;

    private String run(Map<String, String> environment, String... command) throws Exception {
        Path out = Files.createTempFile(dir, "said", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("XDG_CACHE_HOME", dir.resolve("cache").toString());
        builder.environment().put("KILN_SERVER", "off");
        builder.environment().putAll(environment);
        Process p = builder.start();
        try {
            assertTrue(p.waitFor(5, TimeUnit.MINUTES), () -> "does not end: " + Arrays.toString(command));
        } finally {
            p.destroyForcibly().waitFor();
        }
        String said = Files.readString(out);
        assertEquals(0, p.exitValue(), said);
        return said;
    }

    /** As a tool for zip files does that knows permissions. */
    private void unpack(Path zip) throws IOException {
        try (FileSystem system = FileSystems.newFileSystem(zip, Map.of("enablePosixFileAttributes", "true"));
                Stream<Path> all = Files.walk(system.getPath("/"))) {
            for (Path p : all.toList()) {
                Path to = dir.resolve(p.toString().substring(1));
                if (Files.isDirectory(p)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(p, to, StandardCopyOption.REPLACE_EXISTING);
                    Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(p));
                }
            }
        }
    }

    @Test
    void runsWhereverItIsUnpacked() throws Exception {
        Path root = Corpus.root();
        assumeTrue(
                Files.exists(root.resolve("cli/target/dist/kiln.jar")),
                "there is no kiln.jar: mvn package, or ./kiln, makes it");
        Path zip = dir.resolve("kiln.zip");
        String pack = root.resolve("tools/dist.sh").toString();
        run(Map.of(), pack, zip.toString());
        byte[] first = Files.readAllBytes(zip);
        run(Map.of(), pack, zip.toString());
        assertArrayEquals(first, Files.readAllBytes(zip), "not the same bytes");
        unpack(zip);
        Path home;
        try (Stream<Path> files = Files.list(dir)) {
            home = files.filter(f -> f.getFileName().toString().startsWith("kiln-"))
                    .findFirst()
                    .orElseThrow();
        }
        for (String needed : List.of("LICENSE", "README.md", "docs/command-line.md", "lib/kiln.jar", "licenses")) {
            assertTrue(Files.exists(home.resolve(needed)), needed + " is missing");
        }
        // By a link, as from a folder of the PATH's.
        Path link = Files.createSymbolicLink(dir.resolve("link"), home.resolve("bin/kiln"));
        String hello = home.resolve("lib/examples/hello.wasm").toString();
        String started = run(Map.of(), link.toString(), "run", hello);
        assertTrue(started.startsWith("preparing kiln for ") && started.endsWith("Hello from WebAssembly.\n"), started);
        assertTrue(Files.size(home.resolve("lib/start/run.aot")) > 1_000_000, "no start-up cache");
        assertEquals("Hello from WebAssembly.\n", run(Map.of(), link.toString(), "run", hello));
        asksTheServer(home, hello);
    }

    /**
     * What a server compiles, for which the command starts no JVM (there is no room for one), and what is compiled
     * again since no server may be asked, is the same.
     */
    private void asksTheServer(Path home, String wasm) throws Exception {
        String kiln = home.resolve("bin/kiln").toString();
        Path alone = dir.resolve("alone.cwasm");
        assertEquals("", run(Map.of(), kiln, "compile", wasm, "-o", alone.toString()));
        Path folder = dir.resolve("cache/kiln/server");
        Map<String, String> withServer = Map.of("KILN_SERVER", "", "LC_ALL", "C");
        Path asked = dir.resolve("asked.cwasm");
        for (int i = 0; i < 2; i++) {
            assertEquals("", run(withServer, kiln, "compile", wasm, "-o", asked.toString()));
        }
        Path socket = folder.resolve(
                Files.readString(home.resolve("lib/start/kiln.id")).split(" ", 2)[0]);
        for (int i = 0; i < 600 && Files.notExists(socket); i++) {
            Thread.sleep(100);
        }
        assertTrue(Files.exists(socket), "no server was started");
        try {
            assertSame(
                    alone,
                    asked,
                    withServer,
                    "sh",
                    "-c",
                    "ulimit -v 300000; exec \"$0\" \"$@\"",
                    kiln,
                    "compile",
                    wasm);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x---"));
            assertSame(alone, asked, withServer, kiln, "compile", wasm);
        } finally {
            Files.deleteIfExists(socket); // which ends it
        }
    }

    /** A command, without the option for its output. */
    private void assertSame(Path expected, Path output, Map<String, String> environment, String... command)
            throws Exception {
        Files.delete(output);
        String[] whole = Arrays.copyOf(command, command.length + 2);
        whole[command.length] = "-o";
        whole[command.length + 1] = output.toString();
        assertEquals("", run(environment, whole));
        assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(output));
    }
}
