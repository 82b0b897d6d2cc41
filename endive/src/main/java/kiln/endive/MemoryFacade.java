package kiln.endive;

import static run.endive.runtime.ConstantEvaluators.computeConstantValue;

import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.function.LongUnaryOperator;
import kiln.runtime.Memory;
import kiln.runtime.SharedMemory;
import kiln.runtime.TrapException;
import run.endive.runtime.Instance;
import run.endive.runtime.WasmInterruptedException;
import run.endive.runtime.WasmRuntimeException;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.ActiveDataSegment;
import run.endive.wasm.types.DataSegment;

/**
 * The accesses of Endive's memories on Kiln's: on a memory of a store, which is claimed for each access that is not
 * within a call, or on one that all threads share.
 */
@SuppressWarnings("removal") // what Endive is about to drop is what its programs call today
abstract class MemoryFacade implements run.endive.runtime.Memory {
    private DataSegment[] segments;
    /** Whether the next filling with zeros is Endive's first, which Kiln has done. */
    private boolean isFresh;
    /** So many instances will still write their segments, which Kiln has done. */
    private int initialisations;

    /** The memory if it is shared, else null. */
    abstract SharedMemory acrossThreads();

    /** The memory if it is not shared. */
    abstract Memory claim();

    /** After {@link #claim}: hands the store on if no call runs. */
    abstract void release();

    /** The memory is one that an instance defines, and Endive will clear it. */
    void expectZero() {
        isFresh = true;
    }

    /** One more instance will initialise the memory, and Kiln has done so. */
    void expectInitialisation() {
        initialisations++;
    }

    private WasmRuntimeException outOfBounds(int addr, long size, IndexOutOfBoundsException e) {
        return new WasmRuntimeException(
                "out of bounds memory access: attempted to access address: " + Integer.toUnsignedString(addr)
                        + " but limit is: " + bytes() + " and size: " + size,
                e);
    }

    private static long at(int addr) {
        return Integer.toUnsignedLong(addr);
    }

    private long bytes() {
        SharedMemory s = acrossThreads();
        if (s != null) {
            return s.size();
        }
        Memory m = claim();
        try {
            return m.size();
        } finally {
            release();
        }
    }

    @Override
    public int pages() {
        return (int) (bytes() / PAGE_SIZE);
    }

    // ---- initialisation

    @Override
    public void initialize(Instance instance, DataSegment[] dataSegments) {
        initialize(instance, dataSegments, 0);
    }

    @Override
    public void initialize(Instance instance, DataSegment[] dataSegments, int memoryIndex) {
        segments = dataSegments;
        if (initialisations > 0) {
            initialisations--;
            return;
        }
        for (DataSegment s : dataSegments) {
            if (s instanceof ActiveDataSegment a && a.index() == memoryIndex) {
                int offset = (int) computeConstantValue(instance, a.offsetInstructions())[0];
                try {
                    write(offset, a.data(), 0, a.data().length);
                } catch (WasmRuntimeException e) {
                    throw new UninstantiableException(e.getMessage(), e);
                }
            }
        }
    }

    @Override
    public void initPassiveSegment(int segmentId, int dest, int offset, int size) {
        write(dest, segments[segmentId].data(), offset, size);
    }

    @Override
    public void drop(int segment) {
        segments[segment] = run.endive.wasm.types.PassiveDataSegment.EMPTY;
    }

    @Override
    public void zero() {
        if (!isFresh) {
            fillBytes((byte) 0, 0, bytes());
        }
        isFresh = false;
    }

    // ---- accesses

    @Override
    public void fill(byte value, int fromIndex, int toIndex) {
        if (at(toIndex) < at(fromIndex)) {
            throw new WasmRuntimeException("out of bounds memory access: from " + fromIndex + " to " + toIndex);
        }
        try {
            fillBytes(value, at(fromIndex), at(toIndex));
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(fromIndex, at(toIndex) - at(fromIndex), e);
        }
    }

    private void fillBytes(byte value, long from, long to) {
        SharedMemory s = acrossThreads();
        if (s == null) {
            Memory m = claim();
            try {
                m.segment().asSlice(from, to - from).fill(value);
            } finally {
                release();
            }
            return;
        }
        byte[] chunk = new byte[(int) Math.min(to - from, PAGE_SIZE)];
        java.util.Arrays.fill(chunk, value);
        for (long a = from; a < to; a += chunk.length) {
            s.writeBytes(a, chunk, 0, (int) Math.min(chunk.length, to - a));
        }
    }

    @Override
    public void write(int addr, byte[] data, int offset, int size) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                s.writeBytes(at(addr), data, offset, size);
                return;
            }
            Memory m = claim();
            try {
                m.writeBytes(at(addr), data, offset, size);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, size, e);
        }
    }

    @Override
    public byte[] readBytes(int addr, int len) {
        SharedMemory s = acrossThreads();
        try {
            if (len < 0 || at(addr) + len > bytes()) {
                throw new IndexOutOfBoundsException(len);
            }
            if (s != null) {
                return s.readBytes(at(addr), len);
            }
            Memory m = claim();
            try {
                return m.readBytes(at(addr), len);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, len, e);
        }
    }

    @Override
    public byte read(int addr) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                return s.readByte(at(addr));
            }
            Memory m = claim();
            try {
                return m.readByte(at(addr));
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 1, e);
        }
    }

    @Override
    public int readInt(int addr) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                return s.readInt(at(addr));
            }
            Memory m = claim();
            try {
                return m.readInt(at(addr));
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 4, e);
        }
    }

    @Override
    public long readLong(int addr) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                return s.readLong(at(addr));
            }
            Memory m = claim();
            try {
                return m.readLong(at(addr));
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 8, e);
        }
    }

    @Override
    public short readShort(int addr) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                return s.readShort(at(addr));
            }
            Memory m = claim();
            try {
                return m.readShort(at(addr));
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 2, e);
        }
    }

    @Override
    public void writeByte(int addr, byte data) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                s.writeByte(at(addr), data);
                return;
            }
            Memory m = claim();
            try {
                m.writeByte(at(addr), data);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 1, e);
        }
    }

    @Override
    public void writeShort(int addr, short data) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                s.writeShort(at(addr), data);
                return;
            }
            Memory m = claim();
            try {
                m.writeShort(at(addr), data);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 2, e);
        }
    }

    @Override
    public void writeI32(int addr, int data) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                s.writeInt(at(addr), data);
                return;
            }
            Memory m = claim();
            try {
                m.writeInt(at(addr), data);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 4, e);
        }
    }

    @Override
    public void writeLong(int addr, long data) {
        SharedMemory s = acrossThreads();
        try {
            if (s != null) {
                s.writeLong(at(addr), data);
                return;
            }
            Memory m = claim();
            try {
                m.writeLong(at(addr), data);
            } finally {
                release();
            }
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 8, e);
        }
    }

    @Override
    public long readU16(int addr) {
        return Short.toUnsignedLong(readShort(addr));
    }

    @Override
    public void writeF32(int addr, float data) {
        writeI32(addr, Float.floatToRawIntBits(data));
    }

    @Override
    public long readF32(int addr) {
        return readInt(addr);
    }

    @Override
    public float readFloat(int addr) {
        return Float.intBitsToFloat(readInt(addr));
    }

    @Override
    public void writeF64(int addr, double data) {
        writeLong(addr, Double.doubleToRawLongBits(data));
    }

    @Override
    public double readDouble(int addr) {
        return Double.longBitsToDouble(readLong(addr));
    }

    @Override
    public long readF64(int addr) {
        return readLong(addr);
    }

    // ---- waiting

    private SharedMemory toWaitOn() {
        SharedMemory s = acrossThreads();
        if (s == null) {
            throw new WasmEngineException("Attempt to wait on a non-shared memory, not supported.");
        }
        return s;
    }

    private static int code(SharedMemory.WaitResult result) {
        return switch (result.name()) {
            case "OK", "WOKEN" -> 0;
            case "NOT_EQUAL" -> 1;
            default -> 2;
        };
    }

    private static WasmEngineException interrupted() {
        Thread.currentThread().interrupt();
        return new WasmInterruptedException("Thread interrupted");
    }

    @Override
    public int waitOn(int address, int expected, long timeout) {
        try {
            return code(toWaitOn().waitWhileInt(at(address), expected, timeout, TimeUnit.NANOSECONDS));
        } catch (InterruptedException _) {
            throw interrupted();
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(address, 4, e);
        } catch (TrapException e) {
            throw Traps.of(e);
        }
    }

    @Override
    public int waitOn(int address, long expected, long timeout) {
        try {
            return code(toWaitOn().waitWhileLong(at(address), expected, timeout, TimeUnit.NANOSECONDS));
        } catch (InterruptedException _) {
            throw interrupted();
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(address, 8, e);
        } catch (TrapException e) {
            throw Traps.of(e);
        }
    }

    @Override
    public int notify(int address, int maxThreads) {
        SharedMemory s = acrossThreads();
        return s == null ? 0 : s.notifyWaiters(at(address), maxThreads);
    }

    // ---- atomic accesses: a memory that is not shared is one thread's, and needs no more than plain ones

    private int atomic(int addr, IntUnaryOperator change) {
        SharedMemory s = acrossThreads();
        int old;
        do {
            old = atomicReadInt(addr);
            if (s == null) {
                writeI32(addr, change.applyAsInt(old));
                return old;
            }
        } while (!s.compareAndSetInt(at(addr), old, change.applyAsInt(old)));
        return old;
    }

    private long atomicLong(int addr, LongUnaryOperator change) {
        SharedMemory s = acrossThreads();
        long old;
        do {
            old = atomicReadLong(addr);
            if (s == null) {
                writeLong(addr, change.applyAsLong(old));
                return old;
            }
        } while (!s.compareAndSetLong(at(addr), old, change.applyAsLong(old)));
        return old;
    }

    /** Changes {@code bits} bits at an address through the word that they are in. */
    private int atomicPart(int addr, int bits, IntUnaryOperator change) {
        int shift = (addr & 3) * 8;
        int mask = (1 << bits) - 1;
        int word =
                atomic(addr & ~3, w -> w & ~(mask << shift) | (change.applyAsInt(w >>> shift & mask) & mask) << shift);
        return word >>> shift & mask;
    }

    @Override
    public int atomicReadInt(int addr) {
        SharedMemory s = acrossThreads();
        try {
            return s != null ? s.readIntVolatile(at(addr)) : readInt(addr);
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 4, e);
        }
    }

    @Override
    public long atomicReadLong(int addr) {
        SharedMemory s = acrossThreads();
        try {
            return s != null ? s.readLongVolatile(at(addr)) : readLong(addr);
        } catch (IndexOutOfBoundsException e) {
            throw outOfBounds(addr, 8, e);
        }
    }

    @Override
    public short atomicReadShort(int addr) {
        return (short) (atomicReadInt(addr & ~3) >>> (addr & 2) * 8);
    }

    @Override
    public byte atomicReadByte(int addr) {
        return (byte) (atomicReadInt(addr & ~3) >>> (addr & 3) * 8);
    }

    @Override
    public void atomicWriteInt(int addr, int value) {
        atomic(addr, _ -> value);
    }

    @Override
    public void atomicWriteLong(int addr, long value) {
        atomicLong(addr, _ -> value);
    }

    @Override
    public void atomicWriteShort(int addr, short value) {
        atomicPart(addr, 16, _ -> value);
    }

    @Override
    public void atomicWriteByte(int addr, byte value) {
        atomicPart(addr, 8, _ -> value);
    }

    @Override
    public int atomicAddInt(int addr, int delta) {
        return atomic(addr, v -> v + delta);
    }

    @Override
    public int atomicAndInt(int addr, int mask) {
        return atomic(addr, v -> v & mask);
    }

    @Override
    public int atomicOrInt(int addr, int mask) {
        return atomic(addr, v -> v | mask);
    }

    @Override
    public int atomicXorInt(int addr, int mask) {
        return atomic(addr, v -> v ^ mask);
    }

    @Override
    public int atomicXchgInt(int addr, int value) {
        return atomic(addr, _ -> value);
    }

    @Override
    public int atomicCmpxchgInt(int addr, int expected, int replacement) {
        return atomic(addr, v -> v == expected ? replacement : v);
    }

    @Override
    public long atomicAddLong(int addr, long delta) {
        return atomicLong(addr, v -> v + delta);
    }

    @Override
    public long atomicAndLong(int addr, long mask) {
        return atomicLong(addr, v -> v & mask);
    }

    @Override
    public long atomicOrLong(int addr, long mask) {
        return atomicLong(addr, v -> v | mask);
    }

    @Override
    public long atomicXorLong(int addr, long mask) {
        return atomicLong(addr, v -> v ^ mask);
    }

    @Override
    public long atomicXchgLong(int addr, long value) {
        return atomicLong(addr, _ -> value);
    }

    @Override
    public long atomicCmpxchgLong(int addr, long expected, long replacement) {
        return atomicLong(addr, v -> v == expected ? replacement : v);
    }

    @Override
    public short atomicAddShort(int addr, short delta) {
        return (short) atomicPart(addr, 16, v -> v + delta);
    }

    @Override
    public short atomicAndShort(int addr, short mask) {
        return (short) atomicPart(addr, 16, v -> v & mask);
    }

    @Override
    public short atomicOrShort(int addr, short mask) {
        return (short) atomicPart(addr, 16, v -> v | mask);
    }

    @Override
    public short atomicXorShort(int addr, short mask) {
        return (short) atomicPart(addr, 16, v -> v ^ mask);
    }

    @Override
    public short atomicXchgShort(int addr, short value) {
        return (short) atomicPart(addr, 16, _ -> value);
    }

    @Override
    public short atomicCmpxchgShort(int addr, short expected, short replacement) {
        return (short) atomicPart(addr, 16, v -> v == (expected & 0xffff) ? replacement : v);
    }

    @Override
    public byte atomicAddByte(int addr, byte delta) {
        return (byte) atomicPart(addr, 8, v -> v + delta);
    }

    @Override
    public byte atomicAndByte(int addr, byte mask) {
        return (byte) atomicPart(addr, 8, v -> v & mask);
    }

    @Override
    public byte atomicOrByte(int addr, byte mask) {
        return (byte) atomicPart(addr, 8, v -> v | mask);
    }

    @Override
    public byte atomicXorByte(int addr, byte mask) {
        return (byte) atomicPart(addr, 8, v -> v ^ mask);
    }

    @Override
    public byte atomicXchgByte(int addr, byte value) {
        return (byte) atomicPart(addr, 8, _ -> value);
    }

    @Override
    public byte atomicCmpxchgByte(int addr, byte expected, byte replacement) {
        return (byte) atomicPart(addr, 8, v -> v == (expected & 0xff) ? replacement : v);
    }
}
