package kiln.tests.kotlin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Kotlin's compiler to WebAssembly, from Maven Central. Its files (70 MB) are kept in the module's build folder, or
 * taken from the user's Maven repository if they are there.
 */
final class KotlinCompiler {
    private static final URI CENTRAL = URI.create("https://repo1.maven.org/maven2/");

    /** Where files are kept that were fetched. */
    private static final Path KEPT = Path.of("target", "kotlin").toAbsolutePath();

    private static final String KOTLIN = "org/jetbrains/kotlin/";

    /** A file of Maven Central's and the hash that it had when the tests were written. */
    private record Artifact(String path, String sha256) {}

    private static final Artifact LIBRARY = new Artifact(
            KOTLIN + "kotlin-stdlib-wasm-wasi/2.3.0/kotlin-stdlib-wasm-wasi-2.3.0.klib",
            "de0582ccbf35c21e802a06c1b30eda169a220a41730eff5e53fd36157cad294e");

    /** The compiler and what it needs at run time. */
    private static final List<Artifact> COMPILER = List.of(
            new Artifact(
                    KOTLIN + "kotlin-compiler-embeddable/2.3.0/kotlin-compiler-embeddable-2.3.0.jar",
                    "8dbd882fa58c3d17e683a27390288315f8b490f8e3e3b1be4dc3e280d37e285a"),
            new Artifact(
                    KOTLIN + "kotlin-stdlib/2.3.0/kotlin-stdlib-2.3.0.jar",
                    "887587c91713250ad52fe14ad9166d042c33835049890e9437f355ffc5a195b1"),
            new Artifact(
                    KOTLIN + "kotlin-script-runtime/2.3.0/kotlin-script-runtime-2.3.0.jar",
                    "db826961371d6605318d9c4e4bfcdbfac94c3a0892cdcabd55224870fead57f1"),
            new Artifact(
                    KOTLIN + "kotlin-reflect/1.6.10/kotlin-reflect-1.6.10.jar",
                    "3277ac102ae17aad10a55abec75ff5696c8d109790396434b496e75087854203"),
            new Artifact(
                    KOTLIN + "kotlin-daemon-embeddable/2.3.0/kotlin-daemon-embeddable-2.3.0.jar",
                    "39bcb02d8c293aa678554c8b49d7ff84657021709283c6186e3a40806af9bd10"),
            new Artifact(
                    "org/jetbrains/kotlinx/kotlinx-coroutines-core-jvm/1.8.0/kotlinx-coroutines-core-jvm-1.8.0.jar",
                    "9860906a1937490bf5f3b06d2f0e10ef451e65b95b269f22daf68a3d1f5065c5"),
            new Artifact(
                    "org/jetbrains/annotations/13.0/annotations-13.0.jar",
                    "ace2a10dc8e2d5fd34925ecac03e4988b2c0f851650c94b8cef49ba1bd111478"));

    private final Path klib;
    private final String classPath;

    private KotlinCompiler(Path klib, String classPath) {
        this.klib = klib;
        this.classPath = classPath;
    }

    /** The compiler, or a skipped test. */
    static KotlinCompiler require() throws IOException, InterruptedException {
        List<String> jars = new ArrayList<>();
        for (Artifact artifact : COMPILER) {
            jars.add(file(artifact).toString());
        }
        return new KotlinCompiler(file(LIBRARY), String.join(File.pathSeparator, jars));
    }

    private static Path file(Artifact artifact) throws IOException, InterruptedException {
        Path users = Path.of(System.getProperty("user.home"), ".m2/repository").resolve(artifact.path);
        Path kept = KEPT.resolve(Path.of(artifact.path).getFileName());
        for (Path place : List.of(users, kept)) {
            if (Files.exists(place) && hash(place).equals(artifact.sha256)) {
                return place;
            }
        }
        Files.createDirectories(KEPT);
        Path fetched = Files.createTempFile(KEPT, "fetched", null);
        try {
            fetch(artifact.path, fetched);
            assertEquals(artifact.sha256, hash(fetched), artifact.path);
            return Files.move(fetched, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fetched);
        }
    }

    private static void fetch(String path, Path to) throws InterruptedException {
        URI uri = CENTRAL.resolve(path);
        int status = 0;
        try (HttpClient client = HttpClient.newBuilder()
                .proxy(ProxySelector.getDefault())
                .connectTimeout(Duration.ofSeconds(20))
                .build()) {
            HttpRequest request =
                    HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(5)).build();
            status = client.send(request, HttpResponse.BodyHandlers.ofFile(to)).statusCode();
        } catch (IOException e) {
            abort("Maven Central does not answer: " + uri + ": " + e);
        }
        if (status != 200) {
            abort("Maven Central does not answer: " + uri + ": status " + status);
        }
    }

    private static String hash(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * What becomes of {@code NAME.kt} in {@code folder}. Paths are relative to the folder, so that the bytes do not
     * depend on where it is.
     */
    byte[] build(Path folder, String name) throws IOException, InterruptedException {
        run(folder, name, klib.toString(), "-Xir-produce-klib-file", "-ir-output-dir", ".", name + ".kt");
        String own = folder.resolve(name + ".klib").toString();
        String libraries = klib + File.pathSeparator + own;
        run(folder, name, libraries, "-Xir-produce-js", "-Xinclude=" + own, "-Xir-dce", "-ir-output-dir", "out");
        return Files.readAllBytes(folder.resolve("out").resolve(name + ".wasm"));
    }

    private void run(Path folder, String name, String libraries, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("kiln.native.java", System.getProperty("java.home") + "/bin/java"),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-cp",
                classPath,
                "org.jetbrains.kotlin.cli.js.K2JSCompiler",
                "-Xwasm",
                "-Xwasm-target=wasm-wasi",
                "-ir-output-name",
                name,
                "-libraries",
                libraries));
        command.addAll(List.of(arguments));
        Path said = folder.resolve("said");
        Process p = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        boolean ends = p.waitFor(5, TimeUnit.MINUTES);
        if (!ends) {
            p.destroyForcibly();
        }
        assertTrue(ends && p.waitFor() == 0, () -> {
            try {
                return "Kotlin's compiler: " + Files.readString(said);
            } catch (IOException e) {
                return e.toString();
            }
        });
    }
}
