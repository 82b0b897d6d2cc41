package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.HeapLayout;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
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
import kiln.types.TypeSpace;

/**
 * The functions that stand between wasm code and Java, and the builtins, as IR (ABI, "Trampolines"). An argument area
 * has 16 bytes for each parameter, and afterwards for each result, both from its start.
 */
public final class Trampolines {
    private static final int CELL = 16;
    private static final Signature ARRAY_CALL = new Signature(List.of(Type.I64, Type.I64), List.of());
    /** C: {@code int upcall(long callee, void *args)}. */
    private static final CallTarget UPCALL =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I64), List.of(Type.I32)));
    /** C: {@code void *memmove(void *to, const void *from, size_t n)}. */
    private static final CallTarget MEMMOVE =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I64, Type.I64), List.of(Type.I64)));
    /** Bytes that are copied or filled between two looks at interruptions: about a millisecond's work. */
    private static final long PIECE = 4 << 20;
    /** C: {@code void *memset(void *to, int value, size_t n)}. */
    private static final CallTarget MEMSET =
            new CallTarget(null, new Signature(List.of(Type.I64, Type.I32, Type.I64), List.of(Type.I64)));

    private static final MemoryOp CONTEXT_FIELD = MemoryOp.of(Type.I64, Region.CONTEXT);

    private final ModuleEnvironment env;
    private final Function function;
    private final Builder b;
    private final Value vmctx;

    private Trampolines(ModuleEnvironment env, FuncKey key, Signature signature) {
        this.env = env;
        function = new Function(key, signature);
        b = new Builder(function);
        Block entry = function.newBlock();
        for (Type type : signature.params()) {
            entry.addParam(type);
        }
        b.setBlock(entry);
        vmctx = b.vmctx();
    }

    /**
     * {@code (code, args)}: calls a function of the type with parameters from the area and writes its results there.
     */
    public static Function arrayToWasm(ModuleEnvironment env, int typeIndex) {
        Signature callee = env.signature(typeIndex);
        Trampolines t = new Trampolines(env, FuncKey.arrayToWasm(env.moduleIndex(), typeIndex), ARRAY_CALL);
        Value code = t.param(0);
        Value area = t.param(1);
        Value[] args = t.loadAll(area, callee.params());
        Inst call = t.b.callIndirect(new CallTarget(null, callee), code, t.vmctx, args);
        for (int i = 0; i < call.resultCount(); i++) {
            t.storeCell(area, i, call.result(i));
        }
        t.b.ret();
        return t.function;
    }

    /** Calls the host function whose context is the current one. */
    public static Function wasmToArray(ModuleEnvironment env, int typeIndex) {
        FuncKey key = FuncKey.wasmToArray(env.moduleIndex(), typeIndex);
        Trampolines t = new Trampolines(env, key, env.signature(typeIndex));
        t.upcall(Builtin.HOST_CALL);
        return t.function;
    }

    /**
     * The builtins that code of this module may call. All of them are small, so that what is not called may as well be
     * left out by the linker.
     */
    public static List<Builtin> builtins(ModuleEnvironment env) {
        List<Builtin> result = new ArrayList<>();
        boolean hasTables = env.wasm().tableCount() > 0;
        for (Builtin builtin : Builtin.values()) {
            switch (builtin) {
                // Those of components are of module 0, which has no code that calls them.
                case HOST_CALL, HANDLE_ADD, HANDLE_FAILED, RESOURCE_DROPPED -> {}
                case MEMORY_GROW,
                        MEMORY_COPY,
                        MEMORY_FILL,
                        MEMORY_INIT,
                        MEMORY_WAIT32,
                        MEMORY_WAIT64,
                        MEMORY_NOTIFY -> {
                    if (env.memoryCount() > 0) {
                        result.add(builtin);
                    }
                }
                case TABLE_GROW, TABLE_FILL, TABLE_COPY, TABLE_INIT, TABLE_SLOT, TABLE_FILL_IN -> {
                    if (hasTables) {
                        result.add(builtin);
                    }
                }
                case EXCEPTION_ALLOCATE -> {
                    if (env.wasm().tagCount() > 0) {
                        result.add(builtin);
                    }
                }
                case TYPE_MATCHES -> {
                    if (hasSubtypes(env)) {
                        result.add(builtin);
                    }
                }
                case GC_ALLOCATE,
                        ARRAY_NEW_DATA,
                        ARRAY_NEW_ELEM,
                        ARRAY_INIT_DATA,
                        ARRAY_INIT_ELEM,
                        ARRAY_COPY,
                        ARRAY_FILL -> {
                    if (env.layout().hasHeap() || builtin == Builtin.GC_ALLOCATE && env.linkage() != Linkage.NONE) {
                        // The module itself, or what is inlined into it, makes objects.
                        result.add(builtin);
                    }
                }
                default -> result.add(builtin);
            }
        }
        return result;
    }

    private static boolean hasSubtypes(ModuleEnvironment env) {
        TypeSpace types = env.wasm().types();
        for (int i = 0; i < types.count(); i++) {
            if (types.func(i) != null && !types.get(i).isFinal()) {
                return true;
            }
        }
        return false;
    }

    /** The code of a builtin. */
    public static Function builtin(ModuleEnvironment env, Builtin builtin) {
        FuncKey key = FuncKey.builtin(env.moduleIndex(), builtin);
        Trampolines t = new Trampolines(env, key, BuiltinCalls.signature(builtin, Type.I64));
        switch (builtin) {
            case MEMORY_COPY -> t.memoryCopy();
            case MEMORY_FILL -> t.memoryFill();
            case FUNC_RECORD, TABLE_SLOT, TABLE_FILL_IN ->
                new ReferenceBuiltins(t.function, t.b, env.moduleIndex()).emit(builtin);
            case EXCEPTION_ALLOCATE -> t.exceptionAllocate();
            case ARRAY_COPY -> t.arrayCopy();
            case ARRAY_FILL -> t.arrayFill();
            default -> t.upcall(builtin);
        }
        return t.function;
    }

    private Value param(int i) {
        return function.entry().params().get(i);
    }

    private Value[] loadAll(Value area, List<Type> types) {
        Value[] values = new Value[types.size()];
        for (int i = 0; i < values.length; i++) {
            Type type = types.get(i);
            values[i] = b.load(type, MemoryOp.of(type, Region.STACK), area, (long) i * CELL);
        }
        return values;
    }

    private void storeCell(Value area, int i, Value value) {
        b.store(MemoryOp.of(value.type(), Region.STACK), area, (long) i * CELL, value);
    }

    /** Passes the parameters to Java and returns what it wrote. */
    private void upcall(Builtin builtin) {
        Signature signature = function.signature();
        int cells = Math.max(
                1, Math.max(signature.params().size(), signature.results().size()));
        Value area = b.stackAddr((long) cells * CELL);
        for (int i = 0; i < signature.params().size(); i++) {
            storeCell(area, i, param(i));
        }
        Value store = b.load(Type.I64, Emission.POINTER, vmctx, VMContextLayout.STORE);
        b.store(CONTEXT_FIELD, store, StoreLayout.EXIT_FRAME, b.framePointer());
        Value callee = b.load(Type.I64, Emission.POINTER, vmctx, VMContextLayout.HOST_ID);
        // The number stands above the instance's in one word, so that a call needs no third argument.
        callee = b.binary(Opcode.OR, callee, b.i64((long) builtin.ordinal() << 32));
        Value code = b.load(Type.I64, Emission.POINTER, store, StoreLayout.UPCALL);
        Value status = b.callNative(UPCALL, code, callee, area).result();
        Block ok = function.newBlock();
        Block failed = function.newBlock();
        failed.setFrequency(Frequency.RARE);
        b.branch(status, failed, ok);
        b.setBlock(failed);
        b.unwind();
        b.setBlock(ok);
        b.ret(loadAll(area, signature.results()));
    }

    /** Takes the bytes off the free run; asks the runtime if it is too short, as it is in the beginning. */
    private void exceptionAllocate() {
        Value store = b.load(Type.I64, Emission.POINTER, vmctx, VMContextLayout.STORE);
        Value top = b.load(Type.I64, CONTEXT_FIELD, store, StoreLayout.HEAP_TOP);
        Value limit = b.load(Type.I64, CONTEXT_FIELD, store, StoreLayout.HEAP_LIMIT);
        Value end = b.binary(Opcode.ADD, top, b.convert(Opcode.ZEXT, Type.I64, param(0)));
        Block full = function.newBlock();
        full.setFrequency(Frequency.RARE);
        Block fits = function.newBlock();
        b.branch(b.icmp(IntCond.UGT, end, limit), full, fits);
        b.setBlock(fits);
        b.store(CONTEXT_FIELD, store, StoreLayout.HEAP_TOP, end);
        b.ret(top);
        b.setBlock(full);
        upcall(Builtin.EXCEPTION_ALLOCATE);
    }

    private void memoryCopy() {
        Value to = param(2);
        Value from = param(3);
        Value length = param(4);
        Value toRecord = memoryRecord(param(0));
        checkRange(toRecord, to, length);
        Value fromRecord = memoryRecord(param(1));
        checkRange(fromRecord, from, length);
        Value memmove = libraryCode(StoreLayout.MEMMOVE);
        move(memmove, inMemory(toRecord, to), inMemory(fromRecord, from), length);
    }

    /** Moves bytes, which may overlap, and returns. */
    private void move(Value memmove, Value to, Value from, Value length) {
        if (env.options().interruptChecks()) {
            Block up = function.newBlock();
            Block down = function.newBlock();
            b.branch(b.icmp(IntCond.ULE, to, from), up, down);
            b.setBlock(down);
            inPieces(length, true, (at, n) -> movePiece(memmove, to, from, at, n));
            b.ret();
            b.setBlock(up);
        }
        inPieces(length, false, (at, n) -> movePiece(memmove, to, from, at, n));
        b.ret();
    }

    private void movePiece(Value memmove, Value to, Value from, Value at, Value length) {
        b.callNative(MEMMOVE, memmove, behind(to, at), behind(from, at), length);
    }

    private Value behind(Value address, Value bytes) {
        return bytes == null ? address : b.binary(Opcode.ADD, address, bytes);
    }

    /** What is done to {@code length} bytes that begin {@code at} bytes, or null for none, behind the first one. */
    private interface Piece {
        void emit(Value at, Value length);
    }

    /** Goes over {@code length} bytes; where code can be interrupted, in pieces with a check in front of each. */
    private void inPieces(Value length, boolean backwards, Piece piece) {
        if (!env.options().interruptChecks()) {
            piece.emit(null, length);
            return;
        }
        Block header = function.newBlock();
        Value left = header.addParam(Type.I64);
        Block several = function.newBlock();
        Block one = function.newBlock();
        b.jump(header, length);
        b.setBlock(header);
        b.interruptCheck();
        Value most = b.i64(PIECE);
        b.branch(b.icmp(IntCond.UGT, left, most), several, one);
        b.setBlock(several);
        Value rest = b.binary(Opcode.SUB, left, most);
        piece.emit(backwards ? rest : b.binary(Opcode.SUB, length, left), most);
        b.jump(header, rest);
        b.setBlock(one);
        piece.emit(backwards ? null : b.binary(Opcode.SUB, length, left), left);
    }

    /** What is called does not collect, so the addresses of the elements hold. */
    private void arrayCopy() {
        Value to = inArray(param(0), param(2));
        Value from = inArray(param(1), param(3));
        move(libraryCode(StoreLayout.MEMMOVE), to, from, param(4));
    }

    private void arrayFill() {
        Value to = inArray(param(0), param(1));
        if (env.options().interruptChecks()) {
            // The verifier looks at all objects, so references are complete before anything can go wrong.
            Block whole = function.newBlock();
            Block pieces = function.newBlock();
            b.branch(b.binary(Opcode.AND, param(2), b.i32(GcObjects.IN_ONE_PIECE)), whole, pieces);
            b.setBlock(pieces);
            fill(libraryCode(StoreLayout.MEMSET), to, param(2), param(3));
            b.setBlock(whole);
        }
        b.callNative(MEMSET, libraryCode(StoreLayout.MEMSET), to, param(2), param(3));
        b.ret();
    }

    /** Fills bytes, and returns. */
    private void fill(Value memset, Value to, Value octet, Value length) {
        inPieces(length, false, (at, n) -> b.callNative(MEMSET, memset, behind(to, at), octet, n));
        b.ret();
    }

    private Value inArray(Value array, Value distance) {
        Value base = b.load(Type.I64, Emission.POINTER, vmctx, env.layout().heapBase());
        Value elements = b.binary(Opcode.ADD, distance, b.i64(HeapLayout.ELEMENTS));
        return b.binary(Opcode.ADD, b.binary(Opcode.ADD, base, b.refBits(array)), elements);
    }

    private void memoryFill() {
        Value to = param(1);
        Value length = param(3);
        Value record = memoryRecord(param(0));
        checkRange(record, to, length);
        Value memset = libraryCode(StoreLayout.MEMSET);
        fill(memset, inMemory(record, to), param(2), length);
    }

    private Value libraryCode(int field) {
        Value store = b.load(Type.I64, Emission.POINTER, vmctx, VMContextLayout.STORE);
        return b.load(Type.I64, Emission.POINTER, store, field);
    }

    /** The address of the {base, length} of the memory with this number. */
    private Value memoryRecord(Value memory) {
        int count = env.memoryCount();
        if (count == 1) {
            return memoryRecord(0);
        }
        Block found = function.newDetachedBlock();
        Value record = found.addParam(Type.I64);
        Edge[] edges = new Edge[count];
        Block[] blocks = new Block[count];
        for (int i = 0; i < count; i++) {
            blocks[i] = function.newBlock();
            edges[i] = new Edge(blocks[i]);
        }
        b.switch_(memory, edges);
        for (int i = 0; i < count; i++) {
            b.setBlock(blocks[i]);
            b.jump(found, memoryRecord(i));
        }
        function.blocks().add(found);
        b.setBlock(found);
        return record;
    }

    private Value memoryRecord(int memory) {
        MemoryPlan m = env.memory(memory);
        return m.isPointer
                ? b.load(Type.I64, Emission.POINTER, vmctx, m.contextOffset)
                : b.binary(Opcode.ADD, vmctx, b.i64(m.contextOffset));
    }

    /** Traps unless {@code start + length} is within the memory, whatever the two numbers are. */
    private void checkRange(Value record, Value start, Value length) {
        Value bytes = b.load(Type.I64, CONTEXT_FIELD, record, VMContextLayout.LENGTH);
        b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.UGT, length, bytes));
        Value last = b.binary(Opcode.SUB, bytes, length);
        b.trapIf(TrapCode.MEMORY_OUT_OF_BOUNDS, b.icmp(IntCond.UGT, start, last));
    }

    private Value inMemory(Value record, Value index) {
        Value base = b.load(Type.I64, CONTEXT_FIELD, record, VMContextLayout.BASE);
        return b.binary(Opcode.ADD, base, index);
    }
}
