package kiln.build.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Compiles modules, or writes their classes, each in a JVM of its own, unless nothing has changed since the last time:
 * neither the input nor the options nor the compiler nor, by content, what was made.
 */
public final class Workshop {
    private static final String STATE = ".state";

    /** Finds the JVM. Asked for only if there is something to do. */
    @FunctionalInterface
    public interface Java {
        Path find() throws BuildFailure;
    }

    private final Java java;
    private final List<File> tool;
    private final Path work;
    private final Consumer<String> log;
    private final String toolDigest;

    /**
     * @param java the JVM that does the work
     * @param tool its class path, with kiln-build
     * @param work a folder for what is known of the last time; nobody else's
     * @param log is told what is done
     */
    public Workshop(Java java, Collection<File> tool, Path work, Consumer<String> log) throws IOException {
        this.java = java;
        this.tool = List.copyOf(tool);
        this.work = work;
        this.log = log;
        StringBuilder all = new StringBuilder();
        for (File f : this.tool) {
            all.append(digest(Files.readAllBytes(f.toPath())));
        }
        this.toolDigest = all.toString();
        Files.createDirectories(work);
    }

    /**
     * The modules of a folder: its {@code .wasm} files, under their names.
     *
     * @return none if there is no such folder
     */
    public static List<ModuleSpec> modulesIn(Path folder) throws IOException {
        List<ModuleSpec> found = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path p : files.filter(f -> f.toString().endsWith(".wasm"))
                        .sorted()
                        .collect(Collectors.toList())) {
                    ModuleSpec m = new ModuleSpec();
                    m.setWasm(p.toFile());
                    found.add(m);
                }
            }
        }
        return found;
    }

    /** Compiles modules into {@code META-INF/kiln/NAME} of a root of resources, and removes what others left there. */
    public void compile(List<ModuleSpec> modules, Path resources) throws IOException, BuildFailure {
        Set<String> current = new HashSet<>();
        for (ModuleSpec m : modules) {
            Properties request = m.check(current).compilation();
            make(m, "compiled", request, "resources", resources, m.codeIn(resources));
        }
        removeOthers(current, resources);
    }

    /**
     * Writes the classes of those modules that have one, and the interfaces of components that have a package, into a
     * root of sources, and removes what others left there.
     */
    public void generate(List<ModuleSpec> modules, Path sources) throws IOException, BuildFailure {
        Set<String> current = new HashSet<>();
        for (ModuleSpec m : modules) {
            Path made = m.sourceIn(sources);
            if (made != null) {
                m.check(current);
                checkPlace(m, made, modules, sources);
                Properties request = new Properties();
                if (m.packageName() != null) {
                    request.setProperty("packageName", m.packageName());
                } else {
                    request.setProperty("className", m.className());
                }
                make(m, "generated", request, "sources", sources, made);
            }
        }
        removeOthers(current, sources);
    }

    /** A package is removed as a whole when it is written anew: nothing of another module may be in it. */
    private static void checkPlace(ModuleSpec m, Path made, List<ModuleSpec> modules, Path sources)
            throws BuildFailure {
        if (m.packageName() == null) {
            return;
        }
        if (m.packageName().isBlank() || m.className() != null) {
            throw new BuildFailure(
                    "\"" + m.name() + "\" has either a class, of a module, or a package, of a component");
        }
        for (ModuleSpec other : modules) {
            Path others = other == m ? null : other.sourceIn(sources);
            if (others != null && (others.startsWith(made) || made.startsWith(others))) {
                throw new BuildFailure("what is written for \"" + other.name() + "\" would lie in package "
                        + m.packageName() + ", which is that of \"" + m.name() + "\" alone");
            }
        }
    }

    private void make(ModuleSpec m, String done, Properties request, String root, Path folder, Path made)
            throws IOException, BuildFailure {
        request.setProperty("name", m.name());
        StringBuilder key = new StringBuilder(toolDigest).append(new TreeMap<>(request));
        for (File f : m.files()) {
            key.append(f.getName()).append(digest(Files.readAllBytes(f.toPath())));
        }
        String relative = folder.relativize(made).toString();
        String expected = relative + "\n" + digest(key.toString()) + "\n";
        Path state = work.resolve(m.name() + STATE);
        if (Files.exists(state)) {
            String last = Files.readString(state);
            if (last.equals(expected + contents(made))) {
                log.accept(m.name() + " is up to date");
                return;
            }
            Path lastMade = folder.resolve(last.lines().findFirst().orElse(relative));
            Files.delete(state);
            delete(lastMade);
        }
        delete(made);
        request.putAll(m.places());
        request.setProperty(root, folder.toAbsolutePath().toString());
        Path file = work.resolve(m.name() + ".request");
        try (var out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            request.store(out, null);
        }
        String output = run(file, m);
        if (!output.isEmpty()) {
            log.accept(output);
        }
        log.accept(m.name() + ": " + done + " from " + m.wasm().getName());
        Files.writeString(state, expected + contents(made));
    }

    private String run(Path request, ModuleSpec m) throws IOException, BuildFailure {
        String classPath = tool.stream().map(File::getPath).collect(Collectors.joining(File.pathSeparator));
        // A compilation is over before C2 has paid for itself.
        Process p = new ProcessBuilder(
                        java.find().toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        "kiln.build.BuildMain",
                        request.toString())
                .redirectErrorStream(true)
                .start();
        p.getOutputStream().close();
        String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        try {
            if (p.waitFor() != 0) {
                throw new BuildFailure(m.wasm() + ": " + output);
            }
        } catch (InterruptedException e) {
            p.destroy();
            Thread.currentThread().interrupt();
            throw new BuildFailure("interrupted");
        }
        return output;
    }

    /** Takes away what modules have left that are not built any more, or have another name now. */
    private void removeOthers(Set<String> current, Path root) throws IOException {
        try (Stream<Path> states = Files.list(work)) {
            for (Path state :
                    states.filter(s -> s.toString().endsWith(STATE)).sorted().collect(Collectors.toList())) {
                String file = state.getFileName().toString();
                if (!current.contains(file.substring(0, file.length() - STATE.length()))) {
                    delete(root.resolve(Files.readAllLines(state).get(0)));
                    Files.delete(state);
                }
            }
        }
    }

    private static void delete(Path made) throws IOException {
        if (!Files.exists(made)) {
            return;
        }
        try (Stream<Path> all = Files.walk(made)) {
            all.sorted(Comparator.reverseOrder()).forEach(p -> {
                try {
                    Files.delete(p);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Names and digests of what there is. */
    private static String contents(Path made) throws IOException {
        if (!Files.exists(made)) {
            return "nothing";
        }
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(made)) {
            for (Path p : files.filter(Files::isRegularFile).sorted().collect(Collectors.toList())) {
                all.append(made.relativize(p))
                        .append(' ')
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
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
