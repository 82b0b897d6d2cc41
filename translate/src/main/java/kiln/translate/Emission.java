package kiln.translate;

import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.FloatCond;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.SsaBuilder;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;
import kiln.wasm.FunctionValidator;

/** What the parts of one function's translation share. */
final class Emission {
    /** A pointer in the VMContext that instantiation sets once. */
    static final MemoryOp POINTER = MemoryOp.readOnly(Type.I64, Region.CONTEXT);

    private static final long F32_NAN = 0x7fc00000L;
    private static final long F64_NAN = 0x7ff8000000000000L;

    final ModuleEnvironment env;
    final FunctionValidator validator;
    final Function function;
    final Builder b;
    final SsaBuilder ssa;
    final OperandStack stack;
    final Value vmctx;

    final MemoryAccess memory;

    /** What was last read from where there is probably one function only, and that function. */
    private Value likelyRef;

    private int likelyCallee;

    /** Where exceptions go that are thrown at the current position, or null if they leave the function. */
    Handler handler;

    /** @param ssaLimit see {@link SsaBuilder#SsaBuilder(Builder, long)} */
    Emission(ModuleEnvironment env, FunctionValidator validator, Function function, OperandStack stack, long ssaLimit) {
        this.env = env;
        this.validator = validator;
        this.function = function;
        this.stack = stack;
        this.b = new Builder(function);
        this.ssa = new SsaBuilder(b, ssaLimit);
        Block entry = function.newBlock();
        for (Type type : function.signature().params()) {
            Value param = entry.addParam(type);
            ssa.writeVar(entry, ssa.declareVar(type), param);
        }
        b.setBlock(entry);
        ssa.sealBlock(entry);
        vmctx = b.vmctx();
        memory = new MemoryAccess(b, vmctx, true);
    }

    /** Says what a reference to a function, which has just been read, probably is; any value if it says nothing. */
    void expect(Value ref, int callee) {
        if (callee != LikelyCallees.NONE) {
            likelyRef = ref;
            likelyCallee = callee;
        }
    }

    /** The function that a reference probably is, or {@link LikelyCallees#NONE}. */
    int likelyCallee(Value ref) {
        return ref == likelyRef ? likelyCallee : LikelyCallees.NONE;
    }

    /** Pushes a result of {@code op}: the canonical NaN if it is a NaN and the options ask for that. */
    void pushComputed(Opcode op, Value x) {
        stack.push(op.makesNan() && env.options().canonicalNans() ? canonical(x) : x);
    }

    /** As {@link #pushComputed(Opcode, Value)}, for lanes. */
    void pushComputed(LaneOp op, Value x) {
        stack.push(op.makesNan() && env.options().canonicalNans() ? canonical(op.lanes(), x) : x);
    }

    private Value canonical(Lanes lanes, Value x) {
        if (x.is(Opcode.VCONST)) {
            return x;
        }
        long nan = lanes == Lanes.F32X4 ? F32_NAN : F64_NAN;
        Value isNan = b.vector(VectorOp.NE.on(lanes), x, x);
        return b.vector(VectorOp.BITSELECT.on(Lanes.V128), b.vconst(V128.of(lanes, _ -> nan)), x, isNan);
    }

    private Value canonical(Value x) {
        if (x.is(Opcode.FCONST)) {
            return x;
        }
        Value nan = b.constant(x.type(), x.type() == Type.F32 ? F32_NAN : F64_NAN);
        return b.select(b.fcmp(FloatCond.NE, x, x), nan, x);
    }

    /** A call, which ends the current block if there is a handler for what the callee may throw. */
    Inst call(CallTarget target, Value... args) {
        if (handler == null || !env.mayThrow(target.key())) {
            return b.call(target, args);
        }
        Block next = function.newDetachedBlock();
        Block pad = function.newBlock();
        Inst call = b.invoke(target, new Edge(next), pad, args);
        land(pad, next);
        return call;
    }

    /** As {@link #call}. */
    Inst callIndirect(CallTarget target, Value code, Value context, Value... args) {
        if (handler == null) {
            return b.callIndirect(target, code, context, args);
        }
        Block next = function.newDetachedBlock();
        Block pad = function.newBlock();
        Inst call = b.invokeIndirect(target, new Edge(next), pad, code, context, args);
        land(pad, next);
        return call;
    }

    private void land(Block pad, Block next) {
        pad.setFrequency(Frequency.RARE);
        startSealed(pad);
        b.jump(handler.dispatch(function), b.caught());
        function.blocks().add(next);
        startSealed(next);
    }

    /** Continues in a block of which all edges are known and that comes next in the layout. */
    void startSealed(Block block) {
        ssa.sealBlock(block);
        b.setBlock(block);
    }
}
