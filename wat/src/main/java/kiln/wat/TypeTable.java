package kiln.wat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.wasm.ByteWriter;

/**
 * The types of a module: those that it defines, and behind them those that functions, blocks and so on write out
 * without naming one.
 */
final class TypeTable {
    private static final Map<String, Integer> NUMBERS =
            Map.of("i32", 0x7f, "i64", 0x7e, "f32", 0x7d, "f64", 0x7c, "v128", 0x7b);
    /** Abstract heap types. */
    private static final Map<String, Integer> HEAPS = Map.ofEntries(
            Map.entry("func", 0x70),
            Map.entry("extern", 0x6f),
            Map.entry("any", 0x6e),
            Map.entry("eq", 0x6d),
            Map.entry("i31", 0x6c),
            Map.entry("struct", 0x6b),
            Map.entry("array", 0x6a),
            Map.entry("exn", 0x69),
            Map.entry("noexn", 0x74),
            Map.entry("nofunc", 0x73),
            Map.entry("noextern", 0x72),
            Map.entry("none", 0x71));
    /** Reference types with a name of their own. */
    private static final Map<String, Integer> REFS = Map.ofEntries(
            Map.entry("funcref", 0x70),
            Map.entry("externref", 0x6f),
            Map.entry("anyref", 0x6e),
            Map.entry("eqref", 0x6d),
            Map.entry("i31ref", 0x6c),
            Map.entry("structref", 0x6b),
            Map.entry("arrayref", 0x6a),
            Map.entry("exnref", 0x69),
            Map.entry("nullexnref", 0x74),
            Map.entry("nullfuncref", 0x73),
            Map.entry("nullexternref", 0x72),
            Map.entry("nullref", 0x71));

    /** Parameters and results, each type as it is encoded. */
    record Signature(List<ByteWriter> params, List<ByteWriter> results) {
        ByteWriter encoded() {
            ByteWriter out = new ByteWriter().u8(0x60).u(params.size());
            params.forEach(out::raw);
            out.u(results.size());
            results.forEach(out::raw);
            return out;
        }
    }

    /** A use of a type: its number, and the names of parameters that the use itself gives. */
    record Use(int type, int params, List<String> names) {}

    private final Names names = new Names("type");
    /** By type: the names of a structure's fields, or null. */
    private final List<Names> fields = new ArrayList<>();
    /** By type: its signature, or null if it is no function type. */
    private final List<Signature> signatures = new ArrayList<>();
    /** The first type of each signature that is written without a group, final and without supertypes. */
    private final Map<Signature, Integer> plain = new HashMap<>();

    private final ByteWriter encoded = new ByteWriter();
    private int groups;

    // ---- definitions

    /** First pass over {@code (type ...)} or {@code (rec ...)}: learns names. */
    void declare(Reader r) {
        int start = r.at();
        if (r.acceptOpen("rec")) {
            while (r.isOpen()) {
                declareOne(r);
            }
        } else {
            declareOne(r);
        }
        r.goTo(start);
    }

    private void declareOne(Reader r) {
        int start = r.at();
        if (!r.acceptOpen("type")) {
            throw r.unexpected();
        }
        int token = r.at();
        names.add(r, token, r.optionalId());
        r.goTo(start);
        r.skip();
    }

    /** Second pass. */
    void define(Reader r) {
        groups++;
        if (r.opens("rec")) {
            int end = r.tokens().match(r.at());
            r.acceptOpen("rec");
            ByteWriter members = new ByteWriter();
            int count = 0;
            while (r.at() != end) {
                defineOne(r, members, false);
                count++;
            }
            r.close();
            encoded.u8(0x4e).u(count).raw(members);
        } else {
            ByteWriter one = new ByteWriter();
            defineOne(r, one, true);
            encoded.raw(one);
        }
    }

    private void defineOne(Reader r, ByteWriter out, boolean alone) {
        r.acceptOpen("type");
        r.optionalId();
        boolean isPlain = true;
        boolean isSub = r.acceptOpen("sub");
        if (isSub) {
            boolean isFinal = r.accept("final");
            ByteWriter supers = new ByteWriter();
            int count = 0;
            while (r.isIndex()) {
                supers.u(names.index(r));
                count++;
            }
            isPlain = isFinal && count == 0;
            if (!isPlain) {
                out.u8(isFinal ? 0x4f : 0x50).u(count).raw(supers);
            }
        }
        Names fieldNames = null;
        Signature signature = null;
        if (r.acceptOpen("func")) {
            signature = signature(r, null);
            out.raw(signature.encoded());
        } else if (r.acceptOpen("struct")) {
            fieldNames = new Names("field");
            struct(r, fieldNames, out);
        } else if (r.acceptOpen("array")) {
            out.u8(0x5e);
            field(r, out);
        } else {
            throw r.unexpected();
        }
        r.close();
        if (isSub) {
            r.close();
        }
        r.close();
        fields.add(fieldNames);
        signatures.add(signature);
        if (alone && isPlain && signature != null) {
            plain.putIfAbsent(signature, signatures.size() - 1);
        }
    }

    private void struct(Reader r, Names fieldNames, ByteWriter out) {
        ByteWriter all = new ByteWriter();
        while (r.acceptOpen("field")) {
            if (r.isId()) {
                int token = r.at();
                fieldNames.add(r, token, r.id());
                field(r, all);
            } else {
                while (!r.isClose()) {
                    fieldNames.add(r, r.at(), null);
                    field(r, all);
                }
            }
            r.close();
        }
        out.u8(0x5f).u(fieldNames.count()).raw(all);
    }

    private void field(Reader r, ByteWriter out) {
        boolean mutable = r.acceptOpen("mut");
        if (r.accept("i8")) {
            out.u8(0x78);
        } else if (r.accept("i16")) {
            out.u8(0x77);
        } else {
            out.raw(valueType(r));
        }
        if (mutable) {
            r.close();
        }
        out.u8(mutable ? 1 : 0);
    }

    // ---- types as they are written

    /** A value type, encoded. */
    ByteWriter valueType(Reader r) {
        if (r.kind() == Tokens.Kind.ATOM) {
            Integer number = NUMBERS.get(r.tokens().text(r.at()));
            if (number != null) {
                r.atom();
                return new ByteWriter().u8(number);
            }
        }
        return refType(r);
    }

    /** Whether a reference type comes next. */
    boolean isRefType(Reader r) {
        return r.opens("ref")
                || r.kind() == Tokens.Kind.ATOM && REFS.containsKey(r.tokens().text(r.at()));
    }

    ByteWriter refType(Reader r) {
        RefType t = parseRef(r);
        // The short form of a type that has one.
        return t.nullable && t.isAbstract()
                ? t.heap
                : new ByteWriter().u8(t.nullable ? 0x63 : 0x64).raw(t.heap);
    }

    /** @param heap encoded */
    record RefType(boolean nullable, ByteWriter heap) {
        boolean isAbstract() {
            return heap.size() == 1 && (heap.toArray()[0] & 0x40) != 0;
        }
    }

    RefType parseRef(Reader r) {
        if (r.acceptOpen("ref")) {
            boolean nullable = r.accept("null");
            ByteWriter heap = heapType(r);
            r.close();
            return new RefType(nullable, heap);
        }
        Integer code = r.kind() == Tokens.Kind.ATOM ? REFS.get(r.tokens().text(r.at())) : null;
        if (code == null) {
            throw r.unexpected();
        }
        r.atom();
        return new RefType(true, new ByteWriter().u8(code));
    }

    ByteWriter heapType(Reader r) {
        if (r.isIndex()) {
            return new ByteWriter().s(Integer.toUnsignedLong(names.index(r)));
        }
        Integer code = r.kind() == Tokens.Kind.ATOM ? HEAPS.get(r.tokens().text(r.at())) : null;
        if (code == null) {
            throw r.unexpected();
        }
        r.atom();
        return new ByteWriter().u8(code);
    }

    // ---- signatures and their uses

    /** Parameters and results; {@code paramNames} takes the names of parameters, or is null where there are none. */
    private Signature signature(Reader r, List<String> paramNames) {
        List<ByteWriter> params = new ArrayList<>();
        List<ByteWriter> results = new ArrayList<>();
        while (r.acceptOpen("param")) {
            if (r.isId()) {
                String id = r.id();
                params.add(valueType(r));
                if (paramNames != null) {
                    paramNames.add(id);
                }
            } else {
                while (!r.isClose()) {
                    params.add(valueType(r));
                    if (paramNames != null) {
                        paramNames.add(null);
                    }
                }
            }
            r.close();
        }
        while (r.acceptOpen("result")) {
            while (!r.isClose()) {
                results.add(valueType(r));
            }
            r.close();
        }
        return new Signature(params, results);
    }

    int index(Reader r) {
        return names.index(r);
    }

    /** A field of type {@code type}. */
    int field(Reader r, int type) {
        Names f = type >= 0 && type < fields.size() ? fields.get(type) : null;
        return (f == null ? new Names("field") : f).index(r);
    }

    private boolean signatureFollows(Reader r) {
        return r.opens("param") || r.opens("result");
    }

    /** {@code (type x)? (param ...)* (result ...)*} */
    Use use(Reader r) {
        int token = r.at();
        boolean named = r.acceptOpen("type");
        int type = 0;
        if (named) {
            type = names.index(r);
            r.close();
        }
        boolean written = signatureFollows(r);
        List<String> paramNames = new ArrayList<>();
        Signature s = signature(r, paramNames);
        if (!named) {
            return new Use(numberOf(s), s.params.size(), paramNames);
        }
        Signature declared = type >= 0 && type < signatures.size() ? signatures.get(type) : null;
        if (written && !s.equals(declared)) {
            throw r.tokens().errorAt(token, "inline function type does not match the type that is named");
        }
        return new Use(type, declared == null ? 0 : declared.params.size(), written ? paramNames : List.of());
    }

    /** The type of a block, encoded. */
    ByteWriter blockType(Reader r) {
        boolean named = r.opens("type");
        int start = r.at();
        List<String> paramNames = new ArrayList<>();
        if (!named) {
            Signature s = signature(r, paramNames);
            checkNameless(r, start, paramNames);
            if (s.params.isEmpty() && s.results.size() <= 1) {
                return s.results.isEmpty() ? new ByteWriter().u8(0x40) : s.results.getFirst();
            }
            return new ByteWriter().s(numberOf(s));
        }
        Use use = use(r);
        checkNameless(r, start, use.names);
        return new ByteWriter().s(Integer.toUnsignedLong(use.type));
    }

    /** The number of the type that a call through a table has. */
    int namelessUse(Reader r) {
        int start = r.at();
        Use use = use(r);
        checkNameless(r, start, use.names);
        return use.type;
    }

    private static void checkNameless(Reader r, int start, List<String> paramNames) {
        if (paramNames.stream().anyMatch(n -> n != null)) {
            throw r.tokens().errorAt(start, "unexpected token: parameters have no names here");
        }
    }

    /** The type with this signature, which is added if there is none. */
    private int numberOf(Signature s) {
        return plain.computeIfAbsent(s, _ -> {
            encoded.raw(s.encoded());
            groups++;
            signatures.add(s);
            fields.add(null);
            return signatures.size() - 1;
        });
    }

    /** The content of the type section, empty if there are no types. */
    ByteWriter section() {
        return groups == 0 ? encoded : new ByteWriter().u(groups).raw(encoded);
    }
}
