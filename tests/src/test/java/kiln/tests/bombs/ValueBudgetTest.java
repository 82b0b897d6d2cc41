package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.tests.bombs.ModuleWriter.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Modules whose few bytes hand over very many values are refused, with the place where it became too much. */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "steps of the compiler are the same there")
class ValueBudgetTest {
    /** A thousand operands that go through {@code blocks} blocks, one in the other, in each of so many functions. */
    private static byte[] module(int blocks, int functions) {
        ModuleWriter w = new ModuleWriter();
        int wide = w.type(many(1000, I32), many(1000, I32));
        int main = w.type(many(1, I32));
        Bytes code = new Bytes();
        for (int i = 0; i < 1000; i++) {
            code.get(0);
        }
        for (int i = 0; i < blocks; i++) {
            code.op(0x02).u(wide);
        }
        for (int i = 0; i < blocks; i++) {
            code.end();
        }
        for (int i = 0; i < 1000; i++) {
            code.op(0x1a);
        }
        for (int i = 0; i < functions; i++) {
            w.export(w.function(main, code));
        }
        return w.toBytes();
    }

    private static void compile(byte[] wasm) {
        Compiler.compile("wide.wasm", wasm, CompilerOptions.defaults().withOptLevel(0));
    }

    @Test
    void whatIsUsualForMachinesIsAccepted() {
        compile(module(100, 2));
    }

    @Test
    void oneFunctionWithTooManyIsRefused() {
        String message = assertThrows(CompileException.class, () -> compile(module(2000, 1)))
                .getMessage();
        assertTrue(
                message.matches("more than \\d+ values handed over through blocks, branches and calls in function 0 at"
                        + " 0x[0-9a-f]+ of wide.wasm"),
                message);
    }

    @Test
    void manyFunctionsWithTooManyTogetherAreRefused() {
        String message = assertThrows(CompileException.class, () -> compile(module(100, 50)))
                .getMessage();
        assertTrue(message.contains("values handed over"), message);
    }
}
