package kiln.runtime.component;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlan;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.WasmException;
import kiln.runtime.internal.ComponentAccess;

/**
 * A compiled component, mapped and ready to be instantiated any number of times. Safe for use by several threads. Close
 * it when it is no longer needed; its code goes away once the last store with an instance of it is closed. What nobody
 * closes goes away when Java collects it.
 */
public final class Component implements AutoCloseable {
    private final CompiledModule module;
    private final ComponentPlan plan;
    private final Declared declared = new Declared();
    /** What it exports, by path, see {@link ComponentPlan#exportsByPath}. */
    private final Map<String, ComponentPlan.Item> functions = new LinkedHashMap<>();

    private final Map<String, ComponentPlan.Item> modules = new LinkedHashMap<>();
    /** Numbers of resources and components. */
    private final Map<String, Integer> resources = new LinkedHashMap<>();

    private final Map<String, Integer> components = new LinkedHashMap<>();
    /** Components that it exports and that were asked for, by number. */
    private final Map<Integer, Component> nested = new HashMap<>();

    private Component(CompiledModule module) {
        this.module = module;
        this.plan = ComponentAccess.get().plan(module);
        plan.exportsByPath().forEach((path, item) -> {
            switch (item) {
                case ComponentPlan.LiftedItem _, ComponentPlan.ImportedItem _ -> functions.put(path, item);
                case ComponentPlan.ModuleItem _, ComponentPlan.ImportedModuleItem _ -> modules.put(path, item);
                case ComponentPlan.ResourceItem(int resource) -> resources.put(path, resource);
                case ComponentPlan.ComponentItem(int component) -> components.put(path, component);
                case ComponentPlan.InstanceItem _ -> {}
            }
        });
    }

    /**
     * Loads a compiled component ({@code .cwasm}), or one of WebAssembly if a {@link kiln.runtime.ModuleCompiler} is on
     * the class path, as {@link CompiledModule#load(Engine, Path)} loads modules.
     *
     * @throws ArtifactException if the file is damaged, of another version or for another machine, is no component, or
     *     the engine requires a signature that it lacks
     * @throws WasmException if it is WebAssembly that is malformed, invalid, not supported, or no component
     * @throws UncheckedIOException if it cannot be read or mapped
     */
    public static Component load(Engine engine, Path file) {
        return new Component(ComponentAccess.get().load(engine, file, false));
    }

    /**
     * As {@link #load(Engine, Path)}, but for files that were checked before and that nobody changes, with the promise
     * and the risk of {@link CompiledModule#loadTrusted}.
     */
    public static Component loadTrusted(Engine engine, Path file) {
        return new Component(ComponentAccess.get().load(engine, file, true));
    }

    /** Loads a component that is in memory, otherwise as {@link #load(Engine, Path)}. */
    public static Component load(Engine engine, byte[] bytes) {
        return new Component(ComponentAccess.get().load(engine, bytes));
    }

    /**
     * As {@link #load(Engine, byte[])}: reads a stream to its end, a resource of the class path for example. The caller
     * closes it.
     *
     * @param name for the component if it has none of its own
     * @throws UncheckedIOException if it cannot be read
     */
    public static Component load(Engine engine, String name, InputStream in) {
        try {
            Component c = load(engine, in.readAllBytes());
            c.module.named(name);
            return c;
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(name + ": " + e.getMessage(), e));
        }
    }

    CompiledModule module() {
        return module;
    }

    ComponentPlan plan() {
        return plan;
    }

    /** What is known of interfaces of Java for it. */
    Declared declared() {
        return declared;
    }

    /** The engine that it was loaded in, and whose stores can have instances of it. */
    public Engine engine() {
        return module.engine();
    }

    /**
     * Says what it is called in messages if it has no name of its own.
     *
     * @return this
     */
    public Component named(String name) {
        module.named(name);
        return this;
    }

    /** Name of the component: its own, or that of its file. */
    public String name() {
        return module.name();
    }

    /**
     * The functions that it imports, each by the names that lead to it: {@code ["wasi:io/streams@0.2.3",
     * "[method]input-stream.read"]}, or the name alone.
     */
    public List<List<String>> imports() {
        return plan.imports().stream().map(ComponentPlan.ImportedFunc::path).toList();
    }

    /** The functions that it exports, as {@link ComponentInstance#func} takes them: {@code wasi:cli/run@0.2.3#run}. */
    public List<String> exports() {
        return new ArrayList<>(functions.keySet());
    }

    /** The resource types that it exports, named as {@link #exports} names functions. */
    public List<String> resources() {
        return List.copyOf(resources.keySet());
    }

    /** The core modules that it exports, as {@link ComponentInstance#module} takes them. */
    public List<String> modules() {
        return new ArrayList<>(modules.keySet());
    }

    /** The components that it exports, as {@link #component} takes them. */
    public List<String> components() {
        return List.copyOf(components.keySet());
    }

    /**
     * A component that this one exports, loaded when it is first asked for. It is closed with this one.
     *
     * @param path {@code name}, or {@code instance#name}
     * @throws NoSuchElementException if there is none
     * @throws ArtifactException if the file is damaged
     * @throws IllegalStateException if this component is closed
     */
    public Component component(String path) {
        Integer number = components.get(path);
        if (number == null) {
            throw new NoSuchElementException(this + " has no component \"" + Printable.name(path) + "\"; it has ["
                    + Printable.names(components.keySet()) + "]");
        }
        synchronized (nested) {
            Component known = nested.get(number);
            if (known == null) {
                known = new Component(ComponentAccess.get().exportedComponent(module, number));
                nested.put(number, known);
            }
            return known;
        }
    }

    /** The functions that it exports, by name. Not to be changed. */
    Map<String, ComponentPlan.Item> functionItems() {
        return functions;
    }

    /** The core modules that it exports, by name. Not to be changed. */
    Map<String, ComponentPlan.Item> moduleItems() {
        return modules;
    }

    /** The resource types that it exports, by name, with their numbers. Not to be changed. */
    Map<String, Integer> resourceItems() {
        return resources;
    }

    /** What a resource is called in types: the last of the names that lead to it, or its number. */
    String resourceName(int resource) {
        List<String> path = plan.resources().get(resource).path();
        return path.isEmpty() ? "resource" + resource : path.getLast();
    }

    /** No instance can be made any more. The code is unmapped once no store has an instance of it. Idempotent. */
    @Override
    public void close() {
        module.close();
        declared.clear();
        synchronized (nested) {
            nested.values().forEach(Component::close);
        }
    }

    @Override
    public String toString() {
        return "component " + module.name();
    }
}
