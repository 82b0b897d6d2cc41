package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
import kiln.ir.Builder;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Tables: elements are eight bytes, a reference each. */
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
        stack.push(load(e.env.table(table), stack.pop(), TrapCode.TABLE_OUT_OF_BOUNDS));
    }

    /** The element at {@code index}; traps with {@code outside} if there is none. */
    Value load(TablePlan t, Value index, TrapCode outside) {
        return b.load(t.elementType, t.element, elementAddress(t, index, outside), 0);
    }

    void set(int table) {
        TablePlan t = e.env.table(table);
        Value value = stack.pop();
        b.store(t.element, elementAddress(t, stack.pop(), TrapCode.TABLE_OUT_OF_BOUNDS), 0, value);
    }

    private Value elementAddress(TablePlan t, Value index, TrapCode outside) {
        b.trapIf(outside, b.icmp(IntCond.UGE, index, length(t)));
        Value base = b.load(Type.I64, t.base, record(t), recordOffset(t) + VMContextLayout.BASE);
        Value offset = b.binary(Opcode.SHL, b.convert(Opcode.ZEXT, Type.I64, index), b.i64(LOG2_ELEMENT));
        return b.binary(Opcode.ADD, base, offset);
    }

    private Value length(TablePlan t) {
        return t.fixedLength >= 0
                ? b.i32((int) t.fixedLength)
                : b.load(Type.I32, t.length, record(t), recordOffset(t) + VMContextLayout.LENGTH);
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
        stack.push(b.convert(Opcode.WRAP, Type.I32, old));
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

    private Value wide(Value index) {
        return b.convert(Opcode.ZEXT, Type.I64, index);
    }
}
