package kiln.maven;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.maven.shared.invoker.DefaultInvocationRequest;
import org.apache.maven.shared.invoker.DefaultInvoker;
import org.apache.maven.shared.invoker.InvocationRequest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds real projects with the plugin, and runs what they make. */
class KilnPluginIT {
    private static final Path REPO = Path.of(System.getProperty("kiln.it.repo"));

    /** What a program needs that compiles. */
    private static final List<String> PARTS = List.of(
            "runtime",
            "loader",
            "artifact",
            "types",
            "compiler",
            "component",
            "wasm",
            "translate",
            "ir",
            "codegen",
            "codegen-x64",
            "codegen-aarch64");

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
            "                        \"/META-INF/kiln/app/\" + target + \"-linux.cwasm\");",
            "                Component component = Component.load(engine, \"app\", file)) {",
            "            ComponentLinker linker = new ComponentLinker(engine).with(\"\", Imports.class, x -> x + 1);",
            "            Exports exports = linker.instantiate(store, component).bind(\"\", Exports.class);",
            "            System.out.println(exports.g(41));",
            "        }",
            "    }",
            "}");

    /** Loads its module with each of two keys: says what it computes, and whether the second key will do. */
    private static final String SIGNED_MAIN = String.join(
            "\n",
            "package app;",
            "import java.nio.file.Path;",
            "import java.util.List;",
            "import kiln.artifact.api.*;",
            "import kiln.runtime.*;",
            "public class Main {",
            "    public static void main(String[] args) throws Exception {",
            "        long sum = Instance.create(load(args[0])).func(\"add-twice\").call(20, 1);",
            "        boolean other = true;",
            "        try {",
            "            load(args[1]);",
            "        } catch (ArtifactException e) {",
            "            other = false;",
            "        }",
            "        System.out.println(sum + \" \" + other);",
            "    }",
            "    private static CompiledModule load(String key) throws Exception {",
            "        Engine engine = Engine.requiringSignature(List.of(SigningKeys.readPublic(Path.of(key))));",
            "        return CompiledModule.resource(engine, Main.class, \"adder\");",
            "    }",
            "}");

    private static final String WASI_MAIN = String.join(
            "\n",
            "package app;",
            "import java.nio.file.Path;",
            "import kiln.runtime.*;",
            "import kiln.wasi.Wasi;",
            "public class Main {",
            "    public static void main(String[] args) throws Exception {",
            "        try (Engine engine = new Engine();",
            "                CompiledModule module = CompiledModule.load(engine, Path.of(args[0]));",
            "                Wasi wasi = Wasi.builder().inheritStdio().build();",
            "                Store store = new Store(engine)) {",
            "            Linker linker = new Linker(engine);",
            "            wasi.addTo(linker);",
            "            System.exit(wasi.run(linker.instantiate(store, module)));",
            "        }",
            "    }",
            "}");

    @TempDir
    Path folder;

    private final List<String> log = new ArrayList<>();

    @BeforeAll
    static void aRepositoryIsThere() {
        assertTrue(Files.isDirectory(REPO.resolve("dev/kiln/kiln-maven-plugin")), "installed by maven-invoker-plugin");
    }

    /** A copy of a project under {@code src/it}. */
    private Path project(String name) throws IOException {
        Path from = Path.of("src/it", name).toAbsolutePath();
        Path to = folder.resolve(name);
        try (Stream<Path> all = Files.walk(from)) {
            for (Path p : all.collect(Collectors.toList())) {
                Files.copy(p, to.resolve(from.relativize(p).toString()));
            }
        }
        return to;
    }

    /** Runs Maven and gives its status; what it needs comes from here, and from Maven Central if it answers. */
    private int maven(Path project, Path jdk, List<String> options, String... goals) throws Exception {
        Path settings = folder.resolve("settings.xml");
        String outer = Path.of(System.getProperty("kiln.it.outer")).toUri().toString();
        Files.writeString(
                settings,
                "<settings><profiles><profile><id>it</id><repositories><repository><id>outer</id><url>" + outer
                        + "</url></repository></repositories><pluginRepositories><pluginRepository><id>outer</id><url>"
                        + outer + "</url></pluginRepository></pluginRepositories></profile></profiles>"
                        + "<activeProfiles><activeProfile>it</activeProfile></activeProfiles></settings>");
        InvocationRequest request = new DefaultInvocationRequest();
        request.setPomFile(project.resolve("pom.xml").toFile());
        request.setGoals(List.of(goals));
        request.setUserSettingsFile(settings.toFile());
        request.setLocalRepositoryDirectory(REPO.toFile());
        request.setBatchMode(true);
        request.setJavaHome(jdk.toFile());
        Properties p = new Properties();
        p.setProperty("kiln.version", System.getProperty("kiln.it.version"));
        p.setProperty("endive.version", System.getProperty("kiln.it.endive"));
        for (String o : options) {
            p.setProperty(o.substring(0, o.indexOf('=')), o.substring(o.indexOf('=') + 1));
        }
        request.setProperties(p);
        log.clear();
        request.setOutputHandler(log::add);
        request.setErrorHandler(log::add);
        DefaultInvoker invoker = new DefaultInvoker();
        invoker.setMavenHome(new File(System.getProperty("kiln.it.maven")));
        return invoker.execute(request).getExitCode();
    }

    private static Path jdk25() {
        return Path.of(System.getProperty("java.home"));
    }

    private void build(Path project, Path jdk, String... options) throws Exception {
        assertEquals(0, maven(project, jdk, List.of(options), "package"), () -> String.join("\n", log));
    }

    private boolean logged(String text) {
        return log.stream().anyMatch(l -> l.contains(text));
    }

    /** What a JVM prints; the class path is the jar, and all that Maven has installed for these projects. */
    private String run(Path jdk, Path classes, String... args) throws Exception {
        List<String> path = new ArrayList<>(List.of(classes.toString()));
        for (String group : List.of("dev/kiln", "run/endive")) {
            for (Path root : List.of(REPO, Path.of(System.getProperty("kiln.it.outer")))) {
                String version = group.equals("dev/kiln") ? "kiln.it.version" : "kiln.it.endive";
                if (group.equals("dev/kiln") && root != REPO || !Files.isDirectory(root.resolve(group))) {
                    continue;
                }
                try (Stream<Path> jars = Files.walk(root.resolve(group))) {
                    jars.filter(j -> j.toString().endsWith(System.getProperty(version) + ".jar"))
                            .forEach(j -> path.add(j.toString()));
                }
            }
        }
        List<String> command = new ArrayList<>(List.of(jdk.resolve("bin/java").toString()));
        if (jdk.equals(jdk25())) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", String.join(File.pathSeparator, path), "app.Main"));
        command.addAll(List.of(args));
        Process p = new ProcessBuilder(command)
                .redirectError(folder.resolve("err").toFile())
                .start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertEquals(0, p.waitFor(), () -> {
            try {
                return Files.readString(folder.resolve("err"));
            } catch (IOException e) {
                return e.toString();
            }
        });
        return out;
    }

    @Test
    void typedClassFromFolderAndJarUpToDateAndReproducible() throws Exception {
        Path project = project("typed");
        build(project, jdk25());
        assertTrue(logged("adder: compiled from adder.wasm"), () -> String.join("\n", log));
        Path code = project.resolve("target/classes/META-INF/kiln/adder");
        byte[] x86 = Files.readAllBytes(code.resolve("x86_64-linux.cwasm"));
        byte[] arm = Files.readAllBytes(code.resolve("aarch64-linux.cwasm"));
        assertEquals(62, x86[18], "ELF for x86-64");
        assertEquals(183, arm[18] & 0xff, "ELF for AArch64");
        String expected = "42 3.0 7 kiln";
        assertEquals(expected, run(jdk25(), project.resolve("target/classes")));
        assertEquals(expected, run(jdk25(), project.resolve("target/typed-1.jar")));

        build(project, jdk25());
        assertTrue(logged("adder is up to date"), () -> String.join("\n", log));
        assertFalse(logged("compiled from"), "nothing was done again");

        // What somebody removed or damaged is made again, the same.
        Files.write(
                project.resolve("target/generated-resources/kiln/META-INF/kiln/adder/x86_64-linux.cwasm"), new byte[5]);
        build(project, jdk25());
        assertTrue(logged("compiled from"));
        assertArrayEquals(x86, Files.readAllBytes(code.resolve("x86_64-linux.cwasm")));

        Path wasm = project.resolve("src/main/wasm/adder.wasm");
        byte[] bytes = Files.readAllBytes(wasm);
        for (int i = 0; i + 4 <= bytes.length; i++) {
            if (new String(bytes, i, 4, StandardCharsets.US_ASCII).equals("kiln")) {
                bytes[i] = 'K';
            }
        }
        Files.write(wasm, bytes);
        build(project, jdk25());
        assertTrue(logged("compiled from"));
        assertNotEquals(expected, run(jdk25(), project.resolve("target/classes")));
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
        Path project = project("typed");
        Files.write(project.resolve("src/main/wasm/env.wasm"), TWICE);
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        pem(project.resolve("me.key"), "PRIVATE KEY", keys.getPrivate());
        pem(project.resolve("me.pub"), "PUBLIC KEY", keys.getPublic());
        Path pom = project.resolve("pom.xml");
        String text = Files.readString(pom);
        Files.writeString(
                pom,
                text.replace(
                        "</className>",
                        "</className><link><file>src/main/wasm/env.wasm</file></link><cpu>lse, " + feature + "</cpu>"
                                + "<signKey>me.key</signKey>"));
        Files.writeString(project.resolve("src/main/java/app/Main.java"), SIGNED_MAIN);
        build(project, jdk25());
        Path code = project.resolve("target/classes/META-INF/kiln/adder");
        String about = Files.readString(code.resolve("module.properties"));
        assertTrue(about.contains("link.env.sha256=") && about.contains("cpu=lse," + feature), about);
        assertTrue(holds(code.resolve("aarch64-linux.cwasm"), "lse"));
        assertFalse(holds(code.resolve("aarch64-linux.cwasm"), feature), "each target takes its own");
        String me = project.resolve("me.pub").toString();
        assertEquals("42 true", run(jdk25(), project.resolve("target/typed-1.jar"), me, me));
        pem(
                project.resolve("other.pub"),
                "PUBLIC KEY",
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic());
        assertEquals(
                "42 false",
                run(
                        jdk25(),
                        project.resolve("target/typed-1.jar"),
                        me,
                        project.resolve("other.pub").toString()));

        Files.writeString(pom, text.replace("</className>", "</className><cpu>avx3</cpu>"));
        assertNotEquals(0, maven(project, jdk25(), List.of(), "package"));
        assertTrue(logged("avx3"), () -> String.join("\n", log));
    }

    @Test
    void interfacesOfAComponent() throws Exception {
        Path project = project("typed");
        Files.write(project.resolve("src/main/wasm/app.wasm"), COMPONENT);
        Files.writeString(project.resolve("src/main/java/app/Main.java"), COMPONENT_MAIN);
        Path pom = project.resolve("pom.xml");
        String text = Files.readString(pom).replace("<className>app.Adder</className>", "");
        String written = "<packageName>app.wit</packageName>";
        Files.writeString(pom, text.replace("adder.wasm</wasm>", "app.wasm</wasm>" + written));
        build(project, jdk25());
        assertTrue(logged("app: compiled from app.wasm"), () -> String.join("\n", log));
        assertEquals("42", run(jdk25(), project.resolve("target/typed-1.jar")));
        build(project, jdk25());
        assertFalse(logged("compiled from") || logged("generated from"), "nothing was done again");

        Files.writeString(pom, text.replace("adder.wasm</wasm>", "adder.wasm</wasm>" + written));
        assertNotEquals(0, maven(project, jdk25(), List.of(), "package"));
        assertTrue(logged("packageName is for one component"), () -> String.join("\n", log));
    }

    private static void pem(Path file, String kind, Key key) throws IOException {
        String body = Base64.getMimeEncoder().encodeToString(key.getEncoded());
        Files.writeString(file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    private static boolean holds(Path file, String text) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
    }

    @Test
    void aRunTimeImageHasTheCode() throws Exception {
        Path project = project("typed");
        Path source = project.resolve("src/main/java/module-info.java");
        Files.writeString(source, "module app { requires kiln.runtime; }");
        build(project, jdk25());
        assertEquals(
                "42 3.0 7 kiln",
                runImage(project.resolve("target/typed-1.jar"), List.of("runtime", "loader", "artifact", "types")));
    }

    @Test
    void aRunTimeImageWithCompilerAndWasi() throws Exception {
        Path project = project("typed");
        Files.writeString(
                project.resolve("src/main/java/module-info.java"),
                "module app { requires kiln.compiler; requires kiln.wasi; }");
        Files.writeString(project.resolve("src/main/java/app/Main.java"), WASI_MAIN);
        Path pom = project.resolve("pom.xml");
        Files.writeString(
                pom,
                Files.readString(pom)
                        .replace("kiln-runtime", "kiln-compiler")
                        .replace(
                                "</dependencies>",
                                "<dependency><groupId>dev.kiln</groupId><artifactId>kiln-wasi</artifactId>"
                                        + "<version>${kiln.version}</version></dependency></dependencies>"));
        build(project, jdk25());
        List<String> parts = new ArrayList<>(PARTS);
        parts.add("wasi");
        String hello = Path.of("../examples/hello.wasm").toAbsolutePath().toString();
        assertEquals("Hello from WebAssembly.", runImage(project.resolve("target/typed-1.jar"), parts, hello));
    }

    @Test
    void aRunTimeImageOfAnEndiveProgram() throws Exception {
        Path project = project("endive");
        Files.writeString(project.resolve("src/main/java/module-info.java"), "module app { requires kiln.endive; }");
        build(project, jdk25(), "maven.compiler.release=25");
        List<String> parts = new ArrayList<>(PARTS);
        parts.add("endive");
        String wasm = project.resolve("src/main/wasm/counter.wasm").toString();
        assertEquals("41 true", runImage(project.resolve("target/endive-1.jar"), parts, wasm));
    }

    /** Makes an image of a program, parts of Kiln and all of Endive that was installed, and runs it. */
    private String runImage(Path jar, List<String> parts, String... args) throws Exception {
        List<String> path = new ArrayList<>(List.of(jar.toString()));
        for (String part : parts) {
            String v = System.getProperty("kiln.it.version");
            path.add(REPO.resolve("dev/kiln/kiln-" + part + "/" + v + "/kiln-" + part + "-" + v + ".jar")
                    .toString());
        }
        for (String part : parts.contains("endive") ? List.of("runtime", "wasm") : List.<String>of()) {
            String v = System.getProperty("kiln.it.endive");
            path.add(REPO.resolve("run/endive/" + part + "/" + v + "/" + part + "-" + v + ".jar")
                    .toString());
        }
        Path image = folder.resolve("image");
        run(List.of(
                jdk25().resolve("bin/jlink").toString(),
                "--module-path",
                String.join(File.pathSeparator, path),
                "--add-modules",
                "app",
                "--output",
                image.toString()));
        List<String> command = new ArrayList<>(List.of(
                image.resolve("bin/java").toString(), "--enable-native-access=kiln.loader", "-m", "app/app.Main"));
        command.addAll(List.of(args));
        return run(command);
    }

    private static String run(List<String> command) throws Exception {
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertEquals(0, p.waitFor(), out);
        return out;
    }

    @Test
    void aBuildOnAnOlderJdkForEndivesInterfaces() throws Exception {
        Path old = null;
        for (String place : List.of(
                "/usr/lib/jvm/java-17-openjdk-amd64",
                "/usr/lib/jvm/java-21-openjdk-amd64",
                "/usr/lib/jvm/java-17-openjdk-arm64",
                "/usr/lib/jvm/java-21-openjdk-arm64")) {
            old = old == null && Files.exists(Path.of(place, "bin/javac")) ? Path.of(place) : old;
        }
        assumeTrue(old != null, "there is no JDK 17 or 21 here");
        Path project = project("endive");
        build(project, old, "kiln.jdk=" + jdk25());
        Path jar = project.resolve("target/endive-1.jar");
        String wasm = project.resolve("src/main/wasm/counter.wasm").toString();
        assertEquals("41 true", run(jdk25(), jar, wasm));
        assertEquals("41 false", run(old, jar, wasm), "on the old JVM, Endive does it");

        // Without a JDK 25 the message names the three places to say where one is.
        Files.write(project.resolve("src/main/wasm/counter.wasm"), new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        assertNotEquals(0, maven(project, old, List.of("kiln.jdk=" + old), "package"));
        assertTrue(logged("toolchain") && logged("kiln.jdk") && logged("JAVA_HOME"), () -> String.join("\n", log));
    }

    @Test
    void whatIsNoModuleIsAnErrorOfOneLine() throws Exception {
        Path project = project("typed");
        Files.writeString(project.resolve("src/main/wasm/adder.wasm"), "no wasm");
        assertNotEquals(0, maven(project, jdk25(), List.of(), "package"));
        assertTrue(logged("adder.wasm"), () -> String.join("\n", log));
        assertFalse(logged("at kiln."), "no stack trace");
    }
}
