package kiln.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Properties;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.endive.DoorModule;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/**
 * What a plugin starts in a JVM for 25: does what a file of properties says for one module. The same input gives the
 * same bytes.
 *
 * <pre>
 * wasm=FILE  name=NAME
 * resources=FOLDER   compile into it: META-INF/kiln/NAME/TARGET.cwasm and module.properties
 *   targets=x86_64-linux,aarch64-linux  interruptible=true  opt=2  strip=nothing  endive=false
 * sources=FOLDER     write a class into it
 *   className=com.example.Name
 * </pre>
 */
public final class BuildMain {
    private BuildMain() {}

    /** @param args the file's name */
    public static void main(String[] args) throws IOException {
        Properties request = new Properties();
        try (var in = Files.newBufferedReader(Path.of(args[0]), StandardCharsets.UTF_8)) {
            request.load(in);
        }
        try {
            run(request);
        } catch (CompileException | WasmException | IllegalArgumentException e) {
            fail(e.getMessage());
        } catch (NoSuchFileException e) {
            fail("there is no file " + e.getMessage());
        } catch (UncheckedIOException | IOException e) {
            fail(e.getMessage());
        }
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(2);
    }

    private static void run(Properties request) throws IOException {
        Path file = Path.of(required(request, "wasm"));
        byte[] wasm = Files.readAllBytes(file);
        String name = required(request, "name");
        String resources = request.getProperty("resources");
        if (resources != null) {
            compile(request, file, wasm, name, Path.of(resources));
        }
        String sources = request.getProperty("sources");
        if (sources != null) {
            WasmModule module = ModuleDecoder.decode(wasm, file.getFileName().toString(), Features.ALL);
            Validator.validate(module);
            String className = required(request, "className");
            Path source = Path.of(sources, className.replace('.', '/') + ".java");
            write(source, new TypedClass(module, className, name).text().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void compile(Properties request, Path file, byte[] wasm, String name, Path resources)
            throws IOException {
        Path folder = resources.resolve("META-INF/kiln").resolve(name);
        boolean endive = Boolean.parseBoolean(request.getProperty("endive", "false"));
        String targets = request.getProperty("targets", "x86_64-linux,aarch64-linux");
        CompilerOptions options = CompilerOptions.defaults()
                .withInterruptible(Boolean.parseBoolean(request.getProperty("interruptible", "true")))
                .withOptLevel(Integer.parseInt(request.getProperty("opt", "2")))
                .withStrip(CompilerOptions.Strip.valueOf(
                        request.getProperty("strip", "nothing").toUpperCase(Locale.ROOT)));
        for (String label : targets.split(",")) {
            Target target = Target.of(label.trim());
            write(
                    folder.resolve(target.label() + ".cwasm"),
                    Compiler.compile(file.getFileName().toString(), wasm, options.withTarget(target)));
            if (endive) {
                write(
                        folder.resolve("endive").resolve(target.label() + ".cwasm"),
                        Compiler.compile(
                                file.getFileName().toString(), DoorModule.rewrite(wasm), options.withTarget(target)));
            }
        }
        String about = "compiler=" + Compiler.VERSION + "\nwasm.sha256=" + sha256(wasm) + "\ntargets=" + targets
                + "\ninterruptible=" + options.interruptible() + "\nopt=" + options.optLevel() + "\nstrip="
                + options.strip().name().toLowerCase(Locale.ROOT) + "\nendive=" + endive + "\n";
        write(folder.resolve("module.properties"), about.getBytes(StandardCharsets.UTF_8));
    }

    private static String required(Properties request, String key) {
        String value = request.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("\"" + key + "\" is missing");
        }
        return value;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }
}
