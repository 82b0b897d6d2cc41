package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.FuncRefs;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Frequency;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/** Calls, and references to functions. */
final class CallTranslator {
    /** Fields of a funcref record, which may only be read where it is known to be one. */
    private static final MemoryOp RECORD_POINTER = MemoryOp.guarded(8, Region.CONTEXT, false);

    private static final MemoryOp RECORD_TYPE = MemoryOp.guarded(4, Region.CONTEXT, false);
    /** Of a record in the own VMContext. */
    private static final MemoryOp RECORD_CODE = MemoryOp.of(Type.I64, Region.CONTEXT);

    private static final int LOG2_WORD = 2;
    private static final int LOG2_SEALED = 3;
    private static final MemoryOp TYPE_ID = MemoryOp.readOnly(Type.I32, Region.CONTEXT);

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final TableTranslator tables;
    private final GcTranslator objects;
    private final BuiltinCalls builtins;

    CallTranslator(Emission e, TableTranslator tables, GcTranslator objects, BuiltinCalls builtins) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.tables = tables;
        this.objects = objects;
        this.builtins = builtins;
    }

    void call(int func) {
        CallTarget target = e.env.callTarget(func);
        Value[] args = stack.pop(target.signature().params().size());
        if (target.key() == null) {
            int record = e.env.funcRefOffset(func);
            pushResults(e.callIndirect(target, importCode(record), importContext(record), args));
        } else {
            pushResults(e.call(target, args));
        }
    }

    void returnCall(int func) {
        CallTarget target = e.env.callTarget(func);
        Value[] args = stack.pop(target.signature().params().size());
        if (e.env.isImported(func)) {
            int record = e.env.funcRefOffset(func);
            CallTarget leaving = e.env.indirectTarget(e.env.wasm().funcTypeIndex(func));
            b.returnCallIndirect(leaving, importCode(record), importContext(record), args);
        } else {
            b.returnCall(target, args);
        }
    }

    private Value importCode(int record) {
        return b.load(Type.I64, Emission.POINTER, e.vmctx, record + VMContextLayout.FUNCREF_CODE);
    }

    private Value importContext(int record) {
        return b.load(Type.I64, Emission.POINTER, e.vmctx, record + VMContextLayout.FUNCREF_VMCTX);
    }

    void callIndirect(int type, int table) {
        callThrough(tableFunction(type, table), type);
    }

    void returnCallIndirect(int type, int table) {
        returnCallThrough(tableFunction(type, table), type);
    }

    /** A function that was found: the key, or code and context. */
    private record Callee(CallTarget direct, Value code, Value context) {}

    /** Takes an index from the stack; the function found there, checked to be of the type. */
    private Callee tableFunction(int type, int table) {
        TypeSpace types = e.env.wasm().types();
        TablePlan t = e.env.table(table);
        Value index = stack.pop();
        if (t.sealed != null && (types.get(type).isFinal() || t.sealed.isAll(type))) {
            return sealedFunction(t, index, type);
        }
        Value record = tables.slot(t, index, TrapCode.UNDEFINED_ELEMENT);
        // Neither 0 nor the slot of a null is an address, so the first access traps.
        TrapCode isNull = ValType.isNullable(t.elementValType) ? TrapCode.INDIRECT_CALL_TO_NULL : null;
        if (types.isHeapSubtype(ValType.heap(t.elementValType), type)) {
            return callee(record, isNull);
        }
        MemoryOp access = isNull == null ? RECORD_TYPE : RECORD_TYPE.trapping(isNull);
        Value actual = b.load(Type.I32, access, record, VMContextLayout.FUNCREF_TYPE);
        if (types.get(type).isFinal()) {
            Value expected = b.load(Type.I32, TYPE_ID, e.vmctx, e.env.layout().typeId(type));
            b.trapIf(TrapCode.BAD_SIGNATURE, b.icmp(IntCond.NE, actual, expected));
        } else {
            b.trapIfZero(TrapCode.BAD_SIGNATURE, objects.hasType(actual, type));
        }
        return callee(record, null);
    }

    /** @param isNull what the first access to the record means if it faults, or null if it cannot */
    private Callee callee(Value record, TrapCode isNull) {
        MemoryOp access = isNull == null ? RECORD_POINTER : RECORD_POINTER.trapping(isNull);
        Value code = b.load(Type.I64, access, record, VMContextLayout.FUNCREF_CODE);
        return new Callee(null, code, b.load(Type.I64, RECORD_POINTER, record, VMContextLayout.FUNCREF_VMCTX));
    }

    private Callee sealedFunction(TablePlan t, Value index, int type) {
        SealedTable s = t.sealed;
        int known = index.is(Opcode.ICONST) ? knownFunction(s, unsigned(index), type) : TableContents.NULL;
        if (known != TableContents.NULL) {
            return new Callee(e.env.callTarget(known), null, null);
        }
        int only = s.onlyTarget(type);
        CallTarget direct = only == SealedTable.SEVERAL ? null : e.env.callTarget(only);
        boolean isAll = s.isAll(type);
        if (direct != null && (!isAll || s.hasNulls) && s.onlyIndex(only) >= 0) {
            Block other = e.function.newBlock();
            Block found = e.function.newDetachedBlock();
            Value isOther = b.icmp(IntCond.NE, index, b.iconst(t.indexType, s.onlyIndex(only)));
            rarely(isOther, other, found);
            tables.checkSealedIndex(t, index);
            sealedCode(t, index, type);
            // The image says that it is null or of another type; this is not reached.
            b.trap(TrapCode.BAD_SIGNATURE);
            goOn(found);
            return new Callee(direct, null, null);
        }
        tables.checkSealedIndex(t, index);
        if (direct != null && isAll && !s.hasNulls) {
            return new Callee(direct, null, null);
        }
        Value code = sealedCode(t, index, type);
        if (direct != null) {
            return new Callee(direct, null, null);
        }
        Value text = b.load(Type.I64, Emission.POINTER, e.vmctx, VMContextLayout.TEXT_BASE);
        return new Callee(null, b.binary(Opcode.ADD, text, b.convert(Opcode.ZEXT, Type.I64, code)), e.vmctx);
    }

    /** The offset of the code for {@code index}, an entry of the image; traps if it cannot be called as of the type. */
    private Value sealedCode(TablePlan t, Value index, int type) {
        SealedTable s = t.sealed;
        boolean isAll = s.isAll(type);
        if (s.form == TableImage.Form.SEALED) {
            Value entry = tables.sealedEntry(t, index, LOG2_SEALED);
            Value actual = b.load(Type.I32, t.sealedWord, entry, TableImage.SEALED_TYPE);
            Value expected = b.i32(e.env.wasm().types().canonical(type));
            checkSealed(b.icmp(IntCond.NE, actual, expected), actual, TableImage.NULL_TYPE);
            return b.load(Type.I32, t.sealedWord, entry, 0);
        }
        boolean isColumn = s.form == TableImage.Form.COLUMNS;
        Value entry = tables.sealedEntry(t, index, LOG2_WORD);
        Value code = b.load(Type.I32, t.sealedWord, entry, isColumn ? s.columnStart(type) << LOG2_WORD : 0);
        if (isColumn && !isAll) {
            // One comparison for both: they are the greatest words.
            checkSealed(b.icmp(IntCond.UGE, code, b.i32(TableImage.OTHER_TYPE)), code, FuncRefs.NO_CODE);
        } else if (s.hasNulls || !isAll) {
            b.trapIf(TrapCode.INDIRECT_CALL_TO_NULL, b.icmp(IntCond.EQ, code, b.i32(FuncRefs.NO_CODE)));
            if (!isAll) {
                b.trapIf(TrapCode.BAD_SIGNATURE, b.i32(1));
            }
        }
        return code;
    }

    /** A constant index; 64-bit ones from 2^63 on are negative, where no function is known. */
    private static long unsigned(Value index) {
        long imm = index.inst().imm();
        return index.type() == Type.I32 ? imm & 0xffffffffL : imm;
    }

    /** The function at a constant index, if there is one of the type, else {@link TableContents#NULL}. */
    private int knownFunction(SealedTable s, long index, int type) {
        long i = index - s.first;
        int f = i >= 0 && i < s.functions.length ? s.functions[(int) i] : TableContents.NULL;
        TypeSpace types = e.env.wasm().types();
        return f != TableContents.NULL && types.isHeapSubtype(e.env.wasm().funcTypeIndex(f), type)
                ? f
                : TableContents.NULL;
    }

    /** Traps if {@code isBad}: for a call to null if {@code word} is {@code isNull}, else of another type. */
    private void checkSealed(Value isBad, Value word, int isNull) {
        Block bad = e.function.newBlock();
        Block good = e.function.newDetachedBlock();
        rarely(isBad, bad, good);
        b.trapIf(TrapCode.INDIRECT_CALL_TO_NULL, b.icmp(IntCond.EQ, word, b.i32(isNull)));
        b.trap(TrapCode.BAD_SIGNATURE);
        goOn(good);
    }

    /** Branches, and begins {@code rare}. */
    private void rarely(Value condition, Block rare, Block often) {
        rare.setFrequency(Frequency.RARE);
        b.branch(condition, rare, often);
        e.startSealed(rare);
    }

    private void goOn(Block detached) {
        e.function.blocks().add(detached);
        e.startSealed(detached);
    }

    /** @param nullable whether the reference on the stack may be null */
    void callRef(int type, boolean nullable) {
        Value ref = stack.pop();
        CallTarget likely = likelyTarget(ref, type);
        TrapCode isNull = nullable ? TrapCode.NULL_REFERENCE : null;
        if (likely == null) {
            callThrough(callee(ref, isNull), type);
            return;
        }
        CallTarget target = e.env.indirectTarget(type);
        Value[] args = stack.pop(target.signature().params().size());
        Block other = expectLikely(ref);
        Block done = e.function.newDetachedBlock();
        b.jump(done, results(e.call(likely, args.clone())));
        begin(other);
        Callee callee = callee(ref, isNull);
        b.jump(done, results(e.callIndirect(target, callee.code, callee.context, args)));
        begin(done);
        for (Type result : target.signature().results()) {
            stack.push(done.addParam(result));
        }
        stack.handOver(target.signature().results().size());
    }

    /** The target if it is known what {@code ref} probably refers to, else null. */
    private CallTarget likelyTarget(Value ref, int type) {
        int func = e.likelyCallee(ref);
        if (func == LikelyCallees.NONE) {
            return null;
        }
        CallTarget target = e.env.callTarget(func);
        return target.signature().equals(e.env.signature(type)) ? target : null;
    }

    /** Goes on where {@code ref} refers to what it probably does; returns the block for where it does not. */
    private Block expectLikely(Value ref) {
        Block expected = e.function.newDetachedBlock();
        Block other = e.function.newDetachedBlock();
        other.setFrequency(Frequency.RARE);
        Value record = ConstantExpressions.recordAddress(e.env, b, e.vmctx, e.likelyCallee(ref));
        b.branch(b.icmp(IntCond.EQ, ref, record), expected, other);
        begin(expected);
        return other;
    }

    private void begin(Block block) {
        e.function.blocks().add(block);
        e.startSealed(block);
    }

    private static Value[] results(Inst call) {
        Value[] results = new Value[call.resultCount()];
        for (int i = 0; i < results.length; i++) {
            results[i] = call.result(i);
        }
        return results;
    }

    /** @param nullable whether the reference on the stack may be null */
    void returnCallRef(int type, boolean nullable) {
        Value ref = stack.pop();
        CallTarget likely = likelyTarget(ref, type);
        TrapCode isNull = nullable ? TrapCode.NULL_REFERENCE : null;
        if (likely == null) {
            returnCallThrough(callee(ref, isNull), type);
            return;
        }
        CallTarget target = e.env.indirectTarget(type);
        Value[] args = stack.pop(target.signature().params().size());
        Block other = expectLikely(ref);
        b.returnCall(likely, args);
        begin(other);
        Callee callee = callee(ref, isNull);
        b.returnCallIndirect(target, callee.code, callee.context, args.clone());
    }

    /** Pushes a reference to a function, whose record is filled in if it was not. */
    void refFunc(int func) {
        Value record = ConstantExpressions.recordAddress(e.env, b, e.vmctx, func);
        stack.push(record);
        if (e.env.isImported(func)) {
            return;
        }
        Block missing = e.function.newBlock();
        missing.setFrequency(Frequency.RARE);
        Block ready = e.function.newDetachedBlock();
        Value code = b.load(Type.I64, RECORD_CODE, e.vmctx, e.env.funcRefOffset(func) + VMContextLayout.FUNCREF_CODE);
        b.branch(b.icmp(IntCond.EQ, code, b.i64(0)), missing, ready);
        e.startSealed(missing);
        builtins.call(Builtin.FUNC_RECORD, e.vmctx, b.i32(e.env.funcRefs().slotOf(func)));
        b.jump(ready);
        e.function.blocks().add(ready);
        e.startSealed(ready);
    }

    private void callThrough(Callee callee, int type) {
        CallTarget target = e.env.indirectTarget(type);
        Value[] args = stack.pop(target.signature().params().size());
        pushResults(
                callee.direct != null
                        ? e.call(callee.direct, args)
                        : e.callIndirect(target, callee.code, callee.context, args));
    }

    private void returnCallThrough(Callee callee, int type) {
        CallTarget target = e.env.indirectTarget(type);
        Value[] args = stack.pop(target.signature().params().size());
        if (callee.direct != null) {
            b.returnCall(callee.direct, args);
        } else {
            b.returnCallIndirect(target, callee.code, callee.context, args);
        }
    }

    private void pushResults(Inst call) {
        stack.handOver(call.resultCount());
        for (int i = 0; i < call.resultCount(); i++) {
            stack.push(call.result(i));
        }
    }
}
