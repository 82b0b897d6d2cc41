package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.SsaBuilder;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.types.FuncType;
import kiln.types.ValType;
import kiln.wasm.Feature;
import kiln.wasm.FunctionValidator;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;

/**
 * Turns function bodies into IR, in one pass over the instructions on which they are validated too. Operands are SSA
 * values on a stack of the translator; locals are variables of the {@link kiln.ir.SsaBuilder}; what a block passes to
 * its end becomes parameters of the block that follows. Code that cannot be reached is validated only.
 *
 * <p>One translator serves one thread, for any number of functions of its module.
 */
public final class FunctionTranslator {
    /**
     * How many block parameters and arguments locals may cost in SSA form: this many and {@link #SSA_PER_BYTE} for each
     * byte of the body. No known program has a function that needs half of that.
     */
    private static final long SSA_BASE = 1 << 16;

    private static final long SSA_PER_BYTE = 8;
    /** Values handed over after which the module's budget is asked again. */
    private static final int UNCHECKED_VALUES = 10_000;

    private final ModuleEnvironment env;
    private final WasmModule wasm;
    private final FunctionValidator v;
    private final OperandStack stack = new OperandStack();
    private final ArrayList<Frame> pool = new ArrayList<>();

    private Emission e;
    private Builder b;
    private MemoryTranslator memory;
    private TableTranslator tables;
    private CallTranslator calls;
    /** By local, the number of its SSA variable plus one, or 0 for those not used yet. */
    private int[] variables = new int[16];
    /** Locals that have a variable. */
    private final IntList used = new IntList();
    /** Null if locals are variables of the SSA builder. */
    private LocalsInMemory inMemory;

    private BuiltinCalls builtins;
    private ExceptionTranslator exceptions;
    private GcTranslator objects;
    /** Open frames are the first ones of the pool. */
    private int depth;
    /** How many values handed over the module's budget has been asked for, in the current function. */
    private long checked;
    /** Whether the current position can be reached; if not, the current block is terminated. */
    private boolean reachable;

    public FunctionTranslator(ModuleEnvironment env) {
        this.env = env;
        this.wasm = env.wasm();
        this.v = new FunctionValidator(wasm);
    }

    /**
     * Translates and validates a defined function.
     *
     * @param func index in the module's function space
     * @throws kiln.wasm.WasmException if the body is malformed or invalid
     * @throws UnsupportedFeatureException if it uses something that is not executed
     */
    public Function translate(int func) {
        try {
            return translate(func, false);
        } catch (SsaBuilder.LimitException _) {
            return translate(func, true);
        }
    }

    private Function translate(int func, boolean localsInMemory) {
        FuncKey key = FuncKey.wasmFunction(env.moduleIndex(), func - wasm.importedFuncCount());
        Function function = new Function(key, env.functionSignature(func));
        function.setConstants(env.constantObjects());
        v.begin(func);
        stack.clear();
        stack.handOver(wasm.funcType(func).paramCount() + wasm.funcType(func).resultCount());
        checked = 0;
        e = new Emission(env, v, function, stack, SSA_BASE + SSA_PER_BYTE * wasm.bodyLength(func));
        b = e.b;
        builtins = new BuiltinCalls(b, env.moduleIndex());
        memory = new MemoryTranslator(e, builtins);
        tables = new TableTranslator(e, builtins);
        objects = new GcTranslator(e);
        calls = new CallTranslator(e, tables, objects, builtins);
        exceptions = new ExceptionTranslator(e, builtins);
        declareLocals(wasm.funcType(func).paramCount());
        inMemory = localsInMemory ? localsInMemory(func) : null;
        depth = 0;
        reachable = true;
        open(Frame.Kind.FUNCTION, wasm.funcType(func));
        while (v.next()) {
            step(v.op());
            if (stack.handedOver() > checked + UNCHECKED_VALUES) {
                checked = stack.handedOver();
                env.values().check(checked, v);
            }
        }
        env.values().use(stack.handedOver(), v);
        e.ssa.finish();
        e = null;
        return function;
    }

    private void declareLocals(int params) {
        for (int i = 0; i < used.size(); i++) {
            variables[used.get(i)] = 0;
        }
        used.clear();
        if (variables.length < v.localCount()) {
            variables = new int[v.localCount()];
        }
        for (int i = 0; i < params; i++) {
            // Emission has declared them.
            variables[i] = i + 1;
            used.add(i);
        }
    }

    /** The SSA variable of a local, which is declared when it is first used: a few bytes can declare 50,000 locals. */
    private int variable(int local) {
        if (variables[local] == 0) {
            variables[local] = e.ssa.declareVar(IrTypes.of(wasm.types(), v.localType(local))) + 1;
            used.add(local);
        }
        return variables[local] - 1;
    }

    private LocalsInMemory localsInMemory(int func) {
        Type[] types = new Type[v.localCount()];
        for (int i = 0; i < types.length; i++) {
            types[i] = IrTypes.of(wasm.types(), v.localType(i));
        }
        Value[] params = e.function.entry().params().toArray(Value[]::new);
        return new LocalsInMemory(b, types, params, LocalsInMemory.set(wasm, func, types.length));
    }

    private UnsupportedFeatureException unsupported(Feature feature, String what) {
        return UnsupportedFeatureException.inFunction(wasm, feature, what, v.function(), v.offset());
    }

    private void step(Op op) {
        if (!reachable) {
            // The validator has done the instruction already: has it closed the frame that became unreachable?
            if (op == Op.END && v.controlDepth() == depth - 1) {
                end();
            } else if (op == Op.ELSE && v.controlDepth() == depth) {
                beginElse();
            } else if (op == Op.DELEGATE && v.controlDepth() == depth - 1) {
                delegate();
            } else if ((op == Op.CATCH || op == Op.CATCH_ALL) && v.controlDepth() == depth) {
                beginCatch(op);
            }
            return;
        }
        b.setPosition(v.offset());
        Rule rule = Rules.of(op);
        if (rule != null) {
            rule.translate(e, memory);
        } else {
            special(op);
        }
    }

    private void special(Op op) {
        switch (op) {
            case NOP -> {}
            case UNREACHABLE -> {
                b.trap(TrapCode.UNREACHABLE);
                reachable = false;
            }
            case BLOCK -> open(Frame.Kind.BLOCK, v.blockType());
            case LOOP -> loop();
            case IF -> beginIf();
            case ELSE -> beginElse();
            case END -> end();
            case BR -> branch(v.labelDepth());
            case BR_IF -> branchIf(stack.pop(), v.labelDepth());
            case BR_TABLE -> branchTable();
            case RETURN -> returnFromFunction();
            case DROP -> stack.pop();
            case SELECT, SELECT_T -> {
                Value c = stack.pop();
                Value y = stack.pop();
                Value x = stack.pop();
                stack.push(b.select(c, x, y));
            }
            case LOCAL_GET -> stack.push(localGet(v.localIndex()));
            case LOCAL_SET -> localSet(v.localIndex(), stack.pop());
            case LOCAL_TEE -> {
                Value x = stack.pop();
                localSet(v.localIndex(), x);
                stack.push(x);
            }
            case GLOBAL_GET -> globalGet(v.globalIndex());
            case GLOBAL_SET -> GlobalAccess.store(b, e.vmctx, env.global(v.globalIndex()), stack.pop());
            case I32_CONST -> stack.push(b.i32(v.i32()));
            case I64_CONST -> stack.push(b.i64(v.i64()));
            case F32_CONST -> stack.push(b.f32(v.f32Bits()));
            case F64_CONST -> stack.push(b.f64(v.f64Bits()));
            default -> rare(op);
        }
    }

    private void rare(Op op) {
        switch (op) {
            case CALL -> calls.call(v.funcIndex());
            case CALL_INDIRECT -> calls.callIndirect(v.typeIndex(), v.tableIndex());
            case CALL_REF -> calls.callRef(v.typeIndex(), ValType.isNullable(v.operandType(0)));
            case RETURN_CALL -> {
                calls.returnCall(v.funcIndex());
                reachable = false;
            }
            case RETURN_CALL_INDIRECT -> {
                calls.returnCallIndirect(v.typeIndex(), v.tableIndex());
                reachable = false;
            }
            case RETURN_CALL_REF -> {
                calls.returnCallRef(v.typeIndex(), ValType.isNullable(v.operandType(0)));
                reachable = false;
            }
            case MEMORY_SIZE -> memory.size(v.memoryIndex());
            case MEMORY_GROW -> memory.grow(v.memoryIndex());
            case MEMORY_FILL -> memory.fill(v.memoryIndex());
            case MEMORY_COPY -> memory.copy(v.memoryIndex(), v.sourceMemoryIndex());
            case MEMORY_INIT -> memory.init(v.memoryIndex(), v.dataIndex());
            case DATA_DROP -> dropSegment(Builtin.DATA_DROP, v.dataIndex());
            case TABLE_GET -> tables.get(v.tableIndex());
            case TABLE_SET -> tables.set(v.tableIndex(), ValType.isNullable(v.operandType(0)));
            case TABLE_SIZE -> tables.size(v.tableIndex());
            case TABLE_GROW -> tables.grow(v.tableIndex());
            case TABLE_FILL -> tables.fill(v.tableIndex());
            case TABLE_COPY -> tables.copy(v.tableIndex(), v.sourceTableIndex());
            case TABLE_INIT -> tables.init(v.tableIndex(), v.elemIndex());
            case ELEM_DROP -> dropSegment(Builtin.ELEM_DROP, v.elemIndex());
            case REF_NULL -> {
                int type = ValType.ref(true, v.heapType());
                stack.push(b.zero(IrTypes.of(wasm.types(), type)));
            }
            case REF_FUNC -> calls.refFunc(v.funcIndex());
            case REF_IS_NULL -> stack.push(isNull(stack.pop()));
            case REF_AS_NON_NULL -> {
                Value ref = stack.pop();
                if (ValType.isNullable(v.operandType(0))) {
                    b.trapIfZero(TrapCode.NULL_REFERENCE, ref);
                }
                stack.push(ref);
            }
            case BR_ON_NULL -> {
                Value ref = stack.pop();
                branchIf(isNull(ref), v.labelDepth());
                if (reachable) {
                    stack.push(ref);
                }
            }
            case BR_ON_NON_NULL -> {
                // The label takes the reference along, so it stays on the stack for the branch.
                Value ref = stack.pop();
                stack.push(ref);
                branchIf(b.icmp(IntCond.NE, ref, b.zero(ref.type())), v.labelDepth());
                if (reachable) {
                    stack.pop();
                }
            }
            case TRY_TABLE -> {
                Handler handler = exceptions.tryTable(this::frame);
                openTry(Frame.Kind.TRY_TABLE, handler);
            }
            case TRY -> openTry(Frame.Kind.TRY, new Handler(e.handler));
            case CATCH, CATCH_ALL -> beginCatch(op);
            case DELEGATE -> delegate();
            case THROW -> {
                exceptions.throwTag(v.tagIndex());
                reachable = false;
            }
            case THROW_REF -> {
                exceptions.throwRef(ValType.isNullable(v.operandType(0)));
                reachable = false;
            }
            case RETHROW -> {
                exceptions.raise(e.handler, frame(v.labelDepth()).exception);
                reachable = false;
            }
            case I64_ADD128, I64_SUB128 -> wideSum(op == Op.I64_ADD128);
            case I64_MUL_WIDE_S -> wideProduct(Opcode.SMULH);
            case I64_MUL_WIDE_U -> wideProduct(Opcode.UMULH);
            default -> vector(op);
        }
    }

    private void vector(Op op) {
        Rule rule = VectorInstructions.of(op);
        rule = rule == null ? AtomicInstructions.of(op) : rule;
        if (rule != null) {
            rule.translate(e, memory);
        } else if (op.feature() != Feature.GC) {
            throw unsupported(op.feature(), op.text());
        } else if (op == Op.BR_ON_CAST || op == Op.BR_ON_CAST_FAIL) {
            branchOnCast(v.labelDepth(), op == Op.BR_ON_CAST);
        } else {
            objects.translate(op);
        }
    }

    private Value isNull(Value ref) {
        return b.icmp(IntCond.EQ, ref, b.zero(ref.type()));
    }

    private void dropSegment(Builtin builtin, int segment) {
        builtins.call(builtin, b.i32(segment));
    }

    private Value localGet(int index) {
        return inMemory != null ? inMemory.get(index) : e.ssa.readVar(b.block(), variable(index));
    }

    private void localSet(int index, Value x) {
        if (inMemory != null) {
            inMemory.set(index, x);
        } else {
            e.ssa.writeVar(b.block(), variable(index), x);
        }
    }

    private void globalGet(int index) {
        GlobalPlan g = env.global(index);
        Constant c = g.constant();
        if (c == null) {
            Value value = GlobalAccess.load(b, e.vmctx, g, g.access());
            e.expect(value, env.likelyCallee(index));
            stack.push(value);
        } else if (c.function() >= 0) {
            // Start-up has made the record when it set the global.
            stack.push(ConstantExpressions.recordAddress(env, b, e.vmctx, c.function()));
        } else {
            stack.push(c.in(b));
        }
    }

    private void wideSum(boolean add) {
        Value highY = stack.pop();
        Value lowY = stack.pop();
        Value highX = stack.pop();
        Value lowX = stack.pop();
        Opcode op = add ? Opcode.ADD : Opcode.SUB;
        Value low = b.binary(op, lowX, lowY);
        Value carry = add ? b.icmp(IntCond.ULT, low, lowX) : b.icmp(IntCond.ULT, lowX, lowY);
        Value high = b.binary(op, b.binary(op, highX, highY), b.convert(Opcode.ZEXT, Type.I64, carry));
        stack.push(low);
        stack.push(high);
    }

    private void wideProduct(Opcode highHalf) {
        Value y = stack.pop();
        Value x = stack.pop();
        stack.push(b.binary(Opcode.MUL, x, y));
        stack.push(b.binary(highHalf, x, y));
    }

    // Control.

    /** Opens a frame whose parameters are on the stack; its target gets the results as parameters. */
    private Frame open(Frame.Kind kind, FuncType type) {
        if (depth == pool.size()) {
            pool.add(new Frame());
        }
        Frame f = pool.get(depth++);
        f.kind = kind;
        f.type = type;
        f.height = stack.size() - (kind == Frame.Kind.FUNCTION ? 0 : type.paramCount());
        f.memoryBase = e.memory.base0;
        f.handler = e.handler;
        f.elseBlock = null;
        f.params = null;
        if (kind != Frame.Kind.LOOP) {
            f.target = e.function.newDetachedBlock();
            addParams(f.target, type.resultCount(), type, false);
        }
        return f;
    }

    private void addParams(Block block, int count, FuncType type, boolean params) {
        stack.handOver(count);
        for (int i = 0; i < count; i++) {
            block.addParam(IrTypes.of(wasm.types(), params ? type.param(i) : type.result(i)));
        }
    }

    private void loop() {
        FuncType type = v.blockType();
        Frame f = open(Frame.Kind.LOOP, type);
        f.target = e.function.newBlock();
        addParams(f.target, type.paramCount(), type, true);
        b.jump(f.target, stack.pop(type.paramCount()));
        b.setBlock(f.target);
        pushParams(f.target);
        if (env.options().interruptChecks()) {
            b.interruptCheck();
        }
    }

    private void beginIf() {
        Value c = stack.pop();
        FuncType type = v.blockType();
        Frame f = open(Frame.Kind.IF, type);
        f.params = stack.peek(type.paramCount());
        f.elseBlock = e.function.newDetachedBlock();
        Block then = e.function.newBlock();
        b.branch(c, then, f.elseBlock);
        startIfReached(then);
    }

    /**
     * Continues in the last block of the layout, whose edges all exist; takes it out of the layout if there is none.
     */
    private void startIfReached(Block block) {
        reachable = e.ssa.predecessorCount(block) > 0;
        if (reachable) {
            e.startSealed(block);
        } else {
            e.function.blocks().removeLast();
        }
    }

    private void beginElse() {
        Frame f = pool.get(depth - 1);
        f.kind = Frame.Kind.ELSE;
        if (reachable) {
            b.jump(f.target, stack.pop(f.type.resultCount()));
        }
        startElse(f);
    }

    private void startElse(Frame f) {
        stack.truncate(f.height);
        e.memory.base0 = f.memoryBase;
        e.function.blocks().add(f.elseBlock);
        startIfReached(f.elseBlock);
        if (reachable) {
            for (Value p : f.params) {
                stack.push(p);
            }
        }
    }

    private void end() {
        Frame f = pool.get(depth - 1);
        switch (f.kind) {
            case FUNCTION -> endFunction(f);
            case LOOP -> {
                depth--;
                e.ssa.sealBlock(f.target);
            }
            case IF -> {
                // The missing else passes the parameters through.
                beginElse();
                endBlock(f);
            }
            case BLOCK, ELSE -> endBlock(f);
            case TRY_TABLE -> endTryTable(f);
            case TRY, CATCH -> endTry(f, f.kind == Frame.Kind.TRY ? f.handler.outer : f.handler);
        }
    }

    // Exceptions.

    private void openTry(Frame.Kind kind, Handler handler) {
        open(kind, v.blockType()).handler = handler;
        e.handler = handler;
    }

    /** What a frame's body hands over to what follows the frame. */
    private void leaveBody(Frame f) {
        if (reachable) {
            b.jump(f.target, stack.pop(f.type.resultCount()));
            reachable = false;
        }
    }

    private void endTryTable(Frame f) {
        leaveBody(f);
        e.handler = pool.get(depth - 2).handler;
        if (f.handler != e.handler && f.handler.dispatch() != null) {
            exceptions.dispatch(f.handler);
        }
        endBlock(f);
    }

    /** The next handler of a legacy try. */
    private void beginCatch(Op op) {
        Frame f = pool.get(depth - 1);
        leaveBody(f);
        endHandled(f);
        if (f.otherwise == null) {
            return;
        }
        reachable = true;
        if (op == Op.CATCH_ALL) {
            f.otherwise = null;
        } else {
            f.otherwise = exceptions.beginCatch(f.exception, v.tagIndex());
        }
    }

    /**
     * Ends the part before a handler of a legacy try, or before its end, and continues where exceptions go that no
     * handler has wanted, if there are any.
     */
    private void endHandled(Frame f) {
        stack.truncate(f.height);
        e.memory.base0 = f.memoryBase;
        if (f.kind == Frame.Kind.CATCH) {
            if (f.otherwise != null) {
                e.function.blocks().add(f.otherwise);
                e.startSealed(f.otherwise);
            }
            return;
        }
        f.kind = Frame.Kind.CATCH;
        f.otherwise = f.handler.dispatch();
        f.handler = f.handler.outer;
        e.handler = f.handler;
        f.exception = f.otherwise == null ? null : exceptions.begin(f.otherwise);
    }

    /** @param handler where exceptions go on that no handler has wanted */
    private void endTry(Frame f, Handler handler) {
        leaveBody(f);
        endHandled(f);
        if (f.otherwise != null) {
            exceptions.raise(handler, f.exception);
        }
        endBlock(f);
    }

    private void delegate() {
        Frame f = pool.get(depth - 1);
        endTry(f, pool.get(depth - 2 - v.labelDepth()).handler);
    }

    private void endBlock(Frame f) {
        depth--;
        if (reachable) {
            b.jump(f.target, stack.pop(f.type.resultCount()));
        }
        stack.truncate(f.height);
        e.function.blocks().add(f.target);
        startIfReached(f.target);
        e.memory.base0 = f.memoryBase;
        if (reachable) {
            pushParams(f.target);
        }
    }

    private void endFunction(Frame f) {
        depth--;
        boolean branchedTo = e.ssa.predecessorCount(f.target) > 0;
        Value[] results = reachable ? stack.pop(f.type.resultCount()) : null;
        if (branchedTo) {
            if (reachable) {
                b.jump(f.target, results);
            }
            e.function.blocks().add(f.target);
            e.startSealed(f.target);
            b.ret(f.target.params().toArray(Value[]::new));
        } else if (reachable) {
            b.ret(results);
        }
        reachable = false;
    }

    private void pushParams(Block block) {
        List<Value> params = block.params();
        for (int i = 0; i < params.size(); i++) {
            stack.push(params.get(i));
        }
    }

    private Frame frame(int label) {
        return pool.get(depth - 1 - label);
    }

    private void branch(int label) {
        Frame f = frame(label);
        if (f.kind == Frame.Kind.FUNCTION) {
            returnFromFunction();
        } else {
            b.jump(f.target, stack.pop(f.branchArity()));
            reachable = false;
        }
    }

    private void returnFromFunction() {
        b.ret(stack.pop(pool.get(0).type.resultCount()));
        reachable = false;
    }

    private void branchIf(Value c, int label) {
        Frame f = frame(label);
        Edge taken = new Edge(f.target, stack.peek(f.branchArity()));
        Block next = e.function.newBlock();
        b.branch(c, taken, new Edge(next));
        startIfReached(next);
    }

    /** @param matching whether the branch is taken if the reference is of the type, or if it is not */
    private void branchOnCast(int label, boolean matching) {
        Frame f = frame(label);
        Value[] args = stack.peek(f.branchArity());
        Block next = e.function.newDetachedBlock();
        GcTranslator.Exit taken = new GcTranslator.Exit(f.target, args);
        GcTranslator.Exit through = new GcTranslator.Exit(next);
        GcTranslator.Exit yes = matching ? taken : through;
        GcTranslator.Exit no = matching ? through : taken;
        Value c = objects.test(args[args.length - 1], v.operandType(0), v.castTarget(), yes, no);
        b.branch(c, yes.edge(), no.edge());
        e.function.blocks().add(next);
        startIfReached(next);
    }

    private void branchTable() {
        Value index = stack.pop();
        int count = v.brTableCount();
        Value[] args = stack.pop(frame(v.brTarget(count)).branchArity());
        stack.handOver((long) count * args.length);
        env.values().check(stack.handedOver(), v);
        Edge[] edges = new Edge[count + 1];
        for (int i = 0; i <= count; i++) {
            // An edge owns its arguments, because more are added to it later.
            edges[i] = new Edge(frame(v.brTarget(i)).target, i == 0 || args.length == 0 ? args : args.clone());
        }
        b.switch_(index, edges);
        reachable = false;
    }
}
