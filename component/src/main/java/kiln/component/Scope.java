package kiln.component;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.component.TypeKind;
import kiln.component.CoreModuleType.Core;
import kiln.wasm.ByteReader;
import kiln.wasm.ExternKind;

/**
 * The index spaces of a component, or of the declaration of a component's or an instance's type, while it is read.
 */
final class Scope {
    /** What is being read. */
    enum Kind {
        COMPONENT,
        COMPONENT_TYPE,
        INSTANCE_TYPE
    }

    /** How many of one thing a component may have. */
    private static final int MAX_INDEX_SPACE = 1_000_000;
    /** How many modules, components and instances of either kind each. */
    private static final int MAX_INSTANCES = 1_000;

    final Kind kind;
    final Scope parent;
    final int depth;
    final Types typeStore;

    final Map<ExternKind, List<Core>> core = new HashMap<>();
    final List<CoreModuleType> coreModules = new ArrayList<>();
    final List<Map<String, Core>> coreInstances = new ArrayList<>();
    /** Module types; of other types, their bytes. */
    final List<Object> coreTypes = new ArrayList<>();

    final List<FuncType> funcs = new ArrayList<>();
    final List<Type> types = new ArrayList<>();
    final List<ComponentType> components = new ArrayList<>();
    final List<InstanceType> instances = new ArrayList<>();

    final Names imports = new Names("import", true);
    final Names exports = new Names("export", true);
    final Set<ResourceType.Id> importedResources = new HashSet<>();
    final Set<ResourceType.Id> definedResources = new HashSet<>();
    /** Of a component: what it says, in order. */
    final List<Definition.Step> body = new ArrayList<>();
    /** Of a component: what its parts are called. */
    final ComponentNames names = new ComponentNames();

    Scope(Kind kind, Scope parent, Types types) {
        this.kind = kind;
        this.parent = parent;
        this.depth = parent == null ? 1 : parent.depth + 1;
        this.typeStore = types;
        for (ExternKind k : ExternKind.values()) {
            core.put(k, new ArrayList<>());
        }
    }

    /** The imports or the exports: what they are, under which names, and what may be seen through them. */
    static final class Names {
        final String direction;
        /** Whether the names are seen outside, so that resources are known by them. */
        private final boolean visibleOutside;

        final Map<String, Entity> entities = new LinkedHashMap<>();
        final Visibility visible = new Visibility();
        /** Texts by what they must differ in. */
        private final Map<String, String> keys = new HashMap<>();
        /** Labels of resources, by the number of the name that the import or export made. */
        private final Map<Integer, String> resources = new HashMap<>();

        private final Set<String> resourceLabels = new HashSet<>();

        Names(String direction, boolean visibleOutside) {
            this.direction = direction;
            this.visibleOutside = visibleOutside;
        }

        /** Takes a name, or says why it cannot be had. */
        ExternName take(String text, Entity e, ByteReader in, int at) {
            ExternName name;
            try {
                name = ExternName.parse(text);
            } catch (ExternName.BadName bad) {
                throw in.invalid(direction + " name: " + bad.getMessage(), at);
            }
            String previous = keys.putIfAbsent(name.uniqueKey(), text);
            if (previous != null) {
                throw in.invalid(
                        direction + " name `" + text + "` conflicts with previous name `" + previous + "`", at);
            }
            if (name.kind() != ExternName.Kind.LABEL && name.kind() != ExternName.Kind.INTERFACE) {
                String problem = e instanceof Entity.Func f ? checkMember(name, f.type()) : "is not a func";
                if (problem != null) {
                    throw in.invalid(direction + " name `" + text + "` is not valid: " + problem, at);
                }
            }
            if (visibleOutside
                    && name.kind() == ExternName.Kind.LABEL
                    && e instanceof Entity.OfType t
                    && t.type() instanceof ResourceType r) {
                resources.put(r.name(), text);
                resourceLabels.add(text);
            }
            entities.put(text, e);
            return name;
        }

        private String checkMember(ExternName name, FuncType f) {
            return switch (name.kind()) {
                case CONSTRUCTOR -> {
                    if (f.result() == null) {
                        yield "function should return one value";
                    }
                    ValueType made = f.result();
                    if (made.kind() == TypeKind.RESULT && made.child(0) != null) {
                        made = made.child(0);
                    }
                    yield made.kind() == TypeKind.OWN
                            ? checkOwner(name, made)
                            : "function should return `(own $T)` or `(result (own $T))`";
                }
                case METHOD -> {
                    if (f.params().isEmpty()) {
                        yield "function should have at least one argument";
                    }
                    FuncType.Param self = f.params().getFirst();
                    if (!self.name().equals("self")) {
                        yield "function should have a first argument called `self`";
                    }
                    yield self.type().kind() == TypeKind.BORROW
                            ? checkOwner(name, self.type())
                            : "function should take a first argument of `(borrow $T)`";
                }
                default ->
                    resourceLabels.contains(name.resource())
                            ? null
                            : "static resource name is not known in this context";
            };
        }

        private String checkOwner(ExternName name, ValueType handle) {
            String label = resources.get(handle.resource().name());
            if (label == null) {
                return "resource used in function does not have a name in this context";
            }
            return label.equals(name.resource())
                    ? null
                    : "function does not match expected resource name `" + label + "`";
        }
    }

    /** Puts an entity into its index space. */
    void add(Entity e, ByteReader in, int at) {
        switch (e) {
            case Entity.Module m -> add(coreModules, m.type(), MAX_INSTANCES, "core modules", in, at);
            case Entity.Func f -> add(funcs, f.type(), MAX_INDEX_SPACE, "functions", in, at);
            case Entity.OfType t -> add(types, t.type(), MAX_INDEX_SPACE, "types", in, at);
            case Entity.Instance i -> add(instances, i.type(), MAX_INSTANCES, "instances", in, at);
            case Entity.Component c -> add(components, c.type(), MAX_INSTANCES, "components", in, at);
        }
        if (e.size() > Types.MAX_SIZE) {
            throw in.invalid("effective type size exceeds the limit of " + Types.MAX_SIZE, at);
        }
        if (typeStore.hasTooManyCopies()) {
            throw in.invalid("the types of all instances exceed the limit of " + Types.MAX_COPIES + " parts", at);
        }
    }

    /** Keeps what a component says; of types, their meaning is all that is needed. */
    void keep(int at, Definition what) {
        if (kind == Kind.COMPONENT) {
            body.add(new Definition.Step(at, what));
        }
    }

    void addCore(Core c, ByteReader in, int at) {
        add(core.get(c.type().kind()), c, MAX_INDEX_SPACE, "core definitions", in, at);
    }

    void addCoreInstance(Map<String, Core> exports, ByteReader in, int at) {
        add(coreInstances, exports, MAX_INSTANCES, "core instances", in, at);
    }

    void addCoreType(Object type, ByteReader in, int at) {
        add(coreTypes, type, MAX_INDEX_SPACE, "core types", in, at);
    }

    private static <T> void add(List<T> space, T what, int max, String plural, ByteReader in, int at) {
        if (space.size() >= max) {
            throw in.invalid("more than " + max + " " + plural, at);
        }
        space.add(what);
    }

    /** What an index refers to. */
    static <T> T get(List<T> space, int index, String what, ByteReader in, int at) {
        if (index >= space.size()) {
            throw in.invalid(
                    "unknown " + what + " " + Integer.toUnsignedString(index) + ": " + what + " index out of bounds",
                    at);
        }
        return space.get(index);
    }

    /** The scope that an alias counts to, outwards from this. */
    Scope outer(int count, ByteReader in, int at) {
        Scope s = this;
        for (int i = 0; i < count && s != null; i++) {
            s = s.parent;
        }
        if (s == null) {
            throw in.invalid("invalid outer alias count of " + Integer.toUnsignedString(count), at);
        }
        return s;
    }

    /** Whether a resource belongs to this scope or one around it. */
    boolean knows(ResourceType.Id id) {
        for (Scope s = this; s != null; s = s.parent) {
            if (s.importedResources.contains(id) || s.definedResources.contains(id)) {
                return true;
            }
        }
        return false;
    }

    /** What the finished component, or its type, looks like from outside. */
    ComponentType componentType() {
        return new ComponentType(
                imports.entities, exports.entities, Set.copyOf(importedResources), Set.copyOf(definedResources));
    }
}
