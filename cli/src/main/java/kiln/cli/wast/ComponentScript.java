package kiln.cli.wast;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;

/** The components of a script: what they import comes from the host that scripts rely on, and from named instances. */
final class ComponentScript {
    /** A resource of the host's: what it was made from. */
    private record HostResource(int rep) {}

    /** One of another type; nobody makes any. */
    private record OtherResource() {}

    private final Engine engine;
    private final Store store;
    private final ComponentLinker linker;
    private final Map<String, Component> definitions = new HashMap<>();
    private final Map<String, ComponentInstance> instances = new HashMap<>();
    /** Names of definitions that use something that is not executed yet; null is the last one. */
    private final Set<String> refused = new HashSet<>();

    private Component currentDefinition;
    /** The instance that commands without a name mean, or null. */
    private ComponentInstance current;

    /** Null once it is defined. */
    private Supplier<byte[]> simpleModule;

    private int lastDrop;
    private int drops;

    /** @param simpleModule the host's core module, compiled when it is needed */
    ComponentScript(Engine engine, Store store, Supplier<byte[]> simpleModule) {
        this.engine = engine;
        this.store = store;
        this.simpleModule = simpleModule;
        this.linker = new ComponentLinker(engine);
        linker.func("", "host-return-two", "func() -> u32", (_, _) -> 2)
                .func("", "host-echo-u32", "func(p: u32) -> u32", (_, args) -> args[0])
                .func("host", "return-three", "func() -> u32", (_, _) -> 3)
                .func("host#nested", "return-four", "func() -> u32", (_, _) -> 4)
                .resource("host", "resource1", HostResource.class, this::dropped)
                .resource("host", "resource1-again", HostResource.class, this::dropped)
                .resource("host", "resource2", OtherResource.class, _ -> {});
        linker.func(
                        "host",
                        "[constructor]resource1",
                        "func(r: u32) -> resource1",
                        (_, args) -> new HostResource((Integer) args[0]))
                .func("host", "[static]resource1.assert", "func(r: resource1, rep: u32)", (_, args) -> {
                    require(((HostResource) args[0]).rep == (Integer) args[1], "the resource is another one");
                    return null;
                })
                .func("host", "[static]resource1.last-drop", "func() -> u32", (_, _) -> lastDrop)
                .func("host", "[static]resource1.drops", "func() -> u32", (_, _) -> drops)
                .func("host", "[method]resource1.simple", "func(self: borrow<resource1>, rep: u32)", (_, args) -> {
                    require(((HostResource) args[0]).rep == (Integer) args[1], "the resource is another one");
                    return null;
                })
                .func(
                        "host",
                        "[method]resource1.take-borrow",
                        "func(self: borrow<resource1>, b: borrow<resource1>)",
                        (_, _) -> null)
                .func(
                        "host",
                        "[method]resource1.take-own",
                        "func(self: borrow<resource1>, b: resource1)",
                        (_, _) -> null);
    }

    private void dropped(Object resource) {
        lastDrop = ((HostResource) resource).rep;
        drops++;
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new AssertionError(message);
        }
    }

    // ---- commands

    /** A definition cannot be compiled yet. */
    void refuse(String name) {
        currentDefinition = null;
        refused.add(name);
        refused.add(null);
    }

    boolean isRefused(String definition) {
        return refused.contains(definition);
    }

    void define(String name, byte[] compiled) {
        refused.remove(null);
        currentDefinition = Component.load(engine, compiled);
        if (name != null) {
            definitions.put(name, currentDefinition);
        }
    }

    /** Makes an instance of a definition, or of the last one. */
    void instantiate(String definition, String name) {
        Component c = definition == null ? currentDefinition : definitions.get(definition);
        require(c != null, "there is no such component");
        become(name, instantiate(c));
    }

    void instantiate(String name, byte[] compiled) {
        current = null;
        become(name, make(compiled));
    }

    private ComponentInstance instantiate(Component c) {
        if (simpleModule != null) {
            linker.module("host", "simple-module", CompiledModule.load(engine, simpleModule.get()));
            simpleModule = null;
        }
        return linker.instantiate(store, c);
    }

    /** An instance that nobody uses later. */
    ComponentInstance make(byte[] compiled) {
        return instantiate(Component.load(engine, compiled));
    }

    private void become(String name, ComponentInstance instance) {
        current = instance;
        if (name == null) {
            return;
        }
        instances.put(name, instance);
        linker.instance(name.startsWith("$") ? name.substring(1) : name, instance);
    }

    /** Says that commands without a name mean no component. */
    void forget() {
        current = null;
    }

    /** Whether a command that names this, or nothing, means a component. */
    boolean has(String name) {
        return name == null ? current != null : instances.containsKey(name);
    }

    Object invoke(JsonNode action) {
        String name = action.path("module").asText(null);
        ComponentInstance instance = name == null ? current : instances.get(name);
        JsonNode args = action.path("args");
        Object[] arguments = new Object[args.size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = ComponentValues.argument(args.get(i));
        }
        return instance.func(action.path("field").asText()).invoke(arguments);
    }
}
