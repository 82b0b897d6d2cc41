package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.V128;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vectors on the command line, and the choice of what relaxed operations result in. */
class RelaxedSimdTest {
    /** (1 + 2^-12)^2 - 1 - 2^-11: 2^-24, which is lost where the product is rounded. */
    private static final String FACTOR = "f32x4:0x1.001,0x1.001,0x1.001,0x1.001";

    private static final String TERM = "f32x4:-0x1.002,-0x1.002,-0x1.002,-0x1.002";

    private static final String UNFUSED = "i32x4 0x00000000 0x00000000 0x00000000 0x00000000\n";

    @TempDir
    static Path dir;

    @BeforeAll
    static void files() throws IOException {
        for (String name : List.of("relaxed.wasm", "values.wasm")) {
            Files.write(dir.resolve(name), Cli.resource(name));
        }
    }

    private static Outcome kiln(String line) {
        return Cli.kiln(dir, line);
    }

    @Test
    void vectorsAreArgumentsAndResults() {
        String echo = "run --no-cache --invoke echo " + dir.resolve("relaxed.wasm");
        assertEquals(
                new Outcome(0, "7\ni32x4 0x00000001 0xfffffffe 0x00000003 0x7fc00000\n", ""),
                kiln(echo + " i32x4:1,-2,3,0x7fc00000 7"));
        assertEquals(
                "7\ni32x4 0x00000000 0x3fe00000 0x00000000 0xfff00000\n",
                Cli.run(
                                "run",
                                "--no-cache",
                                "--invoke",
                                "echo",
                                dir.resolve("relaxed.wasm") + "",
                                "f64x2 0.5 -inf",
                                "7")
                        .out());
        Outcome bad = kiln(echo + " i32x4:1,2,3 7");
        assertEquals(new Outcome(2, "", "kiln: not a value of type v128: i32x4:1,2,3\n"), bad);
    }

    @Test
    void theDeterministicProfileRoundsTwice() {
        assertEquals(
                new Outcome(0, UNFUSED, ""),
                kiln("run --no-cache --relaxed-simd=deterministic --cpu=native --invoke madd @relaxed.wasm " + FACTOR
                        + " " + FACTOR + " " + TERM));
        assertEquals(
                "i32x4 0x00000000 0x3fe00000 0x00000000 0x3ff80000\n",
                kiln("run --no-cache --relaxed-simd=deterministic --invoke nmadd @relaxed.wasm"
                                + " f64x2:0.25,-0.25 f64x2:2,2 f64x2:1,1")
                        .out());
        assertEquals(2, kiln("run --relaxed-simd=fast @relaxed.wasm").status());
    }

    /** {@code kiln wast} compiles for the processor and with the results that it is told to. */
    @Test
    void scriptsRunWithEitherChoice() throws IOException {
        Set<String> here = Target.host().usableFeatures(HostCpu.current().features());
        boolean fuses = Target.host() == Target.AARCH64_LINUX || here.contains("fma");
        String script = """
                {"commands": [{"type": "module", "line": 1, "filename": "relaxed.wasm"}, {"type": "assert_return",
                "line": 2, "action": {"type": "invoke", "field": "madd", "args": [@factor, @factor, @term]},
                "expected": [@result]}]}
                """;
        // As above: the terms' bits, the result without and with the part that is lost where the product is rounded.
        script = script.replace("@factor", vector(0x3f800800)).replace("@term", vector(0xbf801000));
        Files.writeString(dir.resolve("rounded.json"), script.replace("@result", vector(0)));
        Files.writeString(dir.resolve("fused.json"), script.replace("@result", vector(0x33800000)));
        assertEquals(
                0,
                kiln("wast --cpu=native --relaxed-simd=deterministic @rounded.json")
                        .status());
        assertEquals(
                1,
                kiln("wast --cpu=native --relaxed-simd=deterministic @fused.json")
                        .status());
        assertEquals(fuses ? 0 : 1, kiln("wast --cpu=native @fused.json").status());
        if (Target.host() == Target.X86_64_LINUX) {
            assertEquals(1, kiln("wast @fused.json").status(), "the baseline has no fused multiplication");
        }
    }

    /** Four equal lanes as scripts have them. */
    private static String vector(int lane) {
        String bits = "\"" + Integer.toUnsignedString(lane) + "\"";
        String lanes = String.join(", ", List.of(bits, bits, bits, bits));
        return "{\"type\": \"v128\", \"lane_type\": \"i32\", \"value\": [" + lanes + "]}";
    }

    @Test
    void nansAreCanonicalIfAsked() {
        String canonical = kiln("run --no-cache --nan=canonical --invoke sum @relaxed.wasm"
                        + " f32x4:inf,-nan:0x7fffff,nan:0x1,-inf f32x4:-inf,1,1,inf")
                .out();
        assertEquals("i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000\n", canonical);
    }

    @Test
    void theChoiceIsPartOfTheCachesKey() throws IOException {
        Set<String> keys = new HashSet<>();
        kiln.compiler.CodeCache cache = new kiln.compiler.CodeCache(dir);
        for (CompilerOptions.RelaxedSimd choice : CompilerOptions.RelaxedSimd.values()) {
            keys.add(cache.entry(new byte[] {1}, CompilerOptions.defaults().withRelaxedSimd(choice))
                    .toString());
        }
        assertEquals(2, keys.size());
    }

    @Test
    void filesSayWhatTheyChose() {
        assertEquals(new Outcome(0, "", ""), kiln("compile @relaxed.wasm -o " + dir.resolve("host.cwasm")));
        String host = kiln("info @host.cwasm").out();
        assertTrue(host.contains("\nrelaxed-simd host\n"), host);
        assertTrue(host.contains("simd, relaxed-simd") || host.contains("relaxed-simd, simd"), host);
        kiln("compile --relaxed-simd=deterministic @relaxed.wasm -o " + dir.resolve("same.cwasm"));
        String same = kiln("info @same.cwasm").out();
        assertTrue(same.contains("\nrelaxed-simd deterministic\n"), same);
        kiln("compile --target=x86_64-linux --cpu=avx,fma @relaxed.wasm -o " + dir.resolve("fused.cwasm"));
        assertTrue(kiln("info @fused.cwasm").out().contains("\nrelaxed-simd host+fma\n"));
        kiln("compile --target=x86_64-linux --cpu=avx512vbmi @relaxed.wasm -o " + dir.resolve("implied.cwasm"));
        assertTrue(kiln("info @implied.cwasm").out().contains("\nrelaxed-simd host+avx512vl+fma\n"));
        kiln("compile --target=aarch64-linux --cpu=dotprod,lse @relaxed.wasm -o " + dir.resolve("arm.cwasm"));
        assertTrue(kiln("info @arm.cwasm").out().contains("\nrelaxed-simd host+dotprod\n"));
        // Where there are no relaxed operations, there is nothing to say.
        kiln("compile --relaxed-simd=deterministic @values.wasm -o " + dir.resolve("values.cwasm"));
        assertFalse(kiln("info @values.cwasm").out().contains("\nrelaxed-simd"));
    }

    @Test
    void oneStoreHasOneChoice() throws IOException {
        byte[] wasm = Cli.resource("relaxed.wasm");
        CompilerOptions host = CompilerOptions.defaults();
        CompilerOptions same = host.withRelaxedSimd(CompilerOptions.RelaxedSimd.DETERMINISTIC);
        CompilerOptions more =
                same.withCpu(Target.host().usableFeatures(HostCpu.current().features()));
        try (Engine engine = new Engine();
                CompiledModule a = CompiledModule.load(engine, Compiler.compile("a.wasm", wasm, host));
                CompiledModule b = CompiledModule.load(engine, Compiler.compile("b.wasm", wasm, same));
                CompiledModule c = CompiledModule.load(engine, Compiler.compile("c.wasm", wasm, more));
                Store store = new Store(engine)) {
            Linker linker = new Linker(engine);
            Instance first = linker.instantiate(store, b);
            Instance other = linker.instantiate(store, c);
            LinkException e = assertThrows(LinkException.class, () -> linker.instantiate(store, a));
            assertTrue(e.getMessage().contains("have other results (host) than those of "), e.getMessage());
            // Infinities, zeros of both signs and numbers out of range; no NaNs, whose bits depend on the machine.
            V128[] values = {
                new V128(0x7f80_0000_3f80_0001L, 0x8000_0000_0000_0001L), new V128(0x4f00_0000_3f80_1000L, -0x1000L)
            };
            for (String name : List.of("madd", "swizzle")) {
                Object[] args = name.equals("madd")
                        ? new Object[] {values[0], new V128(0x3f80_0000_3f80_0000L, 0x3f80_0000_3f80_0000L), values[0]}
                        : values;
                assertArrayEquals(
                        new Object[] {first.func(name).invoke(args)},
                        new Object[] {other.func(name).invoke(args)},
                        name);
            }
        }
    }
}
