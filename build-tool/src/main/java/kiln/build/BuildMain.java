package kiln.build;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.FileSignature;
import kiln.artifact.Printable;
import kiln.artifact.api.SigningKeys;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.component.BindingException;
import kiln.component.ComponentDecoder;
import kiln.component.JavaBindings;
import kiln.component.UnsupportedComponentException;
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
 * wasm=FILE  name=NAME  link=FILE:FILE...
 * resources=FOLDER   compile into it: META-INF/kiln/NAME/TARGET.cwasm and module.properties
 *   targets=x86_64-linux,aarch64-linux  cpu=FEATURE,...  opt=2  strip=nothing  signKey=FILE
 *   interruptible=true  explicitBounds=false  debugInfo=false  nan=any  relaxedSimd=host  endive=false
 * sources=FOLDER     write a class into it
 *   className=com.example.Name
 *   packageName=com.example       of a component: interfaces instead, in packages from there on
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
        } catch (CompileException
                | WasmException
                | UnsupportedComponentException
                | BindingException
                | IllegalArgumentException e) {
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
        List<Compiler.Input> modules = modules(request);
        String name = required(request, "name");
        String resources = request.getProperty("resources");
        if (resources != null) {
            compile(request, modules, name, Path.of(resources));
        }
        String sources = request.getProperty("sources");
        String packageName = request.getProperty("packageName");
        if (sources != null && packageName != null) {
            interfaces(modules, packageName, Path.of(sources));
        } else if (sources != null) {
            List<WasmModule> decoded = new ArrayList<>();
            for (Compiler.Input m : modules) {
                WasmModule module = ModuleDecoder.decode(m.wasm(), m.file(), Features.ALL);
                Validator.validate(module);
                decoded.add(module);
            }
            List<String> linked = modules.stream().map(Compiler.Input::name).toList();
            String className = required(request, "className");
            Path source = Path.of(sources, className.replace('.', '/') + ".java");
            write(
                    source,
                    new TypedClass(decoded, linked, className, name).text().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** What a component imports and exports, in Java. */
    private static void interfaces(List<Compiler.Input> components, String packageName, Path sources)
            throws IOException {
        Compiler.Input c = components.getLast();
        if (components.size() > 1 || !ComponentDecoder.isComponent(c.wasm())) {
            throw new IllegalArgumentException("packageName is for one component; a module has a className");
        }
        if (!JavaBindings.isPackage(packageName)) {
            throw new IllegalArgumentException(Printable.name(packageName) + " is not the name of a package");
        }
        Map<String, String> files =
                JavaBindings.generate(ComponentDecoder.decode(c.wasm(), c.file(), Features.ALL), packageName);
        for (Map.Entry<String, String> f : files.entrySet()) {
            write(sources.resolve(f.getKey()), f.getValue().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The module, behind those that it is linked with: the last is the one whose exports the file has. */
    private static List<Compiler.Input> modules(Properties request) throws IOException {
        String link = request.getProperty("link", "");
        List<String> files = new ArrayList<>(link.isEmpty() ? List.of() : List.of(link.split(File.pathSeparator)));
        files.add(required(request, "wasm"));
        List<Compiler.Input> modules = new ArrayList<>();
        for (String f : files) {
            Path file = Path.of(f);
            String fileName = file.getFileName().toString();
            String stem = fileName.endsWith(".wasm") ? fileName.substring(0, fileName.length() - 5) : fileName;
            modules.add(new Compiler.Input(files.size() > 1 ? stem : null, fileName, Files.readAllBytes(file)));
        }
        return modules;
    }

    private static void compile(Properties request, List<Compiler.Input> modules, String name, Path resources)
            throws IOException {
        Path folder = resources.resolve("META-INF/kiln").resolve(name);
        boolean endive = flag(request, "endive", "false");
        if (endive && modules.size() > 1) {
            throw new IllegalArgumentException("what is linked has no form for Endive: leave out link or endive");
        }
        String key = request.getProperty("signKey");
        KeyPair signer = key == null ? null : SigningKeys.readPrivate(Path.of(key));
        String targets = request.getProperty("targets", "x86_64-linux,aarch64-linux");
        Set<String> cpu = new TreeSet<>(List.of(request.getProperty("cpu", "").split(",")));
        cpu.remove("");
        CompilerOptions options = options(request);
        Set<String> unknown = new TreeSet<>(cpu);
        List<Target> all = Arrays.stream(targets.split(",")).map(Target::of).toList();
        all.forEach(t -> unknown.removeAll(t.knownFeatures()));
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("cpu: none of " + targets + " has " + String.join(", ", unknown));
        }
        for (Target target : all) {
            Set<String> features = new TreeSet<>(cpu);
            features.retainAll(target.knownFeatures());
            CompilerOptions here = options.withTarget(target).withCpu(features);
            byte[] file = modules.size() > 1 ? Compiler.link(modules, here) : compile(modules.getFirst(), here, false);
            write(folder.resolve(target.label() + ".cwasm"), signed(file, signer));
            if (endive) {
                byte[] door = compile(modules.getFirst(), here, true);
                write(folder.resolve("endive").resolve(target.label() + ".cwasm"), signed(door, signer));
            }
        }
        write(
                folder.resolve("module.properties"),
                about(request, modules, targets).getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] compile(Compiler.Input module, CompilerOptions options, boolean endive) {
        return Compiler.compile(module.file(), endive ? DoorModule.rewrite(module.wasm()) : module.wasm(), options);
    }

    private static byte[] signed(byte[] file, KeyPair signer) {
        if (signer != null) {
            FileSignature.sign(file, signer);
        }
        return file;
    }

    private static CompilerOptions options(Properties request) {
        return CompilerOptions.defaults()
                .withInterruptible(flag(request, "interruptible", "true"))
                .withExplicitBounds(flag(request, "explicitBounds", "false"))
                .withDebugInfo(flag(request, "debugInfo", "false"))
                .withOptLevel(Integer.parseInt(request.getProperty("opt", "2")))
                .withStrip(CompilerOptions.Strip.valueOf(oneOf(request, "strip", "nothing", "names", "offsets", "all")
                        .toUpperCase(Locale.ROOT)))
                .withCanonicalNans(oneOf(request, "nan", "any", "canonical").equals("canonical"))
                .withRelaxedSimd(CompilerOptions.RelaxedSimd.valueOf(
                        oneOf(request, "relaxedSimd", "host", "deterministic").toUpperCase(Locale.ROOT)));
    }

    private static boolean flag(Properties request, String key, String ifNothingIsSaid) {
        return oneOf(request, key, ifNothingIsSaid, "true", "false").equals("true");
    }

    /** A property that has one of some values; the first if nothing is said. */
    private static String oneOf(Properties request, String key, String... values) {
        String value = request.getProperty(key, values[0]);
        if (!List.of(values).contains(value)) {
            Set<String> known = new LinkedHashSet<>(List.of(values));
            throw new IllegalArgumentException(
                    key + ": " + Printable.name(value) + " is none of " + String.join(", ", known));
        }
        return value;
    }

    /** What {@code module.properties} says: from what the code was made, and how. */
    private static String about(Properties request, List<Compiler.Input> modules, String targets) {
        StringBuilder out = new StringBuilder("compiler=" + Compiler.VERSION + "\nwasm.sha256="
                + sha256(modules.getLast().wasm()) + "\ntargets=" + targets + "\n");
        for (Compiler.Input m : modules.subList(0, modules.size() - 1)) {
            out.append("link.")
                    .append(m.name())
                    .append(".sha256=")
                    .append(sha256(m.wasm()))
                    .append('\n');
        }
        for (String option : List.of(
                "cpu",
                "interruptible",
                "explicitBounds",
                "debugInfo",
                "opt",
                "strip",
                "nan",
                "relaxedSimd",
                "endive")) {
            String value = request.getProperty(option, "");
            if (!value.isEmpty()) {
                out.append(option).append('=').append(value).append('\n');
            }
        }
        return out.toString();
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
