package kiln.translate;

import static kiln.ir.Opcode.ADD;
import static kiln.ir.Opcode.LSHR;
import static kiln.ir.Opcode.WRAP;
import static kiln.ir.Opcode.ZEXT;

import kiln.artifact.Builtin;
import kiln.artifact.api.TrapCode;
import kiln.ir.AtomicOp;
import kiln.ir.Builder;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Linear memory. An access is {@code [base + index + offset]}, where the offset stays a displacement and the guard
 * behind a memory stands in for the comparison, if that is possible.
 */
final class MemoryTranslator {
    /**
     * Longest constant length of memory.copy and memory.fill that becomes loads and stores: eight words in registers.
     */
    private static final int MAX_INLINE = 64;

    private static final long EVERY_BYTE = 0x0101010101010101L;

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final BuiltinCalls builtins;
    private final MemoryAccess access;

    MemoryTranslator(Emission e, BuiltinCalls builtins) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.builtins = builtins;
        this.access = e.memory;
    }

    /** The present instruction, which reads {@code 1 << log2Width} bytes. */
    void load(Type type, int log2Width, boolean signed) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value address = access.address(m, stack.pop(), e.validator.memOffset(), 1 << log2Width);
        stack.push(b.load(type, m.access(log2Width, signed, access.canTrap), address, access.displacement));
    }

    /** The present instruction, which reads a lane of a vector: an integer, zero-extended where it is narrow. */
    void loadLane(Lanes lanes) {
        load(lanes.type(), Integer.numberOfTrailingZeros(lanes.bytes()), false);
    }

    /** The present instruction, which writes {@code 1 << log2Width} bytes. */
    void store(int log2Width) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value value = stack.pop();
        Value address = access.address(m, stack.pop(), e.validator.memOffset(), 1 << log2Width);
        b.store(m.access(log2Width, false, access.canTrap), address, access.displacement, value);
    }

    // Atomic accesses.

    /** The present instruction, which reads {@code 1 << log2Width} bytes. */
    void atomicLoad(Type type, int log2Width) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value address = atomicAddress(m, log2Width);
        stack.push(b.atomicLoad(type, m.access(log2Width, false, access.canTrap), address, access.displacement));
    }

    /** The present instruction, which writes {@code 1 << log2Width} bytes. */
    void atomicStore(int log2Width) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value value = stack.pop();
        Value address = atomicAddress(m, log2Width);
        b.atomicStore(m.access(log2Width, false, access.canTrap), address, access.displacement, value);
    }

    /** The present instruction, which changes {@code 1 << log2Width} bytes. */
    void atomicModify(AtomicOp op, int log2Width) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value value = stack.pop();
        Value address = atomicAddress(m, log2Width);
        stack.push(b.atomicRmw(op, m.access(log2Width, false, access.canTrap), address, access.displacement, value));
    }

    /** The present instruction, which compares and perhaps writes {@code 1 << log2Width} bytes. */
    void atomicCompareAndExchange(int log2Width) {
        MemoryPlan m = e.env.memory(e.validator.memoryIndex());
        Value replacement = stack.pop();
        Value expected = stack.pop();
        Value address = atomicAddress(m, log2Width);
        MemoryOp memory = m.access(log2Width, false, access.canTrap);
        stack.push(b.atomicCompareAndExchange(memory, address, access.displacement, expected, replacement));
    }

    void atomicFence() {
        b.atomicFence();
    }

    /** Waits for a change of {@code 1 << log2Width} bytes. */
    void atomicWait(int log2Width) {
        int memory = e.validator.memoryIndex();
        Value timeout = stack.pop();
        Value expected = stack.pop();
        Value index = effectiveIndex(stack.pop(), log2Width);
        Builtin builtin = log2Width == 2 ? Builtin.MEMORY_WAIT32 : Builtin.MEMORY_WAIT64;
        stack.push(builtins.call(builtin, b.i32(memory), index, expected, timeout));
    }

    void atomicNotify() {
        int memory = e.validator.memoryIndex();
        Value count = stack.pop();
        Value index = effectiveIndex(stack.pop(), 2);
        stack.push(builtins.call(Builtin.MEMORY_NOTIFY, b.i32(memory), index, count));
    }

    /** As {@link MemoryAccess#address}, for the index on the stack, after a check of the alignment. */
    private Value atomicAddress(MemoryPlan m, int log2Width) {
        Value index = stack.pop();
        checkAlignment(index, log2Width);
        return access.address(m, index, e.validator.memOffset(), 1 << log2Width);
    }

    /** Index and offset in one, which routines compare with the length. */
    private Value effectiveIndex(Value index, int log2Width) {
        long offset = e.validator.memOffset();
        checkAlignment(index, log2Width);
        Value sum = b.binary(ADD, wide(index), b.i64(offset));
        if (index.type() == Type.I64) {
            b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.ULT, sum, b.i64(offset)));
        }
        return sum;
    }

    /** Traps unless index and offset together are a multiple of the width. */
    private void checkAlignment(Value index, int log2Width) {
        int mask = (1 << log2Width) - 1;
        Value low = index.type() == Type.I64 ? b.convert(WRAP, Type.I32, index) : index;
        Value sum = b.binary(ADD, low, b.i32((int) e.validator.memOffset() & mask));
        b.trapIf(TrapCode.UNALIGNED_ATOMIC, b.binary(Opcode.AND, sum, b.i32(mask)));
    }

    void size(int memory) {
        MemoryPlan m = e.env.memory(memory);
        push(m, b.binary(LSHR, access.length(m), b.i64(m.pageShift)));
    }

    /** Pushes a number of pages, which has the type of an index. */
    private void push(MemoryPlan m, Value pages) {
        stack.push(m.is64 ? pages : b.convert(WRAP, Type.I32, pages));
    }

    void grow(int memory) {
        Value delta = wide(stack.pop());
        push(e.env.memory(memory), builtins.call(Builtin.MEMORY_GROW, b.i32(memory), delta));
    }

    void fill(int memory) {
        Value length = stack.pop();
        Value value = stack.pop();
        Value to = stack.pop();
        MemoryPlan m = e.env.memory(memory);
        if (isShort(length)) {
            fillInline(m, to, value, (int) length.inst().imm());
        } else {
            builtins.call(Builtin.MEMORY_FILL, b.i32(memory), wide(to), value, wide(length));
        }
    }

    void copy(int toMemory, int fromMemory) {
        Value length = stack.pop();
        Value from = stack.pop();
        Value to = stack.pop();
        if (isShort(length)) {
            copyInline(e.env.memory(toMemory), to, e.env.memory(fromMemory), from, (int)
                    length.inst().imm());
        } else {
            builtins.call(Builtin.MEMORY_COPY, b.i32(toMemory), b.i32(fromMemory), wide(to), wide(from), wide(length));
        }
    }

    void init(int memory, int segment) {
        Value length = stack.pop();
        Value from = stack.pop();
        Value to = stack.pop();
        builtins.call(Builtin.MEMORY_INIT, b.i32(memory), b.i32(segment), wide(to), from, length);
    }

    /** An index or length as i64. */
    private Value wide(Value index) {
        return index.type() == Type.I64 ? index : b.convert(ZEXT, Type.I64, index);
    }

    private static boolean isShort(Value length) {
        return length.is(Opcode.ICONST)
                && length.inst().imm() >= 0
                && length.inst().imm() <= MAX_INLINE;
    }

    private void fillInline(MemoryPlan m, Value to, Value value, int length) {
        Value wideTo = wide(to);
        access.check(m, wideTo, length);
        if (length == 0) {
            return;
        }
        Value address = b.binary(ADD, access.base(m), wideTo);
        Value pattern = value;
        if (length > 1) {
            Value single = b.binary(Opcode.AND, b.convert(ZEXT, Type.I64, value), b.i64(0xff));
            pattern = b.binary(Opcode.MUL, single, b.i64(EVERY_BYTE));
        }
        int at = 0;
        for (int log2 = 3; at < length; ) {
            int width = 1 << log2;
            if (width > length) {
                log2--;
                continue;
            }
            // The last piece may overlap the one before.
            int place = Math.min(at, length - width);
            b.store(m.access(log2, false, true), address, place, pattern);
            at = place + width;
        }
    }

    /** Both ranges are checked first; then all bytes are read before the first is written, so that they may overlap. */
    private void copyInline(MemoryPlan toMemory, Value to, MemoryPlan fromMemory, Value from, int length) {
        Value wideTo = wide(to);
        Value wideFrom = wide(from);
        access.check(toMemory, wideTo, length);
        access.check(fromMemory, wideFrom, length);
        if (length == 0) {
            return;
        }
        Value source = b.binary(ADD, access.base(fromMemory), wideFrom);
        Value target = b.binary(ADD, access.base(toMemory), wideTo);
        int[] places = new int[MAX_INLINE / 8 + 2];
        int[] widths = new int[places.length];
        Value[] pieces = new Value[places.length];
        int n = 0;
        int at = 0;
        for (int log2 = 3; at < length; ) {
            int width = 1 << log2;
            if (width > length) {
                log2--;
                continue;
            }
            int place = Math.min(at, length - width);
            Type type = log2 == 3 ? Type.I64 : Type.I32;
            pieces[n] = b.load(type, fromMemory.access(log2, false, true), source, place);
            places[n] = place;
            widths[n++] = log2;
            at = place + width;
        }
        for (int i = 0; i < n; i++) {
            b.store(toMemory.access(widths[i], false, true), target, places[i], pieces[i]);
        }
    }
}
