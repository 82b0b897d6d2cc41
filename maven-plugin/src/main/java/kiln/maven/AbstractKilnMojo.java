package kiln.maven;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.maven.artifact.Artifact;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Component;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.apache.maven.toolchain.ToolchainManager;

/** What both goals share: which modules there are, what is up to date, and the JVM that does the work. */
@SuppressWarnings("deprecation") // the annotation that every Maven 3 knows
abstract class AbstractKilnMojo extends AbstractMojo {
    /** The modules; if none is named, all files in {@link #sourceFolder}. */
    @Parameter
    private List<ModuleSpec> modules;

    /** Where {@code .wasm} files are looked for if no module is named. */
    @Parameter(defaultValue = "${project.basedir}/src/main/wasm")
    private File sourceFolder;

    /** The JDK 25 that compiles, if there is no toolchain. */
    @Parameter(property = "kiln.jdk")
    private File jdk;

    /** Skips everything. */
    @Parameter(property = "kiln.skip", defaultValue = "false")
    private boolean skip;

    @Parameter(defaultValue = "${project}", readonly = true)
    MavenProject project;

    @Parameter(defaultValue = "${session}", readonly = true)
    private MavenSession session;

    @Parameter(defaultValue = "${plugin.artifacts}", readonly = true)
    private List<Artifact> pluginArtifacts;

    @Component
    private ToolchainManager toolchains;

    /** The name of the goal, for the state that is kept. */
    abstract String goal();

    /** Adds to a module's request what the goal wants, or returns false if it wants nothing of this module. */
    abstract boolean ask(ModuleSpec module, Properties request);

    /** What a request makes, relative to the goal's folder; of a folder all that is in it. */
    abstract Path made(ModuleSpec module);

    /** Makes Maven use what was made. */
    abstract void register();

    @Override
    public void execute() throws MojoExecutionException, MojoFailureException {
        if (skip) {
            getLog().info("skipped (kiln.skip)");
            return;
        }
        try {
            String tools = digestOfTools();
            for (ModuleSpec m : specs()) {
                one(m, tools);
            }
        } catch (IOException e) {
            throw new MojoExecutionException(e.toString(), e);
        }
        register();
    }

    private List<ModuleSpec> specs() throws IOException, MojoFailureException {
        if (modules != null && !modules.isEmpty()) {
            for (ModuleSpec m : modules) {
                if (m.wasm == null || !m.wasm.isFile()) {
                    throw new MojoFailureException("a module needs <wasm> with a file that is there: " + m.wasm);
                }
            }
            return modules;
        }
        List<ModuleSpec> found = new ArrayList<>();
        if (sourceFolder.isDirectory()) {
            try (Stream<Path> files = Files.list(sourceFolder.toPath())) {
                for (Path p : files.filter(f -> f.toString().endsWith(".wasm"))
                        .sorted()
                        .collect(Collectors.toList())) {
                    ModuleSpec m = new ModuleSpec();
                    m.wasm = p.toFile();
                    found.add(m);
                }
            }
        }
        if (found.isEmpty()) {
            getLog().info("no modules: none are configured, and there is no .wasm file in " + sourceFolder);
        }
        return found;
    }

    private void one(ModuleSpec m, String tools) throws IOException, MojoExecutionException, MojoFailureException {
        Properties request = new Properties();
        if (!ask(m, request)) {
            return;
        }
        request.setProperty("name", m.name());
        String key =
                digest(tools + new TreeMap<>(request) + digest(Files.readAllBytes(m.wasm.toPath())) + m.wasm.getName());
        request.setProperty("wasm", m.wasm.getAbsolutePath());
        Path work = Path.of(project.getBuild().getDirectory(), "kiln", goal());
        Files.createDirectories(work);
        Path state = work.resolve(m.name() + ".state");
        if (Files.exists(state) && Files.readString(state).equals(key + "\n" + digestOfMade(m))) {
            getLog().info(m.name() + " is up to date");
            return;
        }
        Path file = work.resolve(m.name() + ".request");
        try (var out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            request.store(out, null);
        }
        run(file, m);
        Files.writeString(state, key + "\n" + digestOfMade(m));
    }

    private void run(Path request, ModuleSpec m) throws IOException, MojoExecutionException, MojoFailureException {
        String classPath = toolFiles().stream().map(File::getPath).collect(Collectors.joining(File.pathSeparator));
        // A compilation is over before C2 has paid for itself.
        List<String> command = List.of(
                java().toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                "kiln.build.BuildMain",
                request.toString());
        Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
        p.getOutputStream().close();
        String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        int status;
        try {
            status = p.waitFor();
        } catch (InterruptedException e) {
            p.destroy();
            Thread.currentThread().interrupt();
            throw new MojoExecutionException("interrupted", e);
        }
        if (status != 0) {
            throw new MojoFailureException(m.wasm + ": " + output);
        }
        if (!output.isEmpty()) {
            getLog().info(output);
        }
        getLog().info(m.name() + ": " + goal() + "d from " + m.wasm.getName());
    }

    // ---- the JDK

    private Path java() throws MojoFailureException {
        var found = toolchains.getToolchains(session, "jdk", Map.of("version", "[25,)"));
        if (found != null && !found.isEmpty()) {
            String tool = found.get(0).findTool("java");
            if (tool != null) {
                return Path.of(tool);
            }
        }
        List<String> looked = new ArrayList<>();
        looked.add("a JDK toolchain of version 25 or later (none)");
        for (var place : List.of(
                Map.entry("kiln.jdk", String.valueOf(jdk)),
                Map.entry("JAVA_HOME", String.valueOf(System.getenv("JAVA_HOME"))),
                Map.entry("the JVM that runs Maven", System.getProperty("java.home")))) {
            Path home = Path.of(place.getValue());
            int version = version(home);
            if (version >= 25) {
                return home.resolve("bin/java");
            }
            looked.add(place.getKey() + " (" + (place.getValue().equals("null") ? "not set" : home)
                    + (version > 0 ? ", which is " + version : "") + ")");
        }
        throw new MojoFailureException(
                "Kiln compiles with a JDK 25, and there is none. Looked for: " + String.join("; ", looked));
    }

    /** The feature version that a JDK says it has, or 0. */
    private static int version(Path home) {
        try {
            for (String line : Files.readAllLines(home.resolve("release"))) {
                if (line.startsWith("JAVA_VERSION=\"")) {
                    return Integer.parseInt(line.substring(14).split("[.\"+-]")[0]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // What cannot be read is no JDK 25.
            return 0;
        }
        return 0;
    }

    // ---- digests

    private List<File> toolFiles() {
        List<File> files = new ArrayList<>();
        for (Artifact a : pluginArtifacts) {
            if (a.getGroupId().equals("dev.kiln") && a.getFile() != null) {
                files.add(a.getFile());
            }
        }
        return files;
    }

    /** Whatever compiles, by content: another version means another result. */
    private String digestOfTools() throws IOException {
        StringBuilder all = new StringBuilder();
        for (File f : toolFiles()) {
            all.append(digest(Files.readAllBytes(f.toPath())));
        }
        return all.toString();
    }

    private String digestOfMade(ModuleSpec m) throws IOException {
        Path made = made(m);
        if (!Files.exists(made)) {
            return "nothing";
        }
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(made)) {
            for (Path p : files.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing(Path::toString))
                    .collect(Collectors.toList())) {
                all.append(p.getFileName())
                        .append(digest(Files.readAllBytes(p)))
                        .append('\n');
            }
        }
        return all.toString();
    }

    private static String digest(String text) {
        return digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String digest(byte[] bytes) {
        try {
            StringBuilder hex = new StringBuilder();
            for (byte b : MessageDigest.getInstance("SHA-256").digest(bytes)) {
                hex.append(String.format("%02x", b));
            }
            return hex.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
