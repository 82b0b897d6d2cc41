package kiln.wasm;

import java.util.ArrayList;
import java.util.List;
import kiln.types.ArrayType;
import kiln.types.CompositeType;
import kiln.types.FieldType;
import kiln.types.FuncType;
import kiln.types.StructType;
import kiln.types.SubType;
import kiln.types.TypeSpace;

/** Reads the type section (5.5.4): recursion groups of type definitions. */
final class TypeSectionReader {
    private static final int REC = 0x4E;
    private static final int SUB = 0x50;
    private static final int SUB_FINAL = 0x4F;
    private static final int FUNC = 0x60;
    private static final int STRUCT = 0x5F;
    private static final int ARRAY = 0x5E;
    /** Bounds of the JavaScript API. */
    private static final int MAX_PARAMS = 1000;

    private static final int MAX_RESULTS = 1000;
    private static final int MAX_FIELDS = 10_000;

    private final ByteReader in;
    private final Features features;
    private final TypeSpace types;
    private final TypeReader typeReader;

    TypeSectionReader(ByteReader in, Features features, TypeSpace types, TypeReader typeReader) {
        this.in = in;
        this.features = features;
        this.types = types;
        this.typeReader = typeReader;
    }

    void read() {
        int groups = in.count();
        for (int i = 0; i < groups; i++) {
            int at = in.pos;
            int size = 1;
            if (in.peek() == REC) {
                requireGc("a recursion group", at);
                in.pos++;
                size = in.count();
            }
            typeReader.pending(size);
            SubType[] group = new SubType[size];
            for (int k = 0; k < size; k++) {
                group[k] = subType();
            }
            typeReader.pending(0);
            String problem = types.addGroup(group);
            if (problem != null) {
                throw in.invalid(problem, at);
            }
        }
    }

    private void requireGc(String what, int at) {
        if (!features.has(Feature.GC)) {
            throw in.malformed("malformed type: " + what + " needs the disabled feature " + Feature.GC.proposal(), at);
        }
    }

    private SubType subType() {
        int at = in.pos;
        int code = in.peek();
        if (code != SUB && code != SUB_FINAL) {
            return new SubType(true, -1, compositeType());
        }
        requireGc("a subtype", at);
        in.pos++;
        int n = in.count();
        int supertype = -1;
        for (int i = 0; i < n; i++) {
            supertype = typeReader.typeIndex();
        }
        if (n > 1) {
            throw in.invalid("sub type with more than one super type", at);
        }
        return new SubType(code == SUB_FINAL, supertype, compositeType());
    }

    private CompositeType compositeType() {
        int at = in.pos;
        switch (in.u8()) {
            case FUNC -> {
                int[] params = valTypes(MAX_PARAMS, "parameters");
                int resultsAt = in.pos;
                int[] results = valTypes(MAX_RESULTS, "results");
                if (results.length > 1 && !features.has(Feature.MULTI_VALUE)) {
                    throw in.invalid(
                            "invalid result arity: more than one result needs the disabled feature "
                                    + Feature.MULTI_VALUE.proposal(),
                            resultsAt);
                }
                return new FuncType(params, results);
            }
            case STRUCT -> {
                requireGc("a structure", at);
                int n = in.count();
                limit(n, MAX_FIELDS, "fields", at);
                List<FieldType> fields = new ArrayList<>(n);
                for (int i = 0; i < n; i++) {
                    fields.add(typeReader.fieldType());
                }
                return new StructType(fields);
            }
            case ARRAY -> {
                requireGc("an array", at);
                return new ArrayType(typeReader.fieldType());
            }
            default -> throw in.malformed("malformed type definition: unknown form", at);
        }
    }

    private int[] valTypes(int max, String what) {
        int at = in.pos;
        int n = in.count();
        limit(n, max, what, at);
        int[] list = new int[n];
        for (int i = 0; i < n; i++) {
            list[i] = typeReader.valType();
        }
        return list;
    }

    private void limit(int n, int max, String what, int at) {
        if (n > max) {
            throw in.invalid("more than " + max + ' ' + what, at);
        }
    }
}
