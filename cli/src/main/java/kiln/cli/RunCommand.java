package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.SigningKeys;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CodeCache;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import kiln.runtime.WasmException;
import kiln.runtime.WasmFrame;
import kiln.runtime.component.Component;
import kiln.wasi.ExitException;
import kiln.wasi.Wasi;
import kiln.wasi.WasiThreads;
import kiln.wasi.p2.Wasi2;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kiln run}. */
// No annotations (see Options) and no pattern switches: linking one takes milliseconds in a process that has just
// started.
final class RunCommand implements Callable<Integer> {
    /** As a shell reports SIGABRT, which is what other engines end with. */
    static final int TRAPPED = 134;
    /** Module from which compilers let strings be imported, if nothing else is said to them. */
    private static final String STRING_CONSTANTS = "'";
    /** As main threads have it: programs compiled for native stacks expect no less. */
    private static final long STACK_BYTES = 8 << 20;

    private static final int MAX_FRAMES_SHOWN = 40;

    enum UnknownImports {
        trap,
        defaults;

        static UnknownImports of(String text) {
            return switch (text) {
                case "trap" -> trap;
                case "default" -> defaults;
                default ->
                    throw new UserError("--unknown-imports=" + Printable.name(text) + ": known are trap, default");
            };
        }
    }

    private final PositionalParamSpec program = Options.parameter(
            Path.class, "FILE", "The program: .wasm or .cwasm, told apart by content; - is standard input.");
    private final PositionalParamSpec arguments = Options.rest("ARGS", "Its arguments; a first -- is left out.");
    private final OptionSpec invoke = Options.value(
            String.class,
            "--invoke",
            "FUNC",
            "Call this export with ARGS (numbers; vectors like i32x4:1,2,3,4; null for references) "
                    + "instead of running the program; prints the results, one a line. "
                    + "Of a component: a call with values in WAVE, as 'scale({x: 1, y: 2}, 2.5)'.");
    private final OptionSpec timeout = Options.value(
            String.class,
            "--timeout",
            "TIME",
            "Stop the program after this time, in seconds or with a unit: 1.5, 100ms, 1m30s "
                    + "(a .cwasm file must have been compiled with --interruptible).");
    private final OptionSpec maxMemory = Options.value(
            String.class,
            "--max-memory",
            "SIZE",
            "All memories of the program together have at most this size: 64M, 1.5G. Growing beyond it fails.");
    private final OptionSpec preloads = Options.list(
            "--preload", "NAME=FILE", "Instantiate this module first; the program imports its exports from NAME.");
    private final OptionSpec unknownImports = Options.value(
            String.class,
            "--unknown-imports",
            "trap|default",
            "Functions that nobody provides trap when called, or return zeros (default: refuse to start).");
    private final OptionSpec noCache = Options.flag("--no-cache", "Do not use or fill the cache of compiled code.");
    private final OptionSpec noServer = Compilation.noServerOption();
    private final OptionSpec signers = Options.list(
            "--require-signature",
            "PUBKEY",
            "Run FILE only if it is a .cwasm file signed by this key "
                    + "(a file in PEM form; may be repeated: by one of them).");
    private final OptionSpec trusted = Options.flag(
            "--trusted",
            "Map FILE, a .cwasm file, as it is: its checksums are not compared, "
                    + "it must not change meanwhile, and perf finds its symbols.");
    private final GuestOptions guest = new GuestOptions();
    private final NetworkOptions network = new NetworkOptions();
    private final CompileOptions compile = CompileOptions.forThisMachine();
    private Path file;
    private StoreLimits limits = StoreLimits.DEFAULT;
    /** 0 for none. */
    private long timeoutNanos;

    CommandSpec spec() {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name("run");
        spec.usageMessage()
                .description(
                        "Runs a program: a .cwasm file, "
                                + "or a .wasm file, which is compiled first unless the cache has it.",
                        "The exit status is the program's; 134 after a trap.");
        spec.addPositional(program);
        spec.addPositional(arguments);
        Options.add(spec, invoke, timeout, maxMemory, preloads, unknownImports, noCache, noServer, signers, trusted);
        guest.addTo(spec);
        network.addTo(spec);
        compile.addTo(spec);
        Options.addStandard(spec);
        return spec;
    }

    @Override
    public Integer call() throws Exception {
        file = InputFile.named(program.getValue());
        Object[] outcome = new Object[1];
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        outcome[0] = run();
                    } catch (Throwable t) {
                        outcome[0] = t;
                    }
                },
                "kiln",
                STACK_BYTES);
        thread.start();
        thread.join();
        if (outcome[0] instanceof Exception e) {
            throw e;
        } else if (outcome[0] instanceof Error e) {
            throw e;
        }
        return (Integer) outcome[0];
    }

    private List<String> arguments() {
        return withoutSeparator(Options.strings(arguments));
    }

    /** A first "--" only says that what follows is not for this command. */
    static List<String> withoutSeparator(List<String> all) {
        return !all.isEmpty() && all.getFirst().equals("--") ? all.subList(1, all.size()) : all;
    }

    private int run() throws IOException {
        CompilerOptions options = compile.toHostOptions();
        if (timeout.getValue() != null) {
            timeoutNanos = Quantities.nanos("--timeout", timeout.getValue());
            options = options.withInterruptible(true);
        }
        if (maxMemory.getValue() != null) {
            // Threads have a store each, which counts what it grows itself: a shared memory has a limit of its own.
            long most = Quantities.bytes("--max-memory", maxMemory.getValue());
            limits = limits.withTotalMemoryBytes(most).withMemoryBytes(most);
        }
        if (ModuleFiles.isComponentBinary(InputFile.check(file))) {
            return runComponent(options);
        }
        try (Engine engine = engine();
                Preloads preloaded = preloads(engine, options);
                CompiledModule module = load(engine, file, options)) {
            return run(engine, preloaded, module);
        } catch (LinkException e) {
            throw new UserError(file, e.getMessage());
        } catch (ArtifactException e) {
            // Compiled files are taken for modules, so that running one does not take opening it twice.
            if (ModuleFiles.isComponent(file)) {
                return runComponent(options);
            }
            throw e;
        }
    }

    private int runComponent(CompilerOptions options) throws IOException {
        for (OptionSpec option : new OptionSpec[] {preloads, unknownImports}) {
            if (option.getValue() != null) {
                throw new UserError(file, option.longestName() + " is for modules, and this is a component");
            }
        }
        Wasi2.Builder wasi = Wasi2.builder().inheritStdio();
        List<String> argv = new ArrayList<>();
        argv.add(guest.programName(file));
        argv.addAll(arguments());
        wasi.args(argv);
        guest.apply(wasi);
        network.apply(wasi);
        try (Engine engine = engine();
                Component component = loadComponent(engine, options)) {
            return new ComponentProgram(file, component, limits, timeoutNanos, invoke.getValue()).run(wasi);
        } catch (LinkException | IllegalArgumentException e) {
            throw new UserError(file, e.getMessage());
        }
    }

    private Component loadComponent(Engine engine, CompilerOptions options) throws IOException {
        checkTimeout(file);
        if (trusted.<Boolean>getValue()) {
            ModuleFiles.checkTrusted(file);
            return Component.loadTrusted(engine, file);
        } else if (Options.strings(signers).isEmpty()) {
            return ModuleFiles.loadComponent(engine, file, options, cache(), noServer.<Boolean>getValue());
        }
        return Component.load(engine, file);
    }

    private CodeCache cache() {
        return noCache.<Boolean>getValue() ? null : CodeCache.ofUser();
    }

    private void checkTimeout(Path file) throws IOException {
        if (timeoutNanos != 0 && !ModuleFiles.isInterruptible(InputFile.check(file))) {
            throw new UserError(file, "--timeout cannot stop it: it was compiled without --interruptible");
        }
    }

    private Preloads preloads(Engine engine, CompilerOptions options) throws IOException {
        Preloads opened = new Preloads();
        boolean done = false;
        try {
            for (String preload : Options.strings(preloads)) {
                opened.add(engine, preload, this, options);
            }
            done = true;
            return opened;
        } finally {
            if (!done) {
                opened.close();
            }
        }
    }

    private Engine engine() throws IOException {
        if (Options.strings(signers).isEmpty()) {
            return new Engine();
        }
        List<PublicKey> keys = new ArrayList<>();
        for (String key : Options.strings(signers)) {
            keys.add(SigningKeys.readPublic(Arguments.path(key)));
        }
        return Engine.requiringSignature(keys);
    }

    /** Where a signature is required, nothing is compiled here and the cache, whose files have none, is left alone. */
    CompiledModule load(Engine engine, Path file, CompilerOptions options) throws IOException {
        checkTimeout(file);
        if (trusted.<Boolean>getValue()) {
            return ModuleFiles.loadTrusted(engine, file);
        } else if (Options.strings(signers).isEmpty()) {
            return ModuleFiles.load(engine, file, options, cache(), noServer.<Boolean>getValue());
        }
        return Files.isRegularFile(InputFile.check(file))
                ? CompiledModule.load(engine, file)
                : CompiledModule.load(engine, InputFile.read(file));
    }

    private int run(Engine engine, Preloads preloaded, CompiledModule module) throws IOException {
        Wasi.Builder wasiBuilder = Wasi.builder().inheritStdio();
        List<String> argv = new ArrayList<>();
        argv.add(guest.programName(file));
        argv.addAll(arguments());
        wasiBuilder.args(argv);
        guest.apply(wasiBuilder);
        try (Wasi wasi = wasiBuilder.build();
                Store store = new Store(engine, limits)) {
            Linker linker = new Linker(engine).strings(STRING_CONSTANTS);
            wasi.addTo(linker);
            if (unknownImports.getValue() != null) {
                boolean trap = UnknownImports.of(unknownImports.getValue()) == UnknownImports.trap;
                linker.unknownImports(trap ? Linker.UnknownImports.TRAP : Linker.UnknownImports.DEFAULT);
            }
            if (timeoutNanos != 0) {
                store.setDeadline(Duration.ofNanos(timeoutNanos));
            }
            WasiThreads threads = null;
            if (WasiThreads.isNeededBy(module)) {
                if (!Options.strings(preloads).isEmpty()) {
                    throw new UserError(file, "--preload is not for programs with threads");
                }
                threads = new WasiThreads(wasi, linker, module, limits);
            }
            try {
                preloaded.instantiate(linker, store, wasi);
                Instance instance = linker.instantiate(store, module);
                if (threads != null && invoke.getValue() == null && instance.hasExport("_start")) {
                    return threads.run(instance);
                }
                start(wasi, instance);
                return 0;
            } catch (ExitException e) {
                return e.code();
            } catch (TrapException e) {
                wasi.flush();
                report(e);
                return TRAPPED;
            } catch (ThrownException e) {
                wasi.flush();
                report(e);
                return TRAPPED;
            } finally {
                if (threads != null) {
                    threads.close();
                }
            }
        }
    }

    /** Calls the function that was asked for; else that of a program, or what sets a library ("reactor") up. */
    private void start(Wasi wasi, Instance instance) {
        String asked = invoke.getValue();
        if (asked != null) {
            // A program sets itself up in _start, which is not called.
            if (!asked.equals("_initialize")) {
                wasi.initialize(instance);
            }
            invoke(instance, asked);
        } else if (instance.hasExport("_start")) {
            instance.func("_start").call();
        } else if (instance.hasExport("_initialize")) {
            wasi.initialize(instance);
        } else {
            throw new UserError(
                    file,
                    "the module exports neither _start nor _initialize; --invoke calls one of its functions ("
                            + Printable.names(functions(instance)) + ")");
        }
    }

    private static List<String> functions(Instance instance) {
        List<String> names = new ArrayList<>();
        for (String name : instance.exportNames()) {
            if (instance.export(name) instanceof Func) {
                names.add(name);
            }
        }
        return names;
    }

    private void invoke(Instance instance, String name) {
        List<String> given = arguments();
        Func func = instance.hasExport(name) && instance.export(name) instanceof Func f ? f : null;
        if (func == null) {
            throw new UserError(
                    file,
                    "no exported function " + Printable.name(name) + Suggestions.text(name, functions(instance))
                            + " (there are: " + Printable.names(functions(instance)) + ")");
        }
        List<ValType> params = func.type().params();
        if (params.size() != given.size()) {
            throw new UserError(Printable.name(name) + " takes " + params.size() + " arguments, not " + given.size()
                    + ": " + Printable.name(func.type().toString()));
        }
        Object[] args = new Object[params.size()];
        for (int i = 0; i < args.length; i++) {
            args[i] = Literals.parse(params.get(i), given.get(i));
        }
        Object result = func.invoke(args);
        if (result instanceof Object[] many) {
            for (Object one : many) {
                System.out.println(Literals.show(one));
            }
        } else if (!func.type().results().isEmpty()) {
            System.out.println(Literals.show(result));
        }
    }

    private void report(TrapException e) {
        report(e, timeoutNanos);
    }

    static void report(TrapException e, long timeoutNanos) {
        boolean late = e.code() == TrapCode.INTERRUPTED && timeoutNanos != 0;
        System.err.println("kiln: trap: " + e.getMessage()
                + (late ? " after " + timeoutNanos / 1e9 + " seconds (--timeout)" : ""));
        showFrames(e.frames(), e);
    }

    static void report(ThrownException e) {
        System.err.println("kiln: " + Printable.name(e.getMessage()));
        showFrames(e.frames(), e);
    }

    private static void showFrames(List<WasmFrame> known, WasmException e) {
        List<String> frames = frames(known, e);
        for (int i = 0; i < Math.min(frames.size(), MAX_FRAMES_SHOWN); i++) {
            System.err.println("    at " + frames.get(i));
        }
        if (frames.size() > MAX_FRAMES_SHOWN) {
            System.err.println("    ... " + (frames.size() - MAX_FRAMES_SHOWN) + " more");
        }
    }

    /** What a function of the host's raised has its WebAssembly frames in the stack trace only. */
    private static List<String> frames(List<WasmFrame> known, WasmException e) {
        List<String> frames = new ArrayList<>();
        for (WasmFrame frame : known) {
            frames.add(frame.toString());
        }
        if (frames.isEmpty()) {
            for (StackTraceElement t : e.getStackTrace()) {
                // Java's own have a loader or a module.
                if (t.getFileName() != null && t.getClassLoaderName() == null && t.getModuleName() == null) {
                    boolean source = !t.getFileName().equals(t.getClassName() + ".wasm");
                    String offset = t.getLineNumber() < 0 ? "" : "@0x" + Integer.toHexString(t.getLineNumber());
                    frames.add(t.getClassName() + "." + t.getMethodName()
                            + (source ? " (" + t.getFileName() + ":" + t.getLineNumber() + ")" : offset));
                }
            }
        }
        return frames;
    }
}
