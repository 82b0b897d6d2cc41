package kiln.tests.components;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import kiln.runtime.component.Result;

/** Types by chance that need no names, in the binary of a component, and values of them. */
sealed interface GeneratedTypes {
    /** Numbers, text and so on; {@code code} as the binary has it. */
    record Primitive(int code) implements GeneratedTypes {}

    /** {@code kind} is 0x70 for a list, 0x6F for a tuple, 0x6B for an option, 0x6A for a result. */
    record Made(int kind, List<GeneratedTypes> parts) implements GeneratedTypes {}

    String[] TEXTS = {"", "a", "plain ascii, rather long", "\u00e9t\u00e9", "\u20ac5", "\ud83d\ude00", "x\u00ffy\u0100"
    };

    /** All that are, from char and string to bool. */
    int[] CODES = {-12, -13, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1};

    static GeneratedTypes next(Random r, int depth) {
        if (depth == 0 || r.nextInt(4) == 0) {
            return new Primitive(CODES[r.nextInt(CODES.length)]);
        }
        int kind = new int[] {0x70, 0x6F, 0x6B, 0x6A}[r.nextInt(4)];
        int count = kind == 0x6F ? 1 + r.nextInt(4) : kind == 0x6A ? 2 : 1;
        List<GeneratedTypes> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(next(r, depth - 1));
        }
        return new Made(kind, parts);
    }

    /** Defines the type, and gives its number as the type of a value. */
    static int define(GeneratedTypes t, ComponentBytes c) {
        if (t instanceof Primitive(int code)) {
            return code;
        }
        Made m = (Made) t;
        List<Integer> start = new ArrayList<>(List.of(m.kind));
        List<Integer> parts = new ArrayList<>();
        if (m.kind == 0x6F) {
            start.add(m.parts.size());
        }
        for (GeneratedTypes p : m.parts) {
            parts.add(define(p, c));
            if (m.kind == 0x6A) {
                start.add(1);
            }
            start.add(-1);
        }
        return c.type(start, parts);
    }

    static Object value(GeneratedTypes t, Random r) {
        return switch (t) {
            case Primitive(int code) ->
                switch (code) {
                    case -1 -> r.nextBoolean();
                    case -2, -3 -> (byte) r.nextInt();
                    case -4, -5 -> (short) r.nextInt();
                    case -6, -7 -> r.nextInt();
                    case -8, -9 -> r.nextLong();
                    case -10 -> (float) r.nextGaussian();
                    case -11 -> r.nextGaussian();
                    case -12 -> r.nextInt(4) == 0 ? 0xE000 + r.nextInt(0x10FFFF - 0xE000) : r.nextInt(0xD800);
                    default -> TEXTS[r.nextInt(TEXTS.length)];
                };
            case Made(int kind, List<GeneratedTypes> parts) ->
                switch (kind) {
                    case 0x70 -> {
                        List<Object> list = new ArrayList<>();
                        for (int i = r.nextInt(4); i > 0; i--) {
                            list.add(value(parts.getFirst(), r));
                        }
                        yield list;
                    }
                    case 0x6F -> parts.stream().map(p -> value(p, r)).toList();
                    case 0x6B -> r.nextBoolean() ? Optional.of(value(parts.getFirst(), r)) : Optional.empty();
                    default ->
                        r.nextBoolean() ? Result.ok(value(parts.getFirst(), r)) : Result.err(value(parts.getLast(), r));
                };
        };
    }

    /** The same with lists for arrays, to be compared. */
    static Object plain(Object v) {
        return switch (v) {
            case null -> null;
            case List<?> l -> l.stream().map(GeneratedTypes::plain).toList();
            case Optional<?> o -> o.map(GeneratedTypes::plain);
            case Result.Ok<?, ?>(Object x) -> Result.ok(plain(x));
            case Result.Err<?, ?>(Object x) -> Result.err(plain(x));
            case boolean[] a -> {
                List<Object> list = new ArrayList<>();
                for (boolean b : a) {
                    list.add(b);
                }
                yield list;
            }
            case byte[] a -> {
                List<Object> list = new ArrayList<>();
                for (byte b : a) {
                    list.add(b);
                }
                yield list;
            }
            case short[] a -> {
                List<Object> list = new ArrayList<>();
                for (short b : a) {
                    list.add(b);
                }
                yield list;
            }
            case float[] a -> {
                List<Object> list = new ArrayList<>();
                for (float b : a) {
                    list.add(b);
                }
                yield list;
            }
            case int[] a -> Arrays.stream(a).boxed().toList();
            case long[] a -> Arrays.stream(a).boxed().toList();
            case double[] a -> Arrays.stream(a).boxed().toList();
            default -> v;
        };
    }
}
