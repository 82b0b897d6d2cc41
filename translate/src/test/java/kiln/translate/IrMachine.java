package kiln.translate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Region;
import kiln.ir.testing.IrExecution;

/**
 * Executes IR as native code would: with addresses, contexts, code pointers and calls between functions.
 */
final class IrMachine {
    private static final int MAX_DEPTH = 1500;

    /** The compiled functions of one module. */
    interface Code {
        Function function(FuncKey key);

        /** Bytes from the caller's context to the callee's, for a direct call. */
        default long distance(@SuppressWarnings("unused") FuncKey caller, @SuppressWarnings("unused") FuncKey callee) {
            return 0;
        }
    }

    /** What CALL_NATIVE reaches. */
    interface Native {
        long call(long[] args);
    }

    /** A code address: a function together with the code it is a part of. */
    private record Target(Code code, Function function) {}

    final AddressSpace memory = new AddressSpace();
    private final Map<Long, Target> targets = new HashMap<>();
    private final Map<Function, Long> addresses = new HashMap<>();
    private final Map<Long, Native> natives = new HashMap<>();
    private long nextCode = 16;
    private int depth;
    /** Set by the upcall that returned a failure, thrown by UNWIND. */
    RuntimeException pending;

    long codeAddress(Code code, FuncKey key) {
        Function f = code.function(key);
        return addresses.computeIfAbsent(f, _ -> {
            targets.put(nextCode, new Target(code, f));
            return nextCode++;
        });
    }

    long nativeAddress(Native n) {
        natives.put(nextCode, n);
        return nextCode++;
    }

    /** Calls what lies at a code address. */
    long[] call(long address, long vmctx, long... args) {
        Target t = targets.get(address);
        if (t == null) {
            throw new AssertionError("no code at " + address);
        }
        return call(t.code, t.function, vmctx, args);
    }

    private long[] call(Code code, Function function, long vmctx, long[] args) {
        if (++depth > MAX_DEPTH) {
            depth = 0;
            throw new IrExecution.Trap(TrapCode.STACK_CHECK);
        }
        Frame frame = new Frame(code, vmctx);
        long[] results;
        try {
            results = frame.run(function, args);
        } catch (IrExecution.Thrown t) {
            frame.release();
            depth--;
            throw t;
        }
        frame.release();
        depth--;
        return results;
    }

    /** To be called before a call from outside, after which depth counts again from nothing. */
    void reset() {
        depth = 0;
    }

    /** One activation, which a tail call takes over. */
    private final class Frame extends IrExecution {
        private Code code;
        private long vmctx;
        private List<AddressSpace.Chunk> stack = List.of();

        Frame(Code code, long vmctx) {
            super(Long.MAX_VALUE);
            this.code = code;
            this.vmctx = vmctx;
        }

        void release() {
            stack.forEach(memory::free);
        }

        @Override
        protected Entry tailCall(Inst i, long[] args) {
            if (i.opcode() == Opcode.RETURN_CALL) {
                return new Entry(code.function(i.call().key()), args);
            }
            Target t = targets.get(args[0]);
            code = t.code;
            vmctx = args[1];
            return new Entry(t.function, Arrays.copyOfRange(args, 2, args.length));
        }

        @Override
        protected RuntimeException unwind() {
            return pending;
        }

        @Override
        protected long place(Inst i) {
            return switch (i.opcode()) {
                case VMCTX -> vmctx;
                case FRAME_POINTER -> depth * 64L;
                default -> {
                    AddressSpace.Chunk c = memory.allocate((int) i.imm(), Region.Kind.STACK);
                    stack = stack.isEmpty() ? new ArrayList<>() : stack;
                    stack.add(c);
                    yield c.base;
                }
            };
        }

        @Override
        protected long[] call(Inst i, long[] args) {
            return switch (i.opcode()) {
                case CALL, INVOKE -> {
                    FuncKey callee = i.call().key();
                    long context = vmctx + code.distance(i.block().function().key(), callee);
                    yield IrMachine.this.call(code, code.function(callee), context, args);
                }
                case CALL_INDIRECT, INVOKE_INDIRECT ->
                    IrMachine.this.call(args[0], args[1], Arrays.copyOfRange(args, 2, args.length));
                default -> new long[] {natives.get(args[0]).call(Arrays.copyOfRange(args, 1, args.length))};
            };
        }

        /** The chunk accessed; a fault is only allowed where the instruction says so, and so is the kind of memory. */
        private AddressSpace.Chunk chunk(Inst i, long address) {
            MemoryOp op = i.memory();
            AddressSpace.Chunk c = memory.find(address, op.width());
            if (c == null) {
                if (op.trap() != null) {
                    throw new Trap(op.trap());
                }
                throw new AssertionError("fault: " + Printer.print(i));
            }
            if (!List.of(c.kinds).contains(op.region().kind())) {
                throw new AssertionError("wrong region: " + Printer.print(i));
            }
            return c;
        }

        @Override
        protected ByteBuffer bytes(Inst i, long address) {
            AddressSpace.Chunk c = chunk(i, address);
            return c.bytes.slice((int) (address - c.base), i.memory().width()).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
