package kiln.translate;

import kiln.artifact.Builtin;
import kiln.artifact.FuncRefs;
import kiln.artifact.References;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * The builtins that make a function's record and a table's slot when they are first needed, from what the file holds
 * ({@link References}). They neither call out nor look anything up.
 *
 * <p>The VMContext given need not be the running one: a table may belong to another instance.
 */
final class ReferenceBuiltins {
    private static final MemoryOp POINTER = MemoryOp.of(Type.I64, Region.CONTEXT);
    private static final MemoryOp WORD = MemoryOp.of(Type.I32, Region.CONTEXT);
    private static final MemoryOp SLOT = MemoryOp.of(Type.I64, new Region(Region.Kind.TABLE, Region.IMPORTED));

    private final Function f;
    private final Builder b;
    private final BuiltinCalls builtins;

    /** @param f with an entry block, the builder's current one, that has the parameters */
    ReferenceBuiltins(Function f, Builder b, int module) {
        this.f = f;
        this.b = b;
        this.builtins = new BuiltinCalls(b, module);
    }

    void emit(Builtin builtin) {
        switch (builtin) {
            case FUNC_RECORD -> funcRecord();
            case TABLE_SLOT -> tableSlot();
            case TABLE_FILL_IN -> tableFillIn();
            default -> throw new IllegalArgumentException(builtin.name());
        }
    }

    private Value param(int i) {
        return f.entry().params().get(i);
    }

    private Value pointer(Value record, int field) {
        return b.load(Type.I64, POINTER, record, field);
    }

    private Value word(Value record, int field) {
        return b.load(Type.I32, WORD, record, field);
    }

    private Value wide(Value word) {
        return b.convert(Opcode.ZEXT, Type.I64, word);
    }

    private Value plus(Value x, Value y) {
        return b.binary(Opcode.ADD, x, y);
    }

    private Value times(Value index, int bytes) {
        return b.binary(Opcode.MUL, index, b.i64(bytes));
    }

    private Value is(Value word, int constant) {
        return b.icmp(IntCond.EQ, word, word.type() == Type.I64 ? b.i64(constant) : b.i32(constant));
    }

    private void funcRecord() {
        Value owner = param(0);
        Value slot = wide(param(1));
        Value head = pointer(owner, VMContextLayout.REFERENCES);
        Value records = plus(owner, wide(word(head, References.HEAD_RECORDS)));
        Value record = plus(records, times(slot, VMContextLayout.FUNCREF_BYTES));
        Block there = f.newBlock();
        Block missing = f.newBlock();
        Block make = f.newBlock();
        b.branch(is(pointer(record, VMContextLayout.FUNCREF_CODE), 0), missing, there);
        b.setBlock(there);
        b.ret(record);
        b.setBlock(missing);
        Value entry = plus(head, times(slot, FuncRefs.ENTRY_BYTES));
        Value offset = word(entry, References.HEAD_BYTES + FuncRefs.ENTRY_CODE);
        b.branch(is(offset, FuncRefs.IMPORTED), there, make);
        b.setBlock(make);
        Value type = wide(word(entry, References.HEAD_BYTES + FuncRefs.ENTRY_TYPE));
        Value types = plus(owner, wide(word(head, References.HEAD_TYPE_IDS)));
        Value typeId = word(plus(types, times(type, Integer.BYTES)), 0);
        Value function = word(entry, References.HEAD_BYTES + FuncRefs.ENTRY_FUNCTION);
        Value text = pointer(owner, VMContextLayout.TEXT_BASE);
        Value code = b.select(is(offset, FuncRefs.NO_CODE), b.i64(0), plus(text, wide(offset)));
        b.store(POINTER, record, VMContextLayout.FUNCREF_CODE, code);
        b.store(POINTER, record, VMContextLayout.FUNCREF_VMCTX, owner);
        b.store(WORD, record, VMContextLayout.FUNCREF_TYPE, typeId);
        b.store(WORD, record, VMContextLayout.FUNCREF_FUNCTION, function);
        b.ret(record);
    }

    private void tableSlot() {
        Value table = param(0);
        Value index = param(1);
        Block there = f.newBlock();
        Block empty = f.newBlock();
        Block hasImage = f.newBlock();
        Block inImage = f.newBlock();
        Block function = f.newBlock();
        Value address = plus(pointer(table, VMContextLayout.BASE), b.binary(Opcode.SHL, index, b.i64(3)));
        Value slot = b.load(Type.I64, SLOT, address, 0);
        Value image = pointer(table, VMContextLayout.TABLE_IMAGE);
        b.branch(is(slot, 0), empty, there);
        b.setBlock(there);
        b.ret(slot);

        Block isNull = f.newBlock();
        b.setBlock(empty);
        b.branch(is(image, 0), isNull, hasImage);
        b.setBlock(hasImage);
        Value at = b.binary(Opcode.SUB, index, wide(word(image, TableImage.FIRST)));
        Value count = wide(word(image, TableImage.COUNT));
        b.branch(b.icmp(IntCond.ULT, at, count), inImage, isNull);
        b.setBlock(inImage);
        Value entry = word(plus(image, times(at, Integer.BYTES)), TableImage.LAZY_ENTRIES);
        b.branch(is(entry, 0), isNull, function);
        b.setBlock(function);
        Value slotNumber = b.binary(Opcode.SUB, entry, b.i32(1));
        Value owner = pointer(table, VMContextLayout.TABLE_VMCTX);
        Value head = pointer(owner, VMContextLayout.REFERENCES);
        Value records = plus(owner, wide(word(head, References.HEAD_RECORDS)));
        Value record = plus(records, times(wide(slotNumber), VMContextLayout.FUNCREF_BYTES));
        Block known = f.newBlock();
        Block make = f.newBlock();
        b.branch(is(pointer(record, VMContextLayout.FUNCREF_CODE), 0), make, known);
        b.setBlock(known);
        b.store(SLOT, address, 0, record);
        b.ret(record);
        b.setBlock(make);
        builtins.call(Builtin.FUNC_RECORD, owner, slotNumber);
        b.jump(known);

        b.setBlock(isNull);
        Value nothing = b.i64(VMContextLayout.NULL_SLOT);
        b.store(SLOT, address, 0, nothing);
        b.ret(nothing);
    }

    private void tableFillIn() {
        Value table = param(0);
        Value image = pointer(table, VMContextLayout.TABLE_IMAGE);
        Value first = wide(word(image, TableImage.FIRST));
        Value end = plus(first, wide(word(image, TableImage.COUNT)));
        Block loop = f.newBlock();
        Value index = loop.addParam(Type.I64);
        Block done = f.newBlock();
        b.jump(loop, first);
        b.setBlock(loop);
        builtins.call(Builtin.TABLE_SLOT, table, index);
        Value next = plus(index, b.i64(1));
        b.branch(b.icmp(IntCond.ULT, next, end), new Edge(loop, next), new Edge(done));
        b.setBlock(done);
        b.ret();
    }
}
