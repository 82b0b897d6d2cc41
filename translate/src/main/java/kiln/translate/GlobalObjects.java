package kiln.translate;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import kiln.artifact.VMContextLayout;
import kiln.ir.CallTarget;
import kiln.ir.ConstantObjects;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.wasm.ConstOp;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;

/** The structs that a module makes for its immutable globals, as virtual tables are, with what their fields hold. */
final class GlobalObjects implements ConstantObjects {
    private final ModuleEnvironment env;
    private final Map<Region, ConstantObject> objects = new HashMap<>();
    private final Map<Long, CallTarget> functions = new HashMap<>();

    /** @param env of which types, globals and functions are known already */
    GlobalObjects(ModuleEnvironment env) {
        this.env = env;
        WasmModule wasm = env.wasm();
        for (int slot = wasm.importedFuncCount(); slot < env.funcRefs().count(); slot++) {
            int func = env.funcRefs().function(slot);
            if (env.isLive(func)) {
                functions.put((long) env.funcRefOffset(func) + VMContextLayout.FUNCREF_CODE, env.callTarget(func));
            }
        }
        for (int g = wasm.importedGlobalCount(); g < wasm.globalCount(); g++) {
            GlobalPlan plan = env.global(g);
            if (plan.type() == Type.REF && plan.access().readOnly()) {
                ConstantObject object = object(g);
                if (object != null) {
                    objects.put(plan.access().region(), object);
                }
            }
        }
    }

    @Override
    public ConstantObject in(Region global) {
        return objects.get(global);
    }

    @Override
    public CallTarget function(long offset) {
        return functions.get(offset);
    }

    /** The object that the initial value of a global makes at its end, or null. */
    private ConstantObject object(int global) {
        // Null stands for what is not known.
        ArrayDeque<Object> stack = new ArrayDeque<>();
        ConstantObject made = null;
        for (ConstOp op : env.wasm().constOps(env.wasm().globalInit(global))) {
            made = null;
            int popped = popped(op);
            if (op.op() == Op.STRUCT_NEW) {
                made = struct((int) op.a(), global, stack);
            } else {
                for (int i = 0; i < popped; i++) {
                    stack.pop();
                }
            }
            Field value = value(op);
            stack.push(value == null ? UNKNOWN : value);
        }
        return made;
    }

    private static final Object UNKNOWN = new Object();

    private int popped(ConstOp op) {
        return switch (op.op()) {
            case ARRAY_NEW_FIXED -> (int) op.b();
            case ARRAY_NEW, I32_ADD, I32_SUB, I32_MUL, I64_ADD, I64_SUB, I64_MUL -> 2;
            case ARRAY_NEW_DEFAULT, REF_I31, ANY_CONVERT_EXTERN, EXTERN_CONVERT_ANY -> 1;
            default -> 0;
        };
    }

    private ConstantObject struct(int type, int global, ArrayDeque<Object> stack) {
        GcTypes.Field[] fields = env.gcTypes().struct(type).fields();
        Map<Long, Field> known = new HashMap<>();
        for (int i = fields.length; --i >= 0; ) {
            Object value = stack.pop();
            GcTypes.Field f = fields[i];
            boolean isPacked = f.type() == Type.I32 && f.bytes() < Type.I32.bytes();
            if (value != UNKNOWN && !f.mutable() && !isPacked) {
                known.put((long) f.offset(), (Field) value);
            }
        }
        return new ConstantObject(
                env.global(global).contextOffset(), env.layout().typeId(type), known);
    }

    private Field value(ConstOp op) {
        return switch (op.op()) {
            case I32_CONST -> number(Type.I32, (int) op.a());
            case I64_CONST -> number(Type.I64, op.a());
            case F32_CONST -> number(Type.F32, op.a() & 0xffffffffL);
            case F64_CONST -> number(Type.F64, op.a());
            case V128_CONST -> new Scalar(Type.V128, new V128(op.a(), op.b()));
            case REF_NULL -> number(ConstantExpressions.nullType(env.wasm(), (int) op.a()), 0);
            case REF_FUNC -> new FunctionRecord(env.funcRefOffset((int) op.a()));
            case GLOBAL_GET -> inGlobal(env.global((int) op.a()));
            default -> null;
        };
    }

    private static Field number(Type type, long bits) {
        return new Scalar(type, new V128(bits, 0));
    }

    /** What was read from another global when the object was made. */
    private Field inGlobal(GlobalPlan g) {
        Constant c = g.constant();
        if (c != null) {
            return c.function() >= 0
                    ? new FunctionRecord(env.funcRefOffset(c.function()))
                    : new Scalar(c.type(), c.bits());
        }
        return g.imported() || !g.access().readOnly() ? null : new Cell(g.contextOffset(), g.access());
    }
}
