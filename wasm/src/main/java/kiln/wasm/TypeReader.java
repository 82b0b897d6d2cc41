package kiln.wasm;

import java.util.HashMap;
import java.util.Map;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * Reads types (5.3) and makes their type indices canonical. While the type section is read, the types before the
 * current group and the group itself are known.
 */
final class TypeReader {
    static final int EMPTY_BLOCK = 0x40;

    private final ByteReader in;
    private final Features features;
    private final TypeSpace types;
    /** Types of the group being read: their indices follow those of {@code types} and stay as they are. */
    private int pending;
    /** Block types with one result, by the result's byte. */
    private final FuncType[] oneResult = new FuncType[0x80];

    private final Map<Integer, FuncType> oneRefResult = new HashMap<>();

    TypeReader(ByteReader in, Features features, TypeSpace types) {
        this.in = in;
        this.features = features;
        this.types = types;
    }

    /** Says how many types the group that is being read adds; 0 when it has been added. */
    void pending(int groupSize) {
        pending = groupSize;
    }

    private WasmException needs(Feature feature, String what, String problem, int at) {
        return in.malformed(problem + ": " + what + " needs the disabled feature " + feature.proposal(), at);
    }

    /** A type index, canonical. */
    int typeIndex() {
        int at = in.pos;
        return checked(in.index(), at);
    }

    private int checked(long index, int at) {
        int known = types.count();
        if (index >= known + pending) {
            throw in.invalid("unknown type " + index, at);
        }
        return index < known ? types.canonical((int) index) : (int) index;
    }

    int valType() {
        int at = in.pos;
        int code = in.u8();
        switch (code) {
            case 0x7F:
                return ValType.I32;
            case 0x7E:
                return ValType.I64;
            case 0x7D:
                return ValType.F32;
            case 0x7C:
                return ValType.F64;
            case 0x7B:
                if (!features.has(Feature.SIMD)) {
                    throw needs(Feature.SIMD, "v128", "malformed value type", at);
                }
                return ValType.V128;
            default:
                if (!features.has(Feature.REFERENCE_TYPES)) {
                    throw code >= 0x63 && code <= 0x74
                            ? needs(Feature.REFERENCE_TYPES, "a reference type", "malformed value type", at)
                            : in.malformed("malformed value type", at);
                }
                return refType(code, at, "malformed value type");
        }
    }

    /** The type of a table or segment. */
    int refType() {
        int at = in.pos;
        return refType(in.u8(), at, "malformed reference type");
    }

    private int refType(int code, int at, String problem) {
        if (code == 0x63 || code == 0x64) {
            if (!features.has(Feature.FUNCTION_REFERENCES)) {
                throw needs(Feature.FUNCTION_REFERENCES, "a typed reference", problem, at);
            }
            return ValType.ref(code == 0x63, heapType());
        }
        int heap = code - 0x80;
        if (!HeapType.isAbstract(heap)) {
            throw in.malformed(problem, at);
        }
        checkEnabled(heap, problem, at);
        return ValType.ref(true, heap);
    }

    private void checkEnabled(int heap, String problem, int at) {
        Feature feature = switch (heap) {
            case HeapType.FUNC, HeapType.EXTERN -> Feature.REFERENCE_TYPES;
            case HeapType.EXN, HeapType.NOEXN -> Feature.EXCEPTIONS;
            default -> Feature.GC;
        };
        // Tables of functions were there before reference types.
        if (heap != HeapType.FUNC && !features.has(feature)) {
            throw needs(feature, HeapType.toString(heap), problem, at);
        }
    }

    /** A heap type: a constant of {@link HeapType} or a canonical type index. */
    int heapType() {
        int at = in.pos;
        long code = in.s33();
        if (code >= 0) {
            if (!features.has(Feature.FUNCTION_REFERENCES)) {
                throw needs(Feature.FUNCTION_REFERENCES, "a type index", "malformed heap type", at);
            }
            return checked(code, at);
        }
        if (in.pos - at != 1 || !HeapType.isAbstract((int) code)) {
            throw in.malformed("malformed heap type", at);
        }
        checkEnabled((int) code, "malformed heap type", at);
        return (int) code;
    }

    /** A value type or a packed type. */
    int storageType() {
        switch (in.peek()) {
            case 0x78:
                in.pos++;
                return ValType.I8;
            case 0x77:
                in.pos++;
                return ValType.I16;
            default:
                return valType();
        }
    }

    FieldType fieldType() {
        int storage = storageType();
        return new FieldType(storage, mutability());
    }

    boolean mutability() {
        int flag = in.u8();
        if (flag > 1) {
            throw in.malformed("malformed mutability", in.pos - 1);
        }
        return flag == 1;
    }

    /** A block type. */
    FuncType blockType() {
        int at = in.pos;
        int code = in.peek();
        if (code == EMPTY_BLOCK) {
            in.pos++;
            return FuncType.EMPTY;
        }
        if (code > EMPTY_BLOCK && code < 0x80) {
            int result = valType();
            if (code == 0x63 || code == 0x64) {
                return oneRefResult.computeIfAbsent(result, FuncType::ofResult);
            }
            FuncType cached = oneResult[code];
            if (cached == null) {
                cached = FuncType.ofResult(result);
                oneResult[code] = cached;
            }
            return cached;
        }
        long index = in.s33();
        if (index < 0) {
            throw in.malformed("malformed block type", at);
        }
        if (!features.has(Feature.MULTI_VALUE)) {
            throw needs(Feature.MULTI_VALUE, "a type index", "malformed block type", at);
        }
        FuncType type = types.func(checked(index, at));
        if (type == null) {
            throw in.invalid("type mismatch: block type " + index + " is not a function type", at);
        }
        return type;
    }
}
