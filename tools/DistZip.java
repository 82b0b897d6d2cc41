import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Packs the distribution. Java's zip file systems keep permissions, which neither its streams nor {@code jar} do.
 *
 * <p>Usage: {@code java DistZip.java ROOT NAME OUT.zip}
 */
final class DistZip {
    /** The first day that a zip file can name. */
    private static final FileTime TIME = FileTime.from(Instant.parse("1980-01-02T00:00:00Z"));

    private DistZip() {}

    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[0]);
        Map<String, Path> files = new TreeMap<>();
        files.put("bin/kiln", root.resolve("tools/dist-launcher.sh"));
        files.put("lib/kiln.jar", root.resolve("cli/target/dist/kiln.jar"));
        for (String tool : new String[] {"find-jdk.sh", "launch.sh", "train.sh", "training.wasm"}) {
            files.put("lib/" + tool, root.resolve("tools/" + tool));
        }
        for (String example : new String[] {"hello.wasm", "hello.component.wasm", "raytrace.wasm"}) {
            files.put("lib/examples/" + example, root.resolve("examples/" + example));
        }
        for (String text : new String[] {"LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "SECURITY.md"}) {
            files.put(text, root.resolve(text));
        }
        try (Stream<Path> docs = Files.list(root.resolve("docs"))) {
            docs.filter(d -> d.toString().endsWith(".md"))
                    .forEach(d -> files.put("docs/" + d.getFileName(), d));
        }
        Path out = Path.of(args[2]).toAbsolutePath();
        Files.deleteIfExists(out);
        try (FileSystem jar = FileSystems.newFileSystem(root.resolve("cli/target/dist/kiln.jar"));
                FileSystem zip = FileSystems.newFileSystem(
                        URI.create("jar:" + out.toUri()),
                        Map.of("create", "true", "enablePosixFileAttributes", "true"))) {
            // Of the libraries in the jar.
            try (Stream<Path> papers = Files.list(jar.getPath("/META-INF"))) {
                papers.filter(p -> p.getFileName().toString().matches("(LICENSE|NOTICE|AL2|LGPL).*"))
                        .filter(Files::isRegularFile)
                        .forEach(p -> files.put("licenses/" + p.getFileName(), p));
            }
            for (Map.Entry<String, Path> e : files.entrySet()) {
                add(zip.getPath("/" + args[1] + "/" + e.getKey()), e.getValue());
            }
        }
    }

    private static void add(Path entry, Path file) throws IOException {
        Path folder = entry.getParent();
        if (Files.notExists(folder)) {
            for (int i = 1; i <= folder.getNameCount(); i++) {
                Path part = entry.getRoot().resolve(folder.subpath(0, i));
                if (Files.notExists(part)) {
                    Files.createDirectory(part);
                    finish(part, "rwxr-xr-x");
                }
            }
        }
        Files.copy(file, entry, StandardCopyOption.REPLACE_EXISTING);
        String name = entry.getFileName().toString();
        finish(entry, name.equals("kiln") || name.equals("train.sh") ? "rwxr-xr-x" : "rw-r--r--");
    }

    private static void finish(Path entry, String permissions) throws IOException {
        Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString(permissions));
        // All three: a zip file keeps those that are not the day's.
        Files.getFileAttributeView(entry, BasicFileAttributeView.class).setTimes(TIME, TIME, TIME);
    }
}
