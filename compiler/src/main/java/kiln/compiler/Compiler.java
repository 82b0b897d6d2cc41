package kiln.compiler;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Compat;
import kiln.codegen.CompiledFunction;
import kiln.component.CompositionException;
import kiln.component.FlatComponent;
import kiln.component.UnsupportedComponentException;
import kiln.ir.InlineTable;
import kiln.translate.UnsupportedFeatureException;
import kiln.wasm.Feature;
import kiln.wasm.WasmException;

/** From WebAssembly modules and components to the bytes of a {@code .cwasm} file. */
public final class Compiler {
    /** Of the compiler; recorded in every file. */
    public static final String VERSION = "0.1.0";

    /**
     * A module to compile.
     *
     * @param name that other modules import it by; null for the name that a single module has in itself
     * @param file for messages
     * @param wasm the binary module
     */
    public record Input(String name, String file, byte[] wasm) {}

    private Compiler() {}

    /**
     * Compiles one module or component.
     *
     * <p>Works on threads of its own, whatever stack the caller has, and leaves nothing behind if it fails, with an
     * {@link OutOfMemoryError} say: the next call finds everything in order.
     *
     * @throws CompileException if the module is malformed or invalid, or needs something that is not supported; the
     *     message names file, offset and reason. Also if the calling thread is interrupted
     */
    public static byte[] compile(String name, byte[] wasm, CompilerOptions options) {
        return compile(name, wasm, options, CompileProgress.NONE);
    }

    /** As {@link #compile(String, byte[], CompilerOptions)}, telling {@code progress} how far it is. */
    public static byte[] compile(String name, byte[] wasm, CompilerOptions options, CompileProgress progress) {
        return toBytes(List.of(new Input(null, name, wasm)), options, progress, null);
    }

    /**
     * Compiles one module into a file, which appears whole or not at all.
     *
     * @throws CompileException as {@link #compile}
     */
    public static void compileTo(
            Path output, String name, byte[] wasm, CompilerOptions options, CompileProgress progress)
            throws IOException {
        linkTo(output, List.of(new Input(null, name, wasm)), options, progress);
    }

    /**
     * Compiles modules into one file and links them: what they import from each other is bound now. The modules in the
     * file come after those that they import from, and otherwise in the order given. Components are put together.
     *
     * @throws CompileException as {@link #compile}, or if modules cannot be linked; the message names their files
     */
    public static byte[] link(List<Input> modules, CompilerOptions options) {
        return toBytes(modules, options, CompileProgress.NONE, null);
    }

    /** As {@link #link(List, CompilerOptions)}, telling {@code progress} how far it is. */
    public static byte[] link(List<Input> modules, CompilerOptions options, CompileProgress progress) {
        return toBytes(modules, options, progress, null);
    }

    /**
     * Compiles and links modules into one file, which appears whole or not at all.
     *
     * @throws CompileException as {@link #link}
     */
    public static void linkTo(Path output, List<Input> modules, CompilerOptions options, CompileProgress progress)
            throws IOException {
        Object event = CompileEvents.begin();
        onOwnStack(options, pool -> {
            compile(modules, options, progress, null, pool).write(output);
            return null;
        });
        CompileEvents.end(event, modules, options);
    }

    /** As if direct calls reached {@code callRange} bytes only: a small text is then laid out like a huge one. */
    static byte[] compile(String name, byte[] wasm, CompilerOptions options, long callRange) {
        return toBytes(List.of(new Input(null, name, wasm)), options, CompileProgress.NONE, callRange);
    }

    /** As {@link #link(List, CompilerOptions)}, all on the calling thread. */
    static byte[] linkOnThisThread(List<Input> modules, CompilerOptions options) {
        try (WorkPool pool = new WorkPool(1)) {
            return compile(modules, options, CompileProgress.NONE, null, pool).toBytes();
        }
    }

    private static byte[] toBytes(
            List<Input> inputs, CompilerOptions options, CompileProgress progress, Long callRange) {
        Object event = CompileEvents.begin();
        byte[] compiled = onOwnStack(
                options,
                pool -> compile(inputs, options, progress, callRange, pool).toBytes());
        CompileEvents.end(event, inputs, options);
        return compiled;
    }

    /** A step that takes a pool's threads. */
    @FunctionalInterface
    private interface Job<T> {
        T run(WorkPool pool) throws IOException;
    }

    private static <T> T onOwnStack(CompilerOptions options, Job<T> job) {
        WorkPool pool = new WorkPool(options.jobs());
        return OwnStack.call(
                () -> {
                    // Not as a resource: the JVM throws one and the same OutOfMemoryError twice, which cannot suppress
                    // itself.
                    try {
                        return job.run(pool);
                    } finally {
                        pool.close();
                    }
                },
                pool::cancel);
    }

    /** @param callRange null for what the target has */
    private static ArtifactWriter compile(
            List<Input> inputs, CompilerOptions given, CompileProgress progress, Long callRange, WorkPool pool) {
        try {
            return compile(Modules.of(inputs, given), given, progress, callRange, pool);
        } catch (WasmException | UnsupportedFeatureException | UnsupportedComponentException | CompositionException e) {
            throw new CompileException(e.getMessage(), e);
        }
    }

    private static ArtifactWriter compile(
            Modules modules, CompilerOptions given, CompileProgress progress, Long callRange, WorkPool pool) {
        CompilerOptions options = modules.startThreads() ? given.withInterruptible(true) : given;
        Modules.Work work = modules.compilations(options);
        List<ModuleCompilation> compilations = work.modules();
        if (progress instanceof Exploration.Recorder recorder) {
            compilations.forEach(c -> c.showTo(recorder));
        }
        Program program = new Program(compilations, work.component());
        for (int i = 0; i < compilations.size(); i++) {
            if (!modules.isFace(i)) {
                compilations.get(i).compile(pool, progress, compilations.subList(0, i), program::add);
            }
            program.compileOfComponent(i);
        }
        List<Product.Code> functions = program.link(pool);
        TextLayout layout = TextLayout.of(
                options.target().backend(),
                functions.stream().map(Product.Code::function).toList(),
                callRange != null ? callRange : options.target().backend().callRange());
        ArtifactWriter writer = write(compilations, program, functions, layout, options);
        if (modules.plan() != null) {
            List<byte[]> nested = new ArrayList<>();
            for (FlatComponent c : modules.exported()) {
                nested.add(compile(Modules.of(c, true), given, progress, callRange, pool)
                        .toBytes());
            }
            writer.component(modules.plan(), modules.world(), modules.type(), nested);
        }
        return writer;
    }

    private static ArtifactWriter write(
            List<ModuleCompilation> compilations,
            Program program,
            List<Product.Code> functions,
            TextLayout layout,
            CompilerOptions options) {
        Compat compat = Compat.of(
                options.target().backend().name(),
                List.copyOf(options.cpu()),
                "kiln " + VERSION,
                recorded(compilations, options));
        ArtifactWriter writer = new ArtifactWriter(compat);
        switch (options.strip()) {
            case NOTHING -> {}
            case NAMES -> writer.strip(ArtifactWriter.Strip.NAMES);
            case OFFSETS -> writer.strip(ArtifactWriter.Strip.OFFSETS);
            case ALL -> writer.strip(ArtifactWriter.Strip.NAMES).strip(ArtifactWriter.Strip.OFFSETS);
        }
        writer.text(java.lang.foreign.MemorySegment.ofArray(layout.link()));
        for (int i = 0; i < functions.size(); i++) {
            CompiledFunction f = functions.get(i).function();
            int start = layout.start(i);
            writer.function(f.key(), start, f.code().length);
            f.traps().forEach(t -> writer.trap(start + t.offset(), t.code()));
            for (CompiledFunction.StackMap m : f.stackMaps()) {
                writer.stackMap(start + m.returnAddress(), m.words());
            }
            positions(writer, start, functions.get(i));
        }
        for (int i = 0; i < compilations.size(); i++) {
            compilations.get(i).describe(writer, i, program.fates(i));
        }
        return writer;
    }

    private static Map<String, String> recorded(List<ModuleCompilation> compilations, CompilerOptions options) {
        Map<String, String> result = new TreeMap<>();
        result.put("options", options.describe());
        for (ModuleCompilation c : compilations) {
            if (c.environment().usedFeatures().contains(Feature.RELAXED_SIMD)) {
                result.put(Compat.RELAXED_SIMD, options.target().relaxedSimd(options));
            }
        }
        return result;
    }

    private static void positions(ArtifactWriter writer, int start, Product.Code code) {
        InlineTable table = code.inlines();
        if (table == null) {
            code.function().positions().forEach(p -> writer.position(start + p.offset(), p.wasmOffset()));
            return;
        }
        int[] numbers = new int[table.siteCount()];
        Arrays.fill(numbers, -1);
        for (CompiledFunction.Position p : code.function().positions()) {
            writer.position(start + p.offset(), table.wasmOffset(p.wasmOffset()));
        }
        for (Product.Run run : code.runs()) {
            writer.inlined(start + run.offset(), site(writer, table, run.site(), numbers));
        }
    }

    /** Adds a site with those around it, unless it is there already. */
    private static int site(ArtifactWriter writer, InlineTable table, int site, int[] numbers) {
        if (site >= 0 && numbers[site] < 0) {
            int call = table.callPosition(site);
            int around = site(writer, table, table.site(call), numbers);
            numbers[site] = writer.inlineSite(table.callee(site), table.wasmOffset(call), around);
        }
        return site < 0 ? -1 : numbers[site];
    }

    /** Distinguishes builds of the same version, so that no cache serves code of an older one. */
    public static String buildId() {
        return BuildId.value();
    }

    /** Not in an initialiser, which gets only one chance. */
    private static final class BuildId {
        private static volatile String value;

        static String value() {
            if (value == null) {
                value = compute();
            }
            return value;
        }

        private static String compute() {
            try {
                Path code = Path.of(Compiler.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI());
                Map<String, Long> times = new TreeMap<>();
                if (Files.isRegularFile(code)) {
                    return Files.getLastModifiedTime(code).toMillis() + "-" + Files.size(code);
                }
                try (var files = Files.walk(code.getParent().getParent().getParent(), 8)) {
                    files.filter(p -> p.toString().endsWith(".class"))
                            .forEach(p -> times.put(p.toString(), p.toFile().lastModified()));
                }
                return Integer.toHexString(times.hashCode());
            } catch (IOException | URISyntaxException | RuntimeException _) {
                return "unknown";
            }
        }
    }
}
