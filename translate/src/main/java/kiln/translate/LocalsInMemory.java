package kiln.translate;

import java.util.BitSet;
import java.util.function.Predicate;
import kiln.ir.Builder;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.wasm.BodyScanner;
import kiln.wasm.Op;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/**
 * Locals that are cells of the frame instead of SSA values, for functions whose SSA form would be out of proportion:
 * where {@code n} locals change in {@code n} nested constructs, each of them is a parameter of each of the blocks
 * behind. Code of this kind is slower, but no larger than the body that it comes from. Locals that nothing sets are
 * values all the same. References have an area of their own, where collections find them.
 */
final class LocalsInMemory {
    private static final int CELL = 8;

    private final Builder b;
    private final Type[] types;
    /** Position of each local's cell in its area of the frame, or -1 for those that nothing sets. */
    private final int[] cell;
    /** The values of locals that nothing sets: parameters, and zeros where they are read first. */
    private final Value[] fixed;

    private final Value area;
    private final Value references;

    /**
     * Stores the parameters, and zero to all others, at the builder's position, which must be in the entry block.
     *
     * @param types of all locals
     * @param params the first of them
     */
    LocalsInMemory(Builder b, Type[] types, Value[] params, BitSet set) {
        this.b = b;
        this.types = types;
        cell = new int[types.length];
        fixed = new Value[types.length];
        int count = place(set, t -> t == Type.REF, 0) / CELL;
        references = count == 0 ? null : b.referencesAddr(count);
        // Vectors first, so that they are aligned.
        int bytes = place(set, t -> t == Type.V128, 0);
        bytes = place(set, t -> t != Type.V128 && t != Type.REF, bytes);
        area = bytes == 0 ? null : b.stackAddr(bytes);
        Value[] zeros = new Value[Type.values().length];
        for (int i = 0; i < types.length; i++) {
            Value initial;
            if (i < params.length) {
                initial = params[i];
            } else {
                int type = types[i].ordinal();
                zeros[type] = zeros[type] == null ? b.zero(types[i]) : zeros[type];
                initial = zeros[type];
            }
            fixed[i] = initial;
            if (cell[i] >= 0) {
                set(i, initial);
            }
        }
    }

    /** Gives the locals of some types cells from {@code start} on; returns where these end. */
    private int place(BitSet set, Predicate<Type> ofType, int start) {
        int at = start;
        for (int i = 0; i < types.length; i++) {
            if (ofType.test(types[i])) {
                cell[i] = set.get(i) ? at : -1;
                at += set.get(i) ? Math.max(CELL, types[i].bytes()) : 0;
            }
        }
        return at;
    }

    Value get(int local) {
        return cell[local] < 0 ? fixed[local] : b.load(types[local], access(local), area(local), cell[local]);
    }

    void set(int local, Value v) {
        b.store(access(local), area(local), cell[local], v);
    }

    private Value area(int local) {
        return types[local] == Type.REF ? references : area;
    }

    private MemoryOp access(int local) {
        return MemoryOp.of(types[local], Region.STACK);
    }

    /**
     * The locals that some instruction of a body sets. Of a malformed body, which the translation will find out, those
     * up to there.
     *
     * @param locals how many there are
     */
    static BitSet set(WasmModule module, int func, int locals) {
        BitSet set = new BitSet();
        BodyScanner body = new BodyScanner(module);
        try {
            body.begin(func);
            while (body.next()) {
                boolean sets = body.op() == Op.LOCAL_SET || body.op() == Op.LOCAL_TEE;
                if (sets && body.localIndex() < locals) {
                    set.set(body.localIndex());
                }
            }
        } catch (WasmException e) {
            return set;
        }
        return set;
    }
}
