package kiln.codegen.regalloc;

import java.util.List;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** Makes the instructions that the allocator inserts, and keeps a record of them for the checker. */
final class Output implements MoveResolver.Sink {
    /** What an inserted instruction was meant to do. */
    enum Kind {
        MOVE,
        SWAP,
        REMATERIALIZE,
        CLEAR
    }

    /**
     * An inserted instruction.
     *
     * @param target location written
     * @param source location read, or the variable that is computed again, or nothing
     */
    record Inserted(MachInst inst, Kind kind, int target, int source) {}

    private final Operands ops;
    private final MoveFactory moves;
    private final List<Inserted> record;
    private SpillSlots slots;
    private List<MachInst> out;
    private int position = -1;
    /** Whether some instruction of the function has become a copy of a register to itself. */
    boolean hasIdleCopies;

    int moveCount;
    int loadCount;
    int storeCount;

    /** @param record null unless the allocation will be checked */
    Output(Operands ops, MoveFactory moves, List<Inserted> record) {
        this.ops = ops;
        this.moves = moves;
        this.record = record;
    }

    void setSlots(SpillSlots slots) {
        this.slots = slots;
    }

    /** From now on instructions go to {@code out} and stem from {@code position}. */
    void to(List<MachInst> out, int position) {
        this.out = out;
        this.position = position;
    }

    private Reg reg(Type type, int location) {
        return location < MoveResolver.FIRST_SLOT
                ? ops.physical[location]
                : Reg.slot(location - MoveResolver.FIRST_SLOT, type);
    }

    private void add(MachInst inst, Kind kind, int target, int source) {
        inst.setPosition(position);
        out.add(inst);
        if (record != null) {
            record.add(new Inserted(inst, kind, target, source));
        }
    }

    @Override
    public void move(Type type, int target, int source) {
        if (target >= MoveResolver.FIRST_SLOT) {
            storeCount++;
        }
        if (source >= MoveResolver.FIRST_SLOT) {
            loadCount++;
        }
        moveCount++;
        add(moves.move(type, reg(type, target), reg(type, source)), Kind.MOVE, target, source);
    }

    @Override
    public void swap(int a, int b) {
        moveCount++;
        add(moves.swap(ops.physical[a], ops.physical[b]), Kind.SWAP, a, b);
    }

    /** Stores a null reference in a word of the spill area. */
    void clear(int word) {
        int target = MoveResolver.FIRST_SLOT + word;
        storeCount++;
        add(moves.clear(Reg.slot(word, Type.REF)), Kind.CLEAR, target, -1);
    }

    @Override
    public int spareSlot(Type type) {
        return MoveResolver.FIRST_SLOT + slots.newWord(type);
    }

    /** Computes {@code variable} again in register {@code target}. */
    void rematerialize(int variable, int target) {
        MachInst inst = ops.insts[ops.defInst[variable]].rematerialize(ops.physical[target]);
        add(inst, Kind.REMATERIALIZE, target, variable);
    }

    /** Brings a variable that is not in a register into one. */
    void reload(int variable, int target, boolean rematerialize) {
        if (rematerialize) {
            rematerialize(variable, target);
        } else {
            move(ops.typeOf[variable], target, slotOf(variable));
        }
    }

    int slotOf(int variable) {
        return MoveResolver.FIRST_SLOT + slots.word(variable);
    }
}
