package kiln.component;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Printable;
import kiln.artifact.component.TypeKind;

/** Writes what a component imports and exports in the language of interfaces, WIT. */
public final class WitPrinter {
    private static final String INDENT = "  ";
    /**
     * Characters of a type without a name; what is longer stands as {@code tuple<...>}. Nobody reads that, and types
     * share parts: written out, twenty of them may come to a million.
     */
    private static final int MAX_SHAPE = 2000;

    private final StringBuilder out = new StringBuilder();
    /** Labels of types by the numbers of their names. */
    private final Map<Integer, String> labels = new HashMap<>();
    /** Where a resource was first named: interface and label. */
    private final Map<ResourceType.Id, String[]> owners = new HashMap<>();

    /** The texts of types without a name in what is being written. */
    private final Map<ValueType, String> shapes = new IdentityHashMap<>();

    private WitPrinter() {}

    /** The component's world, then the interfaces that it mentions. */
    public static String print(ComponentType component) {
        WitPrinter p = new WitPrinter();
        p.out.append("world root {\n");
        Map<String, InstanceType> interfaces = new LinkedHashMap<>();
        p.items("import", component.imports(), interfaces);
        p.items("export", component.exports(), interfaces);
        p.out.append("}\n");
        interfaces.forEach((name, type) -> {
            p.out.append("\ninterface ").append(Printable.name(name)).append(" {\n");
            p.exports(name, type.exports(), INDENT);
            p.out.append("}\n");
        });
        return p.out.toString();
    }

    private void items(String direction, Map<String, Entity> items, Map<String, InstanceType> interfaces) {
        // Members of resources stand with their resource, the rest in the order of the component.
        Map<String, Entity> plain = new LinkedHashMap<>();
        for (Map.Entry<String, Entity> e : items.entrySet()) {
            boolean isInterface = e.getKey().indexOf(':') >= 0;
            if (e.getValue() instanceof Entity.Instance i) {
                out.append(INDENT).append(direction).append(' ').append(Printable.name(e.getKey()));
                if (isInterface) {
                    out.append(";\n");
                    interfaces.putIfAbsent(e.getKey(), i.type());
                } else {
                    out.append(": interface {\n");
                    exports(e.getKey(), i.type().exports(), INDENT + INDENT);
                    out.append(INDENT).append("}\n");
                }
            } else {
                plain.put(e.getKey(), e.getValue());
            }
        }
        entries(null, plain, INDENT, direction + " ");
    }

    private void exports(String owner, Map<String, Entity> exports, String indent) {
        entries(owner, exports, indent, "");
    }

    private void entries(String owner, Map<String, Entity> entries, String indent, String prefix) {
        Map<String, List<Map.Entry<String, FuncType>>> members = new HashMap<>();
        // Their parts may have names from here on.
        shapes.clear();
        for (Map.Entry<String, Entity> e : entries.entrySet()) {
            if (e.getValue() instanceof Entity.OfType t) {
                name(owner, e.getKey(), t.type());
            } else if (e.getValue() instanceof Entity.Func f && e.getKey().startsWith("[")) {
                members.computeIfAbsent(resourceOf(e.getKey()), _ -> new ArrayList<>())
                        .add(Map.entry(e.getKey(), f.type()));
            }
        }
        for (Map.Entry<String, Entity> e : entries.entrySet()) {
            String label = e.getKey();
            switch (e.getValue()) {
                case Entity.OfType t -> definition(owner, label, t.type(), members.get(label), indent);
                case Entity.Func f -> {
                    if (!label.startsWith("[")) {
                        function(indent + prefix + Printable.name(label) + ": ", f.type());
                    }
                }
                case Entity.Instance i -> {
                    out.append(indent)
                            .append(prefix)
                            .append(Printable.name(label))
                            .append(": interface {\n");
                    exports(label, i.type().exports(), indent + INDENT);
                    out.append(indent).append("}\n");
                }
                case Entity.Module _, Entity.Component _ ->
                    out.append(indent)
                            .append("// ")
                            .append(prefix)
                            .append(e.getValue().sort())
                            .append(' ')
                            .append(Printable.name(label))
                            .append('\n');
            }
        }
    }

    private static String resourceOf(String member) {
        String rest = member.substring(member.indexOf(']') + 1);
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    private void name(String owner, String label, Type t) {
        if (t instanceof ValueType v) {
            labels.put(v.name(), label);
        } else if (t instanceof ResourceType r) {
            labels.put(r.name(), label);
            owners.putIfAbsent(r.id(), new String[] {owner, label});
        }
    }

    private void definition(
            String owner, String label, Type t, List<Map.Entry<String, FuncType>> members, String indent) {
        if (t instanceof ResourceType r) {
            resource(owner, label, r, members, indent);
        } else if (t instanceof ValueType v) {
            value(label, v, indent);
        } else {
            out.append(indent).append("// type ").append(Printable.name(label)).append('\n');
        }
    }

    private void resource(
            String owner, String label, ResourceType r, List<Map.Entry<String, FuncType>> members, String indent) {
        String[] first = owners.get(r.id());
        boolean here = first[1].equals(label) && (owner == null ? first[0] == null : owner.equals(first[0]));
        if (!here && first[0] != null) {
            out.append(indent).append("use ").append(Printable.name(first[0])).append(".{");
            out.append(Printable.name(first[1]));
            out.append(first[1].equals(label) ? "" : " as " + Printable.name(label))
                    .append("};\n");
            return;
        }
        out.append(indent).append("resource ").append(Printable.name(label));
        if (members == null) {
            out.append(";\n");
            return;
        }
        out.append(" {\n");
        for (Map.Entry<String, FuncType> m : members) {
            String name = m.getKey();
            String method = Printable.name(name.substring(name.indexOf('.') + 1));
            FuncType f = m.getValue();
            String inner = indent + INDENT;
            if (name.startsWith("[constructor]")) {
                out.append(inner).append("constructor(");
                params(f.params());
                out.append(");\n");
            } else if (name.startsWith("[static]")) {
                function(inner + method + ": static ", f);
            } else {
                List<FuncType.Param> rest = f.params().subList(1, f.params().size());
                function(inner + method + ": ", new FuncType(f.async(), rest, f.result()));
            }
        }
        out.append(indent).append("}\n");
    }

    private void value(String label, ValueType v, String indent) {
        String name = Printable.name(label);
        switch (v.kind()) {
            case RECORD, VARIANT -> {
                out.append(indent).append(v.kind()).append(' ').append(name).append(" {\n");
                for (int i = 0; i < v.childCount(); i++) {
                    out.append(indent).append(INDENT).append(v.labels().get(i));
                    if (v.kind() == TypeKind.RECORD) {
                        out.append(": ").append(text(v.child(i)));
                    } else if (v.child(i) != null) {
                        out.append('(').append(text(v.child(i))).append(')');
                    }
                    out.append(",\n");
                }
                out.append(indent).append("}\n");
            }
            case FLAGS, ENUM -> {
                out.append(indent).append(v.kind()).append(' ').append(name).append(" {\n");
                v.labels()
                        .forEach(
                                l -> out.append(indent).append(INDENT).append(l).append(",\n"));
                out.append(indent).append("}\n");
            }
            default ->
                out.append(indent)
                        .append("type ")
                        .append(name)
                        .append(" = ")
                        .append(shape(v))
                        .append(";\n");
        }
    }

    private void function(String head, FuncType f) {
        out.append(head).append(f.async() ? "async func(" : "func(");
        params(f.params());
        out.append(')');
        if (f.result() != null) {
            out.append(" -> ").append(text(f.result()));
        }
        out.append(";\n");
    }

    private void params(List<FuncType.Param> params) {
        String separator = "";
        for (FuncType.Param p : params) {
            out.append(separator).append(p.name()).append(": ").append(text(p.type()));
            separator = ", ";
        }
    }

    /** A type where it is used: by its name if it has one. */
    private String text(ValueType v) {
        String label = v.name() == 0 ? null : labels.get(v.name());
        if (label != null) {
            return Printable.name(label);
        }
        if (v.childCount() == 0) {
            return shape(v);
        }
        String known = shapes.get(v);
        if (known == null) {
            String shape = shape(v);
            known = shape.length() <= MAX_SHAPE ? shape : v.kind() + "<...>";
            shapes.put(v, known);
        }
        return known;
    }

    private String shape(ValueType v) {
        return switch (v.kind()) {
            case LIST -> "list<" + text(v.child(0)) + ">";
            case ARRAY -> "list<" + text(v.child(0)) + ", " + Integer.toUnsignedString(v.length()) + ">";
            case MAP -> "map<" + text(v.child(0)) + ", " + text(v.child(1)) + ">";
            case OPTION -> "option<" + text(v.child(0)) + ">";
            case TUPLE -> {
                List<String> elements = new ArrayList<>();
                int length = 0;
                for (int i = 0; i < v.childCount() && length <= MAX_SHAPE; i++) {
                    elements.add(text(v.child(i)));
                    length += elements.getLast().length();
                }
                yield "tuple<" + String.join(", ", elements) + ">";
            }
            case RESULT -> result(v.child(0), v.child(1));
            case STREAM, FUTURE -> v.kind() + (v.child(0) == null ? "" : "<" + text(v.child(0)) + ">");
            case OWN -> handle(v.resource());
            case BORROW -> "borrow<" + handle(v.resource()) + ">";
            default -> v.kind().toString();
        };
    }

    private String result(ValueType ok, ValueType error) {
        if (error == null) {
            return ok == null ? "result" : "result<" + text(ok) + ">";
        }
        return "result<" + (ok == null ? "_" : text(ok)) + ", " + text(error) + ">";
    }

    private String handle(ResourceType r) {
        String label = labels.get(r.name());
        if (label == null) {
            String[] owner = owners.get(r.id());
            label = owner == null ? "resource" : owner[1];
        }
        return Printable.name(label);
    }
}
