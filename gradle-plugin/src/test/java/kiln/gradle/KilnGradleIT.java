package kiln.gradle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds a real project with the plugin, by Gradle on an older JDK, and runs what it makes. */
class KilnGradleIT {
    private static final Path REPO = Path.of(System.getProperty("kiln.it.repo"));
    private static final Path OUTER = Path.of(System.getProperty("kiln.it.outer"));
    private static final String KILN = System.getProperty("kiln.it.version");
    private static final String GRADLE = System.getProperty("kiln.it.gradle");
    private static final Path JDK_25 = Path.of(System.getProperty("java.home"));

    /** Modules that Gradle looks up by name though all classes are in one jar. */
    private static final List<String> OTHER_MODULES = List.of("gradle-java-compiler-plugin");

    private static final List<String> LIBRARIES = List.of("javax.inject", "ant", "asm", "jul-to-slf4j");

    /** {@code (module (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))}. */
    private static final byte[] TWICE = {
        0, 'a', 's', 'm', 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 9, 1, 5, 't', 'w', 'i', 'c', 'e',
        0, 0, 10, 9, 1, 7, 0, 0x20, 0, 0x41, 1, 0x74, 0x0b
    };

    /** A component that imports {@code f: func(x: u32) -> u32}, and exports it as {@code g}. */
    private static final byte[] COMPONENT = {
        0, 'a', 's', 'm', 0x0d, 0, 1, 0, 7, 8, 1, 0x40, 1, 1, 'x', 0x79, 0, 0x79, 10, 6, 1, 0, 1, 'f', 1, 0, 11, 7, 1,
        0, 1, 'g', 1, 0, 0
    };

    /** Calls what the component exports through interfaces that were written for it. */
    private static final String COMPONENT_MAIN = String.join(
            "\n",
            "package app;",
            "import app.wit.*;",
            "import kiln.runtime.*;",
            "import kiln.runtime.component.*;",
            "public class Main {",
            "    public static void main(String[] args) throws Exception {",
            "        String target = (System.getProperty(\"os.arch\").equals(\"amd64\") ? \"x86_64\" : \"aarch64\");",
            "        try (Engine engine = new Engine(); Store store = new Store(engine);",
            "                var file = Main.class.getResourceAsStream(",
            "                        \"/META-INF/kiln/adder/\" + target + \"-linux.cwasm\");",
            "                Component component = Component.load(engine, \"adder\", file)) {",
            "            ComponentLinker linker = new ComponentLinker(engine).with(\"\", Imports.class, x -> x + 1);",
            "            Exports exports = linker.instantiate(store, component).bind(\"\", Exports.class);",
            "            System.out.println(exports.g(41));",
            "        }",
            "    }",
            "}");

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path home;
    private static Path old;
    private static List<String> engine;

    private String log;

    @BeforeAll
    static void gradleIsThere() throws IOException {
        assertTrue(Files.isDirectory(REPO.resolve("dev/kiln/kiln-gradle-plugin")), "installed by maven-invoker-plugin");
        for (String place : List.of(
                "/usr/lib/jvm/java-17-openjdk-amd64",
                "/usr/lib/jvm/java-21-openjdk-amd64",
                "/usr/lib/jvm/java-17-openjdk-arm64",
                "/usr/lib/jvm/java-21-openjdk-arm64")) {
            old = old == null && Files.exists(Path.of(place, "bin/java")) ? Path.of(place) : old;
        }
        assumeTrue(old != null, "there is no JDK 17 or 21 here, and Gradle " + GRADLE + " does not run on 25");
        // What leads from the plugin's id to its jar stands behind it in the build, so that it is not installed yet.
        Path marker = REPO.resolve("dev/kiln/dev.kiln.gradle.plugin").resolve(KILN);
        Files.createDirectories(marker);
        Files.copy(
                Path.of("../gradle-plugin-marker/pom.xml"),
                marker.resolve("dev.kiln.gradle.plugin-" + KILN + ".pom"),
                StandardCopyOption.REPLACE_EXISTING);
        home = shared.resolve("gradle");
        engine = assemble(home);
    }

    /**
     * Arranges what came from Maven Central as Gradle expects to be installed: a jar for each module, which only says
     * that it needs the one with all classes. Gives the class path of the engine.
     */
    private static List<String> assemble(Path home) throws IOException {
        Path lib = Files.createDirectories(home.resolve("lib/plugins")).getParent();
        List<String> path = new ArrayList<>();
        List<String> modules = new ArrayList<>(OTHER_MODULES);
        for (String p : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String name = Path.of(p).getFileName().toString();
            if (name.startsWith("gradle-api-") || name.startsWith("groovy-") || name.startsWith("kotlin-")) {
                path.add(link(lib.resolve(name), Path.of(p)).toString());
            }
            if (name.startsWith("gradle-api-")) {
                try (JarFile jar = new JarFile(p)) {
                    jar.stream()
                            .map(ZipEntry::getName)
                            .filter(n -> n.endsWith("-classpath.properties"))
                            .forEach(n -> modules.add(n.substring(0, n.length() - "-classpath.properties".length())));
                }
            }
        }
        List<String> files =
                path.stream().map(p -> Path.of(p).getFileName().toString()).toList();
        for (String m : modules) {
            jar(
                    lib.resolve(m + "-" + GRADLE + ".jar"),
                    m + "-classpath.properties",
                    "projects=\nruntime=" + String.join(",", files));
        }
        for (String l : LIBRARIES) {
            jar(lib.resolve(l + "-1.jar"), "empty", "");
        }
        return path;
    }

    /** Gradle looks where a file really is: a symbolic link would not do. */
    private static Path link(Path link, Path file) throws IOException {
        try {
            return Files.createLink(link, file);
        } catch (IOException | UnsupportedOperationException e) {
            return Files.copy(file, link);
        }
    }

    private static void jar(Path file, String entry, String text) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Path project() throws IOException {
        Path to = folder.resolve("typed");
        // The sources are those of the test of the Maven plugin.
        for (Path from : List.of(Path.of("../maven-plugin/src/it/typed"), Path.of("src/it/typed"))) {
            try (Stream<Path> all = Files.walk(from)) {
                for (Path p : all.filter(Files::isRegularFile).toList()) {
                    Path copy = to.resolve(from.relativize(p).toString());
                    if (!copy.endsWith("pom.xml")) {
                        Files.createDirectories(copy.getParent());
                        Files.copy(p, copy);
                    }
                }
            }
        }
        Files.writeString(
                to.resolve("gradle.properties"),
                "org.gradle.java.installations.paths=" + JDK_25
                        + "\norg.gradle.java.installations.auto-download=false\n"
                        + "kilnRepo=" + REPO.toUri() + "\nouterRepo=" + OUTER.toUri() + "\nkilnVersion=" + KILN
                        + "\njavac="
                        + JDK_25.resolve("bin/javac") + "\n");
        return to;
    }

    /** Runs Gradle on the old JDK and gives its status. */
    private int gradle(Path project, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(old.resolve("bin/java").toString()));
        for (String opened : List.of(
                "java.base/java.lang",
                "java.base/java.lang.invoke",
                "java.base/java.util",
                "java.base/java.util.concurrent.atomic",
                "java.base/java.net",
                "java.base/java.nio.charset",
                "java.prefs/java.util.prefs")) {
            command.add("--add-opens=" + opened + "=ALL-UNNAMED");
        }
        command.addAll(List.of(
                "-cp",
                Path.of("target/test-classes").toAbsolutePath()
                        + File.pathSeparator
                        + String.join(File.pathSeparator, engine),
                "kiln.gradle.GradleBuild",
                home.toString(),
                shared.resolve("user-home").toString(),
                project.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("JAVA_HOME");
        Process p = builder.start();
        p.getOutputStream().close();
        log = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return p.waitFor();
    }

    private void build(Path project, String... args) throws Exception {
        assertEquals(0, gradle(project, args), () -> log);
    }

    private String run(Path classes) throws Exception {
        List<String> path = new ArrayList<>(List.of(classes.toString()));
        for (String part : List.of("runtime", "types", "loader", "artifact")) {
            path.add(REPO.resolve("dev/kiln/kiln-" + part + "/" + KILN + "/kiln-" + part + "-" + KILN + ".jar")
                    .toString());
        }
        Process p = new ProcessBuilder(
                        JDK_25.resolve("bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        String.join(File.pathSeparator, path),
                        "app.Main")
                .redirectErrorStream(true)
                .start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertEquals(0, p.waitFor(), out);
        return out;
    }

    @Test
    void typedClassIsCompiledIntoTheJarAndUpToDateByConfigurationAndBuildCache() throws Exception {
        Path project = project();
        build(project, "--configuration-cache", "--build-cache", "jar");
        assertTrue(log.contains("adder: compiled from adder.wasm"), log);
        assertTrue(log.contains("adder: generated from adder.wasm"), log);
        assertTrue(log.contains("Configuration cache entry stored"), log);
        String expected = "42 3.0 7 kiln";
        assertEquals(expected, run(project.resolve("build/libs/typed-1.jar")));
        Path code = project.resolve("build/generated/resources/kiln/META-INF/kiln/adder");
        byte[] x86 = Files.readAllBytes(code.resolve("x86_64-linux.cwasm"));
        byte[] arm = Files.readAllBytes(code.resolve("aarch64-linux.cwasm"));
        assertEquals(62, x86[18], "ELF for x86-64");
        assertEquals(183, arm[18] & 0xff, "ELF for AArch64");

        build(project, "--configuration-cache", "--build-cache", "jar");
        assertTrue(log.contains("Reusing configuration cache"), log);
        assertTrue(log.contains("Task :kilnCompile UP-TO-DATE"), log);
        assertTrue(log.contains("Task :kilnGenerate UP-TO-DATE"), log);

        build(project, "--configuration-cache", "--build-cache", "clean", "jar");
        assertTrue(log.contains("Task :kilnCompile FROM-CACHE"), log);
        assertTrue(log.contains("Task :kilnGenerate FROM-CACHE"), log);
        assertArrayEquals(x86, Files.readAllBytes(code.resolve("x86_64-linux.cwasm")));

        Path wasm = project.resolve("src/main/wasm/adder.wasm");
        byte[] bytes = Files.readAllBytes(wasm);
        for (int i = 0; i + 4 <= bytes.length; i++) {
            if (new String(bytes, i, 4, StandardCharsets.US_ASCII).equals("kiln")) {
                bytes[i] = 'K';
            }
        }
        Files.write(wasm, bytes);
        build(project, "--configuration-cache", "jar");
        assertTrue(log.contains("Reusing configuration cache"), log);
        assertTrue(log.contains("compiled from"), log);
        assertEquals("42 3.0 7 Kiln", run(project.resolve("build/libs/typed-1.jar")));
    }

    @Test
    void withoutModulesTheFolderIsCompiledAndWhatWentIsTakenAway() throws Exception {
        Path project = project();
        Path script = project.resolve("build.gradle");
        String text = Files.readString(script);
        Files.writeString(script, text.replaceFirst("(?s)kiln \\{.*?\n}\n", ""));
        Path wasm = project.resolve("src/main/wasm/adder.wasm");
        Files.copy(wasm, project.resolve("src/main/wasm/other.wasm"));
        build(project, "kilnCompile");
        Path made = project.resolve("build/generated/resources/kiln/META-INF/kiln");
        assertTrue(Files.exists(made.resolve("adder/x86_64-linux.cwasm")), log);
        assertTrue(Files.exists(made.resolve("other/aarch64-linux.cwasm")), log);
        Files.delete(wasm);
        build(project, "kilnCompile");
        assertTrue(log.contains("other is up to date"), log);
        assertFalse(Files.exists(made.resolve("adder")), log);
    }

    /** An extension of x86-64 that this machine has, if it is one: what is compiled for it runs here. */
    private static String featureOfThisMachine() throws IOException {
        String machine = Files.readString(Path.of("/proc/cpuinfo"));
        return Stream.of("bmi1", "avx", "fma")
                .filter(f -> machine.contains(" " + f + " "))
                .findFirst()
                .orElse("bmi1");
    }

    @Test
    void whatIsLinkedSignedAndForNewerProcessors() throws Exception {
        String feature = featureOfThisMachine();
        Path project = project();
        Files.write(project.resolve("src/main/wasm/env.wasm"), TWICE);
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Files.writeString(
                project.resolve("me.key"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(keys.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        Path script = project.resolve("build.gradle");
        Files.writeString(
                script,
                Files.readString(script)
                        .replace(
                                "className = 'app.Adder'",
                                "className = 'app.Adder'\n"
                                        + "link.from 'src/main/wasm/env.wasm'\n"
                                        + "cpu = ['lse', '" + feature + "']\n"
                                        + "signKey = file('me.key')"));
        Path main = project.resolve("src/main/java/app/Main.java");
        Files.writeString(main, Files.readString(main).replace("load((caller, n) -> 2 * n)", "load()"));
        build(project, "--configuration-cache", "jar");
        assertEquals("42 3.0 7 kiln", run(project.resolve("build/libs/typed-1.jar")));
        Path code = project.resolve("build/generated/resources/kiln/META-INF/kiln/adder");
        String about = Files.readString(code.resolve("module.properties"));
        assertTrue(about.contains("link.env.sha256=") && about.contains("cpu=lse," + feature), about);
        byte[] arm = Files.readAllBytes(code.resolve("aarch64-linux.cwasm"));
        assertTrue(new String(arm, StandardCharsets.ISO_8859_1).contains(".kiln.signature"));

        // Another key makes another file.
        Files.writeString(
                project.resolve("me.key"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(KeyPairGenerator.getInstance("Ed25519")
                                        .generateKeyPair()
                                        .getPrivate()
                                        .getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        build(project, "--configuration-cache", "jar");
        assertTrue(log.contains("compiled from"), log);
        assertFalse(Arrays.equals(arm, Files.readAllBytes(code.resolve("aarch64-linux.cwasm"))));
    }

    @Test
    void interfacesOfAComponent() throws Exception {
        Path project = project();
        Files.write(project.resolve("src/main/wasm/app.wasm"), COMPONENT);
        Files.writeString(project.resolve("src/main/java/app/Main.java"), COMPONENT_MAIN);
        Path script = project.resolve("build.gradle");
        String text = Files.readString(script).replace("className = 'app.Adder'", "packageName = 'app.wit'");
        Files.writeString(script, text.replace("adder.wasm", "app.wasm"));
        build(project, "--configuration-cache", "jar");
        assertEquals("42", run(project.resolve("build/libs/typed-1.jar")));
        build(project, "--configuration-cache", "jar");
        assertTrue(log.contains("Task :kilnGenerate UP-TO-DATE"), log);

        Files.writeString(script, text);
        assertNotEquals(0, gradle(project, "kilnGenerate"));
        assertTrue(log.contains("packageName is for one component"), log);
    }

    @Test
    void mistakesAreErrorsThatSayWhatToDo() throws Exception {
        Path project = project();
        assertNotEquals(0, gradle(project, "-Pkiln.jdk=" + old, "kilnCompile"));
        assertTrue(log.contains("toolchain") && log.contains("kiln.jdk") && log.contains("JAVA_HOME"), log);

        Files.writeString(project.resolve("src/main/wasm/adder.wasm"), "no wasm");
        assertNotEquals(0, gradle(project, "kilnCompile"));
        assertTrue(log.contains("adder.wasm"), log);
        assertFalse(log.contains("at kiln."), "no stack trace");
    }
}
