package kiln.wasm;

import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.ValType;

/**
 * Decodes and validates function bodies instruction by instruction, for a caller that does something with each:
 *
 * <pre>{@code
 * FunctionValidator v = new FunctionValidator(module);
 * v.begin(func);
 * while (v.next()) {
 *     switch (v.op()) { ... v.localIndex() ... v.operandType(0) ... }
 * }
 * }</pre>
 *
 * <p>When {@link #next} returns true the instruction has been decoded and validated: its immediates, the operands it
 * took and the state after it are there to be read. It returns false after the last {@code end}. Problems are
 * {@link WasmException}s. One validator can go through any number of functions, one after another, on one thread.
 */
public final class FunctionValidator extends ValidationState {
    /** The bound of the JavaScript API. */
    private static final int MAX_LOCALS = 50_000;

    private final WasmModule module;
    private final int[] memoryAddress;
    private final int[] tableAddress;
    private final GcRules gc = new GcRules(this);
    private FuncType callType;

    public FunctionValidator(WasmModule module) {
        super(new ByteReader(module.bytes(), module.fileName()), module.features(), module.types());
        this.module = module;
        memoryAddress = new int[module.memoryCount()];
        for (int i = 0; i < memoryAddress.length; i++) {
            memoryAddress[i] = module.memory(i).addressType();
        }
        tableAddress = new int[module.tableCount()];
        for (int i = 0; i < tableAddress.length; i++) {
            tableAddress[i] = module.table(i).addressType();
        }
    }

    /** The module whose functions this validates. */
    public WasmModule module() {
        return module;
    }

    /** The function that {@link #begin} was last called with. */
    public int function() {
        return in.function;
    }

    /** The type of the function that the current call instruction, of any form, calls. */
    public FuncType callType() {
        return callType;
    }

    /** Starts with a defined function: reads its local declarations and opens its frame. */
    public void begin(int func) {
        FuncType type = module.funcType(func);
        int start = module.bodyOffset(func);
        in.function = func;
        in.seek(start, start + module.bodyLength(func));
        op = Op.NOP;
        offset = start;
        resetFor(type);
        int groups = in.count();
        for (int i = 0; i < groups; i++) {
            int at = in.pos;
            int n = in.u32();
            if (n < 0 || n > MAX_LOCALS || localCount() - type.paramCount() + n > MAX_LOCALS) {
                throw in.malformed("too many locals", at);
            }
            addLocals(n, typeReader.valType());
        }
        startTrackingInit(type.paramCount());
        openFrame(FrameKind.FUNCTION, type);
    }

    /** Goes to the next instruction; false if the last one was the function's final {@code end}. */
    public boolean next() {
        if (controlDepth() == 0) {
            if (in.remaining() != 0) {
                throw in.malformed("operators remaining after end of function (END opcode expected at the end)");
            }
            return false;
        }
        startInstruction();
        fetch();
        Op o = op;
        if (o.params != null) {
            fixedSignature(o);
        } else {
            ownRule(o);
        }
        return true;
    }

    private void fixedSignature(Op o) {
        int address = o.imm == Imm.NONE ? ValType.I32 : checkImmediate(o);
        int[] params = o.params;
        for (int i = params.length - 1; i >= 0; i--) {
            int type = params[i];
            pop(type == Op.ADDRESS ? address : type);
        }
        for (int type : o.results) {
            push(type == Op.ADDRESS ? address : type);
        }
    }

    /** Checks the immediates of an instruction of fixed signature; returns the address type if it uses a memory. */
    private int checkImmediate(Op o) {
        return switch (o.imm) {
            case MEMARG -> checkMemarg(o);
            case MEMARG_LANE -> {
                checkLane(16 >> o.naturalAlign);
                yield checkMemarg(o);
            }
            case MEMORY -> checkMemory(index);
            case DATA_MEMORY -> {
                checkData(index);
                yield checkMemory(index2);
            }
            case DATA -> {
                checkData(index);
                yield ValType.I32;
            }
            case ELEM -> {
                checkElem(index);
                yield ValType.I32;
            }
            case LANE -> {
                checkLane(16 >> o.naturalAlign);
                yield ValType.I32;
            }
            case SHUFFLE -> {
                if (((imm | imm2) & 0xE0E0_E0E0_E0E0_E0E0L) != 0) {
                    throw in.invalid("invalid lane index", offset);
                }
                yield ValType.I32;
            }
            default -> ValType.I32;
        };
    }

    private int checkMemarg(Op o) {
        int address = checkMemory(index);
        if (align > o.naturalAlign) {
            throw in.invalid("alignment must not be larger than natural", offset);
        }
        if (align != o.naturalAlign && o.isAtomic()) {
            throw in.invalid("atomic alignment must be natural", offset);
        }
        if (address == ValType.I32 && imm >>> 32 != 0) {
            throw in.invalid("offset out of range", offset);
        }
        return address;
    }

    private void checkLane(int lanes) {
        if (lane >= lanes) {
            throw in.invalid("invalid lane index " + lane, offset);
        }
    }

    private WasmException unknown(String what, int i) {
        return in.invalid("unknown " + what + ' ' + Integer.toUnsignedString(i), offset);
    }

    private int checkMemory(int i) {
        if (i >= memoryAddress.length) {
            throw unknown("memory", i);
        }
        return memoryAddress[i];
    }

    private int checkTable(int i) {
        if (i >= tableAddress.length) {
            throw unknown("table", i);
        }
        return tableAddress[i];
    }

    /** A data segment can be named before it was read only if their number was declared up front. */
    @Override
    void checkData(int i) {
        int count = module.declaredDataCount();
        if (count < 0) {
            throw in.malformed("data count section required", offset);
        }
        if (i >= count) {
            throw unknown("data segment", i);
        }
    }

    @Override
    ElemSegment checkElem(int i) {
        if (i >= module.elems().size()) {
            throw unknown("elem segment", i);
        }
        return module.elems().get(i);
    }

    private int checkFunc(int i) {
        if (i >= module.funcCount()) {
            throw unknown("function", i);
        }
        return module.funcTypeIndex(i);
    }

    private FuncType checkTag(int i) {
        if (i >= module.tagCount()) {
            throw unknown("tag", i);
        }
        return module.tagType(i);
    }

    private FuncType checkFuncType(int i) {
        FuncType type = types.func(i);
        if (type == null) {
            throw mismatch("type " + i + " is not a function type");
        }
        return type;
    }

    private void ownRule(Op o) {
        switch (o) {
            case LOCAL_GET -> {
                int type = checkLocal(index);
                checkInitialised(index);
                push(type);
            }
            case LOCAL_SET -> {
                pop(checkLocal(index));
                setInitialised(index);
            }
            case LOCAL_TEE -> {
                int type = checkLocal(index);
                pop(type);
                setInitialised(index);
                push(type);
            }
            case GLOBAL_GET -> push(checkGlobal().type());
            case GLOBAL_SET -> {
                ExternType.Global global = checkGlobal();
                if (!global.mutable()) {
                    throw in.invalid("immutable global " + index + ": global is immutable", offset);
                }
                pop(global.type());
            }
            case DROP -> pop();
            case SELECT -> select();
            case SELECT_T -> {
                pop(ValType.I32);
                pop(valType);
                pop(valType);
                push(valType);
            }
            case UNREACHABLE -> setUnreachable();
            case BLOCK -> openBlock(FrameKind.BLOCK);
            case LOOP -> openBlock(FrameKind.LOOP);
            case IF -> {
                pop(ValType.I32);
                openBlock(FrameKind.IF);
            }
            case ELSE -> {
                if (frameKind(0) != FrameKind.IF) {
                    throw in.malformed("else without if", offset);
                }
                closeFrame();
                reopenFrame(FrameKind.ELSE);
                pushAll(endedType().params());
            }
            case END -> end();
            case BR -> {
                checkLabel(label);
                popAll(labelTypes(label));
                setUnreachable();
            }
            case BR_IF -> {
                checkLabel(label);
                pop(ValType.I32);
                popAll(labelTypes(label));
                pushAll(labelTypes(label));
            }
            case BR_TABLE -> brTable();
            case RETURN -> {
                popAll(labelTypes(controlDepth() - 1));
                setUnreachable();
            }
            case CALL, RETURN_CALL -> call(types.func(checkFunc(index)), o == Op.RETURN_CALL);
            case CALL_INDIRECT, RETURN_CALL_INDIRECT -> {
                FuncType type = checkFuncType(index);
                int address = checkTable(index2);
                if (!types.isSubtype(module.table(index2).element(), ValType.FUNCREF)) {
                    throw mismatch("table " + index2 + " does not hold functions");
                }
                pop(address);
                call(type, o == Op.RETURN_CALL_INDIRECT);
            }
            case CALL_REF, RETURN_CALL_REF -> {
                FuncType type = checkFuncType(index);
                pop(ValType.ref(true, index));
                call(type, o == Op.RETURN_CALL_REF);
            }
            case TRY, TRY_TABLE, CATCH, CATCH_ALL, DELEGATE, THROW, THROW_REF, RETHROW -> exceptions(o);
            case TABLE_GET, TABLE_SET, TABLE_SIZE, TABLE_GROW, TABLE_FILL, TABLE_INIT, TABLE_COPY -> tables(o);
            case MEMORY_COPY -> {
                int to = checkMemory(index);
                int from = checkMemory(index2);
                pop(shorter(to, from));
                pop(from);
                pop(to);
            }
            case REF_NULL -> push(valType);
            case REF_IS_NULL -> {
                popRef();
                push(ValType.I32);
            }
            case REF_FUNC -> {
                int type = checkFunc(index);
                if (!module.isDeclaredRef(index)) {
                    throw in.invalid("undeclared function reference " + index, offset);
                }
                push(ValType.ref(false, types.canonical(type)));
            }
            case REF_AS_NON_NULL -> push(nonNull(popRef()));
            case BR_ON_NULL -> {
                checkLabel(label);
                int type = popRef();
                popAll(labelTypes(label));
                pushAll(labelTypes(label));
                push(nonNull(type));
            }
            case BR_ON_NON_NULL -> brOnNonNull();
            default -> gc.check(o);
        }
    }

    private ExternType.Global checkGlobal() {
        if (index >= module.globalCount()) {
            throw unknown("global", index);
        }
        return module.global(index);
    }

    private void select() {
        pop(ValType.I32);
        int second = pop();
        int first = pop();
        if (ValType.isRef(first) || ValType.isRef(second)) {
            throw mismatch("a select of references must state their type");
        }
        if (first != second && first != ValType.BOT && second != ValType.BOT) {
            throw mismatch("operands of different types");
        }
        push(first == ValType.BOT ? second : first);
    }

    // Control.

    private void openBlock(FrameKind kind) {
        FuncType type = blockType;
        popAll(type.params());
        openFrame(kind, type);
        pushAll(type.params());
    }

    private void end() {
        FuncType type = frameType(0);
        if (frameKind(0) == FrameKind.IF && type.params() != type.results()) {
            matchTypes(type.params(), type.results(), "if without else");
        }
        closeFrame();
        if (controlDepth() > 0) {
            pushAll(type.results());
        }
    }

    /** Checks that values of the first types can go where the second are asked for. */
    private void matchTypes(int[] given, int[] asked, String what) {
        boolean ok = given.length == asked.length;
        for (int i = 0; ok && i < given.length; i++) {
            ok = types.isSubtype(given[i], asked[i]);
        }
        if (!ok) {
            throw mismatch(what);
        }
    }

    private void brTable() {
        pop(ValType.I32);
        int last = labels[labelCount - 1];
        checkLabel(last);
        int[] defaults = labelTypes(last);
        int previous = last;
        for (int i = 0; i < labelCount - 1; i++) {
            int target = labels[i];
            if (target == previous) {
                continue;
            }
            previous = target;
            checkLabel(target);
            int[] list = labelTypes(target);
            if (list != defaults) {
                if (list.length != defaults.length) {
                    throw mismatch("targets of different arity");
                }
                checkTop(list);
            }
        }
        popAll(defaults);
        setUnreachable();
    }

    private void call(FuncType type, boolean isTail) {
        callType = type;
        if (isTail) {
            matchTypes(type.results(), labelTypes(controlDepth() - 1), "results of a tail call");
        }
        popAll(type.params());
        if (isTail) {
            setUnreachable();
        } else {
            pushAll(type.results());
        }
    }

    /** The non-null form of a reference type; of an unknown one, a reference below all others. */
    private static int nonNull(int type) {
        return type == ValType.BOT ? ValType.ref(false, HeapType.BOT) : ValType.asNonNull(type);
    }

    private void brOnNonNull() {
        checkLabel(label);
        int[] list = labelTypes(label);
        int rest = list.length - 1;
        if (rest < 0 || !ValType.isRef(list[rest])) {
            throw mismatch("the label does not take a reference");
        }
        pop(ValType.asNullable(list[rest]));
        keep(list, rest);
    }

    // Exceptions.

    private void exceptions(Op o) {
        switch (o) {
            case TRY -> openBlock(FrameKind.TRY);
            case TRY_TABLE -> {
                for (int i = 0; i < catchCount(); i++) {
                    checkCatch(i);
                }
                openBlock(FrameKind.TRY_TABLE);
            }
            case CATCH, CATCH_ALL -> {
                if (frameKind(0) != FrameKind.TRY && frameKind(0) != FrameKind.CATCH) {
                    throw in.malformed(o.text() + " without try", offset);
                }
                closeFrame();
                if (o == Op.CATCH_ALL) {
                    reopenFrame(FrameKind.CATCH_ALL);
                } else {
                    FuncType tag = checkTag(index);
                    reopenFrame(FrameKind.CATCH);
                    pushAll(tag.params());
                }
            }
            case DELEGATE -> {
                if (frameKind(0) != FrameKind.TRY) {
                    throw in.malformed("delegate without try", offset);
                }
                closeFrame();
                checkLabel(label);
                pushAll(endedType().results());
            }
            case THROW -> {
                popAll(checkTag(index).params());
                setUnreachable();
            }
            case THROW_REF -> {
                pop(ValType.EXNREF);
                setUnreachable();
            }
            case RETHROW -> {
                checkLabel(label);
                FrameKind kind = frameKind(label);
                if (kind != FrameKind.CATCH && kind != FrameKind.CATCH_ALL) {
                    throw in.invalid("invalid rethrow label " + label, offset);
                }
                setUnreachable();
            }
            default -> throw new AssertionError(o);
        }
    }

    private void checkCatch(int i) {
        int depth = catchLabel(i);
        checkLabel(depth);
        int[] asked = labelTypes(depth);
        CatchKind kind = catchKind(i);
        int[] values = kind.hasTag() ? checkTag(catchTag(i)).params() : FuncType.EMPTY.params();
        int given = values.length + (kind.hasRef() ? 1 : 0);
        boolean ok = given == asked.length;
        for (int k = 0; ok && k < values.length; k++) {
            ok = types.isSubtype(values[k], asked[k]);
        }
        if (ok && kind.hasRef()) {
            ok = types.isSubtype(ValType.asNonNull(ValType.EXNREF), asked[given - 1]);
        }
        if (!ok) {
            throw mismatch("catch clause " + i + " and its label");
        }
    }

    // Tables.

    private static int shorter(int address, int otherAddress) {
        return address == ValType.I32 ? address : otherAddress;
    }

    private void tables(Op o) {
        if (o == Op.TABLE_INIT) {
            ElemSegment segment = checkElem(index);
            int address = checkTable(index2);
            if (!types.isSubtype(segment.type(), module.table(index2).element())) {
                throw mismatch("elem segment and table");
            }
            pop(ValType.I32);
            pop(ValType.I32);
            pop(address);
            return;
        }
        int address = checkTable(index);
        int element = module.table(index).element();
        switch (o) {
            case TABLE_GET -> {
                pop(address);
                push(element);
            }
            case TABLE_SET -> {
                pop(element);
                pop(address);
            }
            case TABLE_SIZE -> push(address);
            case TABLE_GROW -> {
                pop(address);
                pop(element);
                push(address);
            }
            case TABLE_FILL -> {
                pop(address);
                pop(element);
                pop(address);
            }
            case TABLE_COPY -> {
                int from = checkTable(index2);
                if (!types.isSubtype(module.table(index2).element(), element)) {
                    throw mismatch("source and destination table");
                }
                pop(shorter(address, from));
                pop(from);
                pop(address);
            }
            default -> throw new AssertionError(o);
        }
    }
}
