package kiln.cli.wast;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.component.ComponentDecoder;
import kiln.component.UnsupportedComponentException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Global;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.translate.UnsupportedFeatureException;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import kiln.wasm.WasmException;
import kiln.wat.Wat;
import kiln.wat.WatException;

/** Runs the commands of one script in a store of its own, and those of its threads in stores of theirs. */
public final class ScriptRunner implements AutoCloseable {
    private final CompilerOptions options;
    private final ModuleCompiler compiler;
    private final Script script;
    private final ScriptResult result;
    private final Engine engine;
    private final Store store;
    private final Linker linker;
    private final Values values = new Values();
    private final ComponentScript components;
    private final Map<String, Instance> instances = new HashMap<>();
    private final Map<String, CompiledModule> definitions = new HashMap<>();
    /** Whether the engine ends with this. */
    private final boolean ownsEngine;
    /** By the name of a module of the thread that started this one: the shared memories that it exports. */
    private final Map<String, Map<String, SharedMemory>> given;

    private final Map<String, ScriptThread> threads = new HashMap<>();
    /** The module that commands without a name mean; null if it could not be made. */
    private Instance current;

    private CompiledModule currentDefinition;
    /** Why {@link #current} is null: it uses something that is not executed yet, as opposed to a failure. */
    private boolean currentNotExecuted;

    /** A module that is valid but uses something that is not executed yet. */
    private static final class NotExecuted extends Exception {
        private static final long serialVersionUID = 1;
    }

    private ScriptRunner(Script script, CompilerOptions options, ModuleCompiler compiler) {
        this(script, options, compiler, new Engine(), true, Map.of());
    }

    private ScriptRunner(
            Script script,
            CompilerOptions options,
            ModuleCompiler compiler,
            Engine engine,
            boolean ownsEngine,
            Map<String, Map<String, SharedMemory>> given) {
        this.script = script;
        this.options = options;
        this.compiler = compiler;
        this.result = new ScriptResult(script.name());
        this.engine = engine;
        this.ownsEngine = ownsEngine;
        this.given = given;
        this.store = new Store(engine);
        this.linker = new Linker(engine);
        SpecHost.define(store, linker);
        this.components = new ComponentScript(engine, store, this::simpleModule);
    }

    /** Runs all commands. */
    public static ScriptResult run(Script script, CompilerOptions options) throws IOException {
        return run(script, options, Compiler::compile);
    }

    /**
     * Runs all commands; modules that are to be executed are compiled by {@code compiler}, all others by this process.
     */
    public static ScriptResult run(Script script, CompilerOptions options, ModuleCompiler compiler) throws IOException {
        try (ScriptRunner runner = new ScriptRunner(script, options, compiler)) {
            return runner.runAll(script.commands());
        }
    }

    private ScriptResult runAll(JsonNode commands) throws IOException {
        for (JsonNode command : commands) {
            command(command);
        }
        return result;
    }

    @Override
    public void close() {
        store.close();
        if (ownsEngine) {
            engine.close();
        }
    }

    private void command(JsonNode c) throws IOException {
        int line = c.path("line").asInt();
        try {
            switch (c.path("type").asText()) {
                case "module" -> module(c);
                case "module_definition" -> {
                    if (isComponent(c)) {
                        defineComponent(c);
                        break;
                    }
                    currentDefinition = compile(c);
                    if (c.has("name")) {
                        definitions.put(c.path("name").asText(), currentDefinition);
                    }
                }
                case "module_instance" -> {
                    if (isComponent(c)) {
                        instantiateComponent(c);
                        break;
                    }
                    CompiledModule m = c.has("module") && !c.path("module").isNull()
                            ? definitions.get(c.path("module").asText())
                            : currentDefinition;
                    become(c.path("instance").asText(null), linker.instantiate(store, required(m)));
                }
                case "register" -> register(c);
                case "thread" -> startThread(c);
                case "wait" -> {
                    ScriptThread t = required(threads.remove(c.path("thread").asText()));
                    result.add(t.await());
                }
                case "action" -> act(c.path("action"));
                case "assert_return" -> assertReturn(c);
                case "assert_trap" -> assertTrap(c);
                case "assert_exhaustion" -> assertExhaustion(c);
                case "assert_invalid", "assert_malformed", "assert_malformed_custom", "assert_invalid_custom" -> {
                    assertRejected(c);
                    return;
                }
                case "assert_unlinkable" -> assertUnlinkable(c);
                case "assert_uninstantiable" -> assertUninstantiable(c);
                case "assert_exception" -> assertException(c);
                // Stack switching comes with its proposal.
                case "assert_suspension" -> throw new NotExecuted();
                default ->
                    throw new AssertionError("unknown command " + c.path("type").asText());
            }
            result.pass();
        } catch (NotExecuted _) {
            result.notExecuted();
        } catch (AssertionError | RuntimeException e) {
            result.fail(line, c.path("type").asText() + ": " + describe(e));
        }
    }

    private void register(JsonNode c) throws NotExecuted {
        String as = c.path("as").asText();
        String name = c.path("name").asText(null);
        if (name != null && given.containsKey(name)) {
            given.get(name).forEach((export, memory) -> linker.memory(as, export, memory));
        } else {
            linker.instance(as, instance(name));
        }
    }

    // Threads

    private void startThread(JsonNode c) throws NotExecuted {
        String module = c.path("shared_module").asText(null);
        ScriptThread t = new ScriptThread(
                c.path("commands"), module == null ? Map.of() : Map.of(module, sharedMemories(instance(module))));
        threads.put(c.path("name").asText(), t);
        t.thread.start();
    }

    private static Map<String, SharedMemory> sharedMemories(Instance instance) {
        Map<String, SharedMemory> memories = new HashMap<>();
        for (String name : instance.exportNames()) {
            if (instance.export(name) instanceof Memory m && m.shared() != null) {
                memories.put(name, m.shared());
            }
        }
        return memories;
    }

    /** Commands that run at the same time as those behind them. */
    private final class ScriptThread {
        private final JsonNode commands;
        private final Map<String, Map<String, SharedMemory>> given;
        private final Thread thread = Thread.ofPlatform().unstarted(this::run);
        private ScriptResult done;
        private Throwable failure;

        ScriptThread(JsonNode commands, Map<String, Map<String, SharedMemory>> given) {
            this.commands = commands;
            this.given = given;
        }

        private void run() {
            try (ScriptRunner runner = new ScriptRunner(script, options, compiler, engine, false, given)) {
                done = runner.runAll(commands);
            } catch (Throwable t) {
                failure = t;
            }
        }

        ScriptResult await() {
            try {
                thread.join();
            } catch (InterruptedException _) {
                thread.interrupt();
                throw new AssertionError("interrupted");
            }
            if (failure != null) {
                throw new AssertionError("a thread failed: " + failure, failure);
            }
            return done;
        }
    }

    private static String describe(Throwable e) {
        return switch (e) {
            case AssertionError a -> a.getMessage();
            case TrapException t -> "trapped: " + t.getMessage();
            case CompileException c -> c.getMessage();
            case LinkException l -> l.getMessage();
            case NoSuchElementException n -> n.getMessage();
            // What else there is may be a mistake of ours.
            default -> e.toString();
        };
    }

    // Modules

    private void defineComponent(JsonNode c) throws IOException, NotExecuted {
        String name = c.path("name").asText(null);
        try {
            components.define(name, compiled(c));
        } catch (NotExecuted e) {
            components.refuse(name);
            throw e;
        }
    }

    private void instantiateComponent(JsonNode c) throws NotExecuted {
        String definition = c.path("module").asText(null);
        String name = c.path("instance").asText(null);
        current = null;
        currentNotExecuted = components.isRefused(definition);
        components.forget();
        if (currentNotExecuted) {
            instances.put(name, null);
            throw new NotExecuted();
        }
        components.instantiate(definition, name);
    }

    /** What scripts of components import from their host. */
    private byte[] simpleModule() {
        String text = "(module (global (export \"g\") i32 (i32.const 100))"
                + "(func (export \"f\") (result i32) (i32.const 101)))";
        return compiler.compile("simple-module", Wat.encode("simple-module", text.getBytes(UTF_8)), options);
    }

    private static boolean isComponent(JsonNode c) {
        return c.path("kind").asText().equals("component");
    }

    private CompiledModule compile(JsonNode c) throws IOException, NotExecuted {
        return CompiledModule.load(engine, compiled(c));
    }

    private byte[] compiled(JsonNode c) throws IOException, NotExecuted {
        String file = c.has("binary_filename")
                ? c.path("binary_filename").asText()
                : c.path("filename").asText();
        try {
            return compiler.compile(file, script.files().read(file), options);
        } catch (CompileException e) {
            if (e.getCause() instanceof UnsupportedFeatureException
                    || e.getCause() instanceof UnsupportedComponentException) {
                throw new NotExecuted();
            }
            throw e;
        }
    }

    private void module(JsonNode c) throws IOException, NotExecuted {
        current = null;
        currentNotExecuted = false;
        String name = c.path("name").asText(null);
        if (name != null) {
            instances.remove(name);
        }
        try {
            if (isComponent(c)) {
                components.forget();
                components.instantiate(name, compiled(c));
            } else {
                become(name, linker.instantiate(store, compile(c)));
            }
        } catch (NotExecuted e) {
            currentNotExecuted = true;
            if (name != null) {
                instances.put(name, null);
            }
            throw e;
        } catch (LinkException e) {
            // What it imports may come from a module that is not executed.
            if (instances.containsValue(null) || !definitions.isEmpty() && definitions.containsValue(null)) {
                currentNotExecuted = true;
                throw new NotExecuted();
            }
            throw e;
        }
    }

    private void become(String name, Instance instance) {
        current = instance;
        currentNotExecuted = false;
        components.forget();
        if (name != null) {
            instances.put(name, instance);
            linker.instance(name.startsWith("$") ? name.substring(1) : name, instance);
        }
    }

    private Instance instance(String name) throws NotExecuted {
        if (name == null) {
            if (current == null && currentNotExecuted) {
                throw new NotExecuted();
            }
            return required(current);
        }
        if (instances.containsKey(name) && instances.get(name) == null) {
            throw new NotExecuted();
        }
        return required(instances.get(name));
    }

    private static <T> T required(T thing) {
        if (thing == null) {
            throw new AssertionError("there is no such module");
        }
        return thing;
    }

    // Actions

    private Object act(JsonNode action) throws NotExecuted {
        if (components.has(action.path("module").asText(null))) {
            return components.invoke(action);
        }
        Instance instance = instance(action.path("module").asText(null));
        String field = action.path("field").asText();
        if (action.path("type").asText().equals("get")) {
            Global global = required(instance.global(field));
            return global.get();
        }
        Func func = required(instance.func(field));
        JsonNode args = action.path("args");
        Object[] arguments = new Object[args.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = values.argument(args.get(i));
        }
        return func.invoke(arguments);
    }

    private void assertReturn(JsonNode c) throws NotExecuted {
        Object actual = act(c.path("action"));
        JsonNode expected = c.path("expected");
        if (components.has(c.path("action").path("module").asText(null))) {
            if (!ComponentValues.matches(expected, actual)) {
                throw new AssertionError(
                        c.path("action").path("field").asText() + " gave " + actual + ", expected " + expected);
            }
            return;
        }
        Object[] list = actual instanceof Object[] many
                ? many
                : expected.isEmpty() && actual == null ? new Object[0] : new Object[] {actual};
        boolean ok = list.length == expected.size();
        for (int i = 0; ok && i < list.length; i++) {
            ok = values.matches(expected.get(i), list[i]);
        }
        if (!ok) {
            throw new AssertionError(
                    c.path("action").path("field").asText() + " gave " + Values.show(list) + ", expected " + expected);
        }
    }

    private void assertTrap(JsonNode c) throws NotExecuted {
        String text = c.path("text").asText();
        try {
            Object actual = act(c.path("action"));
            throw new AssertionError("gave " + Values.show(actual) + ", expected the trap " + text);
        } catch (TrapException e) {
            if (!means(text, e.code()) && !e.getMessage().contains(text)) {
                throw new AssertionError("trapped with " + e.code() + ", expected " + text);
            }
        }
    }

    private void assertException(JsonNode c) throws NotExecuted {
        try {
            Object actual = act(c.path("action"));
            throw new AssertionError("gave " + Values.show(actual) + ", expected an exception");
        } catch (ThrownException _) {
            // As it should be.
        }
    }

    private void assertExhaustion(JsonNode c) throws NotExecuted {
        try {
            act(c.path("action"));
            throw new AssertionError("returned, expected exhaustion");
        } catch (TrapException e) {
            if (e.code() != TrapCode.STACK_CHECK) {
                throw new AssertionError("trapped with " + e.code() + ", expected exhaustion");
            }
        }
    }

    /** Whether a script's text for a trap means this code; suites differ in their wording. */
    private static boolean means(String text, TrapCode code) {
        String t = text.startsWith("wasm trap: ") ? text.substring("wasm trap: ".length()) : text;
        if (t.startsWith(code.message()) || code.message().startsWith(t)) {
            return true;
        }
        return switch (code) {
            case NULL_REFERENCE -> t.startsWith("null");
            case UNDEFINED_ELEMENT -> t.contains("undefined element") || t.startsWith("out of bounds");
            case TABLE_OUT_OF_BOUNDS -> t.contains("undefined element");
            case INDIRECT_CALL_TO_NULL -> t.startsWith("uninitialized element") || t.startsWith("undefined element");
            case BAD_SIGNATURE -> t.contains("call type mismatch") || t.startsWith("indirect call");
            case CAST_FAILURE -> t.contains("cast");
            case MEMORY_OUT_OF_BOUNDS -> t.startsWith("out of bounds memory");
            case UNREACHABLE -> t.contains("unreachable");
            case EXPECTED_SHARED_MEMORY -> t.contains("non-shared memory");
            case INVALID_DISCRIMINANT -> t.startsWith("discriminant ");
            // The text of Wasmtime's adapters does not tell what a guest says first from what realloc answers.
            case REALLOC_UNALIGNED -> t.startsWith("unaligned pointer");
            case REALLOC_OUT_OF_BOUNDS ->
                t.startsWith("list content out-of-bounds") || t.startsWith("string content out-of-bounds");
            case UNALIGNED_POINTER -> t.startsWith("string pointer not aligned");
            default -> false;
        };
    }

    // Assertions about modules

    private void assertRejected(JsonNode c) throws IOException {
        int line = c.path("line").asInt();
        String file = c.path("filename").asText();
        if (c.path("module_type").asText().equals("text")) {
            file = c.path("binary_filename").asText(file);
        }
        byte[] wasm;
        try {
            wasm = script.files().read(file);
            if (file.endsWith(".wat") && !c.has("binary_filename")) {
                wasm = Wat.encode(file, wasm);
            }
        } catch (WatException _) {
            // The text is refused already.
            result.pass();
            return;
        }
        try {
            // The compiler must refuse it; where it stops before the mistake because of something that it does not
            // execute, the validator alone must.
            try {
                Compiler.compile(file, wasm, options);
            } catch (CompileException e) {
                if (e.getCause() instanceof WasmException) {
                    result.pass();
                    return;
                }
                Features features = Features.named(options.features());
                if (ComponentDecoder.isComponent(wasm)) {
                    ComponentDecoder.decode(wasm, file, features);
                } else {
                    Validator.validate(ModuleDecoder.decode(wasm, file, features));
                }
            }
            result.fail(
                    line,
                    c.path("type").asText() + ": accepted, expected: "
                            + c.path("text").asText());
        } catch (UnsupportedComponentException _) {
            result.notExecuted();
        } catch (WasmException _) {
            result.pass();
        } catch (RuntimeException e) {
            result.fail(line, c.path("type").asText() + ": " + e);
        }
    }

    private void assertUnlinkable(JsonNode c) throws IOException, NotExecuted {
        byte[] module = compiled(c);
        try {
            instantiate(c, module);
            throw new AssertionError("was linked, expected: " + c.path("text").asText());
        } catch (LinkException _) {
            // As it should be.
        }
    }

    private void instantiate(JsonNode c, byte[] compiled) {
        if (isComponent(c)) {
            components.make(compiled);
        } else {
            linker.instantiate(store, CompiledModule.load(engine, compiled));
        }
    }

    private void assertUninstantiable(JsonNode c) throws IOException, NotExecuted {
        byte[] module = compiled(c);
        try {
            instantiate(c, module);
            throw new AssertionError(
                    "was instantiated, expected: " + c.path("text").asText());
        } catch (TrapException | ThrownException _) {
            // As it should be.
        } catch (LinkException e) {
            throw new AssertionError("could not be linked (" + e.getMessage() + "), expected the trap "
                    + c.path("text").asText());
        }
    }
}
