package kiln.translate;

import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentContext;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/** One function of a component that no module defines, while it is written. */
class ComponentCode {
    /** A field of the component's context, or of a handle table. */
    static final MemoryOp WORD = MemoryOp.of(Type.I32, Region.CONTEXT);

    static final MemoryOp CELL = MemoryOp.of(Type.I64, Region.CONTEXT);

    private static final CallTarget MEMMOVE =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I64, Type.I64), List.of(Type.I64)));

    final ComponentFunctions component;
    final Function function;
    final Builder b;
    final Value vmctx;
    /** Bytes from the context that the function runs in to the component's. */
    private final int distance;

    /**
     * A core function that this one may call.
     *
     * @param target without a key if it is reached through a record
     * @param module the number of its module, or of that whose context has the record
     * @param record offset of the record in that context
     */
    record Callee(CallTarget target, int module, int record) {}

    ComponentCode(ComponentFunctions component, FuncKey key, Signature signature) {
        this.component = component;
        function = new Function(key, signature);
        b = new Builder(function);
        // Backtraces skip the function, but go on to its caller only where code has a position.
        b.setPosition(0);
        Block entry = function.newBlock();
        for (Type type : signature.params()) {
            entry.addParam(type);
        }
        b.setBlock(entry);
        vmctx = b.vmctx();
        distance = component.distance(key.payload(), 0);
    }

    final Value param(int i) {
        return function.entry().params().get(i);
    }

    final int home() {
        return function.key().payload();
    }

    // Control flow.

    /** A block that is not in the layout yet, see {@link #begin}. */
    final Block label(Type... params) {
        Block block = function.newDetachedBlock();
        for (Type type : params) {
            block.addParam(type);
        }
        return block;
    }

    /** Goes on in a block, which comes next in the layout. */
    final void begin(Block block) {
        function.blocks().add(block);
        b.setBlock(block);
    }

    /** As {@link #label}, for what is rarely done. */
    final Block rare(Type... params) {
        Block block = label(params);
        block.setFrequency(Frequency.RARE);
        return block;
    }

    /** Stops a loop at its head if somebody asks for that. */
    final void interruptCheck() {
        if (component.options().interruptChecks()) {
            b.interruptCheck();
        }
    }

    // Arithmetic.

    final Value add(Value x, Value y) {
        return b.binary(Opcode.ADD, x, y);
    }

    final Value add(Value x, long y) {
        return add(x, b.iconst(x.type(), y));
    }

    final Value sub(Value x, Value y) {
        return b.binary(Opcode.SUB, x, y);
    }

    final Value and(Value x, long mask) {
        return b.binary(Opcode.AND, x, b.iconst(x.type(), mask));
    }

    final Value or(Value x, Value y) {
        return b.binary(Opcode.OR, x, y);
    }

    final Value shl(Value x, int by) {
        return b.binary(Opcode.SHL, x, b.iconst(x.type(), by));
    }

    final Value shr(Value x, int by) {
        return b.binary(Opcode.LSHR, x, b.iconst(x.type(), by));
    }

    final Value is(IntCond cond, Value x, long y) {
        return b.icmp(cond, x, b.iconst(x.type(), y));
    }

    /** Whether an i64 is not zero. */
    final Value test(Value x) {
        return is(IntCond.NE, x, 0);
    }

    final Value wide(Value x) {
        return b.convert(Opcode.ZEXT, Type.I64, x);
    }

    final Value narrow(Value x) {
        return b.convert(Opcode.WRAP, Type.I32, x);
    }

    // Calls.

    /** Calls a core function; what it throws does not leave the component. */
    final Inst call(Callee callee, Value... args) {
        CallTarget target = callee.target;
        if (target.key() != null && !component.mayThrow(target.key())) {
            return b.call(target, args);
        }
        Block next = label();
        Block pad = rare();
        Inst call;
        if (target.key() != null) {
            call = b.invoke(target, new Edge(next), pad, args);
        } else {
            int record = component.distance(home(), callee.module) + callee.record;
            Value code = b.load(Type.I64, Emission.POINTER, vmctx, record + VMContextLayout.FUNCREF_CODE);
            Value context = b.load(Type.I64, Emission.POINTER, vmctx, record + VMContextLayout.FUNCREF_VMCTX);
            call = b.invokeIndirect(target, new Edge(next), pad, code, context, args);
        }
        begin(pad);
        b.caught();
        b.trap(TrapCode.THROWN_OUT_OF_COMPONENT);
        begin(next);
        return call;
    }

    /** Calls a routine in Java, in the component's context. */
    final Inst call(Builtin builtin, Value... args) {
        return b.call(new CallTarget(FuncKey.builtin(0, builtin), BuiltinCalls.signature(builtin, Type.I64)), args);
    }

    final void memmove(Value to, Value from, Value bytes) {
        Value store = b.load(Type.I64, Emission.POINTER, vmctx, VMContextLayout.STORE);
        Value code = b.load(Type.I64, Emission.POINTER, store, StoreLayout.MEMMOVE);
        b.callNative(MEMMOVE, code, to, from, bytes);
    }

    // The component's context.

    /** Reads a word of a component instance's part. */
    final Value field(int instance, int field) {
        return b.load(Type.I32, WORD, vmctx, distance + component.context().component(instance) + field);
    }

    final void setField(int instance, int field, Value value) {
        b.store(WORD, vmctx, distance + component.context().component(instance) + field, value);
    }

    /** Traps unless the instance may call what it imports. */
    final void checkMayLeave(int instance) {
        b.trapIfZero(TrapCode.CANNOT_LEAVE_COMPONENT, field(instance, ComponentContext.MAY_LEAVE));
    }

    /** Calls realloc or post-return, which may not leave the instance. */
    final Inst callInside(int instance, Callee callee, Value... args) {
        setField(instance, ComponentContext.MAY_LEAVE, b.i32(0));
        Inst call = call(callee, args);
        setField(instance, ComponentContext.MAY_LEAVE, b.i32(1));
        return call;
    }
}
