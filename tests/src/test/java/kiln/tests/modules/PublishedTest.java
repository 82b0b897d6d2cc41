package kiln.tests.modules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;
import kiln.tests.Corpus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What users get from a repository: installs Kiln into one of its own and builds an application with that. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "jars are the same there")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishedTest {
    @TempDir
    static Path dir;

    private Path repository;
    private Path installed;

    @BeforeAll
    void install() throws Exception {
        Path users = Path.of(System.getProperty("user.home"), ".m2/repository");
        Assumptions.assumeTrue(Files.isDirectory(users), "no Maven repository of the user's");
        repository = Files.createDirectories(dir.resolve("repository"));
        link(users, repository);
        installed = build("first", List.of());
    }

    @AfterAll
    void unlink() throws IOException {
        if (repository != null) {
            try (Stream<Path> entries = Files.walk(repository, 2)) {
                for (Path e : entries.filter(Files::isSymbolicLink).toList()) {
                    Files.delete(e);
                }
            }
        }
    }

    /** All that is there but Kiln itself: what is installed here is nobody else's business. */
    private static void link(Path from, Path to) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path e : entries.toList()) {
                Path target = to.resolve(e.getFileName());
                if (e.getFileName().toString().equals("dev")) {
                    link(e, Files.createDirectories(target));
                } else if (!e.endsWith("dev/kiln")) {
                    Files.createSymbolicLink(target, e);
                }
            }
        }
    }

    /** Copies the sources to a folder of this name and installs what is made of them. */
    private Path build(String name, List<String> options) throws Exception {
        Path root = Files.createDirectories(dir.resolve(name));
        Path sources = Corpus.root();
        for (String file : List.of("pom.xml", "LICENSE", "NOTICE")) {
            Files.copy(sources.resolve(file), root.resolve(file));
        }
        try (Stream<Path> modules = Files.list(sources)) {
            for (Path m :
                    modules.filter(m -> Files.exists(m.resolve("pom.xml"))).toList()) {
                Path copy = root.resolve(m.getFileName());
                Files.createDirectories(copy.resolve("src"));
                Files.copy(m.resolve("pom.xml"), copy.resolve("pom.xml"));
                if (Files.exists(m.resolve("src/main"))) {
                    copy(m.resolve("src/main"), copy.resolve("src/main"));
                }
            }
        }
        List<String> arguments = new ArrayList<>(List.of("-DskipTests", "-pl", "bom,wasi,cli", "-am", "install"));
        arguments.addAll(options);
        maven(root, arguments);
        return root;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path f : files.toList()) {
                Path target = to.resolve(from.relativize(f).toString());
                if (Files.isDirectory(f)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(f, target);
                }
            }
        }
    }

    private void maven(Path folder, List<String> arguments) throws Exception {
        String java = System.getProperty("kiln.native.java", System.getProperty("java.home") + "/bin/java");
        String said = "";
        for (String mode : List.of("-o", "-U")) {
            List<String> command = new ArrayList<>(List.of("mvn", mode, "-B", "-ntp", "-q"));
            command.add("-Dmaven.repo.local=" + repository);
            command.addAll(arguments);
            Path log = dir.resolve("maven.log");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment()
                    .put("JAVA_HOME", Path.of(java).getParent().getParent().toString());
            Process maven;
            try {
                maven = builder.start();
            } catch (IOException e) {
                Assumptions.abort("no Maven: " + e.getMessage());
                return;
            }
            if (!maven.waitFor(8, TimeUnit.MINUTES)) {
                maven.destroyForcibly();
            }
            said = Files.readString(log);
            if (maven.waitFor() == 0) {
                return;
            }
        }
        boolean offline = said.contains("Could not transfer") || said.contains("Unknown host");
        Assumptions.assumeFalse(offline, "Maven Central does not answer: " + said);
        throw new AssertionError(said);
    }

    @Test
    void anApplicationBuildsWithWhatIsInstalled() throws Exception {
        Path app = dir.resolve("app");
        Path example = Corpus.root().resolve("examples/embed");
        Files.createDirectories(app);
        Files.copy(example.resolve("pom.xml"), app.resolve("pom.xml"));
        copy(example.resolve("src"), app.resolve("src"));
        maven(app, List.of("package"));
        Path said = dir.resolve("said");
        Process p = new ProcessBuilder(
                        System.getProperty("kiln.native.java", System.getProperty("java.home") + "/bin/java"),
                        "-jar",
                        app.resolve("target/embed.jar").toString())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertTrue(p.waitFor(10, TimeUnit.MINUTES));
        assertEquals("1 + 4 + 9 + 16 = 30\na trap: unreachable\n", Files.readString(said));
    }

    @Test
    void everyJarHasItsLicenceAndIsAModule() throws Exception {
        for (Path jar : jars(installed).values()) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
                assertTrue(zip.getEntry("META-INF/LICENSE") != null, jar + " has no licence");
                assertTrue(zip.getEntry("META-INF/NOTICE") != null, jar + " has no notice");
                boolean all = jar.endsWith("dist/kiln.jar");
                assertEquals(!all, zip.getEntry("module-info.class") != null, jar::toString);
                if (all) {
                    String notice = new String(
                            zip.getInputStream(zip.getEntry("META-INF/NOTICE")).readAllBytes());
                    assertTrue(notice.contains("Jackson") && notice.contains("the authors of Kiln"), notice);
                    assertTrue(zip.getEntry("META-INF/FastDoubleParser-LICENSE") != null);
                    assertTrue(zip.getEntry("META-INF/AL2.0") != null, "JNA's");
                }
            }
        }
    }

    @Test
    void equalSourcesGiveEqualBytes() throws Exception {
        Assumptions.assumeTrue(Corpus.WHOLE, "a second build: with -Dkiln.whole=true");
        // Another place, user, time zone and language.
        Path second = build(
                "second-of-two", List.of("-Duser.name=somebody", "-Duser.timezone=Asia/Tokyo", "-Duser.language=tr"));
        Map<String, Path> before = jars(installed);
        Map<String, Path> after = jars(second);
        assertEquals(before.keySet(), after.keySet());
        for (String name : before.keySet()) {
            assertEquals(-1, Files.mismatch(before.get(name), after.get(name)), () -> difference(name, before, after));
        }
    }

    private static Map<String, Path> jars(Path root) throws IOException {
        Map<String, Path> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root, 4)) {
            files.filter(f -> f.toString().endsWith(".jar"))
                    .filter(f -> f.getParent().endsWith("target") || f.endsWith("target/dist/kiln.jar"))
                    .filter(f -> !f.getFileName().toString().matches("original-.*|.*-tests.jar"))
                    .forEach(f -> found.put(root.relativize(f).toString(), f));
        }
        assertTrue(found.size() > 10, found::toString);
        return found;
    }

    private static String difference(String name, Map<String, Path> before, Map<String, Path> after) {
        try {
            Map<String, Long> a = sums(before.get(name));
            Map<String, Long> b = sums(after.get(name));
            a.entrySet().removeIf(e -> e.getValue().equals(b.get(e.getKey())));
            return name + " differs in " + a.keySet();
        } catch (IOException e) {
            return name + ": " + e;
        }
    }

    private static Map<String, Long> sums(Path jar) throws IOException {
        Map<String, Long> sums = new TreeMap<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (var e : zip.stream().toList()) {
                CRC32 crc = new CRC32();
                crc.update(zip.getInputStream(e).readAllBytes());
                sums.put(e.getName(), crc.getValue());
            }
        }
        return sums;
    }
}
