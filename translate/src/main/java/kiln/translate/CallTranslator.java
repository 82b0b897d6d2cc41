package kiln.translate;

import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.wasm.Feature;
import kiln.wasm.TypeSpace;
import kiln.wasm.ValType;

/** Calls, and references to functions. */
final class CallTranslator {
    /** Fields of a funcref record may only be read after the null check: {@code canTrap} keeps the loads behind it. */
    private static final MemoryOp RECORD_POINTER = new MemoryOp(8, false, Region.CONTEXT, true, false);
    private static final MemoryOp RECORD_TYPE = new MemoryOp(4, false, Region.CONTEXT, true, false);
    private static final MemoryOp TYPE_ID = MemoryOp.readOnly(Type.I32, Region.CONTEXT);

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final TableTranslator tables;

    CallTranslator(Emission e, TableTranslator tables) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.tables = tables;
    }

    void call(int func) {
        CallTarget target = e.env.callTarget(func);
        Value[] args = stack.pop(target.signature().params().size());
        if (e.env.isImported(func)) {
            int record = e.env.funcRefOffset(func);
            pushResults(b.callIndirect(target, importCode(record), importContext(record), args));
        } else {
            pushResults(b.call(target, args));
        }
    }

    void returnCall(int func) {
        CallTarget target = e.env.callTarget(func);
        Value[] args = stack.pop(target.signature().params().size());
        if (e.env.isImported(func)) {
            int record = e.env.funcRefOffset(func);
            b.returnCallIndirect(target, importCode(record), importContext(record), args);
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

    /** Takes an index from the stack; the record found there, checked to be of the type. */
    private Value tableFunction(int type, int table) {
        TypeSpace types = e.env.wasm().types();
        TablePlan t = e.env.table(table);
        Value record = tables.load(t, stack.pop(), TrapCode.UNDEFINED_ELEMENT);
        if (ValType.isNullable(t.elementValType)) {
            b.trapIfZero(TrapCode.INDIRECT_CALL_TO_NULL, record);
        }
        if (!types.isHeapSubtype(ValType.heap(t.elementValType), type)) {
            if (!types.get(type).isFinal()) {
                // The callee may then be of a subtype, which comparing numbers does not find out.
                throw UnsupportedFeatureException.inFunction(
                        e.env.wasm(), Feature.GC, e.validator.op().text() + " with a type that may have subtypes",
                        e.validator.function(), e.validator.offset());
            }
            Value actual = b.load(Type.I32, RECORD_TYPE, record, VMContextLayout.FUNCREF_TYPE);
            Value expected = b.load(Type.I32, TYPE_ID, e.vmctx, e.env.layout().typeId(type));
            b.trapIf(TrapCode.BAD_SIGNATURE, b.icmp(IntCond.NE, actual, expected));
        }
        return record;
    }

    /** @param nullable whether the reference on the stack may be null */
    void callRef(int type, boolean nullable) {
        callThrough(function(nullable), type);
    }

    /** @param nullable whether the reference on the stack may be null */
    void returnCallRef(int type, boolean nullable) {
        returnCallThrough(function(nullable), type);
    }

    private Value function(boolean nullable) {
        Value record = stack.pop();
        if (nullable) {
            b.trapIfZero(TrapCode.NULL_REFERENCE, record);
        }
        return record;
    }

    private void callThrough(Value record, int type) {
        CallTarget target = target(type);
        Value[] args = stack.pop(target.signature().params().size());
        pushResults(b.callIndirect(target, code(record), context(record), args));
    }

    private void returnCallThrough(Value record, int type) {
        CallTarget target = target(type);
        Value[] args = stack.pop(target.signature().params().size());
        b.returnCallIndirect(target, code(record), context(record), args);
    }

    private Value code(Value record) {
        return b.load(Type.I64, RECORD_POINTER, record, VMContextLayout.FUNCREF_CODE);
    }

    private Value context(Value record) {
        return b.load(Type.I64, RECORD_POINTER, record, VMContextLayout.FUNCREF_VMCTX);
    }

    private CallTarget target(int type) {
        Feature missing = e.env.missing(type);
        if (missing != null) {
            throw UnsupportedFeatureException.inFunction(
                    e.env.wasm(), missing, e.validator.op().text() + " of " + e.env.wasm().types().func(type),
                    e.validator.function(), e.validator.offset());
        }
        return e.env.indirectTarget(type);
    }

    private void pushResults(Inst call) {
        for (int i = 0; i < call.resultCount(); i++) {
            stack.push(call.result(i));
        }
    }
}
