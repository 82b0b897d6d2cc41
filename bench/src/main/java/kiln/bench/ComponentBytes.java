package kiln.bench;

import java.nio.charset.StandardCharsets;
import kiln.wasm.ByteWriter;
import kiln.wat.Wat;

/** Puts components together from the bytes of their sections. */
final class ComponentBytes {
    private final ByteWriter out = new ByteWriter();

    private ComponentBytes() {}

    static ComponentBytes component() {
        ComponentBytes c = new ComponentBytes();
        c.out.raw(new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
        return c;
    }

    ComponentBytes bytes(int section, byte[] content) {
        out.u8(section).sized(content);
        return this;
    }

    byte[] toArray() {
        return out.toArray();
    }

    /** A section of numbers below 128, and of names with their length in front. */
    ComponentBytes section(int id, Object... content) {
        ByteWriter body = new ByteWriter();
        for (Object x : content) {
            switch (x) {
                case Integer i -> body.u8(i);
                case int[] many -> body.u8s(many);
                default -> body.name(x.toString());
            }
        }
        return bytes(id, body.toArray());
    }

    ComponentBytes module(String text) {
        return bytes(1, Wat.encode("bench.wat", text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * A component with one in it that calls the other one in it, {@code n} times for each call of its export "run"
     * {@code (n, length)}, which returns the sum of what came back.
     *
     * @param types of values that the parameter needs, numbered from 0, without their count
     * @param count of them
     * @param param the parameter's type
     * @param core its core types, as text
     * @param args core arguments, where $length is the length that was asked for
     * @param result core instructions that leave what the callee returns
     * @param from encoding of the caller's strings: 0, 1, 2 for UTF-8, UTF-16 and both Latin-1 and UTF-16
     * @param to the callee's
     */
    static byte[] calls(
            int[] types, int count, int[] param, String core, String args, String result, int from, int to) {
        Object function = new int[] {0x40, 1};
        String memory = "(memory (export \"m\") 16) "
                + "(func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 1024))";
        byte[] callee = component()
                .module("(module " + memory + "(func (export \"f\") (param " + core + ") (result i32) " + result + "))")
                .section(2, 1, 0, 0, 0)
                .section(6, 3, 0, 0, 1, 0, "f", 0, 0, 1, 0, "r", 0, 2, 1, 0, "m")
                .section(7, count + 1, types, function, "p", param, 0, 0x79)
                .section(8, 1, 0, 0, 0, 3, to, 3, 0, 4, 1, count)
                .section(11, 1, 0, "f", 1, 0, 0)
                .out
                .toArray();
        String loop = """
                (module
                  (import "h" "f" (func $f (param %s) (result i32)))
                  (func (export "run") (param $n i32) (param $length i32) (result i32) (local $sum i32)
                    (loop $again
                      (local.set $sum (i32.add (local.get $sum) (call $f %s)))
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (local.get $sum)))
                """.formatted(core, args);
        byte[] caller = component()
                .section(7, count + 1, types, function, "p", param, 0, 0x79)
                .section(10, 1, 0, "f", 1, count)
                .module("(module " + memory + ")")
                .module(loop)
                .section(2, 1, 0, 0, 0)
                .section(6, 2, 0, 0, 1, 0, "r", 0, 2, 1, 0, "m")
                .section(8, 1, 1, 0, 0, 3, from, 3, 0, 4, 0)
                .section(2, 2, 1, 1, "f", 0, 1, 0, 1, 1, "h", 0x12, 1)
                .section(6, 1, 0, 0, 1, 2, "run")
                .section(7, 1, 0x40, 2, "n", 0x79, "l", 0x79, 0, 0x79)
                .section(8, 1, 0, 0, 2, 0, count + 1)
                .section(11, 1, 0, "run", 1, 1, 0)
                .out
                .toArray();
        return component()
                .bytes(4, callee)
                .bytes(4, caller)
                .section(5, 1, 0, 0, 0)
                .section(6, 1, 1, 0, 0, "f")
                .section(5, 1, 0, 1, 1, "f", 1, 0)
                .section(6, 1, 1, 0, 1, "run")
                .section(11, 1, 0, "run", 1, 1, 0)
                .out
                .toArray();
    }

    /** A component that returns its arguments, and calls what it imports as many times as it is told to. */
    static byte[] hostCalls() {
        int string = 0x73;
        int u32 = 0x79;
        String memory = "(module (memory (export \"m\") 16) "
                + "(func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))";
        String main = """
                (module
                  (import "h" "nothing" (func $nothing))
                  (import "h" "u32" (func $u32 (param i32) (result i32)))
                  (import "h" "string" (func $string (param i32 i32 i32)))
                  (import "h" "new" (func $new (param i32) (result i32)))
                  (import "m" "m" (memory 16))
                  (func (export "nothing"))
                  (func (export "u32") (param i32) (result i32) (local.get 0))
                  (func $pair (export "pair") (param i32 i32) (result i32)
                    (i32.store (i32.const 16) (local.get 0))
                    (i32.store (i32.const 20) (local.get 1))
                    (i32.const 16))
                  (func (export "tuple") (param i32 f64) (result i32)
                    (i32.store (i32.const 16) (local.get 0))
                    (f64.store (i32.const 24) (local.get 1))
                    (i32.const 16))
                  (func (export "new") (result i32) (call $new (i32.const 42)))
                  (func (export "run-nothing") (param $n i32) (result i32)
                    (loop $again
                      (call $nothing)
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (i32.const 0))
                  (func (export "run-u32") (param $n i32) (result i32) (local $sum i32)
                    (loop $again
                      (local.set $sum (call $u32 (local.get $sum)))
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (local.get $sum))
                  (func (export "run-string") (param $n i32) (result i32)
                    (loop $again
                      (call $string (i32.const 512) (i32.const 16) (i32.const 16))
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (i32.const 0)))
                """;
        int[] options = {2, 3, 0, 4, 0};
        return component()
                .section(
                        7, 5, 0x40, 0, 1, 0, 0x40, 1, "p", u32, 0, u32, 0x40, 1, "p", string, 0, string, 0x6f, 2, u32,
                        0x75, 0x40, 1, "p", 3, 0, 3)
                .section(7, 3, 0x70, 0x7d, 0x40, 1, "p", 5, 0, 5, 0x3f, 0x7f, 0)
                .section(10, 3, 0, "host-nothing", 1, 0, 0, "host-u32", 1, 1, 0, "host-string", 1, 2)
                .module(memory)
                .module(main)
                .section(2, 1, 0, 0, 0)
                .section(6, 2, 0, 0, 1, 0, "r", 0, 2, 1, 0, "m")
                .section(8, 4, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 2, options, 2, 7)
                .section(
                        2, 2, 1, 4, "nothing", 0, 1, "u32", 0, 2, "string", 0, 3, "new", 0, 4, 0, 1, 2, "h", 0x12, 1,
                        "m", 0x12, 0)
                .section(
                        6,
                        8,
                        0,
                        0,
                        1,
                        2,
                        "nothing",
                        0,
                        0,
                        1,
                        2,
                        "u32",
                        0,
                        0,
                        1,
                        2,
                        "pair",
                        0,
                        0,
                        1,
                        2,
                        "tuple",
                        0,
                        0,
                        1,
                        2,
                        "new",
                        0,
                        0,
                        1,
                        2,
                        "run-nothing",
                        0,
                        0,
                        1,
                        2,
                        "run-u32",
                        0,
                        0,
                        1,
                        2,
                        "run-string")
                .section(11, 1, 0, "thing", 3, 7, 0)
                .section(7, 4, 0x69, 8, 0x40, 0, 0, 9, 0x68, 8, 0x40, 1, "self", 11, 0, u32)
                .section(
                        8, 9, 0, 0, 5, 0, 0, 0, 0, 6, 0, 1, 0, 0, 7, options, 2, 0, 0, 8, options, 4, 0, 0, 7, options,
                        6, 0, 0, 9, 0, 10, 0, 0, 6, 0, 12, 0, 0, 10, 0, 1, 0, 0, 11, 0, 1)
                .section(8, 1, 0, 0, 12, 0, 1)
                .section(
                        11,
                        10,
                        0,
                        "nothing",
                        1,
                        3,
                        0,
                        0,
                        "u32",
                        1,
                        4,
                        0,
                        0,
                        "string",
                        1,
                        5,
                        0,
                        0,
                        "tuple",
                        1,
                        6,
                        0,
                        0,
                        "bytes",
                        1,
                        7,
                        0,
                        0,
                        "[constructor]thing",
                        1,
                        8,
                        0,
                        0,
                        "[method]thing.get",
                        1,
                        9,
                        0,
                        0,
                        "run-nothing",
                        1,
                        10,
                        0,
                        0,
                        "run-u32",
                        1,
                        11,
                        0,
                        0,
                        "run-string",
                        1,
                        12,
                        0)
                .out
                .toArray();
    }
}
