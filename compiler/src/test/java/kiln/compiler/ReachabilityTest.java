package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import org.junit.jupiter.api.Test;

/**
 * What is kept of programs that consist of arrows only. Functions are numbered as they are defined; there are no
 * imports.
 */
class ReachabilityTest {
    private final Map<FuncKey, List<FuncKey>> calls = new HashMap<>();
    private final Map<FuncKey, List<FuncKey>> copies = new HashMap<>();
    private final Map<FuncKey, Fate> references = new HashMap<>();
    private final List<FuncKey> referred = new ArrayList<>();
    private final List<FuncKey> entries = new ArrayList<>();

    private static FuncKey f(int index) {
        return FuncKey.wasmFunction(0, index);
    }

    private static FuncKey other(int index) {
        return FuncKey.wasmFunction(1, index);
    }

    private void call(FuncKey from, FuncKey... to) {
        calls.put(from, List.of(to));
    }

    private void copy(FuncKey into, FuncKey... of) {
        copies.put(into, List.of(of));
    }

    private void refer(FuncKey key, Fate why) {
        referred.add(key);
        references.put(key, why);
    }

    private Reachability run() {
        Reachability r = new Reachability(new Reachability.Program() {
            @Override
            public List<FuncKey> referred() {
                return referred;
            }

            @Override
            public Fate reference(FuncKey key) {
                return references.get(key);
            }

            @Override
            public List<FuncKey> entries() {
                return entries;
            }

            @Override
            public Iterable<FuncKey> targets(FuncKey key) {
                return calls.getOrDefault(key, List.of());
            }

            @Override
            public Iterable<FuncKey> copies(FuncKey key) {
                return copies.getOrDefault(key, List.of());
            }

            @Override
            public FuncKey function(int module, int index) {
                return FuncKey.wasmFunction(module, index);
            }

            @Override
            public int index(FuncKey key) {
                return key.index();
            }
        });
        r.run();
        return r;
    }

    @Test
    void callsAreFollowedAndCyclesEnd() {
        refer(f(0), new Fate(Fate.Kind.EXPORT, 4));
        call(f(0), f(1));
        call(f(1), f(2), f(0));
        call(f(3), f(4));
        call(f(4), f(3));
        Reachability r = run();
        assertEquals(Set.of(f(0), f(1), f(2)), r.reached());
        assertEquals(new Fate(Fate.Kind.EXPORT, 4), r.fate(f(0)));
        assertEquals(new Fate(Fate.Kind.CALL, 0, 0), r.fate(f(1)));
        assertEquals(new Fate(Fate.Kind.CALL, 0, 1), r.fate(f(2)));
        assertEquals(Fate.UNREACHABLE, r.fate(f(3)));
    }

    @Test
    void whatOnlyCopiesAreLeftOfIsDropped() {
        refer(f(0), new Fate(Fate.Kind.EXPORT, 0));
        copy(f(0), f(1));
        // What a copy refers to is needed where the copy is.
        refer(f(2), new Fate(Fate.Kind.REFERENCE, 0, 1));
        Reachability r = run();
        assertEquals(Set.of(f(0), f(2)), r.reached());
        assertEquals(new Fate(Fate.Kind.INLINED, 0, 0), r.fate(f(1)));
        assertEquals(new Fate(Fate.Kind.REFERENCE, 0, 1), r.fate(f(2)));
    }

    @Test
    void otherModulesAreFollowedButNotNamed() {
        refer(f(0), new Fate(Fate.Kind.EXPORT, 0));
        call(f(0), other(5));
        copy(f(0), other(6));
        Reachability r = run();
        assertEquals(new Fate(Fate.Kind.CALL, 0, -1), r.fate(other(5)));
        assertEquals(new Fate(Fate.Kind.INLINED, 0, -1), r.fate(other(6)));
    }

    @Test
    void startUpCodeHasTheStartFunction() {
        entries.add(FuncKey.startup(0));
        call(FuncKey.startup(0), f(3), FuncKey.arrayToWasm(0, 1));
        Reachability r = run();
        assertEquals(Set.of(FuncKey.startup(0), f(3), FuncKey.arrayToWasm(0, 1)), r.reached());
        assertEquals(new Fate(Fate.Kind.START, 0), r.fate(f(3)));
    }
}
