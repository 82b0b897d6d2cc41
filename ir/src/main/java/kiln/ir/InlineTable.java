package kiln.ir;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;

/**
 * Where the instructions that were inlined into a function come from. A <em>site</em> is one inlined call: the callee, and
 * the position of the call, which may itself be of an inlined instruction. {@link Inst#position()} of an inlined instruction is
 * {@link #FIRST} plus the number of a pair (byte offset in the wasm file, site) in this table.
 */
public final class InlineTable {
    /** Positions from here on are numbers of pairs; below are byte offsets in the wasm file. */
    public static final int FIRST = 1 << 30;

    private record Site(FuncKey callee, int callPosition) {}

    private record Origin(int wasmOffset, int site) {}

    private final List<Site> sites = new ArrayList<>();
    private final List<Origin> origins = new ArrayList<>();
    /** Numbers in {@link #origins}, by offset in the upper and site in the lower half. */
    private final Map<Long, Integer> positions = new HashMap<>();

    /** A new site. */
    public int addSite(FuncKey callee, int callPosition) {
        sites.add(new Site(callee, callPosition));
        return sites.size() - 1;
    }

    /** The position of instructions at a byte offset of the callee of a site. */
    public int position(int wasmOffset, int site) {
        Integer known = positions.putIfAbsent((long) wasmOffset << 32 | site, origins.size());
        if (known != null) {
            return FIRST + known;
        }
        origins.add(new Origin(wasmOffset, site));
        return FIRST + origins.size() - 1;
    }

    public int siteCount() {
        return sites.size();
    }

    public FuncKey callee(int site) {
        return sites.get(site).callee;
    }

    /** The position of the call in the function that it stood in. */
    public int callPosition(int site) {
        return sites.get(site).callPosition;
    }

    /** Byte offset in the wasm file of any position, or -1. */
    public int wasmOffset(int position) {
        return position < FIRST ? position : origins.get(position - FIRST).wasmOffset;
    }

    /** The innermost site of any position, or -1 if it was not inlined. */
    public int site(int position) {
        return position < FIRST ? -1 : origins.get(position - FIRST).site;
    }
}
