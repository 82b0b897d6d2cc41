package kiln.ir;

import java.util.Arrays;
import kiln.artifact.FuncKey;

/**
 * Where the instructions that were inlined into a function come from. A <em>site</em> is one inlined call: the callee,
 * and the position of the call, which may itself be of an inlined instruction. {@link Inst#position()} of an inlined
 * instruction is {@link #FIRST} plus the number of a pair (byte offset in the wasm file, site) in this table.
 */
public final class InlineTable {
    /** Positions from here on are numbers of pairs; below are byte offsets in the wasm file. */
    public static final int FIRST = 1 << 30;

    private FuncKey[] callees = new FuncKey[4];
    private int[] callPositions = new int[4];
    private int siteCount;

    /** The pairs: offset and site by turns. Large functions have tens of thousands, which are kept to the end. */
    private int[] origins = new int[32];

    private int originCount;
    /**
     * Open addressing: numbers of pairs plus one, by the hash of the pair; 0 is free. Never more than half full. Null
     * while nobody adds anything.
     */
    private int[] slots = new int[32];

    /** A new site. */
    public int addSite(FuncKey callee, int callPosition) {
        if (siteCount == callees.length) {
            callees = Arrays.copyOf(callees, siteCount * 2);
            callPositions = Arrays.copyOf(callPositions, siteCount * 2);
        }
        callees[siteCount] = callee;
        callPositions[siteCount] = callPosition;
        return siteCount++;
    }

    /** The position of instructions at a byte offset of the callee of a site. */
    public int position(int wasmOffset, int site) {
        if (slots == null) {
            resize(Integer.highestOneBit(Math.max(16, originCount)) * 4);
        }
        int slot = slot(wasmOffset, site);
        if (slots[slot] == 0) {
            if (originCount * 2 == slots.length) {
                resize(slots.length * 2);
                slot = slot(wasmOffset, site);
            }
            origins[originCount * 2] = wasmOffset;
            origins[originCount * 2 + 1] = site;
            slots[slot] = ++originCount;
        }
        return FIRST + slots[slot] - 1;
    }

    /** Where a pair is, or is to be put. */
    private int slot(int wasmOffset, int site) {
        int mask = slots.length - 1;
        int hash = (wasmOffset * 31 + site) * 0x9e3779b1;
        int slot = (hash ^ hash >>> 16) & mask;
        while (slots[slot] != 0) {
            int at = (slots[slot] - 1) * 2;
            if (origins[at] == wasmOffset && origins[at + 1] == site) {
                break;
            }
            slot = slot + 1 & mask;
        }
        return slot;
    }

    /** @param length a power of two, at least twice the number of pairs */
    private void resize(int length) {
        origins = Arrays.copyOf(origins, length);
        slots = new int[length];
        for (int i = 0; i < originCount; i++) {
            slots[slot(origins[i * 2], origins[i * 2 + 1])] = i + 1;
        }
    }

    /** Gives back what only additions need: most tables are complete when the function is, but kept for long. */
    public void trim() {
        slots = null;
        origins = Arrays.copyOf(origins, originCount * 2);
        callees = Arrays.copyOf(callees, Math.max(1, siteCount));
        callPositions = Arrays.copyOf(callPositions, Math.max(1, siteCount));
    }

    public int siteCount() {
        return siteCount;
    }

    public FuncKey callee(int site) {
        return callees[site];
    }

    /** The position of the call in the function that it stood in. */
    public int callPosition(int site) {
        return callPositions[site];
    }

    /** Byte offset in the wasm file of any position, or -1. */
    public int wasmOffset(int position) {
        return position < FIRST ? position : origins[(position - FIRST) * 2];
    }

    /** The innermost site of any position, or -1 if it was not inlined. */
    public int site(int position) {
        return position < FIRST ? -1 : origins[(position - FIRST) * 2 + 1];
    }
}
