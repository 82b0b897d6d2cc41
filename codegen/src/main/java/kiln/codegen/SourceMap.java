package kiln.codegen;

import java.util.Arrays;
import java.util.List;

/**
 * Where the code of a {@link CodeBuffer} comes from, for every instruction while it grows, and in the end for those
 * that may be asked about.
 */
final class SourceMap {
    private static final int ROUND = 4;

    /** Code from {@code at[i]} on comes from {@code wasm[i]}; ascending. */
    private int[] at = new int[32];

    private int[] wasm = new int[32];
    private int count;
    private int lastWasm = -1;
    private int[] returnAddresses = new int[8];
    private int returns;

    /** Says where the code from offset {@code from} on comes from; -1 means nowhere. */
    void position(int from, int wasmOffset) {
        if (wasmOffset != lastWasm) {
            lastWasm = wasmOffset;
            add(from, wasmOffset);
        }
    }

    private void add(int from, int wasmOffset) {
        if (count > 0 && at[count - 1] == from) {
            count--;
        }
        if (count == at.length) {
            at = Arrays.copyOf(at, count * 2);
            wasm = Arrays.copyOf(wasm, count * 2);
        }
        at[count] = from;
        wasm[count++] = wasmOffset;
    }

    /** What was last said of a position. */
    int last() {
        return lastWasm;
    }

    /** Says that a call ended at an offset. */
    void returnAddress(int offset) {
        if (returns == returnAddresses.length) {
            returnAddresses = Arrays.copyOf(returnAddresses, returns * 2);
        }
        returnAddresses[returns++] = offset;
    }

    /**
     * Moves everything to where branches of settled size put it. Code that shrank to nothing loses its position to what
     * follows.
     */
    void move(Relaxation r) {
        int old = count;
        count = 0;
        for (int i = 0; i < old; i++) {
            add(r.offset(at[i]), wasm[i]);
        }
        for (int i = 0; i < returns; i++) {
            returnAddresses[i] = r.offset(returnAddresses[i]);
        }
    }

    /** Of all instructions. */
    List<CompiledFunction.Position> all() {
        OffsetList result = new OffsetList();
        for (int i = 0; i < count; i++) {
            result.add(at[i], wasm[i]);
        }
        return result.toList(CompiledFunction.Position::new);
    }

    /**
     * Backtraces only ask about instructions that trap and calls. The code between two of these may belong to either,
     * so the border is put where the table in the file needs the fewest bits: at a multiple of four.
     */
    List<CompiledFunction.Position> ofStops(OffsetList traps) {
        OffsetList result = new OffsetList();
        int k = -1;
        int t = 0;
        int r = 0;
        int wasmOffset = -1;
        int last = -1;
        while (t < traps.size() || r < returns) {
            int stop;
            // An instruction that traps itself, or the last byte of a call. (Where a trap is a call, its site is the
            // return address, which is one offset too many.)
            if (r == returns || t < traps.size() && traps.offset(t) < returnAddresses[r]) {
                stop = traps.offset(t++);
            } else {
                stop = returnAddresses[r++] - 1;
            }
            if (stop == last) {
                continue;
            }
            while (k + 1 < count && at[k + 1] <= stop) {
                k++;
            }
            if (k >= 0 && wasm[k] != wasmOffset) {
                wasmOffset = wasm[k];
                int round = stop & -ROUND;
                result.add(round > last ? round : stop, wasmOffset);
            }
            last = stop;
        }
        return result.toList(CompiledFunction.Position::new);
    }
}
