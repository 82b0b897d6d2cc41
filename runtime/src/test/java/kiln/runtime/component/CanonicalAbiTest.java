package kiln.runtime.component;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import kiln.runtime.Engine;
import kiln.runtime.EntityType;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lifting and lowering by walking types, over a memory without any code: {@code realloc} is Java's. */
class CanonicalAbiTest {
    private static final int PAGE = 65536;

    private final Engine engine = new Engine();
    private final Store store = new Store(engine);
    private final Memory memory = Memory.of(store, new MemoryType(1, EntityType.UNBOUNDED, false, false, false, 16));
    /** Each call of realloc: old address, old size, alignment, size. */
    private final List<String> reallocs = new ArrayList<>();

    private int next = 16;
    private final GuestMemory guest = new GuestMemory(memory, this::realloc);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    private int realloc(int old, int oldBytes, int alignment, int bytes) {
        reallocs.add(oldBytes + " " + alignment + " " + bytes);
        next = next + alignment - 1 & -alignment;
        int address = next;
        next += bytes;
        if (oldBytes != 0) {
            memory.writeBytes(address, memory.readBytes(old, Math.min(oldBytes, bytes)));
        }
        return address;
    }

    private static InterfaceType prim(TypeKind kind) {
        return new InterfaceType(kind, List.of(), List.of(), -1, 0);
    }

    private static InterfaceType of(TypeKind kind, List<String> labels, InterfaceType... children) {
        return new InterfaceType(kind, labels, Arrays.asList(children), -1, 0);
    }

    private static FunctionType function(InterfaceType result, InterfaceType... params) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < params.length; i++) {
            names.add("p" + i);
        }
        return new FunctionType(names, List.of(params), result);
    }

    private static final InterfaceType U8 = prim(TypeKind.U8);
    private static final InterfaceType U32 = prim(TypeKind.U32);
    private static final InterfaceType S64 = prim(TypeKind.S64);
    private static final InterfaceType F32 = prim(TypeKind.F32);
    private static final InterfaceType F64 = prim(TypeKind.F64);
    private static final InterfaceType CHAR = prim(TypeKind.CHAR);
    private static final InterfaceType STRING = prim(TypeKind.STRING);

    /** Through core values, and through memory as one of so many parameters that they are passed there. */
    private void assertRoundTrip(InterfaceType t, Object value, StringEncoding encoding) {
        FunctionType flat = function(null, t);
        new Values((_, _) -> null).checkArguments("f", flat, new Object[] {value});
        long[] cells = new Lowering(guest, encoding, null).params(new CallShape(flat), new Object[] {value});
        assertSame(value, new Lifting(guest, encoding, null, false).params(new CallShape(flat), cells)[0], t);

        InterfaceType[] many = new InterfaceType[18];
        Object[] values = new Object[18];
        Arrays.fill(many, t);
        Arrays.fill(values, value);
        FunctionType spilled = function(null, many);
        assertTrue(spilled.spillsParams());
        long[] address = new Lowering(guest, encoding, null).params(new CallShape(spilled), values);
        assertEquals(1, address.length);
        for (Object lifted : new Lifting(guest, encoding, null, false).params(new CallShape(spilled), address)) {
            assertSame(value, lifted, t);
        }
    }

    private static void assertSame(Object expected, Object actual, InterfaceType t) {
        assertTrue(
                Arrays.deepEquals(new Object[] {expected}, new Object[] {actual}),
                () -> t.kind() + ": " + expected + " became " + actual);
    }

    @ParameterizedTest
    @EnumSource(StringEncoding.class)
    void valuesOfEveryTypeComeBackAsTheyWere(StringEncoding encoding) {
        assertRoundTrip(prim(TypeKind.BOOL), true, encoding);
        assertRoundTrip(prim(TypeKind.S8), (byte) -128, encoding);
        assertRoundTrip(U8, (byte) 255, encoding);
        assertRoundTrip(prim(TypeKind.S16), (short) -2, encoding);
        assertRoundTrip(prim(TypeKind.U16), (short) 65535, encoding);
        assertRoundTrip(prim(TypeKind.S32), -3, encoding);
        assertRoundTrip(U32, -1, encoding);
        assertRoundTrip(S64, Long.MIN_VALUE, encoding);
        assertRoundTrip(prim(TypeKind.U64), -1L, encoding);
        assertRoundTrip(F32, -0.0f, encoding);
        assertRoundTrip(F64, Double.MIN_VALUE, encoding);
        assertRoundTrip(CHAR, 0x10FFFF, encoding);
        for (String s : List.of("", "a", "ascii only", "gr\u00fc\u00dfe", "\u20ac", "\ud83d\ude00x", "a\u00e9\u20ac")) {
            assertRoundTrip(STRING, s, encoding);
        }
        assertRoundTrip(of(TypeKind.LIST, List.of(), U8), new byte[] {1, -1, 0}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), prim(TypeKind.BOOL)), new boolean[] {true, false}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), prim(TypeKind.U16)), new short[] {1, -1}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), U32), new int[] {7, -1}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), S64), new long[] {7, -1}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), F32), new float[] {1.5f, Float.NaN}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), F64), new double[] {1.5, -0.0}, encoding);
        assertRoundTrip(of(TypeKind.LIST, List.of(), STRING), List.of("x", "", "\u20ac"), encoding);
        assertRoundTrip(
                new InterfaceType(TypeKind.ARRAY, List.of(), List.of(U8), -1, 3), new byte[] {1, 2, 3}, encoding);
        assertRoundTrip(of(TypeKind.MAP, List.of(), STRING, U8), Map.of("a", (byte) 1, "b", (byte) 2), encoding);
        assertRoundTrip(
                of(TypeKind.RECORD, List.of("a", "b", "c"), U8, S64, STRING), List.of((byte) 1, 2L, "three"), encoding);
        assertRoundTrip(of(TypeKind.TUPLE, List.of(), F32, CHAR), List.of(2.5f, (int) 'x'), encoding);
        assertRoundTrip(of(TypeKind.ENUM, List.of("red", "green")), "green", encoding);
        assertRoundTrip(of(TypeKind.FLAGS, List.of("r", "w", "x")), Set.of("r", "x"), encoding);
        assertRoundTrip(of(TypeKind.OPTION, List.of(), STRING), Optional.of("s"), encoding);
        assertRoundTrip(of(TypeKind.OPTION, List.of(), STRING), Optional.empty(), encoding);
        assertRoundTrip(of(TypeKind.RESULT, List.of(), U8, null), Result.ok((byte) 3), encoding);
        assertRoundTrip(of(TypeKind.RESULT, List.of(), U8, null), Result.err(), encoding);
    }

    @Test
    void numbersMayAlsoComeInAList() {
        InterfaceType list = of(TypeKind.LIST, List.of(), U32);
        FunctionType f = function(null, list);
        Object[] args = {List.of(1, 2, 3)};
        new Values((_, _) -> null).checkArguments("f", f, args);
        long[] cells = new Lowering(guest, StringEncoding.UTF8, null).params(new CallShape(f), args);
        assertArrayEquals(new int[] {1, 2, 3}, (int[])
                new Lifting(guest, StringEncoding.UTF8, null, false).params(new CallShape(f), cells)[0]);
    }

    /** In a place that is i64 for another case, the upper half of f32 and i32 must be zero; each case reads its own. */
    @Test
    void casesOfDifferentTypesShareCoreValues() {
        InterfaceType v = of(TypeKind.VARIANT, List.of("f", "l", "d", "i", "none"), F32, S64, F64, U32, null);
        FunctionType f = function(null, v);
        assertRoundTrip(v, new Variant("f", -1.5f), StringEncoding.UTF8);
        assertRoundTrip(v, new Variant("l", -1L), StringEncoding.UTF8);
        assertRoundTrip(v, new Variant("d", -1.5), StringEncoding.UTF8);
        assertRoundTrip(v, new Variant("i", -1), StringEncoding.UTF8);
        assertRoundTrip(v, new Variant("none"), StringEncoding.UTF8);
        assertArrayEquals(
                new long[] {3, 0xFFFFFFFFL},
                new Lowering(guest, StringEncoding.UTF8, null)
                        .params(new CallShape(f), new Object[] {new Variant("i", -1)}));
    }

    @Test
    void numbersAreWhatTheirBitsSayWithoutTheRest() {
        assertEquals((byte) 0x01, lift(U8, 0xF01));
        assertEquals((byte) -1, lift(prim(TypeKind.S8), 0xFFFFFFFFL));
        assertEquals(true, lift(prim(TypeKind.BOOL), 256));
        assertEquals(Set.of("a"), lift(of(TypeKind.FLAGS, List.of("a", "b")), 0xFFFFFFFDL));
    }

    private Object lift(InterfaceType t, long... cells) {
        return new Lifting(guest, StringEncoding.UTF8, null, false).params(new CallShape(function(null, t)), cells)[0];
    }

    private void assertTrap(TrapCode code, InterfaceType t, long... cells) {
        assertEquals(
                code, assertThrows(TrapException.class, () -> lift(t, cells)).code());
    }

    @Test
    void whatIsNoValueTraps() {
        assertTrap(TrapCode.INVALID_CHAR, CHAR, 0xD800);
        assertTrap(TrapCode.INVALID_CHAR, CHAR, 0xDFFF);
        assertTrap(TrapCode.INVALID_CHAR, CHAR, 0x110000);
        assertTrap(TrapCode.INVALID_CHAR, CHAR, 0xFFFFFFFFL);
        assertEquals(0xD7FF, lift(CHAR, 0xD7FF));
        assertEquals(0xE000, lift(CHAR, 0xE000));
        assertTrap(TrapCode.INVALID_DISCRIMINANT, of(TypeKind.ENUM, List.of("a", "b")), 2);
        assertTrap(TrapCode.INVALID_DISCRIMINANT, of(TypeKind.OPTION, List.of(), U8), -1, 0);
    }

    @Test
    void rangesAndAlignmentAreCheckedInBytes() {
        InterfaceType list = of(TypeKind.LIST, List.of(), U32);
        assertArrayEquals(new int[PAGE / 4], (int[]) lift(list, 0, PAGE / 4));
        assertArrayEquals(new int[0], (int[]) lift(list, PAGE, 0));
        assertTrap(TrapCode.LIST_OUT_OF_BOUNDS, list, 4, PAGE / 4);
        assertTrap(TrapCode.LIST_OUT_OF_BOUNDS, list, PAGE + 4, 0);
        assertTrap(TrapCode.UNALIGNED_POINTER, list, 2, 1);
        assertTrap(TrapCode.LIST_OUT_OF_BOUNDS, list, 0, 0xFFFFFFFFL);
        assertTrap(TrapCode.LIST_OUT_OF_BOUNDS, list, 0, 1 << 26);
        assertTrap(TrapCode.STRING_OUT_OF_BOUNDS, STRING, PAGE - 1, 2);
        assertTrap(TrapCode.STRING_OUT_OF_BOUNDS, STRING, 0, 1 << 28);
        InterfaceType[] many = new InterfaceType[17];
        Arrays.fill(many, U32);
        FunctionType f = function(null, many);
        Lifting lifting = new Lifting(guest, StringEncoding.UTF8, null, false);
        assertEquals(17, lifting.params(new CallShape(f), new long[] {PAGE - 68}).length);
        assertThrows(TrapException.class, () -> lifting.params(new CallShape(f), new long[] {PAGE - 64}));
        assertThrows(TrapException.class, () -> lifting.params(new CallShape(f), new long[] {2}));
    }

    private String string(StringEncoding encoding, int address, int tagged) {
        return Texts.lift(guest, encoding, address, tagged).text();
    }

    /** As many code units as fit are twice as many bytes in UTF-16. */
    @Test
    void stringsAreCheckedInBytesAndForTheirEncoding() {
        assertEquals(PAGE / 2, string(StringEncoding.UTF16, 0, PAGE / 2).length());
        assertStringTrap(TrapCode.STRING_OUT_OF_BOUNDS, StringEncoding.UTF16, 0, PAGE / 2 + 1);
        assertStringTrap(TrapCode.STRING_OUT_OF_BOUNDS, StringEncoding.LATIN1_UTF16, 0, PAGE / 2 + 1 | 1 << 31);
        assertEquals(PAGE, string(StringEncoding.LATIN1_UTF16, 0, PAGE).length());
        assertStringTrap(TrapCode.UNALIGNED_POINTER, StringEncoding.UTF16, 1, 1);
        assertStringTrap(TrapCode.UNALIGNED_POINTER, StringEncoding.LATIN1_UTF16, 1, 1);
        memory.writeBytes(0, new byte[] {(byte) 0xC0, (byte) 0x80});
        assertStringTrap(TrapCode.INVALID_STRING, StringEncoding.UTF8, 0, 2);
        assertEquals("\u00c0\u0080", string(StringEncoding.LATIN1_UTF16, 0, 2));
        for (int[] units : new int[][] {{0xD800}, {0xDC00}, {0xDC00, 0xD800}, {0xD800, 'a'}}) {
            for (int i = 0; i < units.length; i++) {
                memory.writeShort(2L * i, (short) units[i]);
            }
            assertStringTrap(TrapCode.INVALID_STRING, StringEncoding.UTF16, 0, units.length);
        }
    }

    private void assertStringTrap(TrapCode code, StringEncoding encoding, int address, int tagged) {
        assertEquals(
                code,
                assertThrows(TrapException.class, () -> string(encoding, address, tagged))
                        .code());
    }

    /** Row: encoding there, text; encoding here, then each call of realloc as old size, alignment, new size. */
    @Test
    void roomForStringsIsMadeInTheStepsOfTheSpecification() {
        assertSteps(StringEncoding.UTF8, "gr\u00fc\u00df", StringEncoding.UTF8, "0 1 6");
        assertSteps(StringEncoding.UTF16, "abc", StringEncoding.UTF8, "0 1 3");
        assertSteps(StringEncoding.UTF16, "ab\u20ac", StringEncoding.UTF8, "0 1 3", "3 1 9", "9 1 5");
        assertSteps(StringEncoding.UTF16, "\u20ac", StringEncoding.UTF8, "0 1 1", "1 1 3");
        assertSteps(StringEncoding.LATIN1_UTF16, "\u00e9a", StringEncoding.UTF8, "0 1 2", "2 1 4", "4 1 3");
        assertSteps(StringEncoding.UTF8, "abc", StringEncoding.UTF16, "0 2 6");
        assertSteps(StringEncoding.UTF8, "\u20ac", StringEncoding.UTF16, "0 2 6", "6 2 2");
        assertSteps(StringEncoding.UTF16, "\u20ac", StringEncoding.UTF16, "0 2 2");
        assertSteps(StringEncoding.LATIN1_UTF16, "\u00e9a", StringEncoding.UTF16, "0 2 4");
        assertSteps(StringEncoding.UTF8, "abc", StringEncoding.LATIN1_UTF16, "0 2 3");
        assertSteps(StringEncoding.UTF8, "\u00e9a", StringEncoding.LATIN1_UTF16, "0 2 3", "3 2 2");
        assertSteps(StringEncoding.UTF8, "a\u20ac", StringEncoding.LATIN1_UTF16, "0 2 4", "4 2 8", "8 2 4");
        assertSteps(StringEncoding.UTF16, "\u00e9a", StringEncoding.LATIN1_UTF16, "0 2 2");
        assertSteps(StringEncoding.UTF16, "\u00e9\u20ac", StringEncoding.LATIN1_UTF16, "0 2 2", "2 2 4");
        assertSteps(StringEncoding.LATIN1_UTF16, "\u00e9a", StringEncoding.LATIN1_UTF16, "0 2 2");
        assertSteps(StringEncoding.LATIN1_UTF16, "\u20aca", StringEncoding.LATIN1_UTF16, "0 2 4");
    }

    private void assertSteps(StringEncoding from, String text, StringEncoding to, String... steps) {
        boolean latin1 = from == StringEncoding.LATIN1_UTF16 && text.chars().allMatch(c -> c < 256);
        byte[] bytes = text.getBytes(
                from == StringEncoding.UTF8
                        ? StandardCharsets.UTF_8
                        : latin1 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16LE);
        int units = from == StringEncoding.UTF8 || latin1 ? bytes.length : bytes.length / 2;
        int tag = from == StringEncoding.LATIN1_UTF16 && !latin1 ? 1 << 31 : 0;
        memory.writeBytes(PAGE - 64, bytes);
        GuestString s = Texts.lift(guest, from, PAGE - 64, units | tag);
        reallocs.clear();
        Texts.Place p = Texts.lower(guest, to, s);
        assertEquals(List.of(steps), reallocs, from + " to " + to + ": " + text);
        assertEquals(text, string(to, p.address(), p.length()));
    }

    /** What was UTF-16 by its tag, but could be Latin-1, becomes Latin-1, at an even address as ever. */
    @Test
    void taggedTextThatIsLatin1BecomesNarrow() {
        memory.writeBytes(PAGE - 64, "\u00e9a".getBytes(StandardCharsets.UTF_16LE));
        GuestString s = Texts.lift(guest, StringEncoding.LATIN1_UTF16, PAGE - 64, 2 | 1 << 31);
        reallocs.clear();
        Texts.Place p = Texts.lower(guest, StringEncoding.LATIN1_UTF16, s);
        assertEquals(List.of("0 2 4", "4 2 2"), reallocs);
        assertEquals(2, p.length());
        assertEquals("\u00e9a", string(StringEncoding.LATIN1_UTF16, p.address(), p.length()));
    }

    /** Of each step, not only of the first: a guest may answer what it likes. */
    @Test
    void everyAnswerOfReallocIsChecked() {
        for (int bad = 0; bad < 3; bad++) {
            assertReallocTrap(TrapCode.REALLOC_OUT_OF_BOUNDS, bad, PAGE - 1, StringEncoding.UTF8, "ab\u20ac");
            assertReallocTrap(TrapCode.REALLOC_OUT_OF_BOUNDS, bad, -1, StringEncoding.UTF8, "ab\u20ac");
            assertReallocTrap(TrapCode.REALLOC_OUT_OF_BOUNDS, bad, PAGE - 2, StringEncoding.LATIN1_UTF16, "ab\u20ac");
            assertReallocTrap(TrapCode.REALLOC_UNALIGNED, bad, 33, StringEncoding.LATIN1_UTF16, "ab\u20ac");
        }
    }

    private void assertReallocTrap(TrapCode code, int badCall, int answer, StringEncoding to, String text) {
        int[] calls = new int[1];
        GuestMemory hostile =
                new GuestMemory(memory, (old, oldBytes, alignment, bytes) -> calls[0]++ == badCall ? answer : 64);
        StringEncoding from = to == StringEncoding.UTF8 ? StringEncoding.UTF16 : StringEncoding.UTF8;
        GuestString s = new GuestString(
                text, from, from == StringEncoding.UTF16 ? text.length() : Texts.utf8(text).length, false);
        assertEquals(
                code,
                assertThrows(TrapException.class, () -> Texts.lower(hostile, to, s))
                        .code());
        assertEquals(badCall + 1, calls[0]);
    }

    @Test
    void argumentsThatDoNotFitAreRefusedBeforeAnythingIsWritten() {
        assertRefused(STRING, "\ud800", "the string has a surrogate without its other half");
        assertRefused(U8, 1, "a u8 is a Byte, not java.lang.Integer");
        assertRefused(CHAR, 0xD800, "55296 is no character of Unicode");
        assertRefused(of(TypeKind.LIST, List.of(), U8), "no list", "a list is a byte[], not");
        assertRefused(of(TypeKind.ENUM, List.of("a", "b")), "c", "there is no \"c\" in this enum, which has [a, b]");
        assertRefused(of(TypeKind.FLAGS, List.of("a")), Set.of("b"), "there is no \"b\" in this flags");
        assertRefused(
                of(TypeKind.RECORD, List.of("x", "y"), U8, STRING), List.of((byte) 1, 2), "p0.y: a string is a String");
        assertRefused(of(TypeKind.RECORD, List.of("x"), U8), List.of(), "a record of 1 values is needed, not of 0");
        assertRefused(of(TypeKind.RESULT, List.of(), null, U8), Result.ok(1), "this case carries nothing");
        assertRefused(of(TypeKind.OPTION, List.of(), U8), null, "a option is a Optional, not null");
        assertEquals(List.of(), reallocs);
    }

    private static void assertRefused(InterfaceType t, Object value, String message) {
        String m = assertThrows(
                        IllegalArgumentException.class,
                        () -> new Values((_, _) -> null).checkArguments("f", function(null, t), new Object[] {value}))
                .getMessage();
        assertTrue(m.startsWith("f: argument p0") && m.contains(message), m);
    }

    /** A list in a list in a list that all lie in the same place: little memory, much to copy. */
    @Test
    void whatOneCallCopiesForJavaIsLimited() {
        InterfaceType t = of(TypeKind.LIST, List.of(), of(TypeKind.LIST, List.of(), U8));
        for (int i = 0; i < PAGE; i += 8) {
            memory.writeInt(i, 0);
            memory.writeInt(i + 4, PAGE);
        }
        assertTrap(TrapCode.ALLOCATION_TOO_LARGE, t, 0, PAGE / 8);
    }

    /** The same with bytes that become objects: 12 MB of a guest's would be 12 million references. */
    @Test
    void objectsCountMoreThanTheirBytes() {
        InterfaceType t = of(TypeKind.LIST, List.of(), of(TypeKind.LIST, List.of(), of(TypeKind.ENUM, List.of("a"))));
        for (int i = 0; i < 200; i++) {
            memory.writeInt(8 * i, 4096);
            memory.writeInt(8 * i + 4, 60_000);
        }
        assertTrap(TrapCode.ALLOCATION_TOO_LARGE, t, 0, 200);
    }

    /** Where a payload lies is known, and labels are found at once: looking through all cases would take minutes. */
    @Test
    @Timeout(300)
    void manyValuesOfManyCases() {
        int cases = 100_000;
        int count = 500_000;
        List<String> labels = IntStream.range(0, cases).mapToObj(i -> "c" + i).toList();
        InterfaceType variant =
                of(TypeKind.VARIANT, labels, Collections.nCopies(cases, U8).toArray(InterfaceType[]::new));
        memory.grow(count / 4096);
        for (int i = 0; i < 8 * count; i += 8) {
            memory.writeInt(i, cases - 1);
        }
        CallShape shape = new CallShape(function(null, of(TypeKind.LIST, List.of(), variant)));
        Object[] lifted = new Lifting(guest, StringEncoding.UTF8, null, false).params(shape, new long[] {0, count});
        assertEquals(new Variant("c" + (cases - 1), (byte) 0), ((List<?>) lifted[0]).getLast());
        next = 0;
        new Lowering(guest, StringEncoding.UTF8, null).params(shape, lifted);
        assertEquals(cases - 1, memory.readInt(8 * (count - 1)));
    }
}
