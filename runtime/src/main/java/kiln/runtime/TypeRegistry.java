package kiln.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.TypeDef;
import kiln.artifact.TypeKeys;
import kiln.artifact.ValueType;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.HeapType;

/** The engine's numbers for types: equal numbers mean equal types, whatever modules they come from. */
// No pattern switches: they would take milliseconds to link in a process that has just started.
final class TypeRegistry {
    /** By ordinal of {@link ValueType.Num}. */
    private static final ValType.Num[] NUMBERS = ValType.Num.values();

    /**
     * @param supertype number of the declared supertype, or -1
     * @param func null if not a function type
     * @param fields of a struct, or the element of an array; null if a function type, or not known yet
     */
    private record Entry(HeapType.Abstract kind, int supertype, FuncType func, List<FieldType> fields) {}

    private final Map<String, Integer> ids = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    /** Function types as the host can write them: final, without supertype, not part of a recursion group. */
    private final Map<FuncType, Integer> plain = new HashMap<>();

    private final Map<Integer, StructType> structs = new HashMap<>();

    /**
     * Numbers of all types of a module.
     *
     * @throws ArtifactException if a key is known as that of another type
     */
    synchronized int[] register(List<TypeDef> types) {
        int[] result = new int[types.size()];
        int base = entries.size();
        for (int i = 0; i < result.length; i++) {
            Integer id = ids.putIfAbsent(types.get(i).key(), entries.size());
            if (id == null) {
                id = entries.size();
                entries.add(null);
            }
            result[i] = id;
        }
        // Kinds first: function types may mention any type of their recursion group, later ones too.
        for (int i = 0; i < result.length; i++) {
            if (result[i] >= base && entries.get(result[i]) == null) {
                TypeDef t = types.get(i);
                entries.set(result[i], new Entry(kind(t), t.supertype() < 0 ? -1 : result[t.supertype()], null, null));
            }
        }
        for (int i = 0; i < result.length; i++) {
            if (result[i] >= base && types.get(i).body() instanceof TypeDef.Func f) {
                define(result[i], types.get(i), f, result);
            } else if (result[i] >= base) {
                Entry e = entries.get(result[i]);
                entries.set(result[i], new Entry(e.kind, e.supertype, null, fields(types.get(i), result)));
            }
        }
        for (int i = 0; i < result.length; i++) {
            if (!isSame(entries.get(result[i]), types.get(i), result)) {
                entries.subList(base, entries.size()).clear();
                ids.values().removeIf(id -> id >= base);
                plain.values().removeIf(id -> id >= base);
                throw new ArtifactException("damaged file: the key of type " + i + " is another type's");
            }
        }
        return result;
    }

    /** Of what has the same key, which only a damaged file has for different types. */
    private boolean isSame(Entry known, TypeDef t, int[] module) {
        return known.kind == kind(t)
                && (t.body() instanceof TypeDef.Func f
                        ? known.func.params().equals(convert(f.params(), module))
                                && known.func.results().equals(convert(f.results(), module))
                        : known.fields.equals(fields(t, module)));
    }

    private List<FieldType> fields(TypeDef t, int[] module) {
        if (t.body() instanceof TypeDef.Array a) {
            return List.of(convert(a.element(), module));
        }
        List<FieldType> result = new ArrayList<>();
        for (TypeDef.Field f : ((TypeDef.Struct) t.body()).fields()) {
            result.add(convert(f, module));
        }
        return List.copyOf(result);
    }

    private FieldType convert(TypeDef.Field f, int[] module) {
        return new FieldType(convert(f.type(), module), f.packing(), f.mutable());
    }

    private void define(int id, TypeDef t, TypeDef.Func f, int[] module) {
        Entry e = entries.get(id);
        if (e.func == null) {
            FuncType func = new FuncType(convert(f.params(), module), convert(f.results(), module));
            entries.set(id, new Entry(e.kind, e.supertype, func, null));
            if (t.isFinal() && t.supertype() < 0 && TypeKeys.isAlone(t.key())) {
                plain.putIfAbsent(func, id);
            }
        }
    }

    private static HeapType.Abstract kind(TypeDef t) {
        if (t.body() instanceof TypeDef.Func) {
            return HeapType.Abstract.FUNC;
        }
        return t.body() instanceof TypeDef.Struct ? HeapType.Abstract.STRUCT : HeapType.Abstract.ARRAY;
    }

    private List<ValType> convert(List<ValueType> types, int[] module) {
        List<ValType> result = new ArrayList<>(types.size());
        for (ValueType t : types) {
            result.add(convert(t, module));
        }
        return result;
    }

    /** A type of a module whose types have the numbers {@code module}. */
    synchronized ValType convert(ValueType type, int[] module) {
        return type instanceof ValueType.Num n ? NUMBERS[n.ordinal()] : convertRef((ValueType.Ref) type, module);
    }

    synchronized ValType.Ref convertRef(ValueType.Ref r, int[] module) {
        if (r.heap() instanceof HeapType.Abstract a) {
            return new ValType.Ref(r.nullable(), a, ValType.Ref.ABSTRACT);
        }
        int id = module[((HeapType.Concrete) r.heap()).index()];
        return new ValType.Ref(r.nullable(), entries.get(id).kind, id);
    }

    /**
     * The number of a function type of the host's.
     *
     * @throws IllegalArgumentException if it mentions a type by number and no module has this function type
     */
    synchronized int idOf(FuncType type) {
        Integer id = plain.get(type);
        return id != null ? id : register(List.of(TypeDef.func(plain(type.params()), plain(type.results()))))[0];
    }

    /** As {@link #idOf}, or -1 if there is none. */
    synchronized int find(FuncType type) {
        Integer id = plain.get(type);
        if (id == null) {
            for (List<ValType> list : List.of(type.params(), type.results())) {
                for (ValType t : list) {
                    if (t instanceof ValType.Ref r && r.typeId() != ValType.Ref.ABSTRACT) {
                        return -1;
                    }
                }
            }
            return idOf(type);
        }
        return id;
    }

    private static List<ValueType> plain(List<ValType> types) {
        List<ValueType> result = new ArrayList<>(types.size());
        for (ValType t : types) {
            if (t instanceof ValType.Num n) {
                result.add(ValueType.Num.valueOf(n.name()));
            } else if (t instanceof ValType.Ref r && r.typeId() == ValType.Ref.ABSTRACT) {
                result.add(new ValueType.Ref(r.nullable(), r.heap()));
            } else {
                throw new IllegalArgumentException("no module loaded has a function type with " + t);
            }
        }
        return result;
    }

    /** The function type with this number. */
    synchronized FuncType func(int id) {
        FuncType f = entries.get(id).func;
        if (f == null) {
            throw new IllegalArgumentException("not a function type: " + id);
        }
        return f;
    }

    /** The struct type with this number, or null if it is none. */
    synchronized StructType struct(int id) {
        Entry e = entries.get(id);
        if (e.kind != HeapType.Abstract.STRUCT) {
            return null;
        }
        StructType s = structs.get(id);
        if (s == null) {
            s = new StructType(id, e.fields);
            structs.put(id, s);
        }
        return s;
    }

    /** The array type with this number, or null if it is none. */
    synchronized ArrayType array(int id) {
        Entry e = entries.get(id);
        return e.kind == HeapType.Abstract.ARRAY ? new ArrayType(id, e.fields.getFirst()) : null;
    }

    /** Whether this is the number of a function type. */
    synchronized boolean isFunction(int id) {
        return entries.get(id).kind == HeapType.Abstract.FUNC;
    }

    /** Number of the declared supertype, or -1. */
    synchronized int supertype(int id) {
        return entries.get(id).supertype;
    }

    /** Whether type {@code sub} is {@code type} or declared, through others perhaps, as its subtype. */
    synchronized boolean isSubtype(int sub, int type) {
        for (int t = sub; t >= 0; t = entries.get(t).supertype) {
            if (t == type) {
                return true;
            }
        }
        return false;
    }

    boolean isSubtype(ValType sub, ValType type) {
        if (sub.equals(type)) {
            return true;
        }
        if (!(sub instanceof ValType.Ref s && type instanceof ValType.Ref t) || s.nullable() && !t.nullable()) {
            return false;
        }
        if (t.typeId() == ValType.Ref.ABSTRACT) {
            return isSubHeap(s.heap(), t.heap());
        }
        return s.typeId() == ValType.Ref.ABSTRACT
                ? isBottom(s.heap()) && isSubHeap(s.heap(), t.heap())
                : isSubtype(s.typeId(), t.typeId());
    }

    private static boolean isBottom(HeapType.Abstract h) {
        return switch (h) {
            case NONE, NOFUNC, NOEXTERN, NOEXN -> true;
            default -> false;
        };
    }

    private static boolean isSubHeap(HeapType.Abstract sub, HeapType.Abstract type) {
        return sub == type
                || switch (type) {
                    case FUNC -> sub == HeapType.Abstract.NOFUNC;
                    case EXTERN -> sub == HeapType.Abstract.NOEXTERN;
                    case EXN -> sub == HeapType.Abstract.NOEXN;
                    case ANY ->
                        switch (sub) {
                            case EQ, I31, STRUCT, ARRAY, NONE -> true;
                            default -> false;
                        };
                    case EQ ->
                        switch (sub) {
                            case I31, STRUCT, ARRAY, NONE -> true;
                            default -> false;
                        };
                    case I31, STRUCT, ARRAY -> sub == HeapType.Abstract.NONE;
                    case NONE, NOFUNC, NOEXTERN, NOEXN -> false;
                };
    }
}
