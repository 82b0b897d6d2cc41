package kiln.component;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import kiln.component.CoreModuleType.Core;
import kiln.wasm.ByteReader;
import kiln.wasm.ExternKind;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/** Decodes binary components and validates them whole, the core modules in them included. */
public final class ComponentDecoder {
    /** Magic number, version and layer of a component. */
    private static final byte[] PREAMBLE = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};

    private static final int SORT_CORE = 0x00;
    private static final int SORT_FUNC = 0x01;
    private static final int SORT_VALUE = 0x02;
    private static final int SORT_TYPE = 0x03;
    private static final int SORT_COMPONENT = 0x04;
    private static final int SORT_INSTANCE = 0x05;
    private static final int CORE_TYPE = 0x10;
    private static final int CORE_MODULE = 0x11;
    private static final int CORE_INSTANCE = 0x12;

    private final byte[] bytes;
    private final String file;
    private final Features features;
    private final ByteReader in;
    private final Types types;
    private final Subtyping subtyping;
    private final TypeReader typeReader;
    private final CanonReader canonReader;

    private ComponentDecoder(byte[] bytes, String file, Features features, Types types) {
        this.types = types;
        this.subtyping = new Subtyping(types);
        this.bytes = bytes;
        this.file = file;
        this.features = features;
        this.in = new ByteReader(bytes, file);
        this.typeReader = new TypeReader(this, in, types);
        this.canonReader = new CanonReader(this, in);
    }

    /** Whether a file says that it is a component; it may be damaged all the same. */
    public static boolean isComponent(byte[] bytes) {
        return bytes.length >= PREAMBLE.length
                && bytes[0] == 0
                && bytes[1] == 'a'
                && bytes[2] == 's'
                && bytes[3] == 'm'
                && bytes[6] == 1
                && bytes[7] == 0;
    }

    /**
     * What a component imports and exports.
     *
     * @param bytes the component; not changed
     * @param name the file's name, for messages
     * @param features the proposals that are allowed in core modules
     * @throws WasmException if the component is malformed or invalid
     * @throws UnsupportedComponentException if it uses what is not read yet
     */
    public static ComponentType decode(byte[] bytes, String name, Features features) {
        return decodeWhole(bytes, name, features).type();
    }

    /** As {@link #decode}, with what stands behind the imports and exports. */
    public static DecodedComponent decodeWhole(byte[] bytes, String name, Features features) {
        return decodeTogether(List.of(new Source(name, bytes)), features).getFirst();
    }

    /** A file with a component, and its name for messages. */
    public record Source(String file, byte[] bytes) {}

    /** As {@link #decodeWhole}, for components that are to be put together by {@link Flattening#compose}. */
    public static List<DecodedComponent> decodeTogether(List<Source> sources, Features features) {
        Types types = new Types();
        List<DecodedComponent> result = new ArrayList<>();
        for (Source s : sources) {
            Scope scope = new ComponentDecoder(s.bytes, s.file, features, types).component(null);
            Definition.Body body = new Definition.Body(List.copyOf(scope.body), scope.names);
            result.add(new DecodedComponent(s.file, scope.componentType(), body, types));
        }
        return List.copyOf(result);
    }

    UnsupportedComponentException unsupported(String what, int at) {
        return new UnsupportedComponentException(what, file, at);
    }

    private Scope component(Scope parent) {
        int start = in.position();
        for (byte b : PREAMBLE) {
            if (in.remaining() == 0 || in.u8() != b) {
                throw in.malformed("not a component of version 0x0d", start);
            }
        }
        Scope scope = new Scope(Scope.Kind.COMPONENT, parent, types);
        if (scope.depth > Types.MAX_DEPTH) {
            throw in.invalid("components are nested deeper than " + Types.MAX_DEPTH, start);
        }
        int end = in.limit();
        while (in.remaining() > 0) {
            int at = in.position();
            int id = in.u8();
            int size = in.count();
            int next = in.position() + size;
            in.seek(in.position(), next);
            section(scope, id, at);
            if (in.remaining() != 0) {
                throw in.malformed("section size mismatch");
            }
            in.seek(next, end);
        }
        return scope;
    }

    private void section(Scope scope, int id, int at) {
        switch (id) {
            case 0 -> {
                if (in.name().equals(ComponentNames.SECTION)) {
                    scope.names.read(in);
                }
                in.skip(in.remaining());
            }
            case 1 -> {
                WasmModule module = CoreTypeReader.module(in, bytes, file, features);
                scope.add(new Entity.Module(CoreTypeReader.typeOf(module)), in, at);
                scope.keep(at, new Definition.CoreModule(module));
            }
            case 4 -> {
                Scope nested = component(scope);
                ComponentType type = nested.componentType();
                scope.add(new Entity.Component(type), in, at);
                Definition.Body body = new Definition.Body(List.copyOf(nested.body), nested.names);
                scope.keep(at, new Definition.Nested(body, type));
            }
            case 9, 12 -> throw unsupported("a start function, or values", at);
            default -> {
                for (int n = in.count(); n > 0; n--) {
                    entry(scope, id, at);
                }
            }
        }
    }

    private void entry(Scope scope, int id, int at) {
        switch (id) {
            case 2 -> coreInstance(scope);
            case 3 -> coreType(scope);
            case 5 -> instance(scope);
            case 6 -> alias(scope);
            case 7 -> scope.add(new Entity.OfType(typeReader.definition(scope)), in, in.position());
            case 8 -> canonReader.read(scope);
            case 10 -> importEntry(scope);
            case 11 -> export(scope);
            default -> throw in.malformed("malformed section id " + id, at);
        }
    }

    void coreType(Scope scope) {
        int at = in.position();
        scope.addCoreType(CoreTypeReader.type(in, bytes, scope, file, features), in, at);
    }

    // Instances.

    private void coreInstance(Scope scope) {
        int at = in.position();
        switch (in.u8()) {
            case 0x00 -> {
                int index = in.index();
                CoreModuleType module = Scope.get(scope.coreModules, index, "module", in, at);
                Map<String, Map<String, Core>> given = new HashMap<>();
                Map<String, Integer> indices = new HashMap<>();
                for (int n = in.count(); n > 0; n--) {
                    String name = in.name();
                    if (in.u8() != CORE_INSTANCE) {
                        throw in.malformed("modules are given instances", at);
                    }
                    int instance = in.index();
                    Map<String, Core> exports = Scope.get(scope.coreInstances, instance, "core instance", in, at);
                    if (given.put(name, exports) != null) {
                        throw in.invalid("duplicate module instantiation argument named `" + name + "`", at);
                    }
                    indices.put(name, instance);
                }
                scope.addCoreInstance(instantiate(module, given, at), in, at);
                scope.keep(at, new Definition.CoreInstance(index, indices));
            }
            case 0x01 -> {
                Map<String, Core> exports = new LinkedHashMap<>();
                Map<String, Definition.CoreIndex> indices = new HashMap<>();
                for (int n = in.count(); n > 0; n--) {
                    String name = in.name();
                    ExternKind kind = coreSort(in.u8(), at);
                    int index = in.index();
                    Core what = Scope.get(scope.core.get(kind), index, "core " + lower(kind), in, at);
                    if (exports.put(name, what) != null) {
                        throw in.invalid("export name `" + name + "` already defined", at);
                    }
                    indices.put(name, new Definition.CoreIndex(kind, index));
                }
                scope.addCoreInstance(exports, in, at);
                scope.keep(at, new Definition.CoreExports(indices));
            }
            default -> throw in.malformed("unknown form of core instance", at);
        }
    }

    private ExternKind coreSort(int code, int at) {
        ExternKind[] kinds = ExternKind.values();
        if (code >= kinds.length) {
            throw in.malformed("unknown sort of core definition", at);
        }
        return kinds[code];
    }

    private static String lower(ExternKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    private Map<String, Core> instantiate(CoreModuleType module, Map<String, Map<String, Core>> given, int at) {
        for (Map.Entry<CoreModuleType.Import, Core> i : module.imports().entrySet()) {
            CoreModuleType.Import name = i.getKey();
            Map<String, Core> instance = given.get(name.module());
            if (instance == null) {
                throw in.invalid("missing module instantiation argument named `" + name.module() + "`", at);
            }
            Core offered = instance.get(name.name());
            if (offered == null) {
                throw in.invalid(
                        "module instantiation argument `" + name.module() + "` does not export an item named `"
                                + name.name() + "`",
                        at);
            }
            if (!offered.matches(i.getValue())) {
                throw in.invalid(
                        "type mismatch for export `" + name.name() + "` of module instantiation argument `"
                                + name.module() + "`",
                        at);
            }
        }
        return module.exports();
    }

    private void instance(Scope scope) {
        int at = in.position();
        switch (in.u8()) {
            case 0x00 -> {
                int index = in.index();
                ComponentType component = Scope.get(scope.components, index, "component", in, at);
                Map<String, Entity> given = new HashMap<>();
                Map<String, Definition.Ref> refs = new HashMap<>();
                for (int n = in.count(); n > 0; n--) {
                    String name = in.name();
                    Item item = sortIndex(scope);
                    if (given.put(name, item.entity) != null) {
                        throw in.invalid("duplicate component instantiation argument named `" + name + "`", at);
                    }
                    refs.put(name, item.ref);
                }
                InstanceType type = instantiate(scope, component, given, at);
                scope.add(new Entity.Instance(type), in, at);
                scope.keep(at, new Definition.Instance(index, refs, type));
            }
            case 0x01 -> {
                // Nobody sees these names unless the instance is exported, so types need none here.
                Scope.Names exports = new Scope.Names("instance export", false);
                Map<String, Definition.Ref> refs = new LinkedHashMap<>();
                for (int n = in.count(); n > 0; n--) {
                    int place = in.position();
                    Attributes a = name();
                    Item item = sortIndex(scope);
                    a.check(exports.take(a.name, item.entity, in, place), item.entity, in, place);
                    refs.put(a.name, item.ref);
                }
                scope.add(new Entity.Instance(new InstanceType(exports.entities, Set.of())), in, at);
                scope.keep(at, new Definition.Exports(refs));
            }
            default -> throw in.malformed("unknown form of instance", at);
        }
    }

    private InstanceType instantiate(Scope scope, ComponentType component, Map<String, Entity> given, int at) {
        Substitution s = new Substitution(types);
        for (Map.Entry<String, Entity> i : component.imports().entrySet()) {
            String name = i.getKey();
            Entity offered = given.get(name);
            if (offered == null) {
                throw in.invalid("missing import named `" + name + "`", at);
            }
            String problem = subtyping.bind(offered, i.getValue(), component.imported(), s);
            if (problem == null) {
                problem = subtyping.check(offered, s.apply(i.getValue()));
            }
            if (problem != null) {
                throw in.invalid("type mismatch for import `" + name + "`: " + problem, at);
            }
        }
        for (ResourceType.Id id : component.defined()) {
            ResourceType.Id fresh = new ResourceType.Id(false);
            scope.definedResources.add(fresh);
            s.put(id, new ResourceType(fresh, types.newName()));
        }
        return new InstanceType(s.apply(component.exports()), Set.of());
    }

    /** What is meant, and how to find it again. */
    private record Item(Entity entity, Definition.Ref ref) {
        Item(Entity entity, Definition.Sort sort, int index) {
            this(entity, new Definition.Indexed(sort, index));
        }
    }

    /** Something by sort and index. */
    private Item sortIndex(Scope scope) {
        int at = in.position();
        int sort = in.u8();
        if (sort == SORT_CORE) {
            if (in.u8() != CORE_MODULE) {
                throw in.malformed("of core definitions only modules can be exported and given", at);
            }
            int index = in.index();
            Entity module = new Entity.Module(Scope.get(scope.coreModules, index, "module", in, at));
            return new Item(module, Definition.Sort.MODULE, index);
        }
        if (sort == SORT_VALUE) {
            throw unsupported("a value", at);
        }
        int index = in.index();
        return switch (sort) {
            case SORT_FUNC -> {
                Entity func = new Entity.Func(Scope.get(scope.funcs, index, "function", in, at));
                yield new Item(func, Definition.Sort.FUNC, index);
            }
            case SORT_TYPE -> {
                Type type = Scope.get(scope.types, index, "type", in, at);
                yield new Item(new Entity.OfType(type), new Definition.OfType(type));
            }
            case SORT_COMPONENT -> {
                Entity component = new Entity.Component(Scope.get(scope.components, index, "component", in, at));
                yield new Item(component, Definition.Sort.COMPONENT, index);
            }
            case SORT_INSTANCE -> {
                Entity instance = new Entity.Instance(Scope.get(scope.instances, index, "instance", in, at));
                yield new Item(instance, Definition.Sort.INSTANCE, index);
            }
            default -> throw in.malformed("unknown sort of definition", at);
        };
    }

    // Aliases.

    void alias(Scope scope) {
        int at = in.position();
        int sort = in.u8();
        int coreSort = sort == SORT_CORE ? in.u8() : -1;
        switch (in.u8()) {
            case 0x00 -> exportAlias(scope, sort, coreSort, at);
            case 0x01 -> coreExportAlias(scope, sort, coreSort, at);
            case 0x02 -> outerAlias(scope, sort, coreSort, at);
            default -> throw in.malformed("unknown form of alias", at);
        }
    }

    private void exportAlias(Scope scope, int sort, int coreSort, int at) {
        int index = in.index();
        InstanceType instance = Scope.get(scope.instances, index, "instance", in, at);
        String name = in.name();
        Entity e = instance.exports().get(name);
        if (e == null) {
            throw in.invalid("instance " + index + " has no export named `" + name + "`", at);
        }
        boolean same = switch (sort) {
            case SORT_CORE -> coreSort == CORE_MODULE && e instanceof Entity.Module;
            case SORT_FUNC -> e instanceof Entity.Func;
            case SORT_TYPE -> e instanceof Entity.OfType;
            case SORT_COMPONENT -> e instanceof Entity.Component;
            case SORT_INSTANCE -> e instanceof Entity.Instance;
            default -> throw in.malformed("unknown sort of alias", at);
        };
        if (!same) {
            throw in.invalid(
                    "export `" + name + "` for instance " + index + " is not of this sort: it is a " + e.sort(), at);
        }
        scope.add(e, in, at);
        if (!(e instanceof Entity.OfType)) {
            scope.keep(at, new Definition.ExportAlias(index, name));
        }
    }

    private void coreExportAlias(Scope scope, int sort, int coreSort, int at) {
        if (sort != SORT_CORE) {
            throw in.malformed("core instances export core definitions only", at);
        }
        int index = in.index();
        Map<String, Core> instance = Scope.get(scope.coreInstances, index, "core instance", in, at);
        String name = in.name();
        Core c = instance.get(name);
        if (c == null) {
            throw in.invalid("core instance " + index + " has no export named `" + name + "`", at);
        }
        ExternKind kind = coreSort(coreSort, at);
        if (c.type().kind() != kind) {
            throw in.invalid("export `" + name + "` for core instance " + index + " is not a " + lower(kind), at);
        }
        scope.addCore(c, in, at);
        scope.keep(at, new Definition.CoreExportAlias(index, kind, name));
    }

    private void outerAlias(Scope scope, int sort, int coreSort, int at) {
        int count = in.index();
        int index = in.index();
        Scope outer = scope.outer(count, in, at);
        if (sort == SORT_CORE) {
            switch (coreSort) {
                case CORE_MODULE -> {
                    scope.add(new Entity.Module(Scope.get(outer.coreModules, index, "module", in, at)), in, at);
                    keepOuter(scope, count, Definition.Sort.MODULE, index, at);
                }
                case CORE_TYPE -> scope.addCoreType(Scope.get(outer.coreTypes, index, "core type", in, at), in, at);
                default -> throw in.malformed("outer aliases are of types, modules and components only", at);
            }
            return;
        }
        switch (sort) {
            case SORT_TYPE -> {
                Type t = Scope.get(outer.types, index, "type", in, at);
                if (t.hasResources() && crossesComponent(scope, outer)) {
                    throw in.invalid(
                            "cannot alias outer type which transitively refers to resources not defined in the current"
                                    + " component",
                            at);
                }
                scope.add(new Entity.OfType(t), in, at);
            }
            case SORT_COMPONENT -> {
                scope.add(new Entity.Component(Scope.get(outer.components, index, "component", in, at)), in, at);
                keepOuter(scope, count, Definition.Sort.COMPONENT, index, at);
            }
            default -> throw in.malformed("outer aliases are of types, modules and components only", at);
        }
    }

    private static void keepOuter(Scope scope, int count, Definition.Sort sort, int index, int at) {
        scope.keep(at, new Definition.OuterAlias(count, new Definition.Indexed(sort, index)));
    }

    private static boolean crossesComponent(Scope from, Scope to) {
        for (Scope s = from; s != to; s = s.parent) {
            if (s.kind == Scope.Kind.COMPONENT) {
                return true;
            }
        }
        return false;
    }

    // Imports and exports.

    /** A name with what is said beside it. */
    private record Attributes(String name, String implement) {
        void check(ExternName parsed, Entity e, ByteReader in, int at) {
            if (implement == null) {
                return;
            }
            String problem = null;
            try {
                if (implement.indexOf(':') < 0) {
                    ExternName.checkLabel(implement);
                    problem = "the name in `implements` must be an interface";
                } else {
                    ExternName.checkInterface(implement);
                }
            } catch (ExternName.BadName bad) {
                problem = "`" + implement + "` is not a valid name: " + bad.getMessage();
            }
            if (problem == null && !(e instanceof Entity.Instance)) {
                problem = "only instances can have an `implements`";
            }
            if (problem == null && parsed.kind() != ExternName.Kind.LABEL) {
                problem = "name `" + name + "` is not valid with `implements`";
            }
            if (problem != null) {
                throw in.invalid(problem, at);
            }
        }
    }

    private Attributes name() {
        int at = in.position();
        int form = in.u8();
        if (form > 0x02) {
            throw in.malformed("unknown form of name", at);
        }
        String name = in.name();
        String implement = null;
        if (form == 0x02) {
            Set<Integer> seen = new HashSet<>();
            for (int n = in.count(); n > 0; n--) {
                int code = in.u8();
                String value = in.name();
                if (code > 0x02 || !seen.add(code)) {
                    throw in.malformed("unknown or repeated attribute of a name", at);
                }
                if (code == 0x00) {
                    implement = value;
                }
            }
        }
        return new Attributes(name, implement);
    }

    void importEntry(Scope scope) {
        int at = in.position();
        Attributes a = name();
        Entity declared = typeReader.externType(scope);
        Entity e;
        Set<ResourceType.Id> open = openResources(declared, scope);
        if (declared instanceof Entity.Instance i) {
            // Every import of an instance has resources of its own.
            Substitution s = new Substitution(types);
            for (ResourceType.Id id : open) {
                ResourceType.Id fresh = new ResourceType.Id(false);
                s.put(id, new ResourceType(fresh, types.newName()));
                scope.importedResources.add(fresh);
            }
            e = new Entity.Instance(new InstanceType(s.apply(i.type().exports()), Set.of()));
        } else {
            e = withOwnNames(declared);
            scope.importedResources.addAll(open);
        }
        expose(scope.imports, a, e, at, scope.exports.visible);
        scope.add(e, in, at);
        scope.keep(at, new Definition.Import(a.name, e));
    }

    /** The export of something that is there. */
    private void export(Scope scope) {
        int at = in.position();
        Attributes a = name();
        Item item = sortIndex(scope);
        Entity e = item.entity;
        switch (in.u8()) {
            case 0 -> {}
            case 1 -> {
                Entity ascribed = typeReader.externType(scope);
                Substitution s = new Substitution(types);
                String problem = subtyping.bind(e, ascribed, openResources(ascribed, scope), s);
                if (problem == null) {
                    problem = subtyping.check(e, s.apply(ascribed));
                }
                if (problem != null) {
                    throw in.invalid("ascribed type of export is not compatible with item's type: " + problem, at);
                }
                e = s.apply(ascribed);
            }
            default -> throw in.malformed("malformed type of an export", at);
        }
        e = withOwnNames(e);
        expose(scope.exports, a, e, at, null);
        scope.add(e, in, at);
        scope.keep(at, new Definition.Export(a.name, item.ref, e));
    }

    /** An export in the type of a component or an instance. */
    void exportDeclaration(Scope scope) {
        int at = in.position();
        Attributes a = name();
        Entity declared = typeReader.externType(scope);
        Set<ResourceType.Id> open = openResources(declared, scope);
        Entity e = withOwnNames(declared);
        if (declared instanceof Entity.Instance i) {
            Substitution s = new Substitution(types);
            for (ResourceType.Id id : open) {
                ResourceType.Id fresh = new ResourceType.Id(false);
                s.put(id, new ResourceType(fresh, types.newName()));
                scope.definedResources.add(fresh);
            }
            e = withOwnNames(
                    new Entity.Instance(new InstanceType(s.apply(i.type().exports()), Set.of())));
        } else {
            scope.definedResources.addAll(open);
        }
        if (scope.kind == Scope.Kind.INSTANCE_TYPE) {
            // What it is made of is looked at where an instance of it is imported or exported.
            a.check(scope.exports.take(a.name, e, in, at), e, in, at);
        } else {
            expose(scope.exports, a, e, at, null);
        }
        scope.add(e, in, at);
    }

    /** Resources that a declaration leaves open: those of an instance's type, or one that was not known before. */
    private static Set<ResourceType.Id> openResources(Entity e, Scope scope) {
        if (e instanceof Entity.Instance i) {
            return i.type().resources();
        }
        boolean open = e instanceof Entity.OfType t && t.type() instanceof ResourceType r && !scope.knows(r.id());
        return open ? Set.of(((ResourceType) ((Entity.OfType) e).type()).id()) : Set.of();
    }

    /** The same, under new names: what an import or an export shows has names of its own. */
    private Entity withOwnNames(Entity e) {
        if (e instanceof Entity.OfType t) {
            if (t.type() instanceof ValueType v) {
                return new Entity.OfType(types.named(v, types.newName()));
            } else if (t.type() instanceof ResourceType r) {
                return new Entity.OfType(new ResourceType(r.id(), types.newName()));
            }
        } else if (e instanceof Entity.Instance i) {
            Substitution s = new Substitution(types);
            rename(i.type(), s);
            return new Entity.Instance(s.apply(i.type()));
        }
        return e;
    }

    private void rename(InstanceType i, Substitution s) {
        for (Entity e : i.exports().values()) {
            if (e instanceof Entity.OfType t) {
                int name =
                        t.type() instanceof ValueType v ? v.name() : t.type() instanceof ResourceType r ? r.name() : 0;
                if (name != 0) {
                    s.rename(name, types.newName());
                }
            } else if (e instanceof Entity.Instance inner) {
                rename(inner.type(), s);
            }
        }
    }

    /**
     * Makes something visible outside, if it is made of what is known there.
     *
     * @param also where it is known from now on, too, or null
     */
    private void expose(Scope.Names names, Attributes a, Entity e, int at, Visibility also) {
        a.check(names.take(a.name, e, in, at), e, in, at);
        if (!names.visible.admits(e)) {
            throw in.invalid(e.sort() + " not valid to be used as " + names.direction, at);
        }
        names.visible.introduce(e);
        if (also != null) {
            also.introduce(e);
        }
    }
}
