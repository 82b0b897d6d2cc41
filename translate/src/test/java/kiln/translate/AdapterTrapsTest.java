package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What adapters refuse, in which steps they allocate, and handles. */
class AdapterTrapsTest {
    private static final InterfaceType STRING = AdapterMachine.type(TypeKind.STRING);
    private static final InterfaceType U32 = AdapterMachine.type(TypeKind.U32);
    private static final int TAG = 1 << 31;

    private static AdapterMachine machine(
            InterfaceType result, StringEncoding from, StringEncoding to, InterfaceType... params) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < params.length; i++) {
            names.add("p" + i);
        }
        // The callee defines resource 0, and resource 1 is the host's.
        List<ComponentPlan.Resource> resources = List.of(
                new ComponentPlan.Resource(2, List.of(), null), new ComponentPlan.Resource(-1, List.of("r"), null));
        return new AdapterMachine(
                new FunctionType(names, List.of(params), result), resources, from, to, 2, false, core -> {
                    long[] results = new long[result == null ? 0 : 1];
                    if (result != null) {
                        results[0] = core[0];
                    }
                    return results;
                });
    }

    private static AdapterMachine utf8(InterfaceType... params) {
        return machine(null, StringEncoding.UTF8, StringEncoding.UTF8, params);
    }

    private static String trap(AdapterMachine m, long... args) {
        return AdapterMachine.message(assertThrows(RuntimeException.class, () -> m.call(args)));
    }

    private static int write(AdapterMachine m, byte[] bytes) {
        int at = m.caller.allocate(2, bytes.length);
        m.caller.memory.put(at, bytes);
        return at;
    }

    @Test
    void noCallWhileTheInstanceMayNotLeave() {
        AdapterMachine m = utf8(U32);
        m.setField(1, ComponentContext.MAY_LEAVE, 0);
        assertEquals("CANNOT_LEAVE_COMPONENT", trap(m, 1));
    }

    @Test
    void everyResultOfReallocIsChecked() {
        AdapterMachine m = machine(null, StringEncoding.UTF8, StringEncoding.UTF16, STRING);
        int at = write(m, "abc".getBytes(StandardCharsets.UTF_8));
        m.callee.error = 1;
        assertEquals("UNALIGNED_POINTER", trap(m, at, 3));
        m.callee.error = 1 << 20;
        assertEquals("STRING_OUT_OF_BOUNDS", trap(m, at, 3));
        AdapterMachine later = machine(null, StringEncoding.UTF16, StringEncoding.UTF8, STRING);
        int text = write(later, "a\u00e4".getBytes(StandardCharsets.UTF_16LE));
        // The first fits exactly, the second is larger and does not.
        later.callee.next = later.callee.memory.capacity() - 4;
        assertEquals("STRING_OUT_OF_BOUNDS", trap(later, text, 2));
        assertEquals(2, later.callee.reallocs.size());
    }

    /** As the first one, so that a check of the first alone would not be enough. */
    @Test
    void laterResultsOfReallocMustBeAligned() {
        for (StringEncoding from : StringEncoding.values()) {
            for (int bad = 0; bad < 3; bad++) {
                AdapterMachine m = machine(null, from, StringEncoding.LATIN1_UTF16, STRING);
                boolean utf8 = from == StringEncoding.UTF8;
                byte[] bytes = "ab\u20ac".getBytes(utf8 ? StandardCharsets.UTF_8 : StandardCharsets.UTF_16LE);
                int length = utf8 ? bytes.length : bytes.length / 2;
                int tag = from == StringEncoding.LATIN1_UTF16 ? TAG : 0;
                int at = write(m, bytes);
                m.callee.errorAt = bad;
                m.callee.error = 1;
                int steps = utf8 ? 3 : from == StringEncoding.UTF16 ? 2 : 1;
                if (bad < steps) {
                    assertEquals("UNALIGNED_POINTER", trap(m, at, length | tag), from + ", realloc " + bad);
                    assertEquals(bad + 1, m.callee.reallocs.size());
                } else {
                    m.call(at, length | tag);
                }
            }
        }
    }

    /** Where a result goes that lies in memory is an argument of the caller's. */
    @Test
    void placesOfResultsAreChecked() {
        InterfaceType pair = AdapterMachine.type(TypeKind.TUPLE, U32, U32);
        AdapterMachine m = machine(pair, StringEncoding.UTF8, StringEncoding.UTF8);
        for (int at : new int[] {1, 2, 6}) {
            assertEquals("UNALIGNED_POINTER", trap(m, at));
        }
        int end = m.caller.memory.capacity();
        assertEquals("MEMORY_OUT_OF_BOUNDS", trap(m, end - 4));
        assertEquals("MEMORY_OUT_OF_BOUNDS", trap(m, -8));
    }

    @Test
    void rangesOfArguments() {
        AdapterMachine m = utf8(STRING);
        int end = m.caller.memory.capacity();
        assertEquals("STRING_OUT_OF_BOUNDS", trap(m, end - 2, 3));
        assertEquals("STRING_OUT_OF_BOUNDS", trap(m, -1, 2));
        assertEquals("STRING_OUT_OF_BOUNDS", trap(m, 0, -1));
        m.call(end - 3, 3);
        AdapterMachine lists = utf8(AdapterMachine.type(TypeKind.LIST, U32));
        assertEquals("UNALIGNED_POINTER", trap(lists, 2, 1));
        assertEquals("LIST_OUT_OF_BOUNDS", trap(lists, end, 1));
        assertEquals("LIST_OUT_OF_BOUNDS", trap(lists, 0, 1 << 30));
        lists.call(end, 0);
        AdapterMachine utf16 = machine(null, StringEncoding.UTF16, StringEncoding.UTF16, STRING);
        assertEquals("UNALIGNED_POINTER", trap(utf16, 1, 0));
        assertEquals("STRING_OUT_OF_BOUNDS", trap(utf16, end - 2, 2));
        AdapterMachine toCompact = machine(null, StringEncoding.UTF16, StringEncoding.LATIN1_UTF16, STRING);
        assertEquals("STRING_OUT_OF_BOUNDS", trap(toCompact, end - 2, 2));
        toCompact.call(end - 2, 1);
        AdapterMachine compact = machine(null, StringEncoding.LATIN1_UTF16, StringEncoding.UTF8, STRING);
        assertEquals("UNALIGNED_POINTER", trap(compact, 1, 0));
        assertEquals("STRING_OUT_OF_BOUNDS", trap(compact, end - 2, TAG | 2));
    }

    @Test
    void charsAndCases() {
        AdapterMachine chars = utf8(AdapterMachine.type(TypeKind.CHAR));
        for (int bad : new int[] {0xd800, 0xdfff, 0x110000, -1}) {
            assertEquals("INVALID_CHAR", trap(chars, bad));
        }
        for (int good : new int[] {0, 0xd7ff, 0xe000, 0x10ffff}) {
            chars.call(good);
        }
        InterfaceType five = new InterfaceType(TypeKind.ENUM, List.of("a", "b", "c", "d", "e"), List.of(), -1, 0);
        AdapterMachine enums = utf8(five);
        enums.call(4);
        assertEquals("INVALID_DISCRIMINANT", trap(enums, 5));
        AdapterMachine options = utf8(AdapterMachine.type(TypeKind.OPTION, U32));
        options.call(1, 7);
        assertEquals("INVALID_DISCRIMINANT", trap(options, 2, 7));
        AdapterMachine list = utf8(AdapterMachine.type(TypeKind.LIST, AdapterMachine.type(TypeKind.OPTION, U32)));
        int at = write(list, new byte[] {1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0});
        list.call(at, 1);
        assertEquals("INVALID_DISCRIMINANT", trap(list, at, 2));
    }

    @Test
    void bitsThatMeanNothingAreLeftOut() {
        InterfaceType flags = new InterfaceType(TypeKind.FLAGS, List.of("a", "b", "c"), List.of(), -1, 0);
        assertEquals(
                7,
                machine(flags, StringEncoding.UTF8, StringEncoding.UTF8, flags).call(-1)[0]);
        InterfaceType s8 = AdapterMachine.type(TypeKind.S8);
        assertEquals(
                -1, machine(s8, StringEncoding.UTF8, StringEncoding.UTF8, s8).call(0xff)[0]);
        InterfaceType bool = AdapterMachine.type(TypeKind.BOOL);
        assertEquals(
                1, machine(bool, StringEncoding.UTF8, StringEncoding.UTF8, bool).call(256)[0]);
    }

    @Test
    void stringsThatAreNotValid() {
        String[] utf8 = {
            "80",
            "c0",
            "c080",
            "c1bf",
            "c2",
            "e0",
            "e080",
            "e08080",
            "eda080",
            "f0",
            "f0808080",
            "f4908080",
            "f5808080",
            "ff",
            "6162636465666768c2",
            "61626364656667f09f98"
        };
        for (String hex : utf8) {
            byte[] bytes = java.util.HexFormat.of().parseHex(hex);
            for (StringEncoding to : StringEncoding.values()) {
                AdapterMachine m = machine(null, StringEncoding.UTF8, to, STRING);
                assertEquals("INVALID_STRING", trap(m, write(m, bytes), bytes.length), hex + " to " + to);
            }
        }
        int[][] utf16 = {
            {0xd800}, {0xdc00}, {0xd800, 0x61}, {0xdbff, 0xd800}, {'a', 'b', 'c', 'd', 0xd83d}, {0xdfff, 0xd800}
        };
        for (int[] units : utf16) {
            byte[] bytes = new byte[2 * units.length];
            for (int i = 0; i < units.length; i++) {
                bytes[2 * i] = (byte) units[i];
                bytes[2 * i + 1] = (byte) (units[i] >> 8);
            }
            for (StringEncoding to : StringEncoding.values()) {
                AdapterMachine m = machine(null, StringEncoding.UTF16, to, STRING);
                assertEquals("INVALID_STRING", trap(m, write(m, bytes), units.length));
                m = machine(null, StringEncoding.LATIN1_UTF16, to, STRING);
                assertEquals("INVALID_STRING", trap(m, write(m, bytes), units.length | TAG));
            }
        }
    }

    /** The sizes that realloc is asked for, as "old to new". */
    private static String steps(StringEncoding from, StringEncoding to, String text, Charset charset) {
        AdapterMachine m = machine(null, from, to, STRING);
        byte[] bytes = text.getBytes(charset);
        boolean wide = charset == StandardCharsets.UTF_16LE;
        int tag = wide && from == StringEncoding.LATIN1_UTF16 ? TAG : 0;
        m.call(write(m, bytes), (wide ? bytes.length / 2 : bytes.length) | tag);
        StringBuilder steps = new StringBuilder();
        for (AdapterMachine.Realloc r : m.callee.reallocs) {
            steps.append(steps.isEmpty() ? "" : ", ")
                    .append(r.oldBytes())
                    .append(" to ")
                    .append(r.bytes())
                    .append(" by ")
                    .append(r.alignment());
        }
        return steps.toString();
    }

    @Test
    void stringsAreAllocatedInTheStepsOfTheSpecification() {
        Charset utf8 = StandardCharsets.UTF_8;
        Charset utf16 = StandardCharsets.UTF_16LE;
        Charset latin1 = StandardCharsets.ISO_8859_1;
        StringEncoding eight = StringEncoding.UTF8;
        StringEncoding sixteen = StringEncoding.UTF16;
        StringEncoding compact = StringEncoding.LATIN1_UTF16;
        assertEquals("0 to 4 by 1", steps(eight, eight, "ab\u00e4", utf8));
        assertEquals("0 to 6 by 2", steps(eight, sixteen, "abc", utf8));
        assertEquals("0 to 8 by 2, 8 to 6 by 2", steps(eight, sixteen, "ab\u00e4", utf8));
        assertEquals("0 to 3 by 2", steps(eight, compact, "abc", utf8));
        assertEquals("0 to 4 by 2, 4 to 3 by 2", steps(eight, compact, "ab\u00e4", utf8));
        assertEquals("0 to 5 by 2, 5 to 10 by 2, 10 to 6 by 2", steps(eight, compact, "ab\u20ac", utf8));
        assertEquals("0 to 3 by 1", steps(sixteen, eight, "abc", utf16));
        assertEquals("0 to 3 by 1, 3 to 9 by 1, 9 to 4 by 1", steps(sixteen, eight, "ab\u00e4", utf16));
        assertEquals("0 to 1 by 1, 1 to 3 by 1", steps(sixteen, eight, "\u20ac", utf16));
        assertEquals("0 to 6 by 2", steps(sixteen, sixteen, "ab\u00e4", utf16));
        assertEquals("0 to 3 by 2", steps(sixteen, compact, "ab\u00e4", utf16));
        assertEquals("0 to 3 by 2, 3 to 6 by 2", steps(sixteen, compact, "ab\u20ac", utf16));
        assertEquals("0 to 3 by 1", steps(compact, eight, "abc", latin1));
        assertEquals("0 to 3 by 1, 3 to 6 by 1, 6 to 4 by 1", steps(compact, eight, "ab\u00e4", latin1));
        assertEquals("0 to 1 by 1, 1 to 2 by 1", steps(compact, eight, "\u00e4", latin1));
        assertEquals("0 to 6 by 2", steps(compact, sixteen, "ab\u00e4", latin1));
        assertEquals("0 to 3 by 2", steps(compact, compact, "ab\u00e4", latin1));
        assertEquals("0 to 6 by 2", steps(compact, compact, "ab\u20ac", utf16));
        assertEquals("0 to 6 by 2, 6 to 3 by 2", steps(compact, compact, "ab\u00e4", utf16));
        assertEquals("0 to 0 by 1", steps(eight, eight, "", utf8));
    }

    private static InterfaceType handle(TypeKind kind, int resource) {
        return new InterfaceType(kind, List.of(), List.of(), resource, 0);
    }

    @Test
    void ownedHandlesMove() {
        InterfaceType own = handle(TypeKind.OWN, 1);
        AdapterMachine m = machine(own, StringEncoding.UTF8, StringEncoding.UTF8, own);
        int h = m.addHandle(1, 2, 77, ComponentContext.OWN);
        int other = m.addHandle(1, 1, 78, ComponentContext.OWN);
        // There and back again: the callee returns the handle that it gets.
        assertEquals(h, m.call(h)[0]);
        assertEquals(List.of(2, 77, ComponentContext.OWN), m.handle(1, h));
        assertEquals(0, m.handle(2, 1).getFirst());
        assertEquals("handle " + other + " of 1", trap(m, other));
        assertEquals("handle 0 of 1", trap(m, 0));
        assertEquals("handle -1 of 1", trap(m, -1));
        assertEquals("handle 99 of 1", trap(m, 99));
    }

    @Test
    void borrowedHandles() {
        AdapterMachine own = machine(U32, StringEncoding.UTF8, StringEncoding.UTF8, handle(TypeKind.BORROW, 0));
        int h = own.addHandle(1, 1, 77, ComponentContext.OWN);
        assertEquals(77, own.call(h)[0], "the callee defines the resource and gets what it stands for");
        AdapterMachine others = machine(U32, StringEncoding.UTF8, StringEncoding.UTF8, handle(TypeKind.BORROW, 1));
        h = others.addHandle(1, 2, 77, ComponentContext.OWN);
        assertEquals("BORROWS_REMAIN", trap(others, h));
        assertEquals(List.of(2, 77, ComponentContext.BORROW), others.handle(2, 1));
    }

    @Test
    void builtIns() {
        AdapterMachine m = utf8(U32);
        for (int i = 1; i < 10; i++) {
            assertEquals(i, m.callCanon(1, 100 + i)[0], "resource.new");
            assertEquals(100 + i, m.callCanon(2, i)[0], "resource.rep");
        }
        int h = m.addHandle(1, 1, 5, ComponentContext.OWN);
        m.callCanon(3, h);
        assertEquals(0, m.handle(1, h).getFirst());
        assertEquals(
                "handle " + h + " of 1",
                AdapterMachine.message(assertThrows(RuntimeException.class, () -> m.callCanon(3, h))));
        m.setField(2, ComponentContext.MAY_LEAVE, 0);
        assertEquals(
                "CANNOT_LEAVE_COMPONENT",
                AdapterMachine.message(assertThrows(RuntimeException.class, () -> m.callCanon(1, 5))));
    }

    @ParameterizedTest
    @EnumSource
    void emptyStringsAreAllocatedToo(StringEncoding to) {
        AdapterMachine m = machine(null, StringEncoding.UTF8, to, STRING);
        m.call(0, 0);
        assertEquals(1, m.callee.reallocs.size());
    }
}
