package kiln.component;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;
import kiln.component.CoreModuleType.Core;
import kiln.types.ValType;
import kiln.wasm.ByteReader;
import kiln.wasm.ExternKind;

/** Reads types, and the declarations that the types of components and instances are made of. */
final class TypeReader {
    private static final int FIRST_PRIMITIVE = 0x7f;
    private static final int ERROR_CONTEXT = 0x64;
    private static final int MAX_FLAGS = 32;

    private final ComponentDecoder decoder;
    private final ByteReader in;
    private final Types types;

    TypeReader(ComponentDecoder decoder, ByteReader in, Types types) {
        this.decoder = decoder;
        this.in = in;
        this.types = types;
    }

    /** Reads a definition of the type section. */
    Type definition(Scope scope) {
        int at = in.position();
        int code = in.u8();
        Type type = switch (code) {
            case 0x40, 0x43 -> function(scope, code == 0x43);
            case 0x41 -> componentType(nested(Scope.Kind.COMPONENT_TYPE, scope, at));
            case 0x42 -> instanceType(nested(Scope.Kind.INSTANCE_TYPE, scope, at));
            case 0x3f -> resource(scope, at);
            case 0x3e -> throw decoder.unsupported("a resource with an async destructor", at);
            default -> value(scope, code, at);
        };
        if (type.size() > Types.MAX_SIZE) {
            throw in.invalid("effective type size exceeds the limit of " + Types.MAX_SIZE, at);
        }
        return type;
    }

    private Scope nested(Scope.Kind kind, Scope scope, int at) {
        if (scope.depth >= Types.MAX_DEPTH) {
            throw in.invalid("types are nested deeper than " + Types.MAX_DEPTH, at);
        }
        return new Scope(kind, scope, types);
    }

    private ResourceType resource(Scope scope, int at) {
        if (scope.kind != Scope.Kind.COMPONENT) {
            throw in.invalid("resources can only be defined within a concrete component", at);
        }
        if (in.u8() != 0x7f) {
            throw in.invalid("resources can only be represented by `i32`", at);
        }
        int index = -1;
        if (in.u8() != 0) {
            index = in.index();
            Core destructor = Scope.get(scope.core.get(ExternKind.FUNC), index, "core function", in, at);
            if (!CanonReader.isFunction(destructor, new int[] {ValType.I32}, new int[0])) {
                throw in.invalid("core function " + index + " has wrong signature for a destructor", at);
            }
        }
        ResourceType.Id id = new ResourceType.Id(true);
        scope.definedResources.add(id);
        scope.keep(at, new Definition.Resource(id, index));
        return new ResourceType(id, types.newName());
    }

    private FuncType function(Scope scope, boolean async) {
        List<FuncType.Param> params = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int n = in.count(); n > 0; n--) {
            int at = in.position();
            String name = label("function parameter", names, at);
            params.add(new FuncType.Param(name, valueType(scope)));
        }
        int at = in.position();
        ValueType result = null;
        switch (in.u8()) {
            case 0x00 -> result = valueType(scope);
            case 0x01 -> {
                if (in.u8() != 0) {
                    throw in.malformed("a function has one result at most", at);
                }
            }
            default -> throw in.malformed("unknown form of results", at);
        }
        if (result != null && result.hasBorrows()) {
            throw in.invalid("function result cannot contain a `borrow` type", at);
        }
        return new FuncType(async, params, result);
    }

    private String label(String what, Set<String> seen, int at) {
        String label = in.name();
        try {
            ExternName.checkLabel(label);
        } catch (ExternName.BadName bad) {
            throw in.invalid(what + " name: " + bad.getMessage(), at);
        }
        if (!seen.add(label.toLowerCase(Locale.ROOT))) {
            throw in.invalid(what + " name `" + label + "` conflicts with previous " + what + " name", at);
        }
        return label;
    }

    /** A value type where one is used: a primitive one, or a type index. */
    ValueType valueType(Scope scope) {
        int at = in.position();
        long code = in.s33();
        if (code < 0) {
            TypeKind kind = primitive((int) code & 0x7f);
            if (kind == null) {
                throw in.malformed("unknown value type", at);
            }
            return types.primitive(kind);
        }
        int index = (int) Math.min(code, Integer.MAX_VALUE);
        Type t = Scope.get(scope.types, index, "type", in, at);
        if (t instanceof ValueType v) {
            return v;
        }
        throw in.invalid("type index " + index + " is not a defined type", at);
    }

    private static TypeKind primitive(int code) {
        if (code == ERROR_CONTEXT) {
            return TypeKind.ERROR_CONTEXT;
        }
        int i = FIRST_PRIMITIVE - code;
        return i >= 0 && i < TypeKind.SCALARS.size() ? TypeKind.SCALARS.get(i) : null;
    }

    private ValueType optional(Scope scope) {
        int at = in.position();
        return switch (in.u8()) {
            case 0 -> null;
            case 1 -> valueType(scope);
            default -> throw in.malformed("malformed optional type", at);
        };
    }

    private ValueType value(Scope scope, int code, int at) {
        TypeKind primitive = primitive(code);
        ValueType t = primitive != null ? types.primitive(primitive) : compound(scope, code, at);
        if (t.depth() > Types.MAX_DEPTH) {
            throw in.invalid("types are nested deeper than " + Types.MAX_DEPTH, at);
        }
        if (t.wideLayout().bytes() >= ValueLayout.MAX_BYTES) {
            throw in.invalid("type exceeds maximum byte size of " + (ValueLayout.MAX_BYTES - 1), at);
        }
        return t.kind().needsName() ? types.named(t, types.newName()) : t;
    }

    private ValueType compound(Scope scope, int code, int at) {
        return switch (code) {
            case 0x72 -> record(scope, at);
            case 0x71 -> variant(scope, at);
            case 0x70 -> types.of(TypeKind.LIST, List.of(), new ValueType[] {valueType(scope)}, 0);
            case 0x67 -> {
                ValueType element = valueType(scope);
                int length = in.u32();
                if (length == 0) {
                    throw in.invalid("fixed-length lists must have more than zero elements", at);
                }
                yield types.of(TypeKind.ARRAY, List.of(), new ValueType[] {element}, length);
            }
            case 0x63 -> map(scope, at);
            case 0x6f -> {
                int count = in.count();
                if (count == 0) {
                    throw in.invalid("tuple type must have at least one type", at);
                }
                ValueType[] elements = new ValueType[count];
                for (int i = 0; i < count; i++) {
                    elements[i] = valueType(scope);
                }
                yield types.of(TypeKind.TUPLE, List.of(), elements, 0);
            }
            case 0x6e -> {
                List<String> labels = labels("flag", at);
                if (labels.size() > MAX_FLAGS) {
                    throw in.invalid("cannot have more than " + MAX_FLAGS + " flags", at);
                }
                yield types.of(TypeKind.FLAGS, labels, new ValueType[0], 0);
            }
            case 0x6d -> types.of(TypeKind.ENUM, labels("enum tag", at), new ValueType[0], 0);
            case 0x6b -> types.of(TypeKind.OPTION, List.of(), new ValueType[] {valueType(scope)}, 0);
            case 0x6a -> types.of(TypeKind.RESULT, List.of(), new ValueType[] {optional(scope), optional(scope)}, 0);
            case 0x69, 0x68 -> {
                int index = in.index();
                if (!(Scope.get(scope.types, index, "type", in, at) instanceof ResourceType r)) {
                    throw in.invalid("type index " + index + " is not a resource type", at);
                }
                yield types.handle(code == 0x69 ? TypeKind.OWN : TypeKind.BORROW, r);
            }
            case 0x66, 0x65 -> {
                ValueType element = optional(scope);
                if (element != null && element.hasBorrows()) {
                    throw in.invalid("a stream or future cannot contain a `borrow` type", at);
                }
                TypeKind kind = code == 0x66 ? TypeKind.STREAM : TypeKind.FUTURE;
                yield types.of(kind, List.of(), new ValueType[] {element}, 0);
            }
            default -> throw in.malformed("unknown type 0x" + Integer.toHexString(code), at);
        };
    }

    private ValueType map(Scope scope, int at) {
        ValueType key = valueType(scope);
        ValueType element = valueType(scope);
        boolean hasOrder = key.kind().isPrimitive()
                && key.kind() != TypeKind.F32
                && key.kind() != TypeKind.F64
                && key.kind() != TypeKind.ERROR_CONTEXT;
        if (!hasOrder) {
            throw in.invalid("invalid map key type", at);
        }
        return types.of(TypeKind.MAP, List.of(), new ValueType[] {key, element}, 0);
    }

    private ValueType record(Scope scope, int at) {
        int count = in.count();
        if (count == 0) {
            throw in.invalid("record type must have at least one field", at);
        }
        List<String> labels = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        ValueType[] fields = new ValueType[count];
        for (int i = 0; i < count; i++) {
            labels.add(label("record field", seen, in.position()));
            fields[i] = valueType(scope);
        }
        return types.of(TypeKind.RECORD, labels, fields, 0);
    }

    private ValueType variant(Scope scope, int at) {
        int count = in.count();
        if (count == 0) {
            throw in.invalid("variant type must have at least one case", at);
        }
        List<String> labels = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        ValueType[] cases = new ValueType[count];
        for (int i = 0; i < count; i++) {
            int place = in.position();
            labels.add(label("variant case", seen, place));
            cases[i] = optional(scope);
            if (in.u8() != 0) {
                throw in.malformed("variant case refinement is not part of the format", place);
            }
        }
        return types.of(TypeKind.VARIANT, labels, cases, 0);
    }

    private List<String> labels(String what, int at) {
        int count = in.count();
        if (count == 0) {
            throw in.invalid(what + " list must have at least one name", at);
        }
        List<String> labels = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < count; i++) {
            labels.add(label(what, seen, in.position()));
        }
        return labels;
    }

    // Types of components and instances.

    private ComponentType componentType(Scope inner) {
        for (int n = in.count(); n > 0; n--) {
            int at = in.position();
            int code = in.u8();
            if (code == 0x03) {
                decoder.importEntry(inner);
            } else {
                declaration(inner, code, at);
            }
        }
        return inner.componentType();
    }

    private InstanceType instanceType(Scope inner) {
        for (int n = in.count(); n > 0; n--) {
            int at = in.position();
            declaration(inner, in.u8(), at);
        }
        return new InstanceType(inner.exports.entities, Set.copyOf(inner.definedResources));
    }

    private void declaration(Scope scope, int code, int at) {
        switch (code) {
            case 0x00 -> decoder.coreType(scope);
            case 0x01 -> scope.add(new Entity.OfType(definition(scope)), in, at);
            case 0x02 -> decoder.alias(scope);
            case 0x04 -> decoder.exportDeclaration(scope);
            default -> throw in.malformed("unknown declaration in a type", at);
        }
    }

    /** What an import, or the declaration of an export, says of its type. */
    Entity externType(Scope scope) {
        int at = in.position();
        switch (in.u8()) {
            case 0x00 -> {
                if (in.u8() != 0x11) {
                    throw in.malformed("only core modules can be imported and exported", at);
                }
                int index = in.index();
                if (Scope.get(scope.coreTypes, index, "core type", in, at) instanceof CoreModuleType m) {
                    return new Entity.Module(m);
                }
                throw in.invalid("core type index " + index + " is not a module type", at);
            }
            case 0x01 -> {
                int index = in.index();
                if (Scope.get(scope.types, index, "type", in, at) instanceof FuncType f) {
                    return new Entity.Func(f);
                }
                throw in.invalid("type index " + index + " is not a function type", at);
            }
            case 0x02 -> throw decoder.unsupported("an import or export of a value", at);
            case 0x03 -> {
                return new Entity.OfType(bound(scope, at));
            }
            case 0x04 -> {
                int index = in.index();
                if (Scope.get(scope.types, index, "type", in, at) instanceof ComponentType c) {
                    return new Entity.Component(c);
                }
                throw in.invalid("type index " + index + " is not a component type", at);
            }
            case 0x05 -> {
                int index = in.index();
                if (Scope.get(scope.types, index, "type", in, at) instanceof InstanceType i) {
                    return new Entity.Instance(i);
                }
                throw in.invalid("type index " + index + " is not an instance type", at);
            }
            default -> throw in.malformed("unknown kind of import or export", at);
        }
    }

    private Type bound(Scope scope, int at) {
        return switch (in.u8()) {
            case 0x00 -> Scope.get(scope.types, in.index(), "type", in, at);
            case 0x01 -> new ResourceType(new ResourceType.Id(false), types.newName());
            default -> throw in.malformed("unknown bound of a type", at);
        };
    }
}
