package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import kiln.artifact.Artifact;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.component.BindingException;
import kiln.component.ComponentDecoder;
import kiln.component.ComponentType;
import kiln.component.JavaBindings;
import kiln.component.TypeWriter;
import kiln.wasm.Features;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "bindgen",
        mixinStandardHelpOptions = true,
        description = {
            "Writes what a component imports and exports as interfaces of Java.",
            "With records, enums and the like for its types, one file for each interface. ComponentLinker.with and "
                    + "ComponentInstance.bind take them."
        })
final class BindgenCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The component: .wasm or .cwasm.")
    Path file;

    @Option(names = "-o", paramLabel = "DIR", required = true, description = "The folder of sources to write to.")
    Path output;

    @Option(
            names = {"-p", "--package"},
            paramLabel = "NAME",
            required = true,
            description = "The package, such as com.example; interfaces with a WIT package stand in packages below it.")
    String name;

    @Override
    public Integer call() throws IOException {
        if (!JavaBindings.isPackage(name)) {
            throw new UserError("-p " + Printable.name(name) + " is not the name of a package");
        }
        Map<String, String> files;
        try {
            files = JavaBindings.generate(type(), name);
        } catch (BindingException e) {
            throw new UserError(file, "cannot be declared in Java: " + e.getMessage());
        }
        for (Map.Entry<String, String> f : files.entrySet()) {
            Path target = output.resolve(f.getKey());
            Files.createDirectories(target.getParent());
            Files.writeString(target, f.getValue());
        }
        return 0;
    }

    private ComponentType type() throws IOException {
        byte[] content = ModuleFiles.read(file);
        if (ComponentDecoder.isComponent(content)) {
            return ComponentDecoder.decode(content, PathBytes.text(file), Features.ALL);
        }
        if (ModuleFiles.isWasm(content)) {
            throw new UserError(file, "is no component");
        }
        try (Artifact compiled = CompiledFile.of(file, content)) {
            byte[] type = compiled.componentType();
            if (type == null) {
                throw new UserError(
                        file,
                        compiled.component() == null
                                ? "is no component"
                                : "has no types: it was compiled without names, or of several components;"
                                        + " bindgen reads .wasm files, too");
            }
            return TypeWriter.read(type, PathBytes.text(file));
        }
    }
}
