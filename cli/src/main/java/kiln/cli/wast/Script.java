package kiln.cli.wast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A specification script: its commands as wabt's wast2json writes them.
 *
 * @param name for messages
 * @param commands the list of commands
 * @param files the modules beside it
 */
public record Script(String name, JsonNode commands, Folder files) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads a file that lies beside the script. */
    @FunctionalInterface
    public interface Folder {
        byte[] read(String name) throws IOException;
    }

    /** Receives scripts; the files of a script can only be read while this runs. */
    @FunctionalInterface
    public interface Consumer {
        void accept(Script script) throws IOException;
    }

    /**
     * Reads a script, {@code .json} or {@code .wast}, or all {@code .json} scripts in a {@code .zip}, in order of name.
     *
     * @throws kiln.wat.WatException if a {@code .wast} is no script
     */
    public static void forEach(Path path, Consumer consumer) throws IOException {
        if (path.getFileName().toString().endsWith(".wast")) {
            consumer.accept(TextScript.read(path));
            return;
        }
        if (!path.getFileName().toString().endsWith(".zip")) {
            try (InputStream in = Files.newInputStream(path)) {
                consumer.accept(
                        new Script(path.toString(), commands(in), n -> Files.readAllBytes(path.resolveSibling(n))));
            }
            return;
        }
        try (ZipFile zip = new ZipFile(path.toFile())) {
            List<String> names = new ArrayList<>();
            zip.stream()
                    .map(ZipEntry::getName)
                    .filter(n -> n.endsWith(".json"))
                    .sorted()
                    .forEach(names::add);
            String group = path.getFileName().toString().replace(".zip", "");
            for (String name : names) {
                String folder = name.substring(0, name.lastIndexOf('/') + 1);
                String base = name.substring(folder.length(), name.length() - ".json".length());
                consumer.accept(new Script(
                        group + "/" + base, commands(zip.getInputStream(zip.getEntry(name))), file -> {
                            ZipEntry entry = zip.getEntry(folder + file);
                            if (entry == null) {
                                throw new IOException(path + ": no " + folder + file);
                            }
                            return zip.getInputStream(entry).readAllBytes();
                        }));
            }
        }
    }

    private static JsonNode commands(InputStream in) throws IOException {
        JsonNode commands = JSON.readTree(in).path("commands");
        if (!commands.isArray()) {
            throw new IOException("not a script: no list of commands");
        }
        return commands;
    }
}
