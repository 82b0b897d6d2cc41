package kiln.ir.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.ir.*;

/**
 * Replaces ALLOCATE by what it consists of: an addition to the place where the next object goes, a comparison with the
 * end of what is free, and a call of the runtime where that does not suffice. Behind all passes that know what an
 * allocation is, and in front of those that lay out blocks.
 *
 * <p>Allocations between which nothing can collect or trap get their room together: the first asks for all of it, and
 * the others take their parts. Nobody looks at the heap before all of them have their headers.
 */
public final class ExpandAllocations implements LastingPass {
    private static final MemoryOp POINTER = MemoryOp.readOnly(Type.I64, Region.CONTEXT);
    private static final MemoryOp HEADER = MemoryOp.of(Type.I64, new Region(Region.Kind.HEAP, 1));
    /** What allocations ask for together at most: objects of this size are few, and one comparison is little there. */
    private static final long MOST_TOGETHER = 1024;

    private static final MemoryOp FIELD = MemoryOp.of(Type.I64, Region.CONTEXT);
    private static final CallTarget SIGNATURE =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I64), List.of(Type.REF)));

    @Override
    public String name() {
        return "expand-allocations";
    }

    @Override
    public boolean hasWork(Function f) {
        return f.allocates();
    }

    /** What allocations of a function call where there is no room. */
    public static FuncKey callee(Function f) {
        return FuncKey.builtin(f.key().payload(), Builtin.GC_ALLOCATE);
    }

    @Override
    public void run(Function f) {
        if (!hasWork(f)) {
            return;
        }
        Builder b = new Builder(f);
        CallTarget slow = new CallTarget(callee(f), SIGNATURE.signature());
        List<Block> all = new ArrayList<>(f.blocks().size() * 2);
        List<Block> cold = new ArrayList<>();
        for (Block first : f.blocks()) {
            Block block = first;
            all.add(block);
            for (Inst i = block.first(); i != null; ) {
                Inst next = i.next();
                if (i.opcode() == Opcode.ALLOCATE) {
                    List<Inst> others = neighbours(i);
                    block = expand(f, b, block, i, others, slow, all, cold);
                    // What follows stands there now, without the others.
                    next = block.first();
                }
                i = next;
            }
        }
        all.addAll(cold);
        f.blocks().clear();
        f.blocks().addAll(all);
    }

    /** The allocations behind {@code first} that get their room together with it. */
    private static List<Inst> neighbours(Inst first) {
        if (!first.arg(1).is(Opcode.ICONST)) {
            return List.of();
        }
        List<Inst> others = new ArrayList<>(0);
        long bytes = size(first);
        for (Inst i = first.next(); i != null && !mayEnd(i); i = i.next()) {
            if (i.opcode() == Opcode.ALLOCATE) {
                if (!i.arg(1).is(Opcode.ICONST) || bytes + size(i) > MOST_TOGETHER) {
                    break;
                }
                bytes += size(i);
                others.add(i);
            }
        }
        return others;
    }

    private static long size(Inst allocation) {
        return allocation.arg(1).inst().imm();
    }

    /** Whether control may leave at an instruction, or for the runtime. */
    private static boolean mayEnd(Inst i) {
        return switch (i.opcode().effect()) {
            case PURE, ALLOCATES -> false;
            case READS, WRITES -> i.memory().trap() != null;
            case TRAPS, SYNCHRONIZES, CALLS, TERMINATES -> true;
        };
    }

    /**
     * The block that has what follows the allocation.
     *
     * @param others those behind it that get their room with it
     */
    private static Block expand(
            Function f,
            Builder b,
            Block block,
            Inst i,
            List<Inst> others,
            CallTarget slow,
            List<Block> all,
            List<Block> cold) {
        Block fits = f.newDetachedBlock();
        Block full = f.newDetachedBlock();
        Block rest = f.newDetachedBlock();
        fits.setFrequency(block.frequency());
        full.setFrequency(Frequency.RARE);
        rest.setFrequency(block.frequency());
        block.splitAfter(i, rest);
        block.remove(i);
        Value base = i.arg(0);
        Value size = i.arg(1);
        Value header = i.arg(2);
        b.setPosition(i.position());
        b.setBlock(block);
        Value store = b.load(Type.I64, POINTER, b.vmctx(), VMContextLayout.STORE);
        Value top = b.load(Type.I64, FIELD, store, StoreLayout.GC_TOP);
        Value limit = b.load(Type.I64, FIELD, store, StoreLayout.GC_LIMIT);
        if (!others.isEmpty()) {
            size = b.i64(
                    size(i) + others.stream().mapToLong(ExpandAllocations::size).sum());
        }
        Value end = b.binary(Opcode.ADD, top, size);
        b.branch(b.icmp(IntCond.UGT, end, limit), full, fits);

        b.setBlock(fits);
        b.store(FIELD, store, StoreLayout.GC_TOP, end);
        Value object = b.refOfBits(top);
        b.heapStore(HEADER, base, object, 0, header);
        b.jump(rest, object);

        b.setBlock(full);
        b.jump(rest, b.call(slow, size, header).result());

        Value first = rest.addParam(Type.REF);
        i.result().replaceWith(first);
        long offset = others.isEmpty() ? 0 : size(i);
        for (Inst other : others) {
            b.setBefore(other);
            b.setPosition(other.position());
            Value part = b.refOfBits(b.binary(Opcode.ADD, b.refBits(first), b.i64(offset)));
            b.heapStore(HEADER, other.arg(0), part, 0, other.arg(2));
            offset += size(other);
            other.result().replaceWith(part);
            rest.remove(other);
        }
        all.add(fits);
        all.add(rest);
        cold.add(full);
        return rest;
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }
}
