package kiln.artifact.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.ExternType;
import kiln.artifact.FuncRefs;
import kiln.artifact.ModuleInfo;
import kiln.artifact.VMContextLayout;
import kiln.artifact.component.ComponentPlan.Canon;
import kiln.artifact.component.ComponentPlan.CanonItem;
import kiln.artifact.component.ComponentPlan.ComponentItem;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreInstance;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.ComponentPlan.ImportedItem;
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
import kiln.types.FuncType;

/**
 * What holds for every plan: numbers are in range; a core instance is given only what is there when it is made; core
 * functions have the types that the canonical ABI says, and memories and reallocs are there where it needs them. Plans
 * out of files are believed nothing of this.
 */
public final class PlanCheck {
    /** Nothing that may be nested, and no chain of lifted and lowered functions, is deeper. */
    public static final int MAX_DEPTH = 100;

    private static final int MAX_FLAGS = 32;
    private static final List<CoreType> NONE = List.of();
    private static final List<CoreType> I32 = List.of(CoreType.I32);
    private static final List<CoreType> REALLOC = List.of(CoreType.I32, CoreType.I32, CoreType.I32, CoreType.I32);
    private static final int OPEN = -2;

    private final ComponentPlan plan;
    private final List<ModuleInfo> modules;
    /** By core instance, by name. */
    private final List<Map<String, ModuleInfo.Export>> exports = new ArrayList<>();
    /** By canon and by lift: the highest core instance that it touches, or -1. */
    private final int[] canonHomes;

    private final int[] liftHomes;
    private final Map<InterfaceType, Boolean> seen = new IdentityHashMap<>();
    private int depth;

    private static final class Problem extends Exception {
        Problem(String what) {
            super(what, null, false, false);
        }
    }

    private PlanCheck(ComponentPlan plan, List<ModuleInfo> modules) {
        this.plan = plan;
        this.modules = modules;
        canonHomes = new int[plan.canons().size()];
        liftHomes = new int[plan.lifts().size()];
        Arrays.fill(canonHomes, Integer.MAX_VALUE);
        Arrays.fill(liftHomes, Integer.MAX_VALUE);
    }

    /**
     * What is wrong with a plan, or null.
     *
     * @param modules of its file
     */
    public static String problem(ComponentPlan plan, List<ModuleInfo> modules) {
        try {
            new PlanCheck(plan, modules).check();
            return null;
        } catch (Problem p) {
            return p.getMessage();
        }
    }

    /** Whether a type can be made of this. */
    static boolean isType(TypeKind kind, int labels, List<InterfaceType> children, int resource, int length) {
        int min = 0;
        int max = 0;
        boolean optional = false;
        boolean labelled = false;
        switch (kind) {
            case RECORD, VARIANT -> {
                min = Math.max(1, labels);
                max = labels;
                optional = kind == TypeKind.VARIANT;
                labelled = true;
            }
            case FLAGS, ENUM -> labelled = labels > 0 && (kind == TypeKind.ENUM || labels <= MAX_FLAGS);
            case TUPLE -> {
                min = 1;
                max = Integer.MAX_VALUE;
            }
            case LIST, ARRAY, OPTION -> {
                min = 1;
                max = 1;
            }
            case MAP -> {
                min = 2;
                max = 2;
            }
            case RESULT -> {
                min = 2;
                max = 2;
                optional = true;
            }
            case STREAM, FUTURE, ERROR_CONTEXT -> {
                return false;
            }
            default -> {}
        }
        boolean isHandle = kind == TypeKind.OWN || kind == TypeKind.BORROW;
        return children.size() >= min
                && children.size() <= max
                && (optional || !children.contains(null))
                && labelled == labels > 0
                && isHandle == resource >= 0
                && (kind == TypeKind.ARRAY) == (length != 0);
    }

    private static void require(boolean holds, String problem) throws Problem {
        if (!holds) {
            throw new Problem(problem);
        }
    }

    private static void index(int i, List<?> list, String what) throws Problem {
        require(i >= 0 && i < list.size(), what + " out of range: " + i);
    }

    private void check() throws Problem {
        require(
                modules.size() >= plan.instantiated() + plan.modules().size(),
                "not one module for each core instance and each one that is imported");
        ModuleInfo own = modules.getFirst();
        boolean isEmpty = own.definedFunctions() == 0
                && own.imports().isEmpty()
                && own.exports().isEmpty()
                && new VMContextLayout(own.counts()).size() <= ComponentContext.ENTERED
                && !own.startup();
        require(isEmpty, "the component's own module is not empty");
        for (int m = 1; m < plan.instantiated(); m++) {
            Map<String, ModuleInfo.Export> byName = new HashMap<>();
            for (ModuleInfo.Export e : modules.get(m).exports()) {
                byName.put(e.name(), e);
            }
            exports.add(byName);
        }
        require(!plan.parents().isEmpty() && plan.parents().getFirst() == -1, "no outermost component");
        for (int i = 1; i < plan.parents().size(); i++) {
            require(plan.parents().get(i) >= 0 && plan.parents().get(i) < i, "parent out of range");
        }
        for (Resource r : plan.resources()) {
            require(r.component() >= -1 && r.component() < plan.parents().size(), "component out of range");
            require(r.component() < 0 != r.path().isEmpty(), "a resource is either imported or defined");
            require(r.component() >= 0 || r.destructor() == null, "an imported resource has a destructor");
            if (r.destructor() != null) {
                function(r.destructor(), I32, NONE, "a destructor");
            }
        }
        for (int i = 0; i < plan.declared().size(); i++) {
            ComponentPlan.Declared d = plan.declared().get(i);
            require(!d.path().isEmpty(), "an import has no name");
            require(d.same() >= -1 && d.same() < i, "an import is the same as a later one");
        }
        for (int i = 0; i < plan.modules().size(); i++) {
            ComponentPlan.ImportedModule m = plan.modules().get(i);
            require(!m.path().isEmpty(), "an import has no name");
            int imports = modules.get(plan.faceOf(i)).imports().size();
            require(m.params() <= imports, "imports of an imported module");
        }
        for (ModuleInfo m : modules.subList(plan.instantiated(), modules.size())) {
            require(isOpen(m.imports()), "a module that is not instantiated is linked");
        }
        for (ComponentPlan.ImportedFunc f : plan.imports()) {
            require(!f.path().isEmpty(), "an import has no name");
            resources(f.type());
        }
        for (int i = 0; i < plan.lifts().size(); i++) {
            liftHome(i);
        }
        for (int i = 0; i < plan.canons().size(); i++) {
            canonHome(i);
        }
        for (int i = 0; i < plan.instances().size(); i++) {
            instance(i, plan.instances().get(i), modules.get(i + 1).imports());
        }
        items(plan.exports());
    }

    private void instance(int number, CoreInstance instance, List<ModuleInfo.Import> imports) throws Problem {
        index(instance.component(), plan.parents(), "component");
        int given = instance.imports().size();
        if (instance.isOfImport()) {
            used(instance.module());
            boolean fits = plan.modules().get(instance.module()).params() == given && given <= imports.size();
            require(fits, "imports of core instance " + number);
            require(isOpen(imports.subList(given, imports.size())), "core instance " + number + " is linked");
        } else {
            require(imports.size() == given, "imports of core instance " + number);
        }
        for (int i = 0; i < given; i++) {
            CoreItem item = instance.imports().get(i);
            ExternType type = imports.get(i).type();
            require(item != null && home(item) < number, "core instance " + number + " is given what is not there yet");
            ModuleInfo.Link link = imports.get(i).link();
            if (item instanceof CoreExport e) {
                boolean same = link != null
                        && link.module() == e.instance() + 1
                        && modules.get(link.module()).exports().get(link.export()) == export(e);
                require(same, "core instance " + number + " is linked with something else");
            } else {
                require(link == null && type instanceof ExternType.Func, "core instance " + number + " is linked");
                FuncType wanted = modules.get(number + 1).types().func(((ExternType.Func) type).type());
                canon(((CanonItem) item).canon(), wanted, "an import of core instance " + number);
            }
        }
    }

    private void used(int importedModule) throws Problem {
        index(importedModule, plan.modules(), "imported module");
        require(plan.modules().get(importedModule).used(), "an imported module is used");
    }

    private static boolean isOpen(List<ModuleInfo.Import> imports) {
        for (ModuleInfo.Import i : imports) {
            if (i.link() != null) {
                return false;
            }
        }
        return true;
    }

    private void resources(FunctionType f) throws Problem {
        // A type knows its resources only one by one, so all of its parts are looked at, each once for all functions.
        for (InterfaceType t : f.params()) {
            resources(t);
        }
        if (f.result() != null) {
            require(!f.result().hasBorrows(), "a function returns what is lent");
            resources(f.result());
        }
    }

    private void resources(InterfaceType t) throws Problem {
        if (t != null && t.hasHandles() && seen.put(t, true) == null) {
            require(t.resource() < plan.resources().size(), "resource out of range: " + t.resource());
            for (InterfaceType c : t.children()) {
                resources(c);
            }
        }
    }

    // What functions touch.

    private int home(CoreItem item) throws Problem {
        if (item == null) {
            return -1;
        } else if (item instanceof CoreExport e) {
            return e.instance();
        }
        index(((CanonItem) item).canon(), plan.canons(), "canonical function");
        return canonHome(((CanonItem) item).canon());
    }

    private int home(Options o) throws Problem {
        return Math.max(home(o.memory()), Math.max(home(o.realloc()), home(o.postReturn())));
    }

    private void enter(int home) throws Problem {
        require(home != OPEN, "functions are lifted and lowered in a circle");
        require(++depth <= MAX_DEPTH, "functions are lifted and lowered too often");
    }

    private int canonHome(int number) throws Problem {
        if (canonHomes[number] != Integer.MAX_VALUE && canonHomes[number] != OPEN) {
            return canonHomes[number];
        }
        enter(canonHomes[number]);
        canonHomes[number] = OPEN;
        Canon c = plan.canons().get(number);
        index(c.component(), plan.parents(), "component");
        int home = -1;
        if (c instanceof LowerImport l) {
            index(l.imported(), plan.imports(), "import");
            home = home(l.options());
            lowered(plan.imports().get(l.imported()).type(), l.options());
        } else if (c instanceof LowerLift l) {
            index(l.lift(), plan.lifts(), "lifted function");
            home = Math.max(home(l.options()), liftHome(l.lift()));
            lowered(plan.lifts().get(l.lift()).type(), l.options());
        } else if (c instanceof ResourceDrop r) {
            index(r.resource(), plan.resources(), "resource");
            home = home(plan.resources().get(r.resource()).destructor());
        } else {
            int resource = c instanceof ResourceNew r ? r.resource() : ((ResourceRep) c).resource();
            index(resource, plan.resources(), "resource");
            require(plan.resources().get(resource).component() == c.component(), "a resource of another component");
        }
        depth--;
        canonHomes[number] = home;
        return home;
    }

    private int liftHome(int number) throws Problem {
        if (liftHomes[number] != Integer.MAX_VALUE && liftHomes[number] != OPEN) {
            return liftHomes[number];
        }
        enter(liftHomes[number]);
        liftHomes[number] = OPEN;
        Lift l = plan.lifts().get(number);
        index(l.component(), plan.parents(), "component");
        int home = Math.max(home(l.function()), home(l.options()));
        resources(l.type());
        function(l.function(), l.type().liftedParams(), l.type().liftedResults(), "a lifted function");
        boolean inMemory = needMemory(l.type().params()) || l.type().spillsParams();
        require(!inMemory || l.options().realloc() != null, "a lifted function without realloc");
        boolean outMemory = l.type().spillsResult() || needMemory(result(l.type()));
        options(l.options(), inMemory || outMemory);
        if (l.options().postReturn() != null) {
            function(l.options().postReturn(), l.type().liftedResults(), NONE, "post-return");
        }
        depth--;
        liftHomes[number] = home;
        return home;
    }

    private void lowered(FunctionType f, Options o) throws Problem {
        boolean results = needMemory(result(f));
        require(!results || o.realloc() != null, "a lowered function without realloc");
        options(o, results || needMemory(f.params()) || f.spillsParams() || f.spillsResult());
        require(o.postReturn() == null, "a lowered function with post-return");
    }

    private static List<InterfaceType> result(FunctionType f) {
        return f.result() == null ? List.of() : List.of(f.result());
    }

    private static boolean needMemory(List<InterfaceType> types) {
        for (InterfaceType t : types) {
            if (t.layout().needsMemory()) {
                return true;
            }
        }
        return false;
    }

    private void options(Options o, boolean needsMemory) throws Problem {
        require(o.memory() != null || !needsMemory && o.realloc() == null, "a function without memory");
        if (o.memory() != null) {
            boolean fits = o.memory() instanceof CoreExport e
                    && type(e) instanceof ExternType.Memory m
                    && !m.is64()
                    && !m.shared();
            require(fits, "the memory of a function is none");
        }
        if (o.realloc() != null) {
            function(o.realloc(), REALLOC, I32, "realloc");
        }
    }

    // Types of core definitions.

    private ModuleInfo.Export export(CoreExport e) throws Problem {
        index(e.instance(), exports, "core instance");
        ModuleInfo.Export found = exports.get(e.instance()).get(e.name());
        require(found != null, "core instance " + e.instance() + " has no such export");
        return found;
    }

    /** Of a memory; null for everything else. */
    private ExternType type(CoreExport e) throws Problem {
        ModuleInfo.Export x = export(e);
        return x.kind() == ExternType.Kind.MEMORY
                ? modules.get(e.instance() + 1).allMemories().get(x.index())
                : null;
    }

    private void function(CoreItem item, List<CoreType> params, List<CoreType> results, String what) throws Problem {
        require(item != null, what + " is missing");
        if (item instanceof CoreExport e) {
            ModuleInfo.Export x = export(e);
            ModuleInfo module = modules.get(e.instance() + 1);
            require(x.kind() == ExternType.Kind.FUNC, what + " is no function");
            FuncRefs refs = module.funcRefs();
            int slot = refs.slotOf(x.index());
            require(slot >= 0, what + " has no record");
            require(isFunction(module.types().func(refs.type(slot)), params, results), what + " has a wrong type");
        } else {
            index(((CanonItem) item).canon(), plan.canons(), "canonical function");
            canon(((CanonItem) item).canon(), new FuncType(core(params), core(results)), what);
        }
    }

    private void canon(int number, FuncType wanted, String what) throws Problem {
        Canon c = plan.canons().get(number);
        boolean same;
        if (c instanceof LowerImport l) {
            index(l.imported(), plan.imports(), "import");
            FunctionType f = plan.imports().get(l.imported()).type();
            same = isFunction(wanted, f.loweredParams(), f.loweredResults());
        } else if (c instanceof LowerLift l) {
            index(l.lift(), plan.lifts(), "lifted function");
            FunctionType f = plan.lifts().get(l.lift()).type();
            same = isFunction(wanted, f.loweredParams(), f.loweredResults());
        } else {
            same = isFunction(wanted, I32, c instanceof ResourceDrop ? NONE : I32);
        }
        require(same, what + " has a wrong type");
    }

    /** @param type null if it is not that of a function */
    private static boolean isFunction(FuncType type, List<CoreType> params, List<CoreType> results) {
        return new FuncType(core(params), core(results)).equals(type);
    }

    private static int[] core(List<CoreType> types) {
        return types.stream().mapToInt(CoreType::type).toArray();
    }

    private void items(Map<String, Item> items) throws Problem {
        for (Item item : items.values()) {
            if (item instanceof LiftedItem l) {
                index(l.lift(), plan.lifts(), "lifted function");
            } else if (item instanceof ImportedItem i) {
                index(i.imported(), plan.imports(), "import");
            } else if (item instanceof ResourceItem r) {
                index(r.resource(), plan.resources(), "resource");
            } else if (item instanceof ModuleItem m) {
                require(m.module() < modules.size() - plan.exported(new ModuleItem(0)), "module out of range");
            } else if (item instanceof ImportedModuleItem m) {
                used(m.module());
            } else if (item instanceof InstanceItem i) {
                items(i.exports());
            } else {
                // Whether its section is there is seen when somebody asks for it.
                require(item instanceof ComponentItem, "an export is nothing");
            }
        }
    }
}
