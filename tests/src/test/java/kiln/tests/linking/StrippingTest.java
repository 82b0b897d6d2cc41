package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import kiln.artifact.Artifact;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.CompilerOptions.Strip;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;

/** What is left of a backtrace when names, offsets or both were stripped. */
class StrippingTest {
    /**
     * (func $inner (param i32) (result i32) (i32.div_u (i32.const 7) (local.get 0)))
     * (func $run (export "run") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
     */
    private static final byte[] WASM = HexFormat.of()
            .parseHex("0061736d0100000001060160017f017f03030200000707010372756e00010a13020700410720006e0b09002000100041"
                    + "016a0b001b046e616d65010d020005696e6e6572010372756e02050200000100");

    private static byte[] compile(Strip strip) {
        return Compiler.compile(
                "m.wasm",
                WASM,
                CompilerOptions.defaults().withJobs(1).withInlining(false).withStrip(strip));
    }

    private static List<String> backtrace(byte[] file) {
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, file);
                Store store = new Store(engine)) {
            var run = new Linker(engine).instantiate(store, module).func("run");
            TrapException trap = assertThrows(TrapException.class, () -> run.call(0));
            return trap.frames().stream().map(Object::toString).collect(Collectors.toList());
        }
    }

    @Test
    void backtracesShowWhatIsLeft() {
        assertEquals(List.of("wasm.inner@0x27", "wasm.run@0x2d"), backtrace(compile(Strip.NOTHING)));
        assertEquals(List.of("wasm.func[0]@0x27", "wasm.func[1]@0x2d"), backtrace(compile(Strip.NAMES)));
        assertEquals(List.of("wasm.inner", "wasm.run"), backtrace(compile(Strip.OFFSETS)));
        assertEquals(List.of("wasm.func[0]", "wasm.func[1]"), backtrace(compile(Strip.ALL)));
    }

    @Test
    void whatIsStrippedIsNotInTheFile() {
        List<String> offsets = List.of(".kiln.offsets");
        List<String> names = List.of(".kiln.names", ".kiln.fates", ".symtab", ".strtab");
        for (Strip strip : Strip.values()) {
            try (Artifact a = LinkingFixture.open(compile(strip))) {
                boolean noNames = strip == Strip.NAMES || strip == Strip.ALL;
                boolean noOffsets = strip == Strip.OFFSETS || strip == Strip.ALL;
                names.forEach(n -> assertEquals(!noNames, a.sections().contains(n), strip + " " + n));
                offsets.forEach(n -> assertEquals(!noOffsets, a.sections().contains(n), strip + " " + n));
            }
        }
        assertTrue(compile(Strip.ALL).length < compile(Strip.NOTHING).length);
    }
}
