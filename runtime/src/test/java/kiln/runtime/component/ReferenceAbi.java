package kiln.runtime.component;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;

/**
 * Memory as the canonical ABI's text says that a value of a type is stored, written anew: sizes, alignments and offsets
 * are computed here, from the type alone. Also types and values by chance.
 */
final class ReferenceAbi {
    private final ByteBuffer memory;
    private final StringEncoding encoding;
    private int next;

    /** @param next where the first allocation is made, the next one behind it, aligned */
    ReferenceAbi(int bytes, StringEncoding encoding, int next) {
        this.memory = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.encoding = encoding;
        this.next = next;
    }

    byte[] memory() {
        return memory.array();
    }

    int allocate(int alignment, int bytes) {
        next = up(next, alignment);
        int address = next;
        next += bytes;
        return address;
    }

    static int up(int n, int alignment) {
        return (n + alignment - 1) / alignment * alignment;
    }

    static int alignment(InterfaceType t) {
        return switch (t.kind()) {
            case BOOL, S8, U8 -> 1;
            case S16, U16 -> 2;
            case S64, U64, F64 -> 8;
            case RECORD, TUPLE, ARRAY -> most(t.children());
            case FLAGS -> t.labels().size() <= 8 ? 1 : t.labels().size() <= 16 ? 2 : 4;
            case VARIANT, ENUM, OPTION, RESULT -> Math.max(discriminant(t), most(t.children()));
            default -> 4;
        };
    }

    private static int most(List<InterfaceType> types) {
        int most = 1;
        for (InterfaceType t : types) {
            most = t == null ? most : Math.max(most, alignment(t));
        }
        return most;
    }

    private static int discriminant(InterfaceType t) {
        int cases = t.labels().isEmpty() ? 2 : t.labels().size();
        return cases <= 256 ? 1 : cases <= 65536 ? 2 : 4;
    }

    static int size(InterfaceType t) {
        return switch (t.kind()) {
            case BOOL, S8, U8 -> 1;
            case S16, U16 -> 2;
            case S64, U64, F64, STRING, LIST, MAP -> 8;
            case RECORD, TUPLE -> {
                int size = 0;
                for (InterfaceType c : t.children()) {
                    size = up(size, alignment(c)) + size(c);
                }
                yield up(size, alignment(t));
            }
            case ARRAY -> t.length() * size(t.children().getFirst());
            case FLAGS -> alignment(t);
            case VARIANT, ENUM, OPTION, RESULT -> {
                int largest = 0;
                for (InterfaceType c : t.children()) {
                    largest = c == null ? largest : Math.max(largest, size(c));
                }
                yield up(up(discriminant(t), most(t.children())) + largest, alignment(t));
            }
            default -> 4;
        };
    }

    void store(InterfaceType t, Object v, int at) {
        switch (t.kind()) {
            case BOOL -> memory.put(at, (byte) ((Boolean) v ? 1 : 0));
            case S8, U8 -> memory.put(at, (Byte) v);
            case S16, U16 -> memory.putShort(at, (Short) v);
            case S32, U32, CHAR -> memory.putInt(at, (Integer) v);
            case S64, U64 -> memory.putLong(at, (Long) v);
            case F32 -> memory.putInt(at, Float.floatToRawIntBits((Float) v));
            case F64 -> memory.putLong(at, Double.doubleToRawLongBits((Double) v));
            case STRING -> string((String) v, at);
            case LIST -> {
                List<?> list = Lists.values(v);
                InterfaceType element = t.children().getFirst();
                int address = allocate(alignment(element), list.size() * size(element));
                memory.putInt(at, address);
                memory.putInt(at + 4, list.size());
                elements(element, list, address);
            }
            case ARRAY -> elements(t.children().getFirst(), Lists.values(v), at);
            case MAP -> {
                List<Object> pairs = new ArrayList<>();
                ((Map<?, ?>) v).forEach((key, value) -> pairs.add(List.of(key, value)));
                InterfaceType pair = new InterfaceType(TypeKind.TUPLE, List.of(), t.children(), -1, 0);
                store(new InterfaceType(TypeKind.LIST, List.of(), List.of(pair), -1, 0), pairs, at);
            }
            case RECORD, TUPLE -> {
                int offset = at;
                for (int i = 0; i < t.children().size(); i++) {
                    InterfaceType c = t.children().get(i);
                    offset = up(offset, alignment(c));
                    store(c, ((List<?>) v).get(i), offset);
                    offset += size(c);
                }
            }
            case FLAGS -> {
                int bits = 0;
                for (Object label : (Set<?>) v) {
                    bits |= 1 << t.labels().indexOf(label);
                }
                number(at, size(t), bits);
            }
            case ENUM -> number(at, discriminant(t), t.labels().indexOf(v));
            case VARIANT -> {
                Variant x = (Variant) v;
                int i = t.labels().indexOf(x.label());
                variant(t, i, t.children().get(i), x.payload(), at);
            }
            case OPTION -> {
                Optional<?> o = (Optional<?>) v;
                variant(t, o.isPresent() ? 1 : 0, o.isPresent() ? t.children().getFirst() : null, o.orElse(null), at);
            }
            case RESULT -> {
                switch ((Result<?, ?>) v) {
                    case Result.Ok<?, ?>(Object ok) ->
                        variant(t, 0, t.children().getFirst(), ok, at);
                    case Result.Err<?, ?>(Object err) ->
                        variant(t, 1, t.children().getLast(), err, at);
                }
            }
            default -> throw new IllegalArgumentException(t.kind().toString());
        }
    }

    private void elements(InterfaceType element, List<?> list, int at) {
        for (int i = 0; i < list.size(); i++) {
            store(element, list.get(i), at + i * size(element));
        }
    }

    private void variant(InterfaceType t, int number, InterfaceType payload, Object value, int at) {
        number(at, discriminant(t), number);
        if (payload != null) {
            store(payload, value, at + up(discriminant(t), most(t.children())));
        }
    }

    private void number(int at, int bytes, int value) {
        for (int i = 0; i < bytes; i++) {
            memory.put(at + i, (byte) (value >>> 8 * i));
        }
    }

    /** As a string of UTF-8 comes: into UTF-16 with room for the worst case first, whose rest is given back. */
    private void string(String s, int at) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        byte[] wide = s.getBytes(StandardCharsets.UTF_16LE);
        boolean latin1 = s.chars().allMatch(c -> c < 256);
        switch (encoding) {
            case UTF8 -> place(at, allocate(1, utf8.length), utf8, utf8.length);
            case UTF16 -> {
                int address = allocate(2, 2 * utf8.length);
                address = wide.length < 2 * utf8.length ? allocate(2, wide.length) : address;
                place(at, address, wide, wide.length / 2);
            }
            case LATIN1_UTF16 -> {
                int address = allocate(2, utf8.length);
                if (latin1) {
                    byte[] narrow = s.getBytes(StandardCharsets.ISO_8859_1);
                    address = narrow.length < utf8.length ? allocate(2, narrow.length) : address;
                    place(at, address, narrow, narrow.length);
                } else {
                    address = allocate(2, 2 * utf8.length);
                    address = wide.length < 2 * utf8.length ? allocate(2, wide.length) : address;
                    place(at, address, wide, wide.length / 2 | 1 << 31);
                }
            }
        }
    }

    private void place(int at, int address, byte[] bytes, int length) {
        memory.put(address, bytes);
        memory.putInt(at, address);
        memory.putInt(at + 4, length);
    }

    // ---- by chance

    private static final TypeKind[] MADE = {
        TypeKind.RECORD,
        TypeKind.TUPLE,
        TypeKind.VARIANT,
        TypeKind.LIST,
        TypeKind.ARRAY,
        TypeKind.MAP,
        TypeKind.FLAGS,
        TypeKind.ENUM,
        TypeKind.OPTION,
        TypeKind.RESULT
    };
    private static final String[] TEXTS = {
        "", "a", "plain", "\u00e9t\u00e9", "\u20ac5", "\ud83d\ude00", "x\u00ffy\u0100"
    };

    static InterfaceType type(Random random, int depth) {
        TypeKind kind = depth == 0 || random.nextInt(3) == 0
                ? TypeKind.SCALARS.get(random.nextInt(TypeKind.SCALARS.size()))
                : MADE[random.nextInt(MADE.length)];
        List<String> labels = new ArrayList<>();
        List<InterfaceType> children = new ArrayList<>();
        int parts = switch (kind) {
            case RECORD, TUPLE, VARIANT -> 1 + random.nextInt(5);
            case LIST, ARRAY, OPTION -> 1;
            case MAP, RESULT -> 2;
            default -> 0;
        };
        boolean mayLack = kind == TypeKind.VARIANT || kind == TypeKind.RESULT;
        for (int i = 0; i < parts; i++) {
            boolean key = kind == TypeKind.MAP && i == 0;
            children.add(
                    key
                            ? new InterfaceType(TypeKind.STRING, List.of(), List.of(), -1, 0)
                            : mayLack && random.nextInt(4) == 0 ? null : type(random, depth - 1));
        }
        int named = switch (kind) {
            case RECORD, VARIANT -> parts;
            case FLAGS -> 1 + random.nextInt(32);
            case ENUM -> random.nextBoolean() ? 1 + random.nextInt(5) : 255 + random.nextInt(4);
            default -> 0;
        };
        for (int i = 0; i < named; i++) {
            labels.add("l" + i);
        }
        return new InterfaceType(kind, labels, children, -1, kind == TypeKind.ARRAY ? 1 + random.nextInt(4) : 0);
    }

    static Object value(Random r, InterfaceType t) {
        return switch (t.kind()) {
            case BOOL -> r.nextBoolean();
            case S8, U8 -> (byte) r.nextInt();
            case S16, U16 -> (short) r.nextInt();
            case S32, U32 -> r.nextInt();
            case S64, U64 -> r.nextLong();
            case F32 -> r.nextInt(5) == 0 ? Float.NaN : (float) r.nextGaussian();
            case F64 -> r.nextInt(5) == 0 ? Double.NEGATIVE_INFINITY : r.nextGaussian();
            case CHAR -> r.nextInt(4) == 0 ? 0xE000 + r.nextInt(0x10FFFF - 0xE000) : r.nextInt(0xD800);
            case STRING -> TEXTS[r.nextInt(TEXTS.length)];
            case LIST ->
                Lists.compact(t.children().getFirst(), values(r, t.children().getFirst(), r.nextInt(4)));
            case ARRAY ->
                Lists.compact(t.children().getFirst(), values(r, t.children().getFirst(), t.length()));
            case MAP -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = r.nextInt(3); i > 0; i--) {
                    map.put(
                            value(r, t.children().getFirst()),
                            value(r, t.children().getLast()));
                }
                yield map;
            }
            case RECORD, TUPLE -> t.children().stream().map(c -> value(r, c)).toList();
            case FLAGS -> {
                Set<String> set = new LinkedHashSet<>();
                t.labels().stream().filter(_ -> r.nextBoolean()).forEach(set::add);
                yield set;
            }
            case ENUM -> t.labels().get(r.nextInt(t.labels().size()));
            case VARIANT -> {
                int i = r.nextInt(t.labels().size());
                InterfaceType payload = t.children().get(i);
                yield new Variant(t.labels().get(i), payload == null ? null : value(r, payload));
            }
            case OPTION -> r.nextBoolean() ? Optional.of(value(r, t.children().getFirst())) : Optional.empty();
            case RESULT -> {
                boolean ok = r.nextBoolean();
                InterfaceType payload =
                        ok ? t.children().getFirst() : t.children().getLast();
                Object v = payload == null ? null : value(r, payload);
                yield ok ? Result.ok(v) : Result.err(v);
            }
            default -> throw new IllegalArgumentException(t.kind().toString());
        };
    }

    private static List<Object> values(Random r, InterfaceType t, int count) {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(value(r, t));
        }
        return list;
    }

    /** Whether two values are the same: arrays by their elements, numbers by their bits. */
    static boolean same(Object a, Object b) {
        if (a instanceof List<?> x && b instanceof List<?> y && x.size() == y.size()) {
            for (int i = 0; i < x.size(); i++) {
                if (!same(x.get(i), y.get(i))) {
                    return false;
                }
            }
            return true;
        } else if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.keySet().equals(y.keySet()) && x.keySet().stream().allMatch(k -> same(x.get(k), y.get(k)));
        } else if (a instanceof Optional<?> x && b instanceof Optional<?> y) {
            return same(x.orElse(null), y.orElse(null));
        } else if (a instanceof Variant(String x, Object v) && b instanceof Variant(String y, Object w)) {
            return x.equals(y) && same(v, w);
        } else if (a instanceof Result.Ok<?, ?>(Object x) && b instanceof Result.Ok<?, ?>(Object y)) {
            return same(x, y);
        } else if (a instanceof Result.Err<?, ?>(Object x) && b instanceof Result.Err<?, ?>(Object y)) {
            return same(x, y);
        }
        return Arrays.deepEquals(new Object[] {a}, new Object[] {b});
    }
}
