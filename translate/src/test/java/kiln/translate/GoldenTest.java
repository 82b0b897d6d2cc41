package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.Builtin;
import kiln.ir.Function;
import kiln.ir.pass.DeadCode;
import kiln.ir.pass.KnownObjects;
import kiln.ir.pass.Pipeline;
import kiln.ir.pass.RemoveUnreachable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modules on one side, their IR on the other; {@code -Dkiln.golden.update=true} writes the latter anew. */
class GoldenTest {
    @ParameterizedTest
    @ValueSource(strings = {"control", "memory", "memories", "tables", "calls", "callees", "numbers", "startup"})
    void translatesAsExpected(String name) {
        String actual = Fixtures.translate(Fixtures.environment(name));
        assertEquals(Fixtures.golden(name + ".ir", actual), actual);
    }

    /** What is left after {@link KnownObjects}, which has what this module knows of its objects. */
    @Test
    void constantObjectsAreReadWhenCompiling() {
        Pipeline pipeline = Pipeline.of(new RemoveUnreachable(), new KnownObjects(), new DeadCode())
                .verified();
        ModuleEnvironment env = Fixtures.environment("known");
        FunctionTranslator translator = new FunctionTranslator(env);
        StringBuilder out = new StringBuilder();
        for (int f = 0; f < env.wasm().funcCount(); f++) {
            Function function = translator.translate(f);
            pipeline.run(function);
            Fixtures.append(out, function);
        }
        assertEquals(Fixtures.golden("known.ir", out.toString()), out.toString());
    }

    @Test
    void explicitBoundsCompareWithTheLength() {
        TranslateOptions options = TranslateOptions.DEFAULT.withExplicitBounds(true);
        String actual = Fixtures.translate(Fixtures.environment("memory", options));
        assertEquals(Fixtures.golden("memory-explicit.ir", actual), actual);
    }

    @Test
    void vectorsStandInGlobalsAndMemories() {
        String guarded = Fixtures.translate(Fixtures.environment("vectors"));
        assertEquals(Fixtures.golden("vectors.ir", guarded), guarded);
        TranslateOptions options = TranslateOptions.DEFAULT.withExplicitBounds(true);
        String compared = Fixtures.translate(Fixtures.environment("vectors", options));
        assertEquals(Fixtures.golden("vectors-explicit.ir", compared), compared);
    }

    @Test
    void interruptChecksStandAtLoopHeaders() {
        TranslateOptions options = TranslateOptions.DEFAULT.withInterruptChecks(true);
        String actual = Fixtures.translate(Fixtures.environment("control", options));
        assertEquals(Fixtures.golden("control-interrupt.ir", actual), actual);
    }

    @Test
    void canonicalNansAreSelected() {
        TranslateOptions options = TranslateOptions.DEFAULT.withCanonicalNans(true);
        String actual = Fixtures.translate(Fixtures.environment("numbers", options));
        assertEquals(Fixtures.golden("numbers-nan.ir", actual), actual);
    }

    @Test
    void trampolinesReadAndWriteTheArgumentArea() {
        ModuleEnvironment env = Fixtures.environment("calls");
        StringBuilder out = new StringBuilder();
        Set<Integer> types = new TreeSet<>(env.typesCalledFromHost());
        types.addAll(env.typesCalledInHost());
        for (int type : types) {
            Fixtures.append(out, Trampolines.arrayToWasm(env, type));
            Fixtures.append(out, Trampolines.wasmToArray(env, type));
        }
        assertEquals(Fixtures.golden("trampolines.ir", out.toString()), out.toString());
    }

    @Test
    void builtinsCheckBoundsOrCallJava() {
        ModuleEnvironment env = Fixtures.environment("memories");
        StringBuilder out = new StringBuilder();
        for (Builtin builtin : Trampolines.builtins(env)) {
            Fixtures.append(out, Trampolines.builtin(env, builtin));
        }
        assertEquals(Fixtures.golden("builtins.ir", out.toString()), out.toString());
    }

    @Test
    void largeCopiesAndFillsAreInterruptible() {
        TranslateOptions options = TranslateOptions.DEFAULT.withInterruptChecks(true);
        ModuleEnvironment env = Fixtures.environment("memory", options);
        StringBuilder out = new StringBuilder();
        Fixtures.append(out, Trampolines.builtin(env, Builtin.MEMORY_COPY));
        Fixtures.append(out, Trampolines.builtin(env, Builtin.MEMORY_FILL));
        assertEquals(Fixtures.golden("builtins-interrupt.ir", out.toString()), out.toString());
    }
}
