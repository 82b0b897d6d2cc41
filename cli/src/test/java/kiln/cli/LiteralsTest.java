package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import kiln.runtime.V128;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/** Values as they are written on the command line and printed. */
class LiteralsTest {
    @Test
    void integers() {
        assertEquals(0, Literals.parse(ValType.I32, "0"));
        assertEquals(-1, Literals.parse(ValType.I32, "4294967295"));
        assertEquals(-1, Literals.parse(ValType.I32, "0xFFFFFFFF"));
        assertEquals(Integer.MIN_VALUE, Literals.parse(ValType.I32, "-2147483648"));
        assertEquals(-16, Literals.parse(ValType.I32, "-0x10"));
        assertEquals(-1L, Literals.parse(ValType.I64, "18446744073709551615"));
        assertEquals(Long.MIN_VALUE, Literals.parse(ValType.I64, "-9223372036854775808"));
        for (String bad :
                new String[] {"", "-", "0x", "+1", "1.0", "4294967296", "-2147483649", "--1", "0b1", "1_0", "ten"}) {
            refused(ValType.I32, bad);
        }
        refused(ValType.I64, "18446744073709551616");
    }

    @Test
    void floats() {
        assertEquals(0.1f, Literals.parse(ValType.F32, "0.1"));
        assertEquals(1.5, Literals.parse(ValType.F64, "0x1.8"));
        assertEquals(6.0, Literals.parse(ValType.F64, "0x1.8p2"));
        assertEquals(-0.0, Literals.parse(ValType.F64, "-0"));
        assertEquals(Double.NEGATIVE_INFINITY, Literals.parse(ValType.F64, "-inf"));
        assertEquals(Float.POSITIVE_INFINITY, Literals.parse(ValType.F32, "Infinity"));
        assertEquals(0x7fc0_0000, Float.floatToRawIntBits((Float) Literals.parse(ValType.F32, "nan")));
        assertEquals(0xff80_0001, Float.floatToRawIntBits((Float) Literals.parse(ValType.F32, "-nan:0x1")));
        for (String bad :
                new String[] {"", "1d", "1f", "nan:", "nan:0x0", "nan:1", "one", "nan:0x10000000000000", "-"}) {
            refused(ValType.F64, bad);
        }
        refused(ValType.F32, "nan:0x800000");
    }

    @Test
    void vectors() {
        V128 expected = new V128(0x0000_0002_0000_0001L, 0xffff_ffff_0000_0003L);
        for (String text : new String[] {
            "i32x4 1 2 3 -1",
            "v128.const i32x4 0x1 0x2 0x3 0xffffffff",
            "i32x4:1,2,3,4294967295",
            "v128:i16x8:1,0,2,0,3,0,-1,65535",
            "i8x16 1 0 0 0 2 0 0 0 3 0 0 0 255 -1 0xff -1",
            "i64x2:0x200000001,-4294967293",
            "f32x4 0x1p-149 0x1p-148 0x3p-149 -nan:0x7fffff"
        }) {
            assertEquals(expected, Literals.parse(ValType.V128, text), text);
        }
        assertEquals(
                new V128(0x3fe0_0000_0000_0000L, 0x7ff0_0000_0000_0000L),
                Literals.parse(ValType.V128, "f64x2:0.5,inf"));
        for (String bad : new String[] {
            "",
            "1",
            "v128",
            "i32x4",
            "i32x4 1 2 3",
            "i32x4 1 2 3 4 5",
            "i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
            "i64x2 1.5 2",
            "f64x2 1 x",
            "i128x1 5"
        }) {
            refused(ValType.V128, bad);
        }
        assertEquals("i32x4 0x00000001 0x00000002 0x00000003 0xffffffff", Literals.show(expected));
    }

    @Test
    void references() {
        assertNull(Literals.parse(ValType.EXTERNREF, "null"));
        assertEquals(
                "an argument of type externref cannot be given on the command line",
                assertThrows(UserError.class, () -> Literals.parse(ValType.EXTERNREF, "1"))
                        .getMessage());
    }

    private static void refused(ValType type, String text) {
        assertEquals(
                "not a value of type " + type + ": " + text,
                assertThrows(UserError.class, () -> Literals.parse(type, text), text)
                        .getMessage());
    }

    @Test
    void whatIsPrintedCanBeGivenBitForBit() {
        Random r = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            // Most exponents are of numbers; every eighth value is an infinity or a NaN.
            int f = r.nextInt() | (i % 8 == 0 ? 0x7f80_0000 : 0);
            long d = r.nextLong() | (i % 8 == 0 ? 0x7ffL << 52 : 0);
            assertEquals(f, Literals.parse(ValType.I32, Literals.show(f)));
            assertEquals(d, Literals.parse(ValType.I64, Literals.show(d)));
            String single = Literals.show(Float.intBitsToFloat(f));
            assertEquals(f, Float.floatToRawIntBits((Float) Literals.parse(ValType.F32, single)), single);
            V128 v = new V128(d, d * 3 + f);
            assertEquals(v, Literals.parse(ValType.V128, Literals.show(v)));
            String dbl = Literals.show(Double.longBitsToDouble(d));
            assertEquals(d, Double.doubleToRawLongBits((Double) Literals.parse(ValType.F64, dbl)), dbl);
        }
        assertEquals("inf", Literals.show(Float.POSITIVE_INFINITY));
        assertEquals("nan", Literals.show(Double.NaN));
        assertEquals("null", Literals.show(null));
    }
}
