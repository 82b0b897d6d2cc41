package kiln.ir.pass;

import java.util.Arrays;
import kiln.artifact.MemoryConstants;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * The 32-bit indices that small memories ({@link kiln.ir.Region#isSmall}) have been accessed at so far, on the way to
 * the block that is being looked at. Where such an access has not faulted, its index lies a page or more before the end
 * of what 32 bits count: sums of it and constants up to that cannot wrap around.
 *
 * <p>Blocks come in reverse postorder, their instructions in order.
 */
final class AccessedIndices {
    private final Cfg cfg;
    /**
     * By number of a value that constants are added to: the block of an access at such a sum or at the value itself.
     * One that dominates what comes is kept, unless another one has a lower constant.
     */
    private Block[] blocks = {};

    /** The index of that access. */
    private Value[] indices = {};

    AccessedIndices(Function f) {
        cfg = Cfg.of(f);
    }

    /** Takes note of a load or store, which may be an access at an index or not. */
    void note(Inst access) {
        MemoryOp m = access.memory();
        Value address = access.arg(0);
        if (!m.region().isSmall() || m.trap() == null || !address.is(Opcode.ADD)) {
            return;
        }
        Value wide = address.inst().arg(1);
        // What is added to is the memory's base, and nothing below it.
        if (!wide.is(Opcode.ZEXT) || address.inst().arg(0).is(Opcode.ADD)) {
            return;
        }
        Value index = wide.inst().arg(0);
        int key = (isSum(index) ? index.inst().arg(0) : index).id();
        if (key >= blocks.length) {
            int length = key + key / 2 + 16;
            blocks = Arrays.copyOf(blocks, length);
            indices = Arrays.copyOf(indices, length);
        }
        if (!dominates(blocks[key], access.block()) || constant(index, key) < constant(indices[key], key)) {
            blocks[key] = access.block();
            indices[key] = index;
        }
    }

    /**
     * An index that has been accessed on all ways to a block and that is less than {@code sum} by {@link #distance},
     * where adding that does not wrap around; or null.
     */
    Value below(Value sum, Block block) {
        int key = sum.inst().arg(0).id();
        if (key >= blocks.length || !dominates(blocks[key], block) || indices[key] == sum) {
            return null;
        }
        long distance = distance(sum);
        return distance >= 0 && distance <= MemoryConstants.PAGE_SIZE ? indices[key] : null;
    }

    /** How much greater {@code sum} is than what {@link #below} has returned for it. */
    long distance(Value sum) {
        int key = sum.inst().arg(0).id();
        return constant(sum, key) - constant(indices[key], key);
    }

    /** What an index adds to the value of this number. */
    private static int constant(Value index, int key) {
        return index.id() == key ? 0 : (int) index.inst().arg(1).inst().imm();
    }

    private boolean dominates(Block accessed, Block block) {
        return accessed != null && (accessed == block || cfg.dominates(accessed.id(), block.id()));
    }

    private static boolean isSum(Value v) {
        return v.is(Opcode.ADD) && v.inst().arg(1).is(Opcode.ICONST);
    }
}
