package kiln.cli;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Printable;
import kiln.types.ArrayType;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.StructType;
import kiln.types.SubType;
import kiln.types.TypeNames;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/** A module's types for people, in the words of the text format: with names where there are any, else with numbers. */
final class TypeListing {
    private final TypeSpace types;
    private final TypeNames names;

    TypeListing(TypeSpace types, TypeNames names) {
        this.types = types;
        this.names = names;
    }

    boolean hasObjects() {
        return structs() + arrays() > 0;
    }

    private int structs() {
        int n = 0;
        for (int i = 0; i < types.count(); i++) {
            n += types.struct(i) == null ? 0 : 1;
        }
        return n;
    }

    private int arrays() {
        int n = 0;
        for (int i = 0; i < types.count(); i++) {
            n += types.array(i) == null ? 0 : 1;
        }
        return n;
    }

    /** How many there are of each kind. */
    String counts() {
        int objects = structs() + arrays();
        return structs() + " structs, " + arrays() + " arrays, " + (types.count() - objects) + " functions";
    }

    /** One line for each type, each of limited length and without control characters. */
    List<String> lines() {
        List<String> lines = new ArrayList<>(types.count());
        for (int i = 0; i < types.count(); i++) {
            String name = names.type(i) == null ? "" : " $" + Printable.name(names.type(i));
            lines.add(Printable.line("type " + i + name + ": " + type(i)));
        }
        return lines;
    }

    private String type(int i) {
        SubType t = types.get(i);
        StringBuilder out = new StringBuilder();
        if (!t.isFinal() || t.supertype() >= 0) {
            out.append("sub ").append(t.isFinal() ? "final " : "");
            out.append(t.supertype() >= 0 ? name(t.supertype()) + " " : "");
        }
        switch (t.type()) {
            case StructType s -> struct(out, i, s);
            case ArrayType a -> out.append("(array ").append(field(a.element())).append(')');
            case FuncType f ->
                out.append("(func")
                        .append(list(" (param", f.params()))
                        .append(list(" (result", f.results()))
                        .append(')');
        }
        return out.toString();
    }

    private void struct(StringBuilder out, int type, StructType s) {
        out.append("(struct");
        for (int i = 0; i < s.fields().size(); i++) {
            // Structures have up to 10,000 fields.
            if (out.length() > Printable.MAX_LINE) {
                return;
            }
            String name = names.field(type, i);
            out.append(" (field ").append(name == null ? "" : "$" + Printable.name(name) + " ");
            out.append(field(s.fields().get(i))).append(')');
        }
        out.append(')');
    }

    private String field(FieldType f) {
        return f.mutable() ? "(mut " + value(f.storage()) + ")" : value(f.storage());
    }

    private String list(String what, int[] values) {
        StringBuilder out = new StringBuilder();
        for (int v : values) {
            out.append(out.isEmpty() ? what : "").append(' ').append(value(v));
        }
        return out.isEmpty() ? "" : out.append(')').toString();
    }

    private String value(int type) {
        if (!ValType.isRef(type) || HeapType.isAbstract(ValType.heap(type))) {
            return ValType.toString(type);
        }
        return (ValType.isNullable(type) ? "(ref null " : "(ref ") + name(ValType.heap(type)) + ")";
    }

    private String name(int type) {
        String name = names.type(type);
        return name == null ? Integer.toString(type) : "$" + Printable.name(name);
    }
}
