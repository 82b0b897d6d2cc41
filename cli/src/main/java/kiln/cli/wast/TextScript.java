package kiln.cli.wast;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.wat.Wast;

/** Scripts as they are written ({@code .wast}), in the form that the runner reads. */
final class TextScript {
    private final ArrayNode commands = JsonNodeFactory.instance.arrayNode();
    /** By the file name that its command has. */
    private final Map<String, Wast.Module> modules = new HashMap<>();

    private TextScript() {}

    static Script read(Path path) throws IOException {
        String name = path.getFileName().toString();
        TextScript script = new TextScript();
        script.addAll(Wast.parse(name, Files.readAllBytes(path)), script.commands);
        return new Script(
                path.toString(),
                script.commands,
                file -> script.modules.get(file).encode());
    }

    private void addAll(List<Wast.Command> from, ArrayNode to) {
        for (Wast.Command c : from) {
            add(c, to.addObject());
        }
    }

    private void add(Wast.Command c, ObjectNode node) {
        node.put("type", c.type()).put("line", c.line());
        if (c.name() != null) {
            node.put(
                    switch (c.type()) {
                        case "module_instance" -> "instance";
                        case "wait" -> "thread";
                        default -> "name";
                    },
                    c.name());
        }
        if (c.as() != null) {
            node.put(
                    switch (c.type()) {
                        case "module_instance" -> "module";
                        case "thread" -> "shared_module";
                        default -> "as";
                    },
                    c.as());
        }
        addAll(c.commands(), node.putArray("commands"));
        if (c.text() != null) {
            node.put("text", c.text());
        }
        if (c.module() != null) {
            String file = modules.size() + (c.module().isText() ? ".wat" : ".wasm");
            modules.put(file, c.module());
            node.put("filename", file).put("binary_filename", file);
            node.put("module_type", c.module().isText() ? "text" : "binary");
        }
        if (c.action() != null) {
            ObjectNode action = node.putObject("action");
            action.put("type", c.action().type()).put("field", c.action().field());
            if (c.action().module() != null) {
                action.put("module", c.action().module());
            }
            values(action.putArray("args"), c.action().args());
        }
        values(node.putArray("expected"), c.expected());
    }

    private static void values(ArrayNode list, List<Wast.Value> values) {
        for (Wast.Value v : values) {
            ObjectNode node = list.addObject().put("type", v.type());
            if (v.laneType() != null) {
                node.put("lane_type", v.laneType());
                v.values().forEach(node.putArray("value")::add);
            } else if (!v.values().isEmpty()) {
                node.put("value", v.values().getFirst());
            }
            if (!v.either().isEmpty()) {
                values(node.putArray("values"), v.either());
            }
        }
    }
}
