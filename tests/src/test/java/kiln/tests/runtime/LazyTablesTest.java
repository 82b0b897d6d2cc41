package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.IntSupplier;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Table;
import kiln.runtime.TrapException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The first read of a slot, of whatever kind, sees what element segments wrote, as it does if slots are filled at once.
 */
class LazyTablesTest extends RuntimeFixture {
    private static final int NOTHING = -1;
    private static final int[] CONTENT = {NOTHING, 1, 2, 5, 99, NOTHING, NOTHING, 1, NOTHING, NOTHING, NOTHING, NOTHING
    };

    private Instance owner;
    private Instance user;

    private CompiledModule compiled(String name, boolean eager) {
        try (InputStream in = getClass().getResourceAsStream(name + ".wasm")) {
            CompilerOptions options = CompilerOptions.defaults().withEagerTables(eager);
            return CompiledModule.load(engine, Compiler.compile(name, in.readAllBytes(), options));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void link(boolean eager) {
        linker.func("h", "f", IntSupplier.class, () -> 99);
        owner = linker.instantiate(store, compiled("lazy", eager));
        linker.instance("e", owner);
        user = linker.instantiate(store, compiled("lazy-user", eager));
    }

    private static void assertCalls(int expected, Func f, int slot) {
        if (expected == NOTHING) {
            TrapCode code =
                    assertThrows(TrapException.class, () -> f.call(slot)).code();
            assertEquals(TrapCode.INDIRECT_CALL_TO_NULL, code, "slot " + slot);
        } else {
            assertEquals(expected, f.call(slot), "slot " + slot);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void callsOfOwnerAndUserSeeTheSegments(boolean eager) {
        link(eager);
        for (int i = 0; i < CONTENT.length; i++) {
            assertCalls(CONTENT[i], (i % 2 == 0 ? owner : user).func("call"), i);
        }
        for (int i = 0; i < CONTENT.length; i++) {
            assertCalls(CONTENT[i], (i % 2 == 0 ? user : owner).func("call"), i);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theHostSeesTheSegments(boolean eager) {
        link(eager);
        Table table = owner.table("table");
        for (int i = 0; i < CONTENT.length; i++) {
            if (CONTENT[i] == NOTHING) {
                assertNull(table.get(i));
            } else {
                assertEquals(CONTENT[i], ((Func) table.get(i)).call());
            }
        }
        assertSame(table.get(1), table.get(7));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsWrittenStays(boolean eager) {
        link(eager);
        owner.func("clear").call(1);
        owner.func("put two").call(3);
        owner.func("fill").call(6, 2);
        Table table = owner.table("table");
        table.set(2, null);
        table.set(5, table.get(4));
        int[] content = {NOTHING, NOTHING, NOTHING, 2, 99, 99, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING};
        for (int i = 0; i < content.length; i++) {
            assertEquals(content[i] == NOTHING ? 1 : 0, owner.func("is null").call(i));
            assertCalls(content[i], user.func("call"), i);
        }
        assertNull(table.get(1));
        assertNotNull(table.get(3));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void copiesAndGrownTablesSeeTheSegments(boolean eager) {
        link(eager);
        assertCalls(4, owner.func("call other"), 0);
        owner.func("copy to other").call(2, 3, 3);
        int[] other = {4, 3, 5, 99, NOTHING, NOTHING};
        for (int i = 0; i < other.length; i++) {
            assertCalls(other[i], owner.func("call other"), i);
        }
        assertEquals(2, user.func("take").call(2));
        assertEquals(12, owner.func("grow").call(3));
        assertCalls(NOTHING, user.func("call"), 14);
        assertCalls(1, user.func("call"), 1);
        assertCalls(1, owner.func("call"), 7);
    }
}
