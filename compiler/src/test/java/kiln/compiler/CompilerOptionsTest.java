package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompilerOptionsTest {
    private static final CompilerOptions BASE =
            CompilerOptions.defaults().withTarget(Target.X86_64_LINUX).withJobs(3);

    /** What is recorded in files and decides about entries of the cache. */
    @Test
    void theDescriptionTellsWhatDecidesAboutTheBytes() {
        List<CompilerOptions> all = List.of(
                BASE,
                BASE.withTarget(Target.AARCH64_LINUX),
                BASE.withCpu(Set.of("avx")),
                BASE.withCpu(Set.of("avx", "bmi1")),
                BASE.withOptLevel(0),
                BASE.withOptLevel(1),
                BASE.withInterruptible(true),
                BASE.withExplicitBounds(true),
                BASE.withCanonicalNans(true),
                BASE.withKeepAll(true),
                BASE.withInlining(false),
                BASE.withEagerTables(true),
                BASE.withStrip(CompilerOptions.Strip.NAMES),
                BASE.withStrip(CompilerOptions.Strip.OFFSETS),
                BASE.withStrip(CompilerOptions.Strip.ALL));
        Set<String> texts = new HashSet<>();
        all.forEach(o -> assertTrue(texts.add(o.describe()), o.describe()));
        assertEquals("target=x86_64-linux cpu= O2", BASE.describe());
        assertEquals(BASE.describe(), BASE.withJobs(1).describe());
        assertEquals(BASE.describe(), BASE.withCheck(true).describe());
        // In one order, whichever the names were given in.
        assertEquals(
                "target=x86_64-linux cpu=avx+bmi1+lzcnt O2",
                BASE.withCpu(Set.of("lzcnt", "bmi1", "avx")).describe());
    }

    @Test
    void eachOptionChangesItselfOnly() {
        CompilerOptions changed = BASE.withOptLevel(1)
                .withInterruptible(true)
                .withKeepAll(true)
                .withInlining(false)
                .withStrip(CompilerOptions.Strip.NAMES);
        assertEquals(
                BASE,
                changed.withOptLevel(2)
                        .withInterruptible(false)
                        .withKeepAll(false)
                        .withInlining(true)
                        .withStrip(CompilerOptions.Strip.NOTHING));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertEquals("optimisation level 3 (known: 0, 1, 2)", refusal(() -> BASE.withOptLevel(3)));
        assertEquals("optimisation level -1 (known: 0, 1, 2)", refusal(() -> BASE.withOptLevel(-1)));
        assertEquals("at least one job is needed", refusal(() -> BASE.withJobs(0)));
        assertEquals(
                "unknown target pdp\\u{a}11 (known: native, x86_64-linux, aarch64-linux)",
                refusal(() -> Target.of("pdp\n11")));
    }

    private static String refusal(Runnable r) {
        return assertThrows(CompileException.class, r::run).getMessage();
    }

    @Test
    void targetsHaveNames() {
        for (Target t : Target.values()) {
            assertSame(t, Target.of(t.label()));
            assertEquals(t.knownFeatures(), t.usableFeatures(t.knownFeatures()));
            assertEquals(Set.of(), t.usableFeatures(Set.of("warp")));
        }
        assertSame(Target.host(), Target.of("native"));
    }
}
