package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Tables, whose slots are eight bytes each. */
final class TableTranslator {
    private static final int LOG2_ELEMENT = 3;

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final BuiltinCalls builtins;

    TableTranslator(Emission e, BuiltinCalls builtins) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.builtins = builtins;
    }

    void get(int table) {
        TablePlan t = e.env.table(table);
        Value slot = slot(t, stack.pop(), TrapCode.TABLE_OUT_OF_BOUNDS);
        stack.push(t.hasFunctions ? b.binary(Opcode.AND, slot, b.i64(~VMContextLayout.NULL_SLOT)) : slot);
    }

    /** The content of the slot at {@code index}, initialised; traps with {@code outside} if there is none. */
    Value slot(TablePlan t, Value index, TrapCode outside) {
        Value slot = b.load(t.elementType, t.element, elementAddress(t, index, outside), 0);
        return t.isLazy ? initialised(t, index, slot) : slot;
    }

    private Value initialised(TablePlan t, Value index, Value slot) {
        Block missing = e.function.newBlock();
        missing.setFrequency(Frequency.RARE);
        Block ready = e.function.newDetachedBlock();
        Value result = ready.addParam(Type.I64);
        b.branch(b.icmp(IntCond.EQ, slot, b.i64(0)), new Edge(missing), new Edge(ready, slot));
        e.startSealed(missing);
        Value made = builtins.call(Builtin.TABLE_SLOT, recordAddress(t), wide(index));
        b.jump(ready, made);
        e.function.blocks().add(ready);
        e.startSealed(ready);
        return result;
    }

    /** @param nullable whether the reference on the stack may be null */
    void set(int table, boolean nullable) {
        TablePlan t = e.env.table(table);
        Value value = stack.pop();
        if (t.hasFunctions && nullable) {
            Value isNull = b.icmp(IntCond.EQ, value, b.i64(0));
            value = b.binary(Opcode.OR, value, b.convert(Opcode.ZEXT, Type.I64, isNull));
        }
        b.store(t.element, elementAddress(t, stack.pop(), TrapCode.TABLE_OUT_OF_BOUNDS), 0, value);
    }

    private Value elementAddress(TablePlan t, Value index, TrapCode outside) {
        checkIndex(t, index, outside);
        return entryAddress(t, index, LOG2_ELEMENT);
    }

    /** Traps with {@code outside} if there is no element at {@code index}. */
    void checkIndex(TablePlan t, Value index, TrapCode outside) {
        b.trapIf(outside, b.icmp(IntCond.UGE, index, length(t)));
    }

    /** The address of what is stored for the element at {@code index}, which is in bounds. */
    private Value entryAddress(TablePlan t, Value index, int log2Bytes) {
        Value base = b.load(Type.I64, t.base, record(t), recordOffset(t) + VMContextLayout.BASE);
        Value offset = b.binary(Opcode.SHL, wide(index), b.i64(log2Bytes));
        return b.binary(Opcode.ADD, base, offset);
    }

    /** The address of a sealed table's entry for {@code index}, which is one of the known. */
    Value sealedEntry(TablePlan t, Value index, int log2Bytes) {
        Value address = entryAddress(t, index, log2Bytes);
        long before = (long) t.sealed.first << log2Bytes;
        return before == 0 ? address : b.binary(Opcode.SUB, address, b.i64(before));
    }

    /** Traps unless {@code index} is that of a known function of a sealed table. */
    void checkSealedIndex(TablePlan t, Value index) {
        SealedTable s = t.sealed;
        if (s.first == 0 && s.functions.length == t.fixedLength) {
            checkIndex(t, index, TrapCode.UNDEFINED_ELEMENT);
            return;
        }
        Value at = s.first == 0 ? index : b.binary(Opcode.SUB, index, b.iconst(t.indexType, s.first));
        Block outside = e.function.newBlock();
        outside.setFrequency(Frequency.RARE);
        Block inside = e.function.newDetachedBlock();
        b.branch(b.icmp(IntCond.UGE, at, b.iconst(t.indexType, s.functions.length)), outside, inside);
        e.startSealed(outside);
        checkIndex(t, index, TrapCode.UNDEFINED_ELEMENT);
        b.trap(TrapCode.INDIRECT_CALL_TO_NULL);
        e.function.blocks().add(inside);
        e.startSealed(inside);
    }

    private Value recordAddress(TablePlan t) {
        return t.imported ? record(t) : b.binary(Opcode.ADD, e.vmctx, b.i64(t.contextOffset));
    }

    private Value length(TablePlan t) {
        return t.fixedLength >= 0
                ? b.iconst(t.indexType, t.indexType == Type.I32 ? (int) t.fixedLength : t.fixedLength)
                : b.load(t.indexType, t.length, record(t), recordOffset(t) + VMContextLayout.LENGTH);
    }

    private Value record(TablePlan t) {
        return t.imported ? b.load(Type.I64, Emission.POINTER, e.vmctx, t.contextOffset) : e.vmctx;
    }

    private static int recordOffset(TablePlan t) {
        return t.imported ? 0 : t.contextOffset;
    }

    void size(int table) {
        stack.push(length(e.env.table(table)));
    }

    void grow(int table) {
        Value delta = wide(stack.pop());
        Value value = stack.pop();
        Value old = builtins.call(Builtin.TABLE_GROW, b.i32(table), delta, value);
        stack.push(e.env.table(table).indexType == Type.I64 ? old : b.convert(Opcode.WRAP, Type.I32, old));
    }

    void fill(int table) {
        Value length = wide(stack.pop());
        Value value = stack.pop();
        Value to = wide(stack.pop());
        builtins.call(Builtin.TABLE_FILL, b.i32(table), to, value, length);
    }

    void copy(int toTable, int fromTable) {
        Value length = wide(stack.pop());
        Value from = wide(stack.pop());
        Value to = wide(stack.pop());
        builtins.call(Builtin.TABLE_COPY, b.i32(toTable), b.i32(fromTable), to, from, length);
    }

    void init(int table, int segment) {
        Value length = stack.pop();
        Value from = stack.pop();
        Value to = wide(stack.pop());
        builtins.call(Builtin.TABLE_INIT, b.i32(table), b.i32(segment), to, from, length);
    }

    /** An index or length as i64. */
    private Value wide(Value index) {
        return index.type() == Type.I64 ? index : b.convert(Opcode.ZEXT, Type.I64, index);
    }
}
