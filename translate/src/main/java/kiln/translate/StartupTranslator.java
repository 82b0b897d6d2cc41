package kiln.translate;

import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.VMContextLayout;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.wasm.ConstExpr;
import kiln.wasm.DataSegment;
import kiln.wasm.ElemSegment;
import kiln.wasm.SegmentMode;
import kiln.wasm.WasmModule;

/**
 * The function that initialises an instance (specification 4.7.5): globals, tables with an initial value, active
 * element segments and data segments that are not in an image, and the start function, in this order. Memories are
 * zero and tables null except for their images, and segments are all there when it is called.
 */
public final class StartupTranslator {
    private final ModuleEnvironment env;
    private final WasmModule wasm;
    private final Function function;
    private final Builder b;
    private final Value vmctx;
    private final BuiltinCalls builtins;

    private StartupTranslator(ModuleEnvironment env) {
        this.env = env;
        this.wasm = env.wasm();
        function = new Function(FuncKey.startup(env.moduleIndex()), new Signature(List.of(), List.of()));
        b = new Builder(function);
        Block entry = function.newBlock();
        b.setBlock(entry);
        vmctx = b.vmctx();
        builtins = new BuiltinCalls(b, env.moduleIndex());
    }

    /** Whether the module needs a start-up function. */
    public static boolean isNeeded(ModuleEnvironment env) {
        WasmModule wasm = env.wasm();
        if (wasm.startFunc() >= 0
                || wasm.globalCount() > wasm.importedGlobalCount()
                || !env.hidden().isEmpty()) {
            return true;
        }
        for (int i = wasm.importedTableCount(); i < wasm.tableCount(); i++) {
            if (wasm.tableInit(i) != null) {
                return true;
            }
        }
        for (int i = 0; i < wasm.elems().size(); i++) {
            if (isCopied(env, i)) {
                return true;
            }
        }
        for (int i = wasm.importedTableCount(); i < wasm.tableCount(); i++) {
            if (isFilledIn(env, i)) {
                return true;
            }
        }
        for (int i = 0; i < wasm.datas().size(); i++) {
            if (wasm.datas().get(i).mode() == SegmentMode.ACTIVE
                    && !env.images().contains(i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isCopied(ModuleEnvironment env, int segment) {
        return env.wasm().elems().get(segment).mode() == SegmentMode.ACTIVE && !env.isElemAbsorbed(segment);
    }

    /** Whether the table has slots that would be initialised on first use, but must be at start-up. */
    private static boolean isFilledIn(ModuleEnvironment env, int table) {
        TableContents.Contents c = env.tableContents(table);
        return env.options().eagerTables() && !c.isSealed() && c.functions().length > 0;
    }

    /** The start-up function. */
    public static Function translate(ModuleEnvironment env) {
        StartupTranslator t = new StartupTranslator(env);
        t.globals();
        t.tables();
        t.elements();
        t.data();
        t.start();
        t.b.ret();
        return t.function;
    }

    private Value evaluate(ConstExpr expr) {
        b.setPosition(expr.offset());
        return ConstantExpressions.emit(env, b, vmctx, expr);
    }

    private Value wide(Value offset) {
        return offset.type() == Type.I64 ? offset : b.convert(Opcode.ZEXT, Type.I64, offset);
    }

    private void globals() {
        for (int i = wasm.importedGlobalCount(); i < wasm.globalCount(); i++) {
            GlobalAccess.store(b, vmctx, env.global(i), evaluate(wasm.globalInit(i)));
        }
        int next = wasm.globalCount() - wasm.importedGlobalCount();
        for (ModuleEnvironment.HiddenGlobal g : env.hidden()) {
            Value value = evaluate(g.value());
            MemoryOp cell = MemoryOp.of(value.type(), new Region(Region.Kind.GLOBAL, Region.IMPORTED));
            b.store(cell, vmctx, env.layout().definedGlobal(next++), value);
        }
    }

    private void tables() {
        for (int i = wasm.importedTableCount(); i < wasm.tableCount(); i++) {
            ConstExpr init = wasm.tableInit(i);
            if (init != null) {
                Value value = evaluate(init);
                long length = wasm.table(i).limits().min();
                builtins.call(Builtin.TABLE_FILL, b.i32(i), b.i64(0), value, b.i64(length));
            }
            if (isFilledIn(env, i)) {
                Value record = b.binary(Opcode.ADD, vmctx, b.i64(env.table(i).contextOffset));
                builtins.call(Builtin.TABLE_FILL_IN, record);
            }
        }
    }

    private void elements() {
        for (int i = 0; i < wasm.elems().size(); i++) {
            ElemSegment segment = wasm.elems().get(i);
            if (isCopied(env, i)) {
                Value at = wide(evaluate(segment.at()));
                builtins.call(
                        Builtin.TABLE_INIT, b.i32(segment.table()), b.i32(i), at, b.i32(0), b.i32(segment.count()));
                builtins.call(Builtin.ELEM_DROP, b.i32(i));
            }
        }
    }

    private void data() {
        for (int i = 0; i < wasm.datas().size(); i++) {
            DataSegment segment = wasm.datas().get(i);
            if (segment.mode() == SegmentMode.ACTIVE && !env.images().contains(i)) {
                Value at = wide(evaluate(segment.at()));
                builtins.call(
                        Builtin.MEMORY_INIT, b.i32(segment.memory()), b.i32(i), at, b.i32(0), b.i32(segment.length()));
                builtins.call(Builtin.DATA_DROP, b.i32(i));
            }
        }
    }

    private void start() {
        int func = wasm.startFunc();
        if (func < 0) {
            return;
        }
        if (env.callTarget(func).key() == null) {
            int record = env.funcRefOffset(func);
            Value code = b.load(Type.I64, Emission.POINTER, vmctx, record + VMContextLayout.FUNCREF_CODE);
            Value context = b.load(Type.I64, Emission.POINTER, vmctx, record + VMContextLayout.FUNCREF_VMCTX);
            b.callIndirect(env.callTarget(func), code, context);
        } else {
            b.call(env.callTarget(func));
        }
    }
}
