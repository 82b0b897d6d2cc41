package kiln.component;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.component.TypeKind;
import kiln.wasm.ByteWriter;
import kiln.wasm.Features;

/**
 * Writes the type of a component in the binary format: as a component that has nothing but one type, which it exports,
 * the form in which tools exchange worlds of WIT. What interfaces cannot have (core modules, components, types of
 * functions and of instances) is left out.
 */
public final class TypeWriter {
    private static final String NAME = "world";
    /** Of types that are written, as {@link Type#size} has it: a few bytes can say types of any size. */
    private static final int MAX_SIZE = 50_000;

    private static final byte[] PREAMBLE = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
    private static final int TYPE_SECTION = 7;
    private static final int EXPORT_SECTION = 11;

    private static final int COMPONENT = 0x41;
    private static final int INSTANCE = 0x42;
    private static final int FUNCTION = 0x40;

    private static final int TYPE_DECLARATION = 1;
    private static final int ALIAS = 2;
    private static final int IMPORT = 3;
    private static final int EXPORT = 4;

    private static final int SORT_FUNC = 1;
    private static final int SORT_TYPE = 3;
    private static final int SORT_INSTANCE = 5;

    private TypeWriter() {}

    /** The bytes of a component with this type; null if a resource in it has no name, or nobody could read it all. */
    public static byte[] write(ComponentType type) {
        if (type.size() > MAX_SIZE) {
            return null;
        }
        Declarations world = new Declarations(null);
        type.imports().forEach((name, e) -> world.declare(IMPORT, name, e));
        type.exports().forEach((name, e) -> world.declare(EXPORT, name, e));
        if (!world.complete) {
            return null;
        }
        ByteWriter types = new ByteWriter().u(1).u(COMPONENT).u(world.count).raw(world.out);
        ByteWriter exports =
                new ByteWriter().u(1).u(0).name(NAME).u(SORT_TYPE).u(0).u(0);
        return new ByteWriter()
                .raw(PREAMBLE)
                .section(TYPE_SECTION, types)
                .section(EXPORT_SECTION, exports)
                .toArray();
    }

    /**
     * The inverse of {@link #write}.
     *
     * @param name of the file, for messages
     * @throws kiln.wasm.WasmException if the bytes are no valid component
     * @throws UnsupportedComponentException if it uses what is not read yet
     * @throws IllegalArgumentException if it is another component
     */
    public static ComponentType read(byte[] bytes, String name) {
        if (ComponentDecoder.decode(bytes, name, Features.ALL).exports().get(NAME) instanceof Entity.OfType t
                && t.type() instanceof ComponentType type) {
            return type;
        }
        throw new IllegalArgumentException(name + ": not the type of a component");
    }

    /**
     * Where a type or an instance has a name.
     *
     * @param in the instance that exports it; null for an instance that has the number {@code index}
     */
    private record Place(Place in, String label, int index) {}

    /** The type of a component, or of an instance in one. */
    private static final class Declarations {
        final Declarations outer;
        /** Of the outermost one: whether everything has a name. */
        boolean complete = true;

        final ByteWriter out = new ByteWriter();
        int count;
        private int types;
        private int instances;
        /** Indices of types by the numbers of their names. */
        private final Map<Integer, Integer> named = new HashMap<>();

        private final Map<ResourceType.Id, Integer> resources = new HashMap<>();
        private final Map<Integer, Place> namedInside = new HashMap<>();
        private final Map<ResourceType.Id, Place> resourcesInside = new HashMap<>();
        /** Indices of types that were written because something is made of them. */
        private final Map<ValueType, Integer> parts = new IdentityHashMap<>();

        Declarations(Declarations outer) {
            this.outer = outer;
        }

        private ByteWriter add(int kind) {
            count++;
            return out.u(kind);
        }

        private int define(ByteWriter type) {
            add(TYPE_DECLARATION).raw(type);
            return types++;
        }

        void declare(int direction, String name, Entity e) {
            switch (e) {
                case Entity.Func f -> {
                    int type = function(f.type());
                    header(direction, name).u(SORT_FUNC).u(type);
                }
                case Entity.OfType t
                when t.type() instanceof ResourceType r -> {
                    Integer known = resource(r.id());
                    ByteWriter to = header(direction, name).u(SORT_TYPE);
                    if (known == null) {
                        to.u(1);
                    } else {
                        to.u(0).u(known);
                    }
                    named.put(r.name(), types);
                    resources.putIfAbsent(r.id(), types++);
                }
                case Entity.OfType t
                when t.type() instanceof ValueType v -> {
                    int type = define(body(v));
                    header(direction, name).u(SORT_TYPE).u(0).u(type);
                    named.put(v.name(), types++);
                }
                case Entity.Instance i -> instance(direction, name, i.type());
                case Entity.OfType _, Entity.Module _, Entity.Component _ -> {}
            }
        }

        private ByteWriter header(int direction, String name) {
            return add(direction).u(0).name(name);
        }

        private void instance(int direction, String name, InstanceType type) {
            Declarations inner = new Declarations(this);
            type.exports().forEach((label, e) -> inner.declare(EXPORT, label, e));
            int index = define(new ByteWriter().u(INSTANCE).u(inner.count).raw(inner.out));
            header(direction, name).u(SORT_INSTANCE).u(index);
            names(new Place(null, name, instances++), type);
        }

        private void names(Place instance, InstanceType type) {
            type.exports().forEach((label, e) -> {
                Place place = new Place(instance, label, -1);
                if (e instanceof Entity.Instance i) {
                    names(place, i.type());
                } else if (e instanceof Entity.OfType t && t.type() instanceof ValueType v) {
                    namedInside.putIfAbsent(v.name(), place);
                } else if (e instanceof Entity.OfType t && t.type() instanceof ResourceType r) {
                    namedInside.putIfAbsent(r.name(), place);
                    resourcesInside.putIfAbsent(r.id(), place);
                }
            });
        }

        // What is known already: here, in an instance, or outside.

        private Integer name(int name) {
            Integer known = name == 0 ? null : named.get(name);
            if (known == null && name != 0) {
                known = alias(namedInside.get(name), outer == null ? null : outer.name(name));
                if (known != null) {
                    named.put(name, known);
                }
            }
            return known;
        }

        private Integer resource(ResourceType.Id id) {
            Integer known = resources.get(id);
            if (known == null) {
                known = alias(resourcesInside.get(id), outer == null ? null : outer.resource(id));
                if (known != null) {
                    resources.put(id, known);
                }
            }
            return known;
        }

        /** The resource of a handle. */
        private int handled(ResourceType r) {
            Integer known = name(r.name());
            known = known == null ? resource(r.id()) : known;
            if (known == null) {
                outermost().complete = false;
                return 0;
            }
            return known;
        }

        private Declarations outermost() {
            return outer == null ? this : outer.outermost();
        }

        private Integer alias(Place inside, Integer outside) {
            if (inside != null) {
                int instance = index(inside.in);
                add(ALIAS).u(SORT_TYPE).u(0).u(instance).name(inside.label);
                return types++;
            } else if (outside != null) {
                add(ALIAS).u(SORT_TYPE).u(2).u(1).u(outside);
                return types++;
            }
            return null;
        }

        private int index(Place instance) {
            if (instance.in == null) {
                return instance.index;
            }
            int in = index(instance.in);
            add(ALIAS).u(SORT_INSTANCE).u(0).u(in).name(instance.label);
            return instances++;
        }

        // Types.

        private int function(FuncType f) {
            ByteWriter type = new ByteWriter().u(f.async() ? FUNCTION + 3 : FUNCTION);
            type.u(f.params().size());
            for (FuncType.Param p : f.params()) {
                type.name(p.name());
                use(type, p.type());
            }
            if (f.result() == null) {
                type.u(1).u(0);
            } else {
                type.u(0);
                use(type, f.result());
            }
            return define(type);
        }

        private void use(ByteWriter to, ValueType v) {
            if (v.kind().isPrimitive() && v.name() == 0) {
                to.u8(primitive(v.kind()));
                return;
            }
            Integer known = name(v.name());
            if (known == null) {
                known = parts.get(v);
            }
            if (known == null) {
                known = define(body(v));
                parts.put(v, known);
            }
            to.s(known);
        }

        private void optional(ByteWriter to, ValueType v) {
            to.u(v == null ? 0 : 1);
            if (v != null) {
                use(to, v);
            }
        }

        private static int primitive(TypeKind kind) {
            return kind == TypeKind.ERROR_CONTEXT ? 0x64 : 0x7f - TypeKind.SCALARS.indexOf(kind);
        }

        private ByteWriter body(ValueType v) {
            ByteWriter to = new ByteWriter();
            List<String> labels = v.labels();
            switch (v.kind()) {
                case RECORD, VARIANT -> {
                    boolean isRecord = v.kind() == TypeKind.RECORD;
                    to.u(isRecord ? 0x72 : 0x71).u(labels.size());
                    for (int i = 0; i < labels.size(); i++) {
                        to.name(labels.get(i));
                        if (isRecord) {
                            use(to, v.child(i));
                        } else {
                            optional(to, v.child(i));
                            to.u(0);
                        }
                    }
                }
                case FLAGS, ENUM -> {
                    to.u(v.kind() == TypeKind.FLAGS ? 0x6e : 0x6d).u(labels.size());
                    labels.forEach(to::name);
                }
                case TUPLE -> {
                    to.u(0x6f).u(v.childCount());
                    for (int i = 0; i < v.childCount(); i++) {
                        use(to, v.child(i));
                    }
                }
                case LIST, OPTION -> {
                    to.u(v.kind() == TypeKind.LIST ? 0x70 : 0x6b);
                    use(to, v.child(0));
                }
                case ARRAY -> {
                    to.u(0x67);
                    use(to, v.child(0));
                    to.u(v.length());
                }
                case MAP -> {
                    to.u(0x63);
                    use(to, v.child(0));
                    use(to, v.child(1));
                }
                case RESULT -> {
                    to.u(0x6a);
                    optional(to, v.child(0));
                    optional(to, v.child(1));
                }
                case STREAM, FUTURE -> {
                    to.u(v.kind() == TypeKind.STREAM ? 0x66 : 0x65);
                    optional(to, v.child(0));
                }
                case OWN, BORROW -> to.u(v.kind() == TypeKind.OWN ? 0x69 : 0x68).u(handled(v.resource()));
                default -> to.u8(primitive(v.kind()));
            }
            return to;
        }
    }
}
