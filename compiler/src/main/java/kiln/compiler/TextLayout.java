package kiln.compiler;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.codegen.Backend;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;

/**
 * The text section: functions one after the other in the order of their keys, with every relocation resolved.
 *
 * <p>A direct call reaches only so far ({@link Backend#callRange()}). A larger text is cut into chunks of a third of
 * that range, and behind each chunk stands an island of veneers: one jump for every function that the chunk calls and
 * that may be out of reach. Islands belong to no function.
 */
final class TextLayout {
    /** What keeps a return address at the end of a function apart from the next function. */
    private static final int TRAP_BYTES = 4;

    private final Backend backend;
    private final long callRange;
    private final List<CompiledFunction> functions;
    private final int[] starts;
    private final Map<FuncKey, Integer> startOf;
    private final List<Island> islands = new ArrayList<>();
    private int size;

    private record Veneer(CompiledFunction code, int start) {}

    private record Island(int firstFunction, int endFunction, Map<FuncKey, Veneer> veneers) {}

    /**
     * @param functions sorted by key
     * @param callRange reach of a direct call in bytes, either way
     */
    private TextLayout(Backend backend, List<CompiledFunction> functions, long callRange) {
        this.backend = backend;
        this.callRange = callRange;
        this.functions = functions;
        this.starts = new int[functions.size()];
        this.startOf = HashMap.newHashMap(functions.size());
    }

    /**
     * Lays out {@code functions}, which must be sorted by key and complete: every relocation's target is among them.
     *
     * @param callRange reach of a direct call in bytes, either way: the back end's, or less
     * @throws CompileException if the text exceeds 2 GiB
     */
    static TextLayout of(Backend backend, List<CompiledFunction> functions, long callRange) {
        TextLayout layout = new TextLayout(backend, functions, callRange);
        layout.place();
        return layout;
    }

    /** Offset of function number {@code i} in the text. */
    int start(int i) {
        return starts[i];
    }

    int length(int i) {
        return functions.get(i).code().length;
    }

    List<CompiledFunction> functions() {
        return functions;
    }

    private void place() {
        long total = 0;
        for (CompiledFunction f : functions) {
            total += f.code().length + f.alignment() + TRAP_BYTES;
        }
        if (total > Integer.MAX_VALUE) {
            throw new CompileException("the machine code would exceed 2 GiB");
        }
        boolean near = total < callRange;
        long chunk = near ? Long.MAX_VALUE : callRange / 3;
        int chunkStart = 0;
        int chunkFirst = 0;
        for (int i = 0; i < functions.size(); i++) {
            CompiledFunction f = functions.get(i);
            if (size - chunkStart > chunk) {
                placeIsland(chunkFirst, i);
                chunkFirst = i;
                chunkStart = size;
            }
            starts[i] = start(f);
            startOf.put(f.key(), starts[i]);
            size = Math.addExact(starts[i], f.code().length);
        }
        if (!near) {
            placeIsland(chunkFirst, functions.size());
        }
    }

    private void placeIsland(int first, int end) {
        Set<FuncKey> targets = new LinkedHashSet<>();
        FuncKey low = functions.get(first).key();
        FuncKey high = functions.get(end - 1).key();
        for (int i = first; i < end; i++) {
            for (Relocation r : functions.get(i).relocations()) {
                if (r.target().compareTo(low) < 0 || r.target().compareTo(high) > 0) {
                    targets.add(r.target());
                }
            }
        }
        Map<FuncKey, Veneer> veneers = HashMap.newHashMap(targets.size());
        for (FuncKey target : targets) {
            CompiledFunction code = backend.veneer(target);
            int start = start(code);
            veneers.put(target, new Veneer(code, start));
            size = Math.addExact(start, code.code().length);
        }
        islands.add(new Island(first, end, veneers));
    }

    /** The next place where a function can begin. */
    private int start(CompiledFunction f) {
        // A call that does not return may end the code before; its return address is not to be this function's start.
        int from = Math.addExact(size, f.phase() == 0 ? 0 : TRAP_BYTES) - f.phase();
        return (Math.addExact(from, f.alignment() - 1) & -f.alignment()) + f.phase();
    }

    /** The bytes of the text section. */
    byte[] link() {
        byte[] text = new byte[size];
        for (int i = 0; i < functions.size(); i++) {
            System.arraycopy(
                    functions.get(i).code(),
                    0,
                    text,
                    starts[i],
                    functions.get(i).code().length);
        }
        if (islands.isEmpty()) {
            for (int i = 0; i < functions.size(); i++) {
                relocate(text, functions.get(i), starts[i], Map.of());
            }
        }
        for (Island island : islands) {
            for (int i = island.firstFunction; i < island.endFunction; i++) {
                relocate(text, functions.get(i), starts[i], island.veneers);
            }
            for (Veneer v : island.veneers.values()) {
                System.arraycopy(v.code.code(), 0, text, v.start, v.code.code().length);
                relocate(text, v.code, v.start, Map.of());
            }
        }
        return text;
    }

    private void relocate(byte[] text, CompiledFunction f, int start, Map<FuncKey, Veneer> veneers) {
        for (Relocation r : f.relocations()) {
            Integer target = startOf.get(r.target());
            if (target == null) {
                throw new IllegalStateException(f.key() + " refers to " + r.target() + ", which was not compiled");
            }
            int at = start + r.offset();
            Veneer veneer = veneers.get(r.target());
            boolean far = Math.abs((long) target - at) >= callRange - 16;
            backend.relocate(text, at, r, far && veneer != null ? veneer.start : target);
        }
    }
}
