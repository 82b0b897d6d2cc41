package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Strings and lists that are copied some vectors a step: of every length around it, with an exception anywhere. */
class AdapterBulkTest {
    private static final InterfaceType STRING = AdapterMachine.type(TypeKind.STRING);
    /** More than two steps of the widest loop, for units of one byte and of two. */
    private static final int LENGTH = 140;

    /** An adapter for one parameter, and what the callee got in the last call. */
    private static final class Passed {
        private final InterfaceType type;
        private final AdapterMachine machine;
        private Object got;

        Passed(InterfaceType type, StringEncoding from, StringEncoding to) {
            this.type = type;
            machine = new AdapterMachine(
                    new FunctionType(List.of("x"), List.of(type), null), List.of(), from, to, 2, false, this::callee);
        }

        private long[] callee(long[] core) {
            got = new CanonicalReference(machine.callee).lift(type, core, 0);
            return new long[0];
        }

        private Object pass(Object value) {
            machine.caller.next = 64;
            machine.callee.next = 64;
            machine.callee.reallocs.clear();
            List<Long> core = new ArrayList<>();
            new CanonicalReference(machine.caller).lower(type, value, core);
            machine.call(core.stream().mapToLong(i -> i).toArray());
            return got;
        }
    }

    @ParameterizedTest
    @EnumSource
    void stringsWithOneOtherCharacterAnywhere(StringEncoding from) {
        for (StringEncoding to : StringEncoding.values()) {
            Passed p = new Passed(STRING, from, to);
            for (String other : new String[] {"x", "\u00e4", "\u20ac", "\ud83d\ude00"}) {
                for (int before = 0; before < LENGTH; before++) {
                    // At the end, near it, and with a whole step behind it.
                    for (int after : new int[] {0, 9, 70}) {
                        String s = "a".repeat(before) + other + "b".repeat(after);
                        assertEquals(s, p.pass(s), from + " to " + to);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void stringsWithOtherCharactersNowAndThen(StringEncoding from) {
        for (StringEncoding to : StringEncoding.values()) {
            Passed p = new Passed(STRING, from, to);
            for (int distance = 1; distance < LENGTH; distance++) {
                String s = ("\u00e4" + "a".repeat(distance) + "\ud83d\ude00" + "\u0439".repeat(distance % 5)).repeat(3);
                assertEquals(s, p.pass(s), from + " to " + to);
            }
        }
    }

    private static List<Object> values(int count, long value) {
        return new ArrayList<>(IntStream.range(0, count).mapToObj(_ -> value).toList());
    }

    private static InterfaceType list(InterfaceType element) {
        return AdapterMachine.type(TypeKind.LIST, element);
    }

    /** Nothing is allocated for a list with something in it that is no value. */
    private static void anywhere(InterfaceType element, long[] good, long[] bad, String trap) {
        Passed p = new Passed(list(element), StringEncoding.UTF8, StringEncoding.UTF8);
        for (int length = 1; length < LENGTH; length++) {
            List<Object> values = values(length, good[length % good.length]);
            assertEquals(values, p.pass(values));
            assertEquals(1, p.machine.callee.reallocs.size());
            for (int at : new int[] {0, length / 2, length - 1}) {
                List<Object> wrong = new ArrayList<>(values);
                wrong.set(at, bad[length % bad.length]);
                RuntimeException e = assertThrows(RuntimeException.class, () -> p.pass(wrong));
                assertEquals(trap, AdapterMachine.message(e));
                assertEquals(List.of(), p.machine.callee.reallocs);
            }
        }
    }

    @Test
    void chars() {
        long[] good = {0, 'a', 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff, 0x10d800};
        long[] bad = {0xd800, 0xdbff, 0xdfff, 0x110000, 0x11d800, 0x7fffffff, 0x80000000L, 0xffffffffL};
        anywhere(AdapterMachine.type(TypeKind.CHAR), good, bad, "INVALID_CHAR");
    }

    @ParameterizedTest
    @CsvSource({"1,255", "5,255", "200,255", "255,255", "257,65535", "300,65535", "40000,65535"})
    void enums(int cases, long most) {
        List<String> labels = IntStream.range(0, cases).mapToObj(i -> "c" + i).toList();
        InterfaceType type = new InterfaceType(TypeKind.ENUM, labels, List.of(), -1, 0);
        anywhere(type, new long[] {0, cases - 1}, new long[] {cases, most}, "INVALID_DISCRIMINANT");
    }

    @Test
    void everyByteIsOneOf256Cases() {
        List<String> labels = IntStream.range(0, 256).mapToObj(i -> "c" + i).toList();
        InterfaceType type = new InterfaceType(TypeKind.ENUM, labels, List.of(), -1, 0);
        Passed p = new Passed(list(type), StringEncoding.UTF8, StringEncoding.UTF8);
        List<Object> all = new ArrayList<>(
                IntStream.range(0, 256).mapToObj(i -> (Object) (long) i).toList());
        assertEquals(all, p.pass(all));
    }

    /** What is not 0 is true, and arrives as 1. */
    @Test
    void bools() {
        Passed p = new Passed(list(AdapterMachine.type(TypeKind.BOOL)), StringEncoding.UTF8, StringEncoding.UTF8);
        for (int length = 0; length < LENGTH; length++) {
            for (long x : new long[] {0, 1, 2, 0x7f, 0x80, 0xff}) {
                List<Object> values = values(length, x);
                if (length > 1) {
                    values.set(length / 2, 1 - Math.min(1, x));
                }
                List<Object> expected =
                        values.stream().map(v -> (Object) Math.min(1, (Long) v)).toList();
                p.pass(values);
                byte[] bytes = new byte[length];
                AdapterMachine.Realloc r = p.machine.callee.reallocs.getLast();
                assertEquals(length, r.bytes());
                p.machine.callee.memory.get(64, bytes);
                List<Object> arrived = new ArrayList<>();
                for (byte b : bytes) {
                    arrived.add((long) b);
                }
                assertEquals(expected, arrived);
            }
        }
    }
}
