package kiln.ir.testing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;

/** Executes functions that call each other, on the memory that machine code sees, or on a copy of it. */
public class ProgramExecution extends IrExecution {
    private static final long STEPS = 200_000;

    private final Map<FuncKey, Function> functions = new HashMap<>();
    private final long base;
    private final MemorySegment memory;
    private long top = RandomPrograms.HEAP;

    /** {@code memory} stands for what lies at address {@code base}. */
    public ProgramExecution(List<Function> functions, long base, MemorySegment memory) {
        super(STEPS);
        functions.forEach(f -> this.functions.put(f.key(), f));
        this.base = base;
        this.memory = memory;
    }

    /** On the process's own memory. */
    public ProgramExecution(List<Function> functions) {
        this(functions, 0, MemorySegment.NULL.reinterpret(Long.MAX_VALUE));
    }

    @Override
    protected ByteBuffer bytes(Inst inst, long address) {
        return memory.asSlice(address - base, inst.memory().width())
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** There is no VMContext to look at. */
    @Override
    protected long place(Inst inst) {
        return inst.opcode() == Opcode.VMCTX ? 0 : super.place(inst);
    }

    /** Objects lie one behind the other, as compiled code puts them; a program that fills the heap takes too long. */
    @Override
    protected long allocate(Inst inst, long base, long size, long header) {
        long object = top();
        if (object + size > RandomPrograms.HEAP_END) {
            throw new OutOfSteps();
        }
        setTop(object + size);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, base + object - this.base, header);
        return object;
    }

    /** Where the next object goes. */
    protected long top() {
        return top;
    }

    protected void setTop(long top) {
        this.top = top;
    }

    @Override
    protected long[] call(Inst inst, long[] args) {
        if (inst.call().key().kind() == FuncKey.Kind.BUILTIN) {
            // For objects that do not fit.
            throw new OutOfSteps();
        }
        return run(functions.get(inst.call().key()), args);
    }

    @Override
    protected Entry tailCall(Inst inst, long[] args) {
        return new Entry(functions.get(inst.call().key()), args);
    }
}
