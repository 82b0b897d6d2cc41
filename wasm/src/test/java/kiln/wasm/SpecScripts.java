package kiln.wasm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Goes through the scripts of one zip file and checks what decoder and validator say of every module in them. */
final class SpecScripts {
    /** One script file with its modules. */
    record Script(String name, List<Command> commands) {}

    /** One command that holds a core module in binary form. */
    record Command(String type, int line, String text, byte[] module) {
        boolean mustBeValid() {
            return !type.equals("assert_invalid") && !type.equals("assert_malformed");
        }
    }

    /** What was seen: counts, and every command with another outcome than the script asks for. */
    static final class Tally {
        int valid;
        int invalid;
        int malformed;
        /** Rejected as asked, but as the other of the two kinds. */
        final List<String> otherKind = new ArrayList<>();

        final List<String> wrong = new ArrayList<>();

        @Override
        public String toString() {
            return valid + " valid, " + invalid + " invalid, " + malformed + " malformed; " + otherKind.size()
                    + " rejected as the other kind, " + wrong.size() + " wrong";
        }
    }

    private SpecScripts() {}

    static List<Script> read(Path zip) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        List<Script> scripts = new ArrayList<>();
        try (ZipFile file = new ZipFile(zip.toFile())) {
            Map<String, ZipEntry> entries = new TreeMap<>();
            file.stream().forEach(e -> entries.put(e.getName(), e));
            for (ZipEntry entry : entries.values()) {
                if (!entry.getName().endsWith(".json")) {
                    continue;
                }
                String folder = entry.getName().substring(0, entry.getName().lastIndexOf('/') + 1);
                JsonNode json = mapper.readTree(file.getInputStream(entry));
                List<Command> commands = new ArrayList<>();
                collect(json.get("commands"), name -> bytes(file, entries.get(folder + name)), commands);
                scripts.add(new Script(folder.replace("/", ""), commands));
            }
        }
        return scripts;
    }

    private static byte[] bytes(ZipFile zip, ZipEntry entry) {
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void collect(JsonNode list, Function<String, byte[]> file, List<Command> out) {
        for (JsonNode c : list) {
            if (c.has("commands")) {
                collect(c.get("commands"), file, out);
            }
            boolean isText = "text".equals(c.path("module_type").asText());
            String name = isText
                    ? c.path("binary_filename").asText()
                    : c.path("filename").asText();
            if (!name.isEmpty() && !"component".equals(c.path("kind").asText())) {
                String type = c.get("type").asText();
                out.add(new Command(type, c.path("line").asInt(), c.path("text").asText(), file.apply(name)));
            }
        }
    }

    /** Runs all commands of some scripts. */
    static Tally check(List<Script> scripts, Function<Script, Features> features) {
        Tally tally = new Tally();
        for (Script script : scripts) {
            for (Command c : script.commands()) {
                check(script, c, features.apply(script), tally);
            }
        }
        return tally;
    }

    private static void check(Script script, Command c, Features features, Tally tally) {
        String where = script.name() + ':' + c.line() + ' ' + c.type() + " \"" + c.text() + '"';
        WasmException problem = problem(c.module(), script.name() + ".wast:" + c.line(), features);
        if (c.mustBeValid()) {
            tally.valid++;
            if (problem != null) {
                tally.wrong.add(where + " was rejected: " + problem.getMessage());
            }
            return;
        }
        boolean askInvalid = c.type().equals("assert_invalid");
        if (askInvalid) {
            tally.invalid++;
        } else {
            tally.malformed++;
        }
        if (problem == null) {
            tally.wrong.add(where + " was accepted");
        } else if ((problem.kind() == WasmException.Kind.INVALID) != askInvalid) {
            tally.otherKind.add(where + " got " + problem.kind() + ": " + problem.getMessage());
        }
    }

    /** Why a module is rejected, or null if it is valid. */
    static WasmException problem(byte[] module, String name, Features features) {
        try {
            Validator.validate(ModuleDecoder.decode(module, name, features));
            return null;
        } catch (WasmException e) {
            return e;
        }
    }
}
