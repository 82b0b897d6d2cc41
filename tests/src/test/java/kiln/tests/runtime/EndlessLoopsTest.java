package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Memory;
import kiln.runtime.TrapException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loops that nothing but a trap ends. C compilers make them of loops whose end would be undefined behaviour: six
 * of ninety modules from npm had one, in C++'s library of strings.
 */
class EndlessLoopsTest extends RuntimeFixture {
    private static final String FILL = """
            (module
              (memory (export "memory") 1)
              (func (export "fill") (param $at i32) (local $i i32)
                (loop $again
                  (i32.store (i32.add (local.get $at) (local.get $i)) (local.get $i))
                  (local.set $i (i32.add (local.get $i) (i32.const 4)))
                  (br $again))))
            """;

    /** The loop is one block that follows itself only, and needs a value from in front of it in every turn. */
    @ParameterizedTest
    @CsvSource({"0, false", "2, false", "2, true"})
    void endAtATrap(int level, boolean interruptible) {
        CompilerOptions options = CompilerOptions.defaults()
                .withOptLevel(level)
                .withInterruptible(interruptible)
                .withCheck(true);
        byte[] compiled = Compiler.compile("fill.wasm", encode(FILL), options);
        try (CompiledModule module = CompiledModule.load(engine, compiled)) {
            Instance instance = linker.instantiate(store, module);
            Func fill = instance.func("fill");
            TrapException e = assertThrows(TrapException.class, () -> fill.call(8));
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, e.code());
            Memory memory = instance.memory("memory");
            assertEquals(0, memory.readInt(4));
            assertEquals(65_524, memory.readInt(65_532));
        }
    }
}
