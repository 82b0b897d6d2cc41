package kiln.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import kiln.wat.Wat;

/** Puts components together from the bytes of their sections. */
final class ComponentBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private ComponentBytes() {}

    static ComponentBytes component() {
        ComponentBytes c = new ComponentBytes();
        c.out.writeBytes(new byte[] {0, 'a', 's', 'm', 0x0d, 0, 1, 0});
        return c;
    }

    private static void number(ByteArrayOutputStream to, int n) {
        for (int rest = n; ; rest >>>= 7) {
            if (rest < 0x80) {
                to.write(rest);
                return;
            }
            to.write(rest & 0x7f | 0x80);
        }
    }

    ComponentBytes bytes(int section, byte[] content) {
        out.write(section);
        number(out, content.length);
        out.writeBytes(content);
        return this;
    }

    byte[] toArray() {
        return out.toByteArray();
    }

    /** A section of numbers below 128, and of names with their length in front. */
    ComponentBytes section(int id, Object... content) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (Object x : content) {
            switch (x) {
                case Integer i -> body.write(i);
                case int[] many -> {
                    for (int i : many) {
                        body.write(i);
                    }
                }
                default -> {
                    byte[] name = x.toString().getBytes(StandardCharsets.UTF_8);
                    body.write(name.length);
                    body.writeBytes(name);
                }
            }
        }
        return bytes(id, body.toByteArray());
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
                .toByteArray();
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
                .toByteArray();
        return component()
                .bytes(4, callee)
                .bytes(4, caller)
                .section(5, 1, 0, 0, 0)
                .section(6, 1, 1, 0, 0, "f")
                .section(5, 1, 0, 1, 1, "f", 1, 0)
                .section(6, 1, 1, 0, 1, "run")
                .section(11, 1, 0, "run", 1, 1, 0)
                .out
                .toByteArray();
    }
}
