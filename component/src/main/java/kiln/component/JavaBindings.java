package kiln.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.Printable;
import kiln.artifact.component.TypeKind;

/**
 * Writes what a component imports and exports as interfaces of Java, with their types in them: declarations only, for
 * {@code ComponentLinker.with} and {@code ComponentInstance.bind} of the runtime. One file for each interface.
 */
public final class JavaBindings {
    private static final String RUNTIME = "kiln.runtime.component.";
    private static final int MIN_TUPLE = 2;
    private static final int MAX_TUPLE = 6;
    private static final String METHOD = "[method]";

    private final String base;
    private final Map<String, String> files = new LinkedHashMap<>();
    /** Where a type is declared, by what makes two types one in Java: label and shape. */
    private final Map<TypeKey, Declared> types = new HashMap<>();

    private final Map<ResourceType.Id, Declared> resources = new HashMap<>();
    /** Labels of types by the numbers of their names. */
    private final Map<Integer, String> labels = new HashMap<>();

    private final JavaLimits limits = new JavaLimits();
    /** Types that functions return as errors. */
    private final Set<ValueType> errors = new HashSet<>();

    private record TypeKey(String label, ValueType shape) {
        @Override
        public boolean equals(Object o) {
            return o instanceof TypeKey k && k.label.equals(label) && k.shape == shape;
        }

        @Override
        public int hashCode() {
            return label.hashCode() * 31 + System.identityHashCode(shape);
        }
    }

    /** A type of Java's: a member of a file's interface, and the exception that carries it. */
    private record Declared(Unit unit, String name, String exception) {}

    /** A file to be written. */
    private static final class Unit {
        final String wit;
        final String pkg;
        final String name;
        final boolean exported;
        final Map<String, Entity> entities;
        /** Names of types in the file, which hide those of other packages. */
        final Set<String> names = new HashSet<>();

        /** By their simple names. */
        final Map<String, String> imports = new HashMap<>();
        /** The first label that a resource has in the file. */
        final Map<ResourceType.Id, String> resourceLabels = new HashMap<>();
        /** By the label of their resource. */
        final Map<String, Map<String, FuncType>> methods = new HashMap<>();

        final StringBuilder out = new StringBuilder();

        Unit(String wit, String pkg, String name, boolean exported, Map<String, Entity> entities) {
            this.wit = wit;
            this.pkg = pkg;
            this.name = name;
            this.exported = exported;
            this.entities = entities;
            names.add(name);
            entities.forEach((label, e) -> {
                if (e instanceof Entity.OfType t && t.type() instanceof ResourceType r) {
                    resourceLabels.putIfAbsent(r.id(), label);
                } else if (e instanceof Entity.Func f && label.startsWith(METHOD)) {
                    methods.computeIfAbsent(
                                    label.substring(METHOD.length(), label.indexOf('.')), _ -> new LinkedHashMap<>())
                            .put(label, f.type());
                }
            });
        }

        /** A name for a type in the file that no other has. */
        String take(String wanted) {
            String n = wanted;
            while (!names.add(n)) {
                n += "_";
            }
            return n;
        }

        /** A class of another package, by its simple name if nothing here hides it. */
        String use(String qualified) {
            String simple = qualified.substring(qualified.lastIndexOf('.') + 1);
            if (names.contains(simple) || isImported(simple, qualified)) {
                return qualified;
            }
            if (!qualified.startsWith("java.lang.")) {
                imports.put(simple, qualified);
            }
            return simple;
        }

        /** Whether a simple name already means another class here. */
        boolean isImported(String simple, String other) {
            String known = imports.get(simple);
            return known != null && !known.equals(other);
        }

        String path() {
            return pkg.replace('.', '/') + '/' + name + ".java";
        }
    }

    private JavaBindings(String base) {
        this.base = base;
    }

    /**
     * The files, by their names in a folder of sources.
     *
     * @param base package of what is declared, or above it
     * @throws BindingException if a type has no room in a class file: a record of 300 fields for example
     */
    public static Map<String, String> generate(ComponentType component, String base) {
        JavaBindings b = new JavaBindings(base);
        List<Unit> units = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        b.reserve(taken, component.imports(), "Imports");
        b.reserve(taken, component.exports(), "Exports");
        b.collect(units, taken, component.imports(), false);
        b.collect(units, taken, component.exports(), true);
        for (Unit u : units) {
            b.errors(u.entities);
        }
        for (Unit u : units) {
            b.declare(u);
        }
        for (Unit u : units) {
            b.write(u);
        }
        return b.files;
    }

    /** Whether this can be the name of a package. */
    public static boolean isPackage(String name) {
        for (String part : name.split("\\.", -1)) {
            if (!part.matches("[A-Za-z_$][A-Za-z0-9_$]*") || !part.equals(JavaNaming.identifier(part))) {
                return false;
            }
        }
        return true;
    }

    /** What stands without an interface has its file's name before all others. */
    private void reserve(Set<String> taken, Map<String, Entity> entities, String name) {
        if (entities.values().stream().anyMatch(Entity.Func.class::isInstance)) {
            taken.add(fileKey(base, name));
        }
    }

    /** By what files are told apart everywhere: on some systems not by upper and lower case. */
    private static String fileKey(String pkg, String name) {
        return (pkg + "." + name).toLowerCase(Locale.ROOT);
    }

    /** Interfaces that are imported or exported, and what is so without one. */
    private void collect(List<Unit> units, Set<String> taken, Map<String, Entity> entities, boolean exported) {
        Map<String, Entity> root = new LinkedHashMap<>();
        entities.forEach((name, e) -> {
            if (e instanceof Entity.Instance i) {
                units.add(unit(taken, name, exported, i.type().exports()));
            } else {
                root.put(name, e);
            }
        });
        if (root.values().stream().anyMatch(Entity.Func.class::isInstance)) {
            String name = exported ? "Exports" : "Imports";
            units.add(new Unit("", base, name, exported, root));
        } else {
            root.forEach((name, e) -> label(name, e));
        }
    }

    private void label(String name, Entity e) {
        if (e instanceof Entity.OfType t && t.type() instanceof ValueType v && v.name() != 0) {
            labels.put(v.name(), name);
        }
    }

    private Unit unit(Set<String> taken, String wit, boolean exported, Map<String, Entity> exports) {
        int colon = wit.indexOf(':');
        int slash = wit.indexOf('/');
        int at = wit.indexOf('@');
        String version = at < 0 ? "" : wit.substring(at + 1);
        String label = colon < 0 ? wit : wit.substring(slash + 1, at < 0 ? wit.length() : at);
        String pkg = base;
        if (colon >= 0) {
            pkg += "." + JavaNaming.packagePart(wit.substring(0, colon)) + "."
                    + JavaNaming.packagePart(wit.substring(colon + 1, slash));
        }
        String name = JavaNaming.pascal(label);
        // Those of the runtime's form that are missing there get files of their own in the base package.
        if (name.matches("Tuple[0-9]+")) {
            name += "_";
        }
        if (taken.contains(fileKey(pkg, name)) && exported) {
            pkg += ".exports";
        }
        if (taken.contains(fileKey(pkg, name))) {
            pkg += ".v" + version.replaceAll("[^0-9A-Za-z]", "_");
        }
        while (!taken.add(fileKey(pkg, name))) {
            name += "_";
        }
        return new Unit(wit, pkg, name, exported, exports);
    }

    private void errors(Map<String, Entity> entities) {
        for (Entity e : entities.values()) {
            if (e instanceof Entity.Func f
                    && f.type().result() != null
                    && f.type().result().kind() == TypeKind.RESULT
                    && f.type().result().child(1) != null) {
                errors.add(f.type().result().child(1).shape());
            }
        }
    }

    /** Gives the types of a file their names, unless they stand in one before. */
    private void declare(Unit u) {
        u.entities.forEach((label, e) -> {
            label(label, e);
            if (!(e instanceof Entity.OfType t)) {
                return;
            }
            if (t.type() instanceof ResourceType r) {
                if (!resources.containsKey(r.id())) {
                    resources.put(r.id(), new Declared(u, u.take(JavaNaming.pascal(label)), null));
                }
            } else if (t.type() instanceof ValueType v && v.kind().needsName()) {
                TypeKey key = new TypeKey(label, v.shape());
                if (!types.containsKey(key)) {
                    String name = u.take(JavaNaming.pascal(label));
                    String exception = errors.contains(v.shape()) ? u.take(name + "Exception") : null;
                    types.put(key, new Declared(u, name, exception));
                }
            }
        });
    }

    // Files.

    private void write(Unit u) {
        StringBuilder out = u.out;
        u.entities.forEach((label, e) -> {
            if (e instanceof Entity.OfType t) {
                type(u, label, t.type());
            }
        });
        Set<String> methods = new HashSet<>();
        u.entities.forEach((name, e) -> {
            if (e instanceof Entity.Func f && !name.startsWith(METHOD)) {
                function(u, name, f.type(), "    ", methods, false);
            }
        });
        StringBuilder head = new StringBuilder("package " + u.pkg + ";\n\n");
        new TreeSet<>(u.imports.values())
                .forEach(i -> head.append("import ").append(i).append(";\n"));
        head.append(u.imports.isEmpty() ? "" : "\n");
        String what = u.wit.isEmpty() ? "functions without an interface" : "{@code " + u.wit + "}";
        head.append("/** What a component ")
                .append(u.exported ? "exports" : "imports")
                .append(": ")
                .append(what);
        head.append(". */\npublic interface ").append(u.name).append(" {\n");
        String body = out.toString();
        files.put(u.path(), head + body.stripTrailing() + (body.isBlank() ? "}\n" : "\n}\n"));
    }

    private void type(Unit u, String label, Type t) {
        if (t instanceof ResourceType r) {
            Declared d = resources.get(r.id());
            if (d.unit == u && u.resourceLabels.get(r.id()).equals(label)) {
                resource(u, label, d.name);
            }
        } else if (t instanceof ValueType v && v.kind().needsName()) {
            Declared d = types.get(new TypeKey(label, v.shape()));
            if (d.unit == u) {
                value(u, label, v, d);
            }
        }
    }

    private void resource(Unit u, String label, String name) {
        doc(u, "resource " + label);
        wit(u, "    ", name.equals(JavaNaming.pascal(label)) ? null : label);
        u.out.append("    interface ").append(name);
        u.out.append(u.exported ? " extends " + u.use("java.lang.AutoCloseable") : "")
                .append(" {\n");
        Set<String> methods = new HashSet<>();
        if (u.exported) {
            u.out.append("        @").append(u.use("java.lang.Override")).append("\n        void close();\n\n");
            methods.add("close/0");
        }
        u.methods
                .getOrDefault(label, Map.of())
                .forEach((member, type) -> function(u, member, type, "        ", methods, true));
        trim(u);
        u.out.append("    }\n\n");
    }

    private static void trim(Unit u) {
        int end = u.out.length();
        if (end >= 2 && u.out.charAt(end - 2) == '\n' && u.out.charAt(end - 1) == '\n') {
            u.out.setLength(end - 1);
        }
    }

    private static void doc(Unit u, String what) {
        u.out.append("    /** {@code ").append(what).append("}. */\n");
    }

    private static void wit(Unit u, String indent, String name) {
        if (name != null) {
            u.out.append(indent)
                    .append('@')
                    .append(u.use(RUNTIME + "Wit"))
                    .append("(\"")
                    .append(name)
                    .append("\")\n");
        }
    }

    private void value(Unit u, String label, ValueType v, Declared d) {
        doc(u, v.kind() + " " + label);
        StringBuilder out = u.out;
        switch (v.kind()) {
            case RECORD -> {
                limits.checkSlots("the record " + Printable.name(label), Arrays.asList(v.children()));
                out.append("    record ").append(d.name).append('(');
                Set<String> components = new HashSet<>();
                for (int i = 0; i < v.childCount(); i++) {
                    limits.checkNames("field " + v.labels().get(i) + " of " + label, v.child(i));
                    out.append(i == 0 ? "" : ", ")
                            .append(component(u, v.labels().get(i), v.child(i), components));
                }
                out.append(") {}\n\n");
            }
            case VARIANT -> {
                out.append("    sealed interface ").append(d.name).append(" {\n");
                Set<String> cases = new HashSet<>(Set.of(u.name, d.name));
                Set<String> hidden = cases(v);
                for (int i = 0; i < v.childCount(); i++) {
                    String wanted = JavaNaming.pascal(v.labels().get(i));
                    String name = wanted;
                    while (!cases.add(name)) {
                        name += "_";
                    }
                    limits.checkNames("case " + v.labels().get(i) + " of " + label, v.child(i));
                    out.append("        /** {@code ").append(v.labels().get(i)).append("}. */\n");
                    wit(u, "        ", name.equals(wanted) ? null : v.labels().get(i));
                    String payload = v.child(i) == null ? "" : java(u, v.child(i), false, hidden) + " value";
                    out.append("        record ")
                            .append(name)
                            .append('(')
                            .append(payload)
                            .append(") implements ");
                    out.append(d.name).append(" {}\n\n");
                }
                trim(u);
                out.append("    }\n\n");
            }
            default -> {
                JavaLimits.checkConstants(label, v);
                out.append("    enum ").append(d.name).append(" {\n");
                for (int i = 0; i < v.labels().size(); i++) {
                    String last = i == v.labels().size() - 1 ? "\n" : ",\n";
                    out.append("        ")
                            .append(JavaNaming.constant(v.labels().get(i)))
                            .append(last);
                }
                out.append("    }\n\n");
            }
        }
        if (d.exception != null) {
            exception(u, label, d);
        }
    }

    /** Names that hide others within a variant. */
    private static Set<String> cases(ValueType v) {
        Set<String> names = new HashSet<>();
        v.labels().forEach(l -> names.add(JavaNaming.pascal(l)));
        return names;
    }

    private static void exception(Unit u, String label, Declared d) {
        doc(u, label);
        String name = d.exception;
        u.out.append("    final class ").append(name).append(" extends ").append(u.use("java.lang.Exception"));
        u.out.append(" {\n        private static final long serialVersionUID = 1L;\n\n");
        u.out.append("        private final transient ").append(d.name).append(" payload;\n\n");
        u.out.append("        public ").append(name).append('(').append(d.name).append(" payload) {\n");
        u.out.append("            super(").append(u.use("java.lang.String")).append(".valueOf(payload));\n");
        u.out.append("            this.payload = payload;\n        }\n\n");
        u.out.append("        /** The error. */\n        public ")
                .append(d.name)
                .append(" payload() {\n");
        u.out.append("            return payload;\n        }\n    }\n\n");
    }

    /** @param taken names of the record's components so far */
    private String component(Unit u, String label, ValueType type, Set<String> taken) {
        String wanted = JavaNaming.camel(label);
        String name = JavaNaming.canBeMember(wanted) ? wanted : wanted + "_";
        while (!taken.add(name)) {
            name += "_";
        }
        String declared = java(u, type, false, Set.of()) + " " + name;
        return name.equals(wanted) ? declared : "@" + u.use(RUNTIME + "Wit") + "(\"" + label + "\") " + declared;
    }

    // Functions.

    private void function(Unit u, String wit, FuncType f, String indent, Set<String> methods, boolean isMethod) {
        String plain = wit.substring(wit.indexOf(']') + 1);
        int dot = plain.indexOf('.');
        String own = plain.substring(dot + 1);
        String wanted = wit.startsWith("[constructor]")
                ? "new" + JavaNaming.pascal(own)
                : wit.startsWith("[static]")
                        ? JavaNaming.camel(plain.substring(0, dot)) + JavaNaming.pascal(own)
                        : JavaNaming.camel(own);
        List<FuncType.Param> params =
                isMethod ? f.params().subList(1, f.params().size()) : f.params();
        String name = JavaNaming.canBeMember(wanted) ? wanted : wanted + "_";
        while (!methods.add(name + "/" + params.size())) {
            name += "_";
        }
        String where = "the function " + Printable.name(wit);
        limits.checkSlots(where, params.stream().map(FuncType.Param::type).toList());
        params.forEach(p -> limits.checkNames(where, p.type()));
        limits.checkNames(where, f.result());
        u.out.append(indent).append("/** {@code ").append(wit).append("}. */\n");
        wit(u, indent, name.equals(wanted) ? null : own);
        List<String> declared = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (FuncType.Param p : params) {
            String parameter = JavaNaming.parameter(p.name());
            while (!taken.add(parameter)) {
                parameter += "_";
            }
            declared.add(java(u, p.type(), false, Set.of()) + " " + parameter);
        }
        ValueType r = f.result();
        Declared error = r != null && r.kind() == TypeKind.RESULT && r.child(1) != null ? declared(r.child(1)) : null;
        boolean throwing = error != null && error.exception != null;
        ValueType returned = throwing ? r.child(0) : r;
        u.out.append(indent)
                .append(returned == null ? "void" : java(u, returned, false, Set.of()))
                .append(' ')
                .append(name)
                .append('(')
                .append(String.join(", ", declared))
                .append(')')
                .append(throwing ? " throws " + reference(u, error, error.exception, Set.of()) : "")
                .append(";\n\n");
    }

    // Types where they are used.

    private Declared declared(ValueType v) {
        String label = v.name() == 0 ? null : labels.get(v.name());
        return label == null ? null : types.get(new TypeKey(label, v.shape()));
    }

    private static String reference(Unit u, Declared d, String name, Set<String> hidden) {
        String qualified = d.unit.pkg + "." + d.unit.name + "." + name;
        if (d.unit == u) {
            return hidden.contains(name) ? u.name + "." + name : name;
        }
        String simple = d.unit.name;
        boolean clash =
                u.names.contains(simple) || hidden.contains(simple) || u.isImported(simple, d.unit.pkg + "." + simple);
        if (clash) {
            return qualified;
        }
        if (!d.unit.pkg.equals(u.pkg)) {
            u.imports.put(simple, d.unit.pkg + "." + simple);
        }
        return simple + "." + name;
    }

    /** @param hidden names of types that mean something else where this stands */
    private String use(Unit u, String qualified, Set<String> hidden) {
        String simple = qualified.substring(qualified.lastIndexOf('.') + 1);
        return hidden.contains(simple) ? qualified : u.use(qualified);
    }

    private String java(Unit u, ValueType v, boolean boxed, Set<String> hidden) {
        return switch (v.kind()) {
            case BOOL -> boxed ? use(u, "java.lang.Boolean", hidden) : "boolean";
            case S8 -> boxed ? use(u, "java.lang.Byte", hidden) : "byte";
            case S16 -> boxed ? use(u, "java.lang.Short", hidden) : "short";
            case S32, CHAR -> boxed ? use(u, "java.lang.Integer", hidden) : "int";
            case S64 -> boxed ? use(u, "java.lang.Long", hidden) : "long";
            case U8 -> boxed ? use(u, "java.lang.Byte", hidden) : unsigned(u, "byte");
            case U16 -> boxed ? use(u, "java.lang.Short", hidden) : unsigned(u, "short");
            case U32 -> boxed ? use(u, "java.lang.Integer", hidden) : unsigned(u, "int");
            case U64 -> boxed ? use(u, "java.lang.Long", hidden) : unsigned(u, "long");
            case F32 -> boxed ? use(u, "java.lang.Float", hidden) : "float";
            case F64 -> boxed ? use(u, "java.lang.Double", hidden) : "double";
            case STRING -> use(u, "java.lang.String", hidden);
            case LIST, ARRAY -> list(u, v.child(0), hidden);
            case MAP -> generic(u, "java.util.Map", hidden, v.child(0), v.child(1));
            case OPTION -> generic(u, "java.util.Optional", hidden, v.child(0));
            case TUPLE -> tuple(u, v, hidden);
            case RESULT -> generic(u, RUNTIME + "Result", hidden, v.child(0), v.child(1));
            case RECORD, VARIANT, ENUM -> named(u, v, hidden);
            case FLAGS -> use(u, "java.util.EnumSet", hidden) + "<" + named(u, v, hidden) + ">";
            case OWN, BORROW -> {
                Declared d = resources.get(v.resource().id());
                yield d == null ? use(u, "java.lang.Object", hidden) : reference(u, d, d.name, hidden);
            }
            case STREAM, FUTURE, ERROR_CONTEXT -> use(u, "java.lang.Object", hidden);
        };
    }

    private String unsigned(Unit u, String type) {
        return "@" + u.use(RUNTIME + "Unsigned") + " " + type;
    }

    private String named(Unit u, ValueType v, Set<String> hidden) {
        Declared d = declared(v);
        return d == null ? use(u, "java.lang.Object", hidden) : reference(u, d, d.name, hidden);
    }

    private String list(Unit u, ValueType element, Set<String> hidden) {
        boolean array = element.kind().isPrimitive()
                && element.kind() != TypeKind.CHAR
                && element.kind() != TypeKind.STRING
                && element.kind() != TypeKind.ERROR_CONTEXT;
        return array ? java(u, element, false, hidden) + "[]" : generic(u, "java.util.List", hidden, element);
    }

    private String generic(Unit u, String type, Set<String> hidden, ValueType... arguments) {
        List<String> names = new ArrayList<>();
        for (ValueType a : arguments) {
            names.add(a == null ? use(u, "java.lang.Void", hidden) : java(u, a, true, hidden));
        }
        return use(u, type, hidden) + "<" + String.join(", ", names) + ">";
    }

    /** A tuple of the runtime's, or of one's own where there is none of that length. */
    private String tuple(Unit u, ValueType v, Set<String> hidden) {
        int n = v.childCount();
        ValueType[] elements = v.children();
        if (n >= MIN_TUPLE && n <= MAX_TUPLE) {
            return generic(u, RUNTIME + "Tuple" + n, hidden, elements);
        }
        List<String> parameters = new ArrayList<>();
        List<String> components = new ArrayList<>();
        for (int i = 1; i <= n; i++) {
            parameters.add("T" + i);
            components.add("T" + i + " v" + i);
        }
        files.putIfAbsent(
                base.replace('.', '/') + "/Tuple" + n + ".java",
                "package " + base + ";\n\n/** A tuple of " + n + ". */\npublic record Tuple" + n + "<"
                        + String.join(", ", parameters) + ">(" + String.join(", ", components) + ") {}\n");
        return generic(u, base + ".Tuple" + n, hidden, elements);
    }
}
