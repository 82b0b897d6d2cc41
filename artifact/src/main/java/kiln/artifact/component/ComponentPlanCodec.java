package kiln.artifact.component;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.ByteSink;
import kiln.artifact.ByteSource;
import kiln.artifact.ModuleInfo;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlan.Canon;
import kiln.artifact.component.ComponentPlan.CanonItem;
import kiln.artifact.component.ComponentPlan.ComponentItem;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.ComponentPlan.Declared;
import kiln.artifact.component.ComponentPlan.ImportKind;
import kiln.artifact.component.ComponentPlan.ImportedFunc;
import kiln.artifact.component.ComponentPlan.ImportedItem;
import kiln.artifact.component.ComponentPlan.ImportedModule;
import kiln.artifact.component.ComponentPlan.ImportedModuleItem;
import kiln.artifact.component.ComponentPlan.InstanceItem;
import kiln.artifact.component.ComponentPlan.Item;
import kiln.artifact.component.ComponentPlan.Lift;
import kiln.artifact.component.ComponentPlan.LiftedItem;
import kiln.artifact.component.ComponentPlan.LowerImport;
import kiln.artifact.component.ComponentPlan.LowerLift;
import kiln.artifact.component.ComponentPlan.ModuleItem;
import kiln.artifact.component.ComponentPlan.Options;
import kiln.artifact.component.ComponentPlan.Resource;
import kiln.artifact.component.ComponentPlan.ResourceDrop;
import kiln.artifact.component.ComponentPlan.ResourceItem;
import kiln.artifact.component.ComponentPlan.ResourceNew;
import kiln.artifact.component.ComponentPlan.ResourceRep;

/**
 * Writes and reads {@link ComponentPlan}s. Numbers are LEB128, choices one byte, strings a length and UTF-8, and what
 * may be absent is its number plus one, or 0. Types come first, each after those that it is made of.
 */
public final class ComponentPlanCodec {
    /** Of compiled files. */
    public static final String SECTION = ".kiln.component";

    private static final int NO_ITEM = 0;
    private static final int EXPORT_ITEM = 1;
    private static final int CANON_ITEM = 2;

    private static final int LOWER_IMPORT = 0;
    private static final int LOWER_LIFT = 1;
    private static final int RESOURCE_NEW = 2;
    private static final int RESOURCE_REP = 3;
    private static final int RESOURCE_DROP = 4;

    private static final int LIFTED = 0;
    private static final int IMPORTED = 1;
    private static final int INSTANCE = 2;
    private static final int RESOURCE = 3;
    private static final int MODULE = 4;
    private static final int IMPORTED_MODULE = 5;
    private static final int COMPONENT = 6;

    private ComponentPlanCodec() {}

    /** The section with the compiled file of a component that the component exports, by its number. */
    public static String nested(int component) {
        return SECTION + "." + component;
    }

    /** The section's bytes. */
    public static byte[] encode(ComponentPlan plan) {
        return new Writer().plan(plan);
    }

    /**
     * Reads a section; no number in the result is out of range, types are as {@link InterfaceType} wants them, and the
     * plan keeps its promises ({@link PlanCheck}).
     *
     * @param modules of the file; the first stands for the component
     * @throws ArtifactException if it is damaged
     */
    public static ComponentPlan decode(MemorySegment bytes, List<ModuleInfo> modules) {
        return decode(new ByteSource(SECTION, bytes), modules);
    }

    /** As {@link #decode(MemorySegment, List)}, from a source that notes what is read. */
    public static ComponentPlan decode(ByteSource in, List<ModuleInfo> modules) {
        ComponentPlan plan = new Reader(in).plan();
        String problem = PlanCheck.problem(plan, modules);
        if (problem != null) {
            throw new ArtifactException("damaged file: " + SECTION + ": " + problem);
        }
        return plan;
    }

    private static final class Writer {
        private final ByteSink out = new ByteSink();
        private final Map<InterfaceType, Integer> types = new IdentityHashMap<>();
        private final List<InterfaceType> order = new ArrayList<>();

        byte[] plan(ComponentPlan p) {
            p.imports().forEach(i -> collect(i.type()));
            p.lifts().forEach(l -> collect(l.type()));
            out.varint(order.size());
            order.forEach(this::type);
            out.varint(p.parents().size());
            p.parents().forEach(parent -> out.varint(parent + 1));
            out.varint(p.instances().size());
            for (CoreInstance i : p.instances()) {
                out.varint(i.component()).varint(i.imports().size());
                i.imports().forEach(this::item);
                out.varint(i.module() + 1);
            }
            out.varint(p.resources().size());
            for (Resource r : p.resources()) {
                out.varint(r.component() + 1);
                strings(r.path());
                item(r.destructor());
            }
            out.varint(p.declared().size());
            for (Declared d : p.declared()) {
                strings(d.path());
                out.u8(d.kind().ordinal()).varint(d.same() + 1);
            }
            out.varint(p.modules().size());
            for (ImportedModule m : p.modules()) {
                strings(m.path());
                out.varint(m.params()).u8(m.used() ? 1 : 0);
            }
            out.varint(p.imports().size());
            for (ImportedFunc f : p.imports()) {
                strings(f.path());
                function(f.type());
            }
            out.varint(p.lifts().size());
            for (Lift l : p.lifts()) {
                out.varint(l.component());
                item(l.function());
                function(l.type());
                options(l.options());
            }
            out.varint(p.canons().size());
            p.canons().forEach(this::canon);
            exports(p.exports());
            return out.toArray();
        }

        private void collect(FunctionType f) {
            f.params().forEach(this::collect);
            collect(f.result());
        }

        private void collect(InterfaceType t) {
            if (t == null || types.containsKey(t)) {
                return;
            }
            t.children().forEach(this::collect);
            types.put(t, order.size());
            order.add(t);
        }

        private int number(InterfaceType t) {
            return t == null ? 0 : types.get(t) + 1;
        }

        private void type(InterfaceType t) {
            out.u8(t.kind().ordinal());
            strings(t.labels());
            out.varint(t.children().size());
            t.children().forEach(c -> out.varint(number(c)));
            out.varint(t.resource() + 1).u32(t.length());
        }

        private void strings(List<String> strings) {
            out.varint(strings.size());
            strings.forEach(out::string);
        }

        private void function(FunctionType f) {
            strings(f.names());
            f.params().forEach(p -> out.varint(number(p)));
            out.varint(number(f.result()));
        }

        private void item(CoreItem item) {
            if (item == null) {
                out.u8(NO_ITEM);
            } else if (item instanceof CoreExport e) {
                out.u8(EXPORT_ITEM).varint(e.instance()).string(e.name());
            } else {
                out.u8(CANON_ITEM).varint(((CanonItem) item).canon());
            }
        }

        private void options(Options o) {
            out.u8(o.encoding().ordinal());
            item(o.memory());
            item(o.realloc());
            item(o.postReturn());
        }

        private void canon(Canon c) {
            if (c instanceof LowerImport l) {
                out.u8(LOWER_IMPORT).varint(l.component()).varint(l.imported());
                options(l.options());
            } else if (c instanceof LowerLift l) {
                out.u8(LOWER_LIFT).varint(l.component()).varint(l.lift());
                options(l.options());
            } else if (c instanceof ResourceNew r) {
                out.u8(RESOURCE_NEW).varint(r.component()).varint(r.resource());
            } else if (c instanceof ResourceRep r) {
                out.u8(RESOURCE_REP).varint(r.component()).varint(r.resource());
            } else {
                ResourceDrop r = (ResourceDrop) c;
                out.u8(RESOURCE_DROP).varint(r.component()).varint(r.resource());
            }
        }

        private void exports(Map<String, Item> exports) {
            out.varint(exports.size());
            for (Map.Entry<String, Item> e : exports.entrySet()) {
                out.string(e.getKey());
                if (e.getValue() instanceof LiftedItem l) {
                    out.u8(LIFTED).varint(l.lift());
                } else if (e.getValue() instanceof ImportedItem i) {
                    out.u8(IMPORTED).varint(i.imported());
                } else if (e.getValue() instanceof ResourceItem r) {
                    out.u8(RESOURCE).varint(r.resource());
                } else if (e.getValue() instanceof ModuleItem m) {
                    out.u8(MODULE).varint(m.module());
                } else if (e.getValue() instanceof ImportedModuleItem m) {
                    out.u8(IMPORTED_MODULE).varint(m.module());
                } else if (e.getValue() instanceof ComponentItem c) {
                    out.u8(COMPONENT).varint(c.component());
                } else {
                    out.u8(INSTANCE);
                    exports(((InstanceItem) e.getValue()).exports());
                }
            }
        }
    }

    /** Numbers of what comes later in the file are checked when all of it was read. */
    private static final class Reader {
        private final ByteSource in;
        private final List<InterfaceType> types = new ArrayList<>();
        private int[] depths = {};

        Reader(ByteSource in) {
            this.in = in;
        }

        /** A count of things of at least one byte. */
        private int count() {
            int n = in.varint32();
            if (n > in.remaining()) {
                throw in.error("count too large: " + n);
            }
            return n;
        }

        ComponentPlan plan() {
            int n = count();
            depths = new int[n];
            for (int i = 0; i < n; i++) {
                types.add(type());
            }
            List<Integer> parents = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                parents.add(in.varint32() - 1);
            }
            List<CoreInstance> instances = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                int component = in.varint32();
                List<CoreItem> imports = new ArrayList<>();
                for (int j = count(); j > 0; j--) {
                    imports.add(item());
                }
                instances.add(new CoreInstance(component, Collections.unmodifiableList(imports), in.varint32() - 1));
            }
            List<Resource> resources = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                int component = in.varint32() - 1;
                List<String> path = strings();
                resources.add(new Resource(component, path, item()));
            }
            List<Declared> declared = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                List<String> path = strings();
                ImportKind kind = in.choice(ImportKind.values(), "kind of import");
                declared.add(new Declared(path, kind, in.varint32() - 1));
            }
            List<ImportedModule> modules = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                List<String> path = strings();
                int params = in.varint32();
                int used = in.u8();
                if (used > 1) {
                    throw in.error("unknown flag of an imported module");
                }
                modules.add(new ImportedModule(path, params, used == 1));
            }
            List<ImportedFunc> imports = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                List<String> path = strings();
                imports.add(new ImportedFunc(path, function()));
            }
            List<Lift> lifts = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                int component = in.varint32();
                CoreItem function = item();
                FunctionType type = function();
                lifts.add(new Lift(component, function, type, options()));
            }
            List<Canon> canons = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                canons.add(canon());
            }
            Map<String, Item> exports = exports(1);
            in.end();
            return new ComponentPlan(
                    List.copyOf(instances),
                    List.copyOf(parents),
                    List.copyOf(resources),
                    List.copyOf(declared),
                    List.copyOf(modules),
                    List.copyOf(imports),
                    List.copyOf(lifts),
                    List.copyOf(canons),
                    exports);
        }

        private InterfaceType type() {
            TypeKind kind = in.choice(TypeKind.values(), "kind of type");
            List<String> labels = strings();
            List<InterfaceType> children = new ArrayList<>();
            int depth = 0;
            for (int i = count(); i > 0; i--) {
                int number = in.varint32() - 1;
                if (number >= types.size()) {
                    throw in.error("a type is made of a later one");
                }
                children.add(number < 0 ? null : types.get(number));
                depth = Math.max(depth, number < 0 ? 0 : depths[number]);
            }
            int resource = in.varint32() - 1;
            int length = in.u32();
            depths[types.size()] = depth + 1;
            if (depth + 1 > PlanCheck.MAX_DEPTH) {
                throw in.error("types are nested too deeply");
            }
            if (!PlanCheck.isType(kind, labels.size(), children, resource, length)) {
                throw in.error("not a type");
            }
            InterfaceType t = new InterfaceType(kind, labels, children, resource, length);
            if (t.layout().bytes() >= ValueLayout.MAX_BYTES) {
                throw in.error("a type's values are too large");
            }
            return t;
        }

        private InterfaceType typeOrNull() {
            int number = in.varint32() - 1;
            if (number >= types.size()) {
                throw in.error("type out of range");
            }
            return number < 0 ? null : types.get(number);
        }

        private List<String> strings() {
            List<String> result = new ArrayList<>();
            for (int i = count(); i > 0; i--) {
                result.add(in.string());
            }
            return List.copyOf(result);
        }

        private FunctionType function() {
            List<String> names = strings();
            List<InterfaceType> params = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                InterfaceType t = typeOrNull();
                if (t == null) {
                    throw in.error("a parameter has no type");
                }
                params.add(t);
            }
            return new FunctionType(names, params, typeOrNull());
        }

        private CoreItem item() {
            switch (in.u8()) {
                case NO_ITEM:
                    return null;
                case EXPORT_ITEM:
                    int instance = in.varint32();
                    return new CoreExport(instance, in.string());
                case CANON_ITEM:
                    return new CanonItem(in.varint32());
                default:
                    throw in.error("unknown form of core item");
            }
        }

        private Options options() {
            StringEncoding encoding = in.choice(StringEncoding.values(), "encoding");
            CoreItem memory = item();
            CoreItem realloc = item();
            return new Options(encoding, memory, realloc, item());
        }

        private Canon canon() {
            int form = in.u8();
            int component = in.varint32();
            int what = in.varint32();
            return switch (form) {
                case LOWER_IMPORT -> new LowerImport(component, what, options());
                case LOWER_LIFT -> new LowerLift(component, what, options());
                case RESOURCE_NEW -> new ResourceNew(component, what);
                case RESOURCE_REP -> new ResourceRep(component, what);
                case RESOURCE_DROP -> new ResourceDrop(component, what);
                default -> throw in.error("unknown form of canonical function");
            };
        }

        private Map<String, Item> exports(int depth) {
            if (depth > PlanCheck.MAX_DEPTH) {
                throw in.error("instances are nested too deeply");
            }
            Map<String, Item> result = new LinkedHashMap<>();
            for (int i = count(); i > 0; i--) {
                String name = in.string();
                Item item = switch (in.u8()) {
                    case LIFTED -> new LiftedItem(in.varint32());
                    case IMPORTED -> new ImportedItem(in.varint32());
                    case INSTANCE -> new InstanceItem(exports(depth + 1));
                    case RESOURCE -> new ResourceItem(in.varint32());
                    case MODULE -> new ModuleItem(in.varint32());
                    case IMPORTED_MODULE -> new ImportedModuleItem(in.varint32());
                    case COMPONENT -> new ComponentItem(in.varint32());
                    default -> throw in.error("unknown form of export");
                };
                if (result.put(name, item) != null) {
                    throw in.error("two exports have the same name");
                }
            }
            return Collections.unmodifiableMap(result);
        }
    }
}
