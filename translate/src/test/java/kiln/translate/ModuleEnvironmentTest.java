package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.ElementItems;
import kiln.artifact.ExternType;
import kiln.artifact.MemoryConstants;
import kiln.artifact.ModuleInfo;
import kiln.artifact.VMContextLayout;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;
import org.junit.jupiter.api.Test;

class ModuleEnvironmentTest {
    private static final int END = 0x0b;
    private static final int PASSIVE = 1;
    private static final int PAGE = MemoryConstants.PAGE_SIZE;

    private static ModuleEnvironment environment(WasmModule wasm) {
        return new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT);
    }

    @Test
    void importsAndEscapingFunctionsHaveSlots() {
        ModuleEnvironment env = Fixtures.environment("calls");
        assertEquals(2, env.funcRefs().count());
        assertEquals(0, env.funcRefs().function(0));
        assertEquals(1, env.funcRefs().function(1));
        assertTrue(env.mayLeaveInstanceByTailCall(), "a tail call goes to an import");
        assertFalse(Fixtures.environment("control").mayLeaveInstanceByTailCall());
    }

    @Test
    void describesStartupModule() {
        ModuleEnvironment env = Fixtures.environment("startup");
        ModuleInfo info = ModuleMetadata.of(env, 0, PAGE).info();
        assertTrue(info.startup());
        assertEquals(3, info.imports().size());
        assertEquals(1, info.definedFunctions());
        assertEquals(env.layout().size(), new VMContextLayout(info.counts()).size());
        assertEquals(ElementItems.ofSlots(0, 1), info.elements().get(0).items());
        assertFalse(info.elements().get(0).passive());
        assertEquals(ElementItems.NONE, info.elements().get(2).items(), "declarative");
        assertEquals(5, info.data().get(1).length());
        assertFalse(info.data().get(1).passive());
    }

    @Test
    void limitsWithoutMaximumAreUnbounded() {
        ModuleInfo info =
                ModuleMetadata.of(Fixtures.environment("memories"), 0, PAGE).info();
        assertEquals(
                new ExternType.Memory(2, 2, false, false, 16, true),
                info.memories().get(0));
        assertEquals(ExternType.UNBOUNDED, info.memories().get(1).max());
        assertEquals("e", info.exports().get(0).name());
        assertEquals(3, info.exports().get(0).index());
    }

    /**
     * A memory of three pages with segments of the given lengths at the given pages (less 16 bytes), filled with 'x'.
     */
    private static ModuleEnvironment withData(int[] pages, int[] lengths) {
        var data = new ByteArrayOutputStream();
        data.write(pages.length);
        for (int i = 0; i < pages.length; i++) {
            data.write(0);
            data.write(0x41);
            leb(data, (pages[i] << 16) - 16);
            data.write(END);
            leb(data, lengths[i]);
            byte[] content = new byte[lengths[i]];
            Arrays.fill(content, (byte) 'x');
            data.writeBytes(content);
        }
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 0, 3, 11});
        leb(out, data.size());
        out.writeBytes(data.toByteArray());
        return environment(ModuleDecoder.decode(out.toByteArray(), "data.wasm", Features.ALL));
    }

    private static void leb(ByteArrayOutputStream out, int value) {
        // Signed and unsigned at once: the last byte has a zero sign bit.
        int v = value;
        while (v >= 0x40) {
            out.write(v & 0x7f | 0x80);
            v >>>= 7;
        }
        out.write(v);
    }

    @Test
    void dataBecomesImagesOfWholePages() {
        ModuleEnvironment env = withData(new int[] {1}, new int[] {40_000});
        ModuleMetadata metadata = ModuleMetadata.of(env, 3 * PAGE, PAGE);
        assertEquals(
                List.of(new ModuleInfo.MemoryImage(0, 0, 3 * PAGE, 2 * PAGE)),
                metadata.info().images());
        byte[] expected = new byte[2 * PAGE];
        Arrays.fill(expected, PAGE - 16, PAGE - 16 + 40_000, (byte) 'x');
        assertArrayEquals(expected, metadata.data());
        assertEquals(0, metadata.info().data().get(0).length());
        assertFalse(metadata.info().startup(), "nothing is left to do");
    }

    @Test
    void imagesEndAtPagesOfTheTarget() {
        ModuleMetadata metadata = ModuleMetadata.of(withData(new int[] {1}, new int[] {40_000}), 4096, 4096);
        assertEquals(
                List.of(new ModuleInfo.MemoryImage(0, 0, 4096, 26 * 4096)),
                metadata.info().images());
        assertEquals(26 * 4096, metadata.data().length);
    }

    @Test
    void littleDataIsCopiedAtStartup() {
        ModuleEnvironment env = withData(new int[] {1, 2}, new int[] {100, 100});
        assertTrue(env.images().images().isEmpty());
        assertTrue(Fixtures.translate(env).contains("call builtin"));
    }

    @Test
    void dataOutOfBoundsEndsTheImage() {
        ModuleEnvironment env = withData(new int[] {1, 3, 1}, new int[] {40_000, 40_000, 30_000});
        assertTrue(env.images().contains(0));
        assertFalse(env.images().contains(1), "traps");
        assertFalse(env.images().contains(2), "comes after the trap");
        assertTrue(StartupTranslator.isNeeded(env));
    }

    @Test
    void noImageWhereFunctionsMaySeeAFailedStart() {
        // The element segment writes to an imported table.
        assertTrue(Fixtures.environment("startup").images().images().isEmpty());
    }

    @Test
    void elementExpressionsAreDescribed() {
        // An imported funcref global; a passive segment of expressions (global.get 0, ref.null func, ref.func 0).
        WasmModule wasm = new Bytes()
                .section(1, 1, 0x60, 0, 0)
                .section(2, 1, 1, 'm', 1, 'g', 3, 0x70, 0)
                .section(3, 1, 0)
                .section(9, 1, 4 + PASSIVE, 0x70, 3, 0x23, 0, END, 0xd0, 0x70, END, 0xd2, 0, END)
                .section(10, 1, 2, 0, END)
                .decode();
        ElementItems items = ModuleMetadata.of(environment(wasm), 0, PAGE)
                .info()
                .elements()
                .get(0)
                .items();
        assertEquals(
                new ElementItems(new long[] {
                    ElementItems.item(ElementItems.Kind.GLOBAL, 0),
                    ElementItems.item(ElementItems.Kind.NULL, 0),
                    ElementItems.item(ElementItems.Kind.FUNC_SLOT, 0)
                }),
                items);
    }

    @Test
    void equalTypesHaveEqualKeys() {
        WasmModule wasm = new Bytes()
                .section(1, 3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 0, 0)
                .decode();
        ModuleInfo info = ModuleMetadata.of(environment(wasm), 0, PAGE).info();
        assertEquals(0, info.types().canonical(2));
        assertEquals(1, info.types().canonical(1));
    }

    /** Other threads may grow it, so that its record is nobody's, even if the module defines it. */
    @Test
    void sharedMemoriesAreReachedThroughPointers() {
        MemoryPlan m = environment(new Bytes().section(5, 1, 3, 1, 2).decode()).memory(0);
        assertTrue(m.shared);
        assertTrue(m.isPointer);
        assertTrue(m.guarded);
    }

    /** Guarded are memories of 64 KiB pages that begin within what is reserved for them. */
    @Test
    void somethingElseThanPagesGuardsTheseMemories() {
        int[] pages = {0x80, 0x80, 0x40};
        assertTrue(environment(new Bytes()
                        .section(5, 1, 4, pages[0], pages[1], pages[2])
                        .decode())
                .memory(0)
                .guarded);
        assertFalse(environment(new Bytes().section(5, 1, 4, 0x81, 0x80, 0x40).decode())
                .memory(0)
                .guarded);
        assertFalse(environment(new Bytes().section(5, 1, 8, 1, 0).decode()).memory(0).guarded);
        assertTrue(environment(new Bytes().section(5, 1, 8, 1, 16).decode()).memory(0).guarded);
    }
}
