package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Arrays;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Instance;
import kiln.runtime.Memory;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies and fills that are done in pieces, so that they can be interrupted. */
class LongCopiesTest extends RuntimeFixture {
    private static final int BYTES = (9 << 20) + 3;

    private static final String MODULE = """
            (module
              (memory (export "memory") 192 8192)
              (type $bytes (array (mut i8)))
              (type $longs (array (mut i64)))
              (type $refs (array (mut eqref)))
              (global $b (mut (ref null $bytes)) (ref.null $bytes))
              (global $l (mut (ref null $longs)) (ref.null $longs))
              (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
              (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
              (func (export "bytes") (param i32 i32)
                (global.set $b (array.new $bytes (local.get 1) (local.get 0))))
              (func (export "longs") (param i32 i64)
                (global.set $l (array.new $longs (local.get 1) (local.get 0))))
              (func (export "refs") (param i32) (result i32)
                (array.len (array.new_default $refs (local.get 0))))
              (func (export "copyBytes") (param i32 i32 i32)
                (array.copy $bytes $bytes (global.get $b) (local.get 0) (global.get $b) (local.get 1) (local.get 2)))
              (func (export "fillBytes") (param i32 i32 i32)
                (array.fill $bytes (global.get $b) (local.get 0) (local.get 1) (local.get 2)))
              (func (export "fillLongs") (param i32 i64 i32)
                (array.fill $longs (global.get $l) (local.get 0) (local.get 1) (local.get 2)))
              (func (export "byte") (param i32) (result i32) (array.get_u $bytes (global.get $b) (local.get 0)))
              (func (export "setByte") (param i32 i32)
                (array.set $bytes (global.get $b) (local.get 0) (local.get 1)))
              (func (export "long") (param i32) (result i64) (array.get $longs (global.get $l) (local.get 0)))
              ;; The first element that is not the value, or the length.
              (func (export "same") (param $v i64) (result i32) (local $i i32)
                (block $end (loop $l
                  (br_if $end (i32.ge_u (local.get $i) (array.len (global.get $l))))
                  (br_if $end (i64.ne (array.get $longs (global.get $l) (local.get $i)) (local.get $v)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br $l)))
                (local.get $i)))
            """;

    @ParameterizedTest
    @ValueSource(ints = {1, 4095, (4 << 20) - 1, 4 << 20, 5 << 20})
    void overlappingBytesAreMovedBothWays(int distance) {
        Instance i = linker.instantiate(store, text(MODULE));
        Memory memory = i.memory("memory");
        byte[] expected = new byte[192 << 16];
        for (int k = 0; k < expected.length; k++) {
            expected[k] = (byte) (k * 31 ^ k >> 8 ^ k >> 16);
        }
        int count = Math.min(BYTES, expected.length - distance);
        memory.writeBytes(0, expected);
        i.func("bytes").call(expected.length, 0);
        i.func("copy").call(distance, 0, count);
        System.arraycopy(expected, 0, expected, distance, count);
        check(memory, expected);
        i.func("copy").call(0, distance, count);
        System.arraycopy(expected, distance, expected, 0, count);
        check(memory, expected);
    }

    private static void check(Memory memory, byte[] expected) {
        byte[] actual = memory.readBytes(0, expected.length);
        assertEquals(-1, Arrays.mismatch(expected, actual));
    }

    @Test
    void elementsAreMovedAndFilled() {
        Instance i = linker.instantiate(store, text(MODULE));
        i.func("bytes").call(BYTES, 0x3ff);
        assertEquals(0xff, i.func("byte").call(BYTES - 1));
        i.func("fillBytes").call(1, 0x107, BYTES - 2);
        assertEquals(0xff, i.func("byte").call(0));
        assertEquals(7, i.func("byte").call(1));
        assertEquals(7, i.func("byte").call(BYTES - 2));
        assertEquals(0xff, i.func("byte").call(BYTES - 1));
        i.func("setByte").call(2, 9);
        i.func("copyBytes").call(3, 2, BYTES - 3);
        assertEquals(9, i.func("byte").call(3));
        assertEquals(7, i.func("byte").call(4));
        i.func("copyBytes").call(1, 3, BYTES - 3);
        assertEquals(9, i.func("byte").call(1));
        i.func("longs").call(1 << 17, 5);
        assertEquals(1 << 17, i.func("same").call(5));
        i.func("fillLongs").call(0, -6, 1 << 17);
        assertEquals(1 << 17, i.func("same").call(-6));
        i.func("fillLongs").call(1, 8, (1 << 17) - 2);
        assertEquals(-6, i.func("long").call(0));
        assertEquals(8, i.func("long").call((1 << 17) - 2));
        assertEquals(-6, i.func("long").call((1 << 17) - 1));
        assertEquals(1000, i.func("refs").call(1000));
    }

    /** One instruction that would take a tenth of a second, or more, stops soon after it was asked to. */
    @Test
    void oneFillIsInterrupted() {
        Instance i = linker.instantiate(store, text(MODULE));
        assertEquals(192, i.func("grow").call(8000));
        store.setDeadline(Duration.ofMillis(5));
        TrapException trap =
                assertThrows(TrapException.class, () -> i.func("fill").call(0, 1, 8192 << 16));
        assertEquals(TrapCode.INTERRUPTED, trap.code());
        store.setDeadline(null);
        assertEquals(0, i.memory("memory").readByte((8192L << 16) - 1));
    }
}
