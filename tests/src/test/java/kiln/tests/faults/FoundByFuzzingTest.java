package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What mutants and generated programs brought to light, in the smallest form. */
@Timeout(900)
class FoundByFuzzingTest {
    private static byte[] compile(CompilerOptions options) throws IOException {
        try (InputStream in = FoundByFuzzingTest.class.getResourceAsStream("found.wasm")) {
            return Compiler.compile(
                    "found.wasm",
                    in.readAllBytes(),
                    options.withJobs(1).withCheck(true).withInterruptible(true));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void runsRight(int level) throws IOException {
        byte[] compiled = compile(CompilerOptions.defaults().withOptLevel(level));
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compiled);
                Store store = new Store(engine)) {
            Instance instance = new Linker(engine).instantiate(store, module);
            assertEquals(2069, instance.func("manyConstants").call());
            assertEquals(1L << 54, instance.func("wideAndHalf").call(1L << 54));
            assertEquals(1, instance.func("wideAndHalf").call(0));
            assertEquals(2, instance.func("between").invoke(2.0));
            assertEquals(3, instance.func("between").invoke(1.0));
            assertEquals(3, instance.func("lowBits").call(65532));
            for (int address : new int[] {65533, 65535, 65536}) {
                TrapException e = assertThrows(
                        TrapException.class, () -> instance.func("lowBits").call(address));
                assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, e.code());
            }
            for (String endless : new String[] {"ping", "ring"}) {
                store.setDeadline(Duration.ofMillis(20));
                TrapException e = assertThrows(
                        TrapException.class, () -> instance.func(endless).call());
                assertEquals(TrapCode.INTERRUPTED, e.code());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void compilesForBoth(Target target) throws IOException {
        compile(CompilerOptions.defaults().withTarget(target));
    }
}
