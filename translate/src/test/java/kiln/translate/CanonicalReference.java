package kiln.translate;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;

/**
 * The canonical ABI in its plainest form: values of tests to and from a memory and core values. Numbers are Longs
 * (bits), records lists, variants lists of the case's number and the payload.
 */
final class CanonicalReference {
    private static final int TAG = 1 << 31;

    private final AdapterMachine.Side side;

    CanonicalReference(AdapterMachine.Side side) {
        this.side = side;
    }

    // Memory.

    void store(InterfaceType t, Object v, int at) {
        ByteBuffer m = side.memory;
        switch (t.kind()) {
            case STRING -> {
                int[] string = string((String) v);
                m.putInt(at, string[0]).putInt(at + 4, string[1]);
            }
            case LIST, MAP -> {
                int[] list = list(t, (List<?>) v);
                m.putInt(at, list[0]).putInt(at + 4, list[1]);
            }
            case RECORD, TUPLE -> {
                long offset = 0;
                for (int i = 0; i < t.children().size(); i++) {
                    InterfaceType field = t.children().get(i);
                    offset = ValueLayout.align(offset, field.layout().alignment());
                    store(field, ((List<?>) v).get(i), at + (int) offset);
                    offset += field.layout().bytes();
                }
            }
            case VARIANT, OPTION, RESULT -> {
                int number = ((Long) ((List<?>) v).get(0)).intValue();
                number(ValueLayout.discriminantBytes(t.cases()), number, at);
                if (t.payload(number) != null) {
                    store(t.payload(number), ((List<?>) v).get(1), at + (int) t.payloadOffset());
                }
            }
            default -> number((int) t.layout().bytes(), (Long) v, at);
        }
    }

    private void number(int bytes, long v, int at) {
        for (int i = 0; i < bytes; i++) {
            side.memory.put(at + i, (byte) (v >> 8 * i));
        }
    }

    private long number(int bytes, int at) {
        long v = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            v = v << 8 | side.memory.get(at + i) & 0xff;
        }
        return v;
    }

    Object load(InterfaceType t, int at) {
        ByteBuffer m = side.memory;
        return switch (t.kind()) {
            case STRING -> string(m.getInt(at), m.getInt(at + 4));
            case LIST, MAP -> list(t, m.getInt(at), m.getInt(at + 4));
            case RECORD, TUPLE -> {
                List<Object> values = new ArrayList<>();
                long offset = 0;
                for (InterfaceType field : t.children()) {
                    offset = ValueLayout.align(offset, field.layout().alignment());
                    values.add(load(field, at + (int) offset));
                    offset += field.layout().bytes();
                }
                yield values;
            }
            case VARIANT, OPTION, RESULT -> {
                int number = (int) number(ValueLayout.discriminantBytes(t.cases()), at);
                InterfaceType payload = t.payload(number);
                yield payload == null
                        ? List.of((long) number)
                        : List.of((long) number, load(payload, at + (int) t.payloadOffset()));
            }
            default -> number((int) t.layout().bytes(), at);
        };
    }

    // Strings and lists.

    private static InterfaceType element(InterfaceType t) {
        return t.kind() == TypeKind.LIST
                ? t.children().getFirst()
                : new InterfaceType(TypeKind.TUPLE, List.of(), t.children(), -1, 0);
    }

    private int[] list(InterfaceType t, List<?> values) {
        InterfaceType e = element(t);
        int size = (int) e.layout().bytes();
        int at = side.allocate(e.layout().alignment(), size * values.size());
        for (int i = 0; i < values.size(); i++) {
            store(e, values.get(i), at + i * size);
        }
        return new int[] {at, values.size()};
    }

    private List<Object> list(InterfaceType t, int at, int length) {
        InterfaceType e = element(t);
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            values.add(load(e, at + i * (int) e.layout().bytes()));
        }
        return values;
    }

    private int[] string(String s) {
        boolean latin1 = StandardCharsets.ISO_8859_1.newEncoder().canEncode(s);
        Charset charset = switch (side.encoding) {
            case UTF8 -> StandardCharsets.UTF_8;
            case UTF16 -> StandardCharsets.UTF_16LE;
            // Now and then UTF-16 without need, as the standard allows.
            case LATIN1_UTF16 ->
                latin1 && s.length() % 5 != 3 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16LE;
        };
        byte[] bytes = s.getBytes(charset);
        int at = side.allocate(side.encoding == StringEncoding.UTF8 ? 1 : 2, bytes.length);
        side.memory.put(at, bytes);
        boolean wide = charset == StandardCharsets.UTF_16LE;
        int tag = wide && side.encoding == StringEncoding.LATIN1_UTF16 ? TAG : 0;
        return new int[] {at, (wide ? bytes.length / 2 : bytes.length) | tag};
    }

    private String string(int at, int length) {
        Charset charset = switch (side.encoding) {
            case UTF8 -> StandardCharsets.UTF_8;
            case UTF16 -> StandardCharsets.UTF_16LE;
            case LATIN1_UTF16 -> length < 0 ? StandardCharsets.UTF_16LE : StandardCharsets.ISO_8859_1;
        };
        int units = length & ~(side.encoding == StringEncoding.LATIN1_UTF16 ? TAG : 0);
        byte[] bytes = new byte[charset == StandardCharsets.UTF_16LE ? 2 * units : units];
        side.memory.get(at, bytes);
        try {
            CharBuffer text = charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            return text.toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("not valid: " + java.util.Arrays.toString(bytes), e);
        }
    }

    // Core values.

    void lower(InterfaceType t, Object v, List<Long> out) {
        switch (t.kind()) {
            case STRING, LIST, MAP -> {
                int[] pair = t.kind() == TypeKind.STRING ? string((String) v) : list(t, (List<?>) v);
                out.add((long) pair[0]);
                out.add((long) pair[1]);
            }
            case RECORD, TUPLE -> {
                for (int i = 0; i < t.children().size(); i++) {
                    lower(t.children().get(i), ((List<?>) v).get(i), out);
                }
            }
            case VARIANT, OPTION, RESULT -> {
                int start = out.size();
                Long number = (Long) ((List<?>) v).get(0);
                out.add(number);
                if (t.payload(number.intValue()) != null) {
                    lower(t.payload(number.intValue()), ((List<?>) v).get(1), out);
                }
                while (out.size() < start + t.layout().flat().size()) {
                    out.add(0L);
                }
            }
            // Signed ones are sign-extended, as everywhere.
            case S8 -> out.add((long) ((Long) v).byteValue());
            case S16 -> out.add((long) ((Long) v).shortValue());
            case S32, U32, F32 -> out.add((long) ((Long) v).intValue());
            default -> out.add((Long) v);
        }
    }

    /** @param at where to begin among the core values */
    Object lift(InterfaceType t, long[] core, int at) {
        return switch (t.kind()) {
            case STRING -> string((int) core[at], (int) core[at + 1]);
            case LIST, MAP -> list(t, (int) core[at], (int) core[at + 1]);
            case RECORD, TUPLE -> {
                List<Object> values = new ArrayList<>();
                int next = at;
                for (InterfaceType field : t.children()) {
                    values.add(lift(field, core, next));
                    next += field.layout().flat().size();
                }
                yield values;
            }
            case VARIANT, OPTION, RESULT -> {
                int number = (int) core[at];
                InterfaceType payload = t.payload(number);
                yield payload == null ? List.of((long) number) : List.of((long) number, lift(payload, core, at + 1));
            }
            case S64, U64, F64 -> core[at];
            default -> core[at] & (1L << 8 * t.layout().bytes()) - 1;
        };
    }

    /** Zero for what a place holds in other cases: bits above the type's are not passed on. */
    static long cell(CoreType type, long x) {
        return type == CoreType.I32 || type == CoreType.F32 ? (int) x : x;
    }

    // Random types and values.

    private static final List<TypeKind> SIMPLE = Stream.concat(
                    TypeKind.SCALARS.stream(), Stream.of(TypeKind.FLAGS, TypeKind.ENUM))
            .toList();

    static InterfaceType randomType(Random r, int depth) {
        if (depth == 0 || r.nextInt(3) == 0) {
            return simple(SIMPLE.get(r.nextInt(SIMPLE.size())), r);
        }
        List<InterfaceType> parts = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        TypeKind[] kinds = {
            TypeKind.RECORD,
            TypeKind.TUPLE,
            TypeKind.VARIANT,
            TypeKind.OPTION,
            TypeKind.RESULT,
            TypeKind.LIST,
            TypeKind.LIST,
            TypeKind.MAP
        };
        TypeKind kind = kinds[r.nextInt(kinds.length)];
        int n = switch (kind) {
            case OPTION, LIST -> 1;
            case RESULT -> 2;
            case MAP -> {
                parts.add(simple(TypeKind.U16, r));
                yield 1;
            }
            default -> 1 + r.nextInt(4);
        };
        for (int i = 0; i < n; i++) {
            boolean empty = (kind == TypeKind.VARIANT || kind == TypeKind.RESULT) && r.nextInt(3) == 0;
            parts.add(empty ? null : randomType(r, depth - 1));
            if (kind == TypeKind.VARIANT || kind == TypeKind.RECORD) {
                labels.add("l" + i);
            }
        }
        return new InterfaceType(kind, labels, parts, -1, 0);
    }

    private static InterfaceType simple(TypeKind kind, Random r) {
        List<String> labels = new ArrayList<>();
        if (kind == TypeKind.FLAGS || kind == TypeKind.ENUM) {
            int n = new int[] {1, 5, 8, 9, 16, 17, 32}[r.nextInt(7)];
            for (int i = 0; i < n; i++) {
                labels.add("l" + i);
            }
        }
        return new InterfaceType(kind, labels, List.of(), -1, 0);
    }

    static Object randomValue(InterfaceType t, Random r) {
        return switch (t.kind()) {
            case BOOL -> (long) r.nextInt(2);
            case CHAR -> {
                int c = r.nextInt(0x110000 - 0x800);
                yield (long) (c < 0xd800 ? c : c + 0x800);
            }
            case STRING -> randomString(r);
            case ENUM -> (long) r.nextInt(t.cases());
            case FLAGS -> r.nextLong() & (1L << t.labels().size()) - 1;
            case LIST, MAP -> {
                List<Object> values = new ArrayList<>();
                for (int n = r.nextInt(5); n > 0; n--) {
                    values.add(randomValue(element(t), r));
                }
                yield values;
            }
            case RECORD, TUPLE -> {
                List<Object> values = new ArrayList<>();
                t.children().forEach(c -> values.add(randomValue(c, r)));
                yield values;
            }
            case VARIANT, OPTION, RESULT -> {
                int number = r.nextInt(t.cases());
                InterfaceType payload = t.payload(number);
                yield payload == null ? List.of((long) number) : List.of((long) number, randomValue(payload, r));
            }
            default -> {
                long bits = r.nextLong();
                yield t.layout().bytes() == 8
                        ? bits
                        : bits & (1L << 8 * t.layout().bytes()) - 1;
            }
        };
    }

    /** Mostly ASCII, then others at any place. */
    static String randomString(Random r) {
        int limit = new int[] {0x80, 0x80, 0x100, 0x800, 0xd800, 0x110000}[r.nextInt(6)];
        StringBuilder s = new StringBuilder();
        for (int n = r.nextInt(40); n > 0; n--) {
            int c = r.nextInt(6) > 0 ? r.nextInt(0x80) : r.nextInt(limit);
            s.appendCodePoint(c >= 0xd800 && c < 0xe000 ? 'x' : c);
        }
        return s.toString();
    }
}
