package kiln.endive;

import java.util.ArrayList;
import java.util.List;
import kiln.runtime.ExnRef;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.HeapRef;
import kiln.runtime.HeapType;
import kiln.runtime.I31;
import kiln.runtime.Tag;
import kiln.runtime.ThrownException;
import kiln.runtime.V128;
import kiln.runtime.ValType;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.WasmException;
import run.endive.runtime.WasmExternRef;
import run.endive.runtime.WasmI31Ref;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.Value;

/**
 * Values between Endive, which has a {@code long[]} for all and an {@code Object[]} beside it for references that are
 * objects, and Kiln's cells. Numbers and vectors are the same in both. A funcref is the function's number in its
 * instance, and null is {@link Value#REF_NULL_VALUE}. An i31 is an object of either's own class; structures and arrays
 * come out only in exceptions, and are Kiln's.
 */
@SuppressWarnings("deprecation") // the only way to a number for an exception
final class Values {
    private Values() {}

    static boolean areNumbers(List<ValType> types) {
        for (ValType t : types) {
            if (t instanceof ValType.Ref) {
                return false;
            }
        }
        return true;
    }

    // ---- types

    static ValType type(run.endive.wasm.types.ValType t) {
        return switch (t.opcode()) {
            case run.endive.wasm.types.ValType.ID.I32 -> ValType.I32;
            case run.endive.wasm.types.ValType.ID.I64 -> ValType.I64;
            case run.endive.wasm.types.ValType.ID.F32 -> ValType.F32;
            case run.endive.wasm.types.ValType.ID.F64 -> ValType.F64;
            case run.endive.wasm.types.ValType.ID.V128 -> ValType.V128;
            default -> {
                // The constants of Endive's types are nullable references with the heap type as their index.
                if (t.equals(run.endive.wasm.types.ValType.FuncRef)) {
                    yield ValType.FUNCREF;
                } else if (t.equals(run.endive.wasm.types.ValType.ExternRef)) {
                    yield ValType.EXTERNREF;
                } else if (t.equals(run.endive.wasm.types.ValType.ExnRef)) {
                    yield ValType.EXNREF;
                } else if (t.isReference() && t.typeIdx() == run.endive.wasm.types.ValType.TypeIdxCode.I31.code()) {
                    yield new ValType.Ref(t.isNullable(), HeapType.I31, ValType.Ref.ABSTRACT);
                }
                throw new IllegalArgumentException("the host cannot make things of the type " + t + " for Kiln");
            }
        };
    }

    static FuncType type(FunctionType t) {
        return new FuncType(types(t.params()), types(t.returns()));
    }

    private static List<ValType> types(List<run.endive.wasm.types.ValType> list) {
        List<ValType> result = new ArrayList<>();
        for (var t : list) {
            result.add(type(t));
        }
        return result;
    }

    // ---- single values

    /** Whether Endive has an object for a reference, and no number. */
    static boolean isObject(ValType.Ref type) {
        return !type.isFunc() && !type.isException();
    }

    static boolean isI31(ValType type) {
        return type instanceof ValType.Ref r && r.heap() == HeapType.I31;
    }

    /** Kiln's object for a reference of Endive's. */
    static Object toKiln(StoreGroup group, ValType.Ref type, Instance instance, long number, Object ref) {
        if (type.isExtern()) {
            return ref;
        } else if (isObject(type)) {
            return switch (ref) {
                case null -> null;
                case WasmI31Ref i -> I31.wrap(i.value());
                case HeapRef h -> h;
                default ->
                    throw new IllegalArgumentException(
                            "a " + ref.getClass().getSimpleName() + " of Endive's cannot go to Kiln");
            };
        } else if (number == Value.REF_NULL_VALUE) {
            return null;
        } else if (type.isFunc()) {
            return group.func(instance, (int) number);
        } else if (type.isException()) {
            return thrown(group, instance.exn((int) number)).exception();
        }
        throw new IllegalArgumentException("references of type " + type + " cannot cross");
    }

    /** What Endive has beside the number, for a reference that is an object. */
    static Object objectOf(Object value) {
        return value instanceof I31 i ? new WasmI31Ref(i.unsigned()) : value;
    }

    /** Endive's number for a reference of Kiln's. */
    static long toEndive(StoreGroup group, Instance instance, Object value) {
        return switch (value) {
            case null -> Value.REF_NULL_VALUE;
            case Func f -> group.place(f).index();
            case ExnRef e -> instance.registerException(exception(group, instance, new ThrownException(e)));
            case WasmExternRef w when !w.isObjectRef() -> w.value();
            default -> 0;
        };
    }

    // ---- rows of values

    /**
     * Cells for the values of a call; where nothing but a number was given for an externref, Endive makes an object.
     * What is missing is 0 or null, as in Endive's interpreter: of references alone no numbers need be given.
     */
    static void toCells(
            StoreGroup group, List<ValType> types, Instance instance, long[] longs, Object[] refs, long[] cells) {
        int c = 0;
        for (ValType t : types) {
            if (t instanceof ValType.Ref r) {
                Object ref = refs != null && c < refs.length ? refs[c] : null;
                long number = longs != null && c < longs.length ? longs[c] : Value.REF_NULL_VALUE;
                if (r.isExtern() && refs == null && number != Value.REF_NULL_VALUE) {
                    ref = new WasmExternRef(number);
                }
                cells[c] = group.store().toCell(r, toKiln(group, r, instance, number, ref));
                c++;
            } else {
                for (int n = t.cells(); n > 0; n--) {
                    cells[c] = longs != null && c < longs.length ? longs[c] : 0;
                    c++;
                }
            }
        }
    }

    /**
     * Replaces cells of references by Endive's numbers, and gives those that are objects, or null if there is none.
     */
    static Object[] refsOf(StoreGroup group, List<ValType> types, long[] cells, Instance instance) {
        Object[] refs = null;
        int c = 0;
        for (ValType t : types) {
            if (t instanceof ValType.Ref r) {
                Object value = group.store().fromCell(r, cells[c]);
                if (isObject(r)) {
                    refs = refs != null ? refs : new Object[cells.length];
                    refs[c] = objectOf(value);
                }
                cells[c] = toEndive(group, instance, value);
            }
            c += t.cells();
        }
        return refs;
    }

    // ---- globals

    static Object value(StoreGroup group, ValType type, GlobalInstance g) {
        long low = g.getValueLow();
        return switch (type) {
            case ValType.Num n ->
                switch (n) {
                    case I32 -> (int) low;
                    case I64 -> low;
                    case F32 -> Float.intBitsToFloat((int) low);
                    case F64 -> Double.longBitsToDouble(low);
                    case V128 -> new V128(low, g.getValueHigh());
                };
            case ValType.Ref r -> {
                Object ref = g.getRefValue();
                if (r.isExtern() && ref == null && low != Value.REF_NULL_VALUE && low != 0) {
                    ref = new WasmExternRef(low);
                }
                Instance instance = g.getInstance();
                if (!isObject(r) && low != Value.REF_NULL_VALUE && instance == null) {
                    throw new IllegalArgumentException("a global with function " + low + ", but without an instance");
                }
                yield toKiln(group, r, instance, low, ref);
            }
        };
    }

    static Global newGlobal(StoreGroup group, GlobalType type, GlobalInstance g) {
        return Global.of(group.store(), type, value(group, type.type(), g));
    }

    static void setGlobal(StoreGroup group, Global ours, GlobalInstance theirs) {
        ours.set(value(group, ours.type().type(), theirs));
    }

    static void readGlobal(StoreGroup group, Global ours, GlobalInstance theirs) {
        Object value = ours.get();
        if (ours.type().type() instanceof ValType.Ref r) {
            if (isObject(r)) {
                theirs.setRefValue(objectOf(value));
            }
            if (value instanceof Func f) {
                theirs.setInstance(group.place(f).instance());
            }
            theirs.setValueLow(toEndive(group, theirs.getInstance(), value));
        } else {
            theirs.setValueLow(bits(value));
            if (value instanceof V128 v) {
                theirs.setValueHigh(v.high());
            }
        }
    }

    static long bits(Object number) {
        return switch (number) {
            case Integer i -> i;
            case Long l -> l;
            case Float f -> Float.floatToRawIntBits(f);
            case Double d -> Double.doubleToRawLongBits(d);
            case V128 v -> v.low();
            default -> throw new IllegalArgumentException("no number: " + number);
        };
    }

    // ---- exceptions

    /** An exception of WebAssembly in Endive's form, which keeps what it is in Kiln. */
    @SuppressWarnings({"serial", "deprecation"})
    private static final class Thrown extends WasmException {
        private final transient ThrownException ours;
        private final transient Object[] refs;

        Thrown(ThrownException ours, Instance instance, int tag, long[] args, Object[] refs) {
            super(instance, tag, args);
            this.ours = ours;
            this.refs = refs;
        }

        @Override
        public Object[] refArgs() {
            return refs;
        }
    }

    static ThrownException thrown(StoreGroup group, WasmException e) {
        if (e instanceof Thrown t && t.ours.exception().store() == group.store()) {
            return t.ours;
        }
        Tag tag = group.tag(e.instance().tag(e.tagIdx()));
        List<ValType> types = tag.type().type().params();
        Object[] payload = new Object[types.size()];
        int c = 0;
        for (int i = 0; i < payload.length; i++) {
            ValType t = types.get(i);
            long low = e.args() == null ? 0 : e.args()[c];
            payload[i] = switch (t) {
                case ValType.Num n ->
                    switch (n) {
                        case I32 -> (int) low;
                        case I64 -> low;
                        case F32 -> Float.intBitsToFloat((int) low);
                        case F64 -> Double.longBitsToDouble(low);
                        case V128 -> new V128(low, e.args()[c + 1]);
                    };
                case ValType.Ref r -> toKiln(group, r, e.instance(), low, e.refArgs() == null ? null : e.refArgs()[c]);
            };
            c += t.cells();
        }
        return new ThrownException(tag, payload);
    }

    static RuntimeException exception(StoreGroup group, ThrownException t) {
        StoreGroup.Place place = group.place(t.tag());
        return place == null ? t : exception(group, place, t);
    }

    private static WasmException exception(StoreGroup group, Instance instance, ThrownException t) {
        StoreGroup.Place place = group.place(t.tag());
        return exception(group, place == null ? new StoreGroup.Place(instance, 0) : place, t);
    }

    private static WasmException exception(StoreGroup group, StoreGroup.Place place, ThrownException t) {
        List<ValType> types = t.tag().type().type().params();
        long[] args = new long[t.tag().type().type().paramCells()];
        Object[] refs = null;
        int c = 0;
        for (int i = 0; i < types.size(); i++) {
            Object value = t.payload().get(i);
            if (types.get(i) instanceof ValType.Ref r) {
                args[c] = toEndive(group, place.instance(), value);
                if (isObject(r)) {
                    refs = refs != null ? refs : new Object[args.length];
                    refs[c] = objectOf(value);
                }
            } else {
                args[c] = bits(value);
                if (value instanceof V128 v) {
                    args[c + 1] = v.high();
                }
            }
            c += types.get(i).cells();
        }
        return new Thrown(t, place.instance(), place.index(), args, refs);
    }
}
