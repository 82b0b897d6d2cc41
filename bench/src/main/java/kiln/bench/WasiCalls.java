package kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentFunc;
import kiln.runtime.component.ComponentLinker;
import kiln.wasi.p2.Wasi2;

/**
 * What a call of WASI 0.2's costs a component, in nanoseconds of the thread's CPU time: the least of several rounds.
 * Its streams end in Java at once, so that nothing but the call is measured. Beside Wasmtime if it is there, whose
 * streams end in the system.
 *
 * <p>Usage: {@code WasiCalls [--wasmtime PYTHON]}
 */
public final class WasiCalls {
    private static final int ROUNDS = 15;
    private static final int CALLS = 200_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What a loop of the component calls. */
    private enum Row {
        NOW("monotonic-clock.now", "(drop (call $now))"),
        CHECK("output-stream.check-write", "(call $check (local.get $out) (i32.const 16))"),
        WRITE(
                "output-stream.check-write and .write of 64 bytes",
                "(call $check (local.get $out) (i32.const 16))"
                        + "(call $write (local.get $out) (i32.const 256) (i32.const 64) (i32.const 16))"),
        READ("input-stream.read of 64 bytes", "(call $read (local.get $in) (i64.const 64) (i32.const 16))");

        private final String text;
        private final String body;

        Row(String text, String body) {
            this.text = text;
            this.body = body;
        }
    }

    private WasiCalls() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        String python = args.length == 2 && args[0].equals("--wasmtime") ? args[1] : null;
        Path file = Files.createTempFile("kiln-wasi", ".wasm");
        for (Row row : Row.values()) {
            byte[] wasm = bytes(row);
            String other = "";
            if (python != null) {
                Files.write(file, wasm);
                JsonNode line = ComponentCosts.wasmtime(python, file, CALLS, 0, ROUNDS, 0);
                other = "   wasmtime %8.1f ns".formatted(line.path("call").asDouble());
            }
            System.out.printf(Locale.ROOT, "%-50s %8.1f ns%s%n", row.text, measure(wasm), other);
        }
        Files.delete(file);
    }

    private static double measure(byte[] wasm) throws IOException {
        byte[] code = Compiler.compile("wasi-calls", wasm, CompilerOptions.defaults());
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] to, int at, int length) {
                Arrays.fill(to, at, at + length, (byte) 'x');
                return length;
            }

            @Override
            public int available() {
                return 1 << 20;
            }
        };
        try (Engine engine = new Engine();
                Component component = Component.load(engine, code);
                Wasi2 wasi = Wasi2.builder()
                        .stdin(endless)
                        .stdout(OutputStream.nullOutputStream())
                        .build();
                Store store = new Store(engine)) {
            ComponentLinker linker = new ComponentLinker(engine);
            wasi.addTo(linker);
            ComponentFunc run = linker.instantiate(store, component).func("run");
            long least = Long.MAX_VALUE;
            for (int i = 0; i < ROUNDS; i++) {
                long start = THREADS.getCurrentThreadCpuTime();
                run.invoke(CALLS, 0);
                least = Math.min(least, THREADS.getCurrentThreadCpuTime() - start);
            }
            return (double) least / CALLS;
        }
    }

    private static final int U32 = 0x79;
    private static final int U64 = 0x77;

    /** A type, an alias or an export of the type of an instance. */
    private static final int TYPE = 1;

    private static final int OUTER = 2;
    private static final int EXPORT = 4;

    /** A component whose export "run" {@code (n, _)} makes a call n times. */
    private static byte[] bytes(Row row) {
        String text = """
                (module
                  (import "h" "now" (func $now (result i64)))
                  (import "h" "stdin" (func $stdin (result i32)))
                  (import "h" "stdout" (func $stdout (result i32)))
                  (import "h" "check" (func $check (param i32 i32)))
                  (import "h" "write" (func $write (param i32 i32 i32 i32)))
                  (import "h" "read" (func $read (param i32 i64 i32)))
                  (import "m" "m" (memory 16))
                  (global $in (mut i32) (i32.const 0))
                  (global $out (mut i32) (i32.const 0))
                  (func (export "run") (param $n i32) (param $length i32) (result i32) (local $in i32) (local $out i32)
                    (if (i32.eqz (global.get $in)) (then
                      (global.set $in (call $stdin))
                      (global.set $out (call $stdout))))
                    (local.set $in (global.get $in))
                    (local.set $out (global.get $out))
                    (loop $again
                      %s
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (i32.load8_u (i32.const 16))))
                """.formatted(row.body);
        Object[] streams = {
            EXPORT,
            0,
            "input-stream",
            3,
            1, //
            EXPORT,
            0,
            "output-stream",
            3,
            1, //
            OUTER,
            3,
            2,
            1,
            2, // 2: error
            TYPE,
            0x69,
            2, // 3: own
            TYPE,
            0x71,
            2,
            "last-operation-failed",
            1,
            3,
            0,
            "closed",
            0,
            0, // 4
            EXPORT,
            0,
            "stream-error",
            3,
            0,
            4, // 5
            TYPE,
            0x68,
            0,
            TYPE,
            0x68,
            1, // 6 and 7: borrow
            TYPE,
            0x6a,
            1,
            U64,
            1,
            5, // 8: result
            TYPE,
            0x70,
            0x7d, // 9: list of bytes
            TYPE,
            0x6a,
            1,
            9,
            1,
            5,
            TYPE,
            0x6a,
            0,
            1,
            5, // 10 and 11: results
            TYPE,
            0x40,
            2,
            "self",
            6,
            "len",
            U64,
            0,
            10, // 12
            TYPE,
            0x40,
            1,
            "self",
            7,
            0,
            8, // 13
            TYPE,
            0x40,
            2,
            "self",
            7,
            "contents",
            9,
            0,
            11, // 14
            EXPORT,
            0,
            "[method]input-stream.read",
            1,
            12, //
            EXPORT,
            0,
            "[method]output-stream.check-write",
            1,
            13, //
            EXPORT,
            0,
            "[method]output-stream.write",
            1,
            14
        };
        List<Object> streamsType = new ArrayList<>(List.of(1, 0x42, 18));
        streamsType.addAll(List.of(streams));
        int[] options = {2, 3, 0, 4, 0};
        return ComponentBytes.component()
                .section(7, 1, 0x42, 2, TYPE, 0x40, 0, 0, U64, EXPORT, 0, "now", 1, 0)
                .section(10, 1, 0, "wasi:clocks/monotonic-clock@0.2.0", 5, 0)
                .section(7, 1, 0x42, 1, EXPORT, 0, "error", 3, 1)
                .section(10, 1, 0, "wasi:io/error@0.2.0", 5, 1)
                .section(6, 1, 3, 0, 1, "error")
                .section(7, streamsType.toArray())
                .section(10, 1, 0, "wasi:io/streams@0.2.0", 5, 3)
                .section(6, 2, 3, 0, 2, "input-stream", 3, 0, 2, "output-stream")
                .section(7, standard("get-stdin", 4))
                .section(10, 1, 0, "wasi:cli/stdin@0.2.0", 5, 6)
                .section(7, standard("get-stdout", 5))
                .section(10, 1, 0, "wasi:cli/stdout@0.2.0", 5, 7)
                .section(
                        6,
                        6,
                        1,
                        0,
                        0,
                        "now",
                        1,
                        0,
                        2,
                        "[method]input-stream.read",
                        1,
                        0,
                        2,
                        "[method]output-stream.check-write",
                        1,
                        0,
                        2,
                        "[method]output-stream.write",
                        1,
                        0,
                        3,
                        "get-stdin",
                        1,
                        0,
                        4,
                        "get-stdout")
                .module("(module (memory (export \"m\") 16) "
                        + "(func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))")
                .module(text)
                .section(2, 1, 0, 0, 0)
                .section(6, 2, 0, 0, 1, 0, "r", 0, 2, 1, 0, "m")
                .section(8, 6, 1, 0, 0, 0, 1, 0, 1, options, 1, 0, 2, options, 1, 0, 3, options, 1, 0, 4, 0, 1, 0, 5, 0)
                .section(
                        2, 2, 1, 6, "now", 0, 1, "read", 0, 2, "check", 0, 3, "write", 0, 4, "stdin", 0, 5, "stdout", 0,
                        6, 0, 1, 2, "h", 0x12, 1, "m", 0x12, 0)
                .section(6, 1, 0, 0, 1, 2, "run")
                .section(7, 1, 0x40, 2, "n", U32, "l", U32, 0, U32)
                .section(8, 1, 0, 0, 7, 0, 8)
                .section(11, 1, 0, "run", 1, 6, 0)
                .toArray();
    }

    /** A type of an instance with one function that returns a stream. */
    private static Object[] standard(String function, int stream) {
        return new Object[] {
            1, 0x42, 4, OUTER, 3, 2, 1, stream, TYPE, 0x69, 0, TYPE, 0x40, 0, 0, 1, EXPORT, 0, function, 1, 2
        };
    }
}
