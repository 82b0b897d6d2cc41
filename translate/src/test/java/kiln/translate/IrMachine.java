package kiln.translate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.FuncKey;
import kiln.artifact.TrapCode;
import kiln.ir.Block;
import kiln.ir.ConstantFolding;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Executes IR as native code would: with addresses, contexts, code pointers and calls between functions. Every value
 * is a long, integers of 32 bits sign-extended, floats as bits.
 */
final class IrMachine {
    private static final int MAX_DEPTH = 1500;

    /** A trap, as a wasm embedder sees it. */
    static final class Trap extends RuntimeException {
        private static final long serialVersionUID = 1;

        final TrapCode code;

        Trap(TrapCode code) {
            super(code.message(), null, false, false);
            this.code = code;
        }
    }

    /** The compiled functions of one module. */
    interface Code {
        Function function(FuncKey key);
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
            throw new Trap(TrapCode.STACK_CHECK);
        }
        Frame frame = new Frame(code, function, vmctx, args);
        long[] results = frame.run();
        frame.release();
        depth--;
        return results;
    }

    /** To be called before a call from outside, after which depth counts again from nothing. */
    void reset() {
        depth = 0;
    }

    private final class Frame {
        private Code code;
        private Function f;
        private long vmctx;
        private long[] values;
        private long[] results;
        private java.util.ArrayList<AddressSpace.Chunk> stack;

        Frame(Code code, Function f, long vmctx, long[] args) {
            enter(code, f, vmctx, args);
        }

        private void enter(Code newCode, Function function, long context, long[] args) {
            code = newCode;
            f = function;
            vmctx = context;
            values = new long[f.valueIdBound()];
            List<Value> params = f.entry().params();
            if (params.size() != args.length) {
                throw new AssertionError(f.key() + " called with " + args.length + " arguments");
            }
            for (int i = 0; i < args.length; i++) {
                set(params.get(i), args[i]);
            }
        }

        void release() {
            if (stack != null) {
                stack.forEach(memory::free);
            }
        }

        long[] run() {
            Block b = f.entry();
            while (true) {
                Inst i = b.first();
                for (; !i.opcode().isTerminator(); i = i.next()) {
                    execute(i);
                }
                b = leave(i);
                if (b == null) {
                    return results;
                }
            }
        }

        private void set(Value v, long x) {
            values[v.id()] = ConstantFolding.normalize(v.type(), x);
        }

        private long arg(Inst i, int a) {
            return values[i.arg(a).id()];
        }

        private long[] args(Inst i, int from) {
            long[] all = new long[i.argCount() - from];
            for (int a = 0; a < all.length; a++) {
                all[a] = arg(i, a + from);
            }
            return all;
        }

        private Block leave(Inst i) {
            switch (i.opcode()) {
                case JUMP:
                    return follow(i.target(0));
                case BRANCH:
                    return follow(i.target(arg(i, 0) != 0 ? 0 : 1));
                case SWITCH:
                    return follow(i.target((int) Math.min(arg(i, 0) & 0xffffffffL, i.targetCount() - 1)));
                case RETURN:
                    results = args(i, 0);
                    return null;
                case TRAP:
                    throw new Trap(i.trap());
                case UNWIND:
                    throw pending;
                case RETURN_CALL:
                    enter(code, code.function(i.call().key()), vmctx, args(i, 0));
                    return f.entry();
                case RETURN_CALL_INDIRECT:
                    Target t = targets.get(arg(i, 0));
                    enter(t.code, t.function, arg(i, 1), args(i, 2));
                    return f.entry();
                default:
                    throw new AssertionError(i.opcode());
            }
        }

        private Block follow(Edge e) {
            long[] args = new long[e.argCount()];
            for (int a = 0; a < args.length; a++) {
                args[a] = values[e.arg(a).id()];
            }
            for (int a = 0; a < args.length; a++) {
                set(e.target().params().get(a), args[a]);
            }
            return e.target();
        }

        private void execute(Inst i) {
            Type type = i.type();
            switch (i.opcode()) {
                case ICONST, FCONST -> set(i.result(), i.imm());
                case VMCTX -> set(i.result(), vmctx);
                case FRAME_POINTER -> set(i.result(), depth * 64L);
                case STACK_ADDR -> {
                    AddressSpace.Chunk c = memory.allocate((int) i.imm(), Region.Kind.STACK);
                    if (stack == null) {
                        stack = new java.util.ArrayList<>();
                    }
                    stack.add(c);
                    set(i.result(), c.base);
                }
                case ICMP -> set(i.result(), i.intCond().test(arg(i, 0), arg(i, 1)) ? 1 : 0);
                case FCMP ->
                    set(i.result(), ConstantFolding.compare(i.floatCond(), type, arg(i, 0), arg(i, 1)) ? 1 : 0);
                case SELECT -> set(i.result(), arg(i, arg(i, 0) != 0 ? 1 : 2));
                case LOAD -> load(i);
                case STORE -> store(i);
                case CALL -> {
                    Function callee = code.function(i.call().key());
                    setResults(i, call(code, callee, vmctx, args(i, 0)));
                }
                case CALL_INDIRECT -> setResults(i, IrMachine.this.call(arg(i, 0), arg(i, 1), args(i, 2)));
                case CALL_NATIVE -> {
                    long result = natives.get(arg(i, 0)).call(args(i, 1));
                    if (i.resultCount() > 0) {
                        set(i.result(), result);
                    }
                }
                case TRAP_IF -> {
                    if (arg(i, 0) != 0) {
                        throw new Trap(i.trap());
                    }
                }
                case TRAP_IF_ZERO -> {
                    if (arg(i, 0) == 0) {
                        throw new Trap(i.trap());
                    }
                }
                case INTERRUPT_CHECK -> {}
                default -> set(i.result(), i.argCount() == 2 ? binary(i) : unary(i));
            }
        }

        private long binary(Inst i) {
            long x = arg(i, 0);
            long y = arg(i, 1);
            if (!ConstantFolding.canFold(i.opcode(), i.type(), x, y)) {
                throw new Trap(y == 0 ? TrapCode.INTEGER_DIVIDE_BY_ZERO : TrapCode.INTEGER_OVERFLOW);
            }
            if (i.opcode() == Opcode.SREM && y == -1) {
                return 0;
            }
            return ConstantFolding.binary(i.opcode(), i.type(), x, y);
        }

        private long unary(Inst i) {
            long x = arg(i, 0);
            Type from = i.arg(0).type();
            if (!ConstantFolding.canFold(i.opcode(), i.type(), from, x)) {
                boolean nan = !ConstantFolding.compare(kiln.ir.FloatCond.EQ, from, x, x);
                throw new Trap(nan ? TrapCode.BAD_CONVERSION_TO_INTEGER : TrapCode.INTEGER_OVERFLOW);
            }
            return ConstantFolding.unary(i.opcode(), i.type(), from, x);
        }

        private void setResults(Inst i, long[] from) {
            for (int r = 0; r < from.length; r++) {
                set(i.result(r), from[r]);
            }
        }

        /** The chunk accessed; a fault is only allowed where the instruction says so, and so is the kind of memory. */
        private AddressSpace.Chunk chunk(Inst i, long address) {
            MemoryOp op = i.memory();
            AddressSpace.Chunk c = memory.find(address, op.width());
            if (c == null) {
                if (op.trap() != null) {
                    throw new Trap(op.trap());
                }
                throw new AssertionError("fault: " + Printer.print(i) + " in " + f.key());
            }
            if (!List.of(c.kinds).contains(op.region().kind())) {
                throw new AssertionError("wrong region: " + Printer.print(i) + " in " + f.key());
            }
            return c;
        }

        private void load(Inst i) {
            long address = arg(i, 0) + i.imm();
            AddressSpace.Chunk c = chunk(i, address);
            int at = (int) (address - c.base);
            boolean signed = i.memory().signed();
            set(
                    i.result(),
                    switch (i.memory().width()) {
                        case 1 -> signed ? c.bytes.get(at) : c.bytes.get(at) & 0xffL;
                        case 2 -> signed ? c.bytes.getShort(at) : c.bytes.getShort(at) & 0xffffL;
                        case 4 -> signed ? c.bytes.getInt(at) : c.bytes.getInt(at) & 0xffffffffL;
                        default -> c.bytes.getLong(at);
                    });
        }

        private void store(Inst i) {
            long address = arg(i, 0) + i.imm();
            AddressSpace.Chunk c = chunk(i, address);
            int at = (int) (address - c.base);
            long x = arg(i, 1);
            switch (i.memory().width()) {
                case 1 -> c.bytes.put(at, (byte) x);
                case 2 -> c.bytes.putShort(at, (short) x);
                case 4 -> c.bytes.putInt(at, (int) x);
                default -> c.bytes.putLong(at, x);
            }
        }
    }
}
