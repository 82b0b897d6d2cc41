package kiln.tests.unloading;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentLinker;

/**
 * An application that is loaded with a Kiln of its own: it makes a call, a call out, a trap, a fault and a deadline,
 * and calls of a component and out of it.
 */
public final class Tenant implements BiFunction<byte[][], Boolean, MemorySegment> {
    /** More than an import is called before it gets code of its own. */
    private static final int CALLS = 1100;

    /** What the component imports, and exports. */
    public interface Words {
        String f(String word);
    }

    /** Never closed where the application does not close what it opened. */
    @SuppressWarnings("unused")
    private static Store forgotten;

    /**
     * @param code compiled: a module, and a component
     * @param closes whether to close everything
     * @return a segment of a memory, whose store is closed if {@code closes}
     */
    @Override
    public MemorySegment apply(byte[][] code, Boolean closes) {
        Engine engine = new Engine();
        CompiledModule module = CompiledModule.load(engine, code[0]);
        Store store = new Store(engine);
        Instance i = new Linker(engine)
                .func("e", "next", IntUnaryOperator.class, x -> x + 1)
                .instantiate(store, module);
        store.setThreadInterruptible(true);
        store.setDeadline(Duration.ofHours(1));
        require(i.func("twice").call(20) == 42, "a call");
        require(trap(i, "unreachable") == TrapCode.UNREACHABLE, "a trap");
        require(trap(i, "load") == TrapCode.MEMORY_OUT_OF_BOUNDS, "a fault");
        store.setDeadline(Duration.ofMillis(1));
        require(trap(i, "forever") == TrapCode.INTERRUPTED, "a deadline");
        Component component = Component.load(engine, code[1]);
        Words words = new ComponentLinker(engine)
                .with("", Words.class, word -> word + "!")
                .instantiate(store, component)
                .bind("", Words.class);
        for (int n = 0; n < CALLS; n++) {
            require(words.f("word " + n).equals("word " + n + "!"), "a call of a component");
        }
        MemorySegment memory = Memory.of(store, new MemoryType(1, 1)).segment();
        store.setThreadInterruptible(false);
        if (closes) {
            store.close();
            module.close();
            component.close();
            engine.close();
        } else {
            forgotten = store;
        }
        return memory;
    }

    private static TrapCode trap(Instance i, String function) {
        try {
            i.func(function).call();
        } catch (TrapException t) {
            return t.code();
        }
        return null;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
