package kiln.runtime;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.api.ArtifactException;
import kiln.types.SubType;
import kiln.types.TypeSpace;

/**
 * The engine's numbers for types: equal numbers mean equal types, whatever modules they come from. They are the indices
 * in a {@link TypeSpace} of all modules; here is what the API shows of it.
 */
// No pattern switches: they would take milliseconds to link in a process that has just started.
final class TypeRegistry {
    /** By ordinal of {@link ValType.Num}. */
    private static final int[] NUMBERS = {
        kiln.types.ValType.I32,
        kiln.types.ValType.I64,
        kiln.types.ValType.F32,
        kiln.types.ValType.F64,
        kiln.types.ValType.V128
    };

    private final TypeSpace all = TypeSpace.shared();
    /** By number: what was made of a function type, else null. */
    private final List<FuncType> functions = new ArrayList<>();
    /** Function types as the host can write them: final, without supertype, not part of a recursion group. */
    private final Map<FuncType, Integer> plain = new HashMap<>();

    private final Map<Integer, StructType> structs = new HashMap<>();
    private final Map<Integer, ArrayType> arrays = new HashMap<>();

    /**
     * Numbers of all types of a module.
     *
     * @throws ArtifactException if the engine would know too many types
     */
    synchronized int[] register(TypeSpace types) {
        try {
            int[] ids = all.addAll(types);
            noteFunctions();
            return ids;
        } catch (IllegalArgumentException e) {
            throw new ArtifactException("all modules of the engine together have " + e.getMessage());
        }
    }

    /** Of the types that were added last. */
    private void noteFunctions() {
        for (int i = functions.size(); i < all.count(); i++) {
            kiln.types.FuncType f = all.func(i);
            functions.add(f == null ? null : new FuncType(convert(f.params()), convert(f.results())));
            SubType t = all.get(i);
            if (f != null && t.isFinal() && t.supertype() < 0 && all.groupSize(i) == 1) {
                plain.putIfAbsent(functions.get(i), i);
            }
        }
    }

    private List<ValType> convert(int[] types) {
        List<ValType> result = new ArrayList<>(types.length);
        for (int t : types) {
            result.add(convert(t));
        }
        return result;
    }

    private ValType convert(int type) {
        return switch (type) {
            case kiln.types.ValType.I32 -> ValType.I32;
            case kiln.types.ValType.I64 -> ValType.I64;
            case kiln.types.ValType.F32 -> ValType.F32;
            case kiln.types.ValType.F64 -> ValType.F64;
            case kiln.types.ValType.V128 -> ValType.V128;
            default -> convertRef(type);
        };
    }

    private ValType.Ref convertRef(int type) {
        int heap = kiln.types.ValType.heap(type);
        boolean nullable = kiln.types.ValType.isNullable(type);
        return heap < 0
                ? new ValType.Ref(nullable, HeapType.of(heap), ValType.Ref.ABSTRACT)
                : new ValType.Ref(nullable, HeapType.of(all.kind(heap)), heap);
    }

    /** The inverse of {@link #convert(int)}. */
    private int model(ValType type) {
        if (type instanceof ValType.Num n) {
            return number(n);
        }
        ValType.Ref r = (ValType.Ref) type;
        if (r.typeId() >= all.count()) {
            throw new IllegalArgumentException("no type has the number " + r.typeId());
        }
        return kiln.types.ValType.ref(r.nullable(), r.typeId() < 0 ? r.heap().code() : r.typeId());
    }

    /** The number of a type in {@link kiln.types.ValType}. */
    static int number(ValType.Num type) {
        return NUMBERS[type.ordinal()];
    }

    private FieldType convert(kiln.types.FieldType f) {
        int packing = f.storage() == kiln.types.ValType.I8 ? 8 : f.storage() == kiln.types.ValType.I16 ? 16 : 0;
        return new FieldType(convert(f.unpacked()), packing, f.mutable());
    }

    /** A type of a module whose types have the numbers {@code module}. */
    synchronized ValType convert(int type, int[] module) {
        return convert(TypeSpace.renumbered(type, module));
    }

    /** As {@link #convert(int, int[])}, of a reference. */
    synchronized ValType.Ref convertRef(int type, int[] module) {
        return convertRef(TypeSpace.renumbered(type, module));
    }

    /**
     * The number of a function type of the host's.
     *
     * @throws IllegalArgumentException if it mentions a type by number and no module has this function type
     */
    synchronized int idOf(FuncType type) {
        Integer known = plain.get(type);
        if (known != null) {
            return known;
        }
        int id = all.intern(new SubType(
                true, -1, new kiln.types.FuncType(abstractTypes(type.params()), abstractTypes(type.results()))));
        noteFunctions();
        return id;
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

    private int[] abstractTypes(List<ValType> types) {
        int[] result = new int[types.size()];
        for (int i = 0; i < result.length; i++) {
            if (types.get(i) instanceof ValType.Ref r && r.typeId() != ValType.Ref.ABSTRACT) {
                throw new IllegalArgumentException("no module loaded has a function type with " + r);
            }
            result[i] = model(types.get(i));
        }
        return result;
    }

    /** The function type with this number. */
    synchronized FuncType func(int id) {
        FuncType f = functions.get(id);
        if (f == null) {
            throw new IllegalArgumentException("not a function type: " + id);
        }
        return f;
    }

    /** The struct type with this number, or null if it is none. */
    synchronized StructType struct(int id) {
        StructType s = structs.get(id);
        if (s == null && all.struct(id) != null) {
            List<FieldType> fields = new ArrayList<>();
            for (kiln.types.FieldType f : all.struct(id).fields()) {
                fields.add(convert(f));
            }
            s = new StructType(id, fields);
            structs.put(id, s);
        }
        return s;
    }

    /** The array type with this number, or null if it is none. */
    synchronized ArrayType array(int id) {
        ArrayType a = arrays.get(id);
        if (a == null && all.array(id) != null) {
            a = new ArrayType(id, convert(all.array(id).element()));
            arrays.put(id, a);
        }
        return a;
    }

    /** Whether this is the number of a function type. */
    synchronized boolean isFunction(int id) {
        return all.func(id) != null;
    }

    /** Number of the declared supertype, or -1. */
    synchronized int supertype(int id) {
        return all.get(id).supertype();
    }

    /** How many supertypes are above a type. */
    synchronized int depth(int id) {
        return all.depth(id);
    }

    /** Whether type {@code sub} is {@code type} or declared, through others perhaps, as its subtype. */
    synchronized boolean isSubtype(int sub, int type) {
        return all.isHeapSubtype(sub, type);
    }

    synchronized boolean isSubtype(ValType sub, ValType type) {
        return all.isSubtype(model(sub), model(type));
    }
}
