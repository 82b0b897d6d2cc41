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
 */
public final class ExpandAllocations implements Pass {
    private static final MemoryOp POINTER = MemoryOp.readOnly(Type.I64, Region.CONTEXT);
    private static final MemoryOp FIELD = MemoryOp.of(Type.I64, Region.CONTEXT);
    private static final CallTarget SIGNATURE =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I64), List.of(Type.REF)));

    @Override
    public String name() {
        return "expand-allocations";
    }

    @Override
    public void run(Function f) {
        if (!f.allocates()) {
            return;
        }
        Builder b = new Builder(f);
        CallTarget slow =
                new CallTarget(FuncKey.builtin(f.key().payload(), Builtin.GC_ALLOCATE), SIGNATURE.signature());
        List<Block> all = new ArrayList<>(f.blocks().size() * 2);
        List<Block> cold = new ArrayList<>();
        for (Block first : f.blocks()) {
            Block block = first;
            all.add(block);
            for (Inst i = block.first(); i != null; ) {
                Inst next = i.next();
                if (i.opcode() == Opcode.ALLOCATE) {
                    block = expand(f, b, block, i, slow, all, cold);
                    // What follows stands there now.
                }
                i = next;
            }
        }
        all.addAll(cold);
        f.blocks().clear();
        f.blocks().addAll(all);
    }

    /** The block that has what follows the allocation. */
    private static Block expand(
            Function f, Builder b, Block block, Inst i, CallTarget slow, List<Block> all, List<Block> cold) {
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
        Value end = b.binary(Opcode.ADD, top, size);
        b.branch(b.icmp(IntCond.UGT, end, limit), full, fits);

        b.setBlock(fits);
        b.store(FIELD, store, StoreLayout.GC_TOP, end);
        Value object = b.refOfBits(top);
        b.heapStore(MemoryOp.of(Type.I64, new Region(Region.Kind.HEAP, 1)), base, object, 0, header);
        b.jump(rest, object);

        b.setBlock(full);
        b.jump(rest, b.call(slow, size, header).result());

        i.result().replaceWith(rest.addParam(Type.REF));
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
