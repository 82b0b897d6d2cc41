package kiln.translate;

import java.util.ArrayDeque;
import java.util.List;
import kiln.artifact.Builtin;
import kiln.ir.Builder;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.types.HeapType;
import kiln.wasm.ConstExpr;
import kiln.wasm.ConstOp;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;

/** Constant expressions (specification 3.4.4): known when compiling, or as code of the start-up function. */
final class ConstantExpressions {
    private ConstantExpressions() {}

    /**
     * The value of an expression, or null if it depends on an import.
     *
     * @param globals the globals that the expression may name, planned already
     */
    static Constant evaluate(WasmModule wasm, ConstExpr expr, GlobalPlan[] globals) {
        ArrayDeque<Constant> stack = new ArrayDeque<>();
        for (ConstOp op : wasm.constOps(expr)) {
            Constant value = switch (op.op()) {
                case I32_CONST -> Constant.number(Type.I32, (int) op.a());
                case I64_CONST -> Constant.number(Type.I64, op.a());
                case F32_CONST -> Constant.number(Type.F32, op.a() & 0xffffffffL);
                case F64_CONST -> Constant.number(Type.F64, op.a());
                case V128_CONST -> Constant.vector(new V128(op.a(), op.b()));
                case REF_NULL -> Constant.number(nullType(wasm, (int) op.a()), 0);
                case REF_FUNC -> Constant.function((int) op.a());
                case GLOBAL_GET -> globals[(int) op.a()].constant();
                case I32_ADD, I32_SUB, I32_MUL, I64_ADD, I64_SUB, I64_MUL -> {
                    Constant y = stack.pop();
                    Constant x = stack.pop();
                    long bits = arithmetic(op).binary().apply(x.type(), x.scalar(), y.scalar());
                    yield Constant.number(x.type(), bits);
                }
                // Made by code.
                case REF_I31,
                        STRUCT_NEW,
                        STRUCT_NEW_DEFAULT,
                        ARRAY_NEW,
                        ARRAY_NEW_DEFAULT,
                        ARRAY_NEW_FIXED,
                        ANY_CONVERT_EXTERN,
                        EXTERN_CONVERT_ANY -> null;
                default -> throw unsupported(wasm, op, expr);
            };
            if (value == null) {
                return null;
            }
            stack.push(value);
        }
        return stack.pop();
    }

    /** Whether the value of an element's expression has to be computed by code. */
    static boolean isComputed(WasmModule wasm, ConstExpr expr) {
        List<ConstOp> ops = wasm.constOps(expr);
        Op first = ops.getFirst().op();
        boolean isI31 = ops.size() == 2 && first == Op.I32_CONST && ops.get(1).op() == Op.REF_I31;
        return ops.size() > 1 && !isI31;
    }

    /** Appends the computation of an expression. */
    static Value emit(ModuleEnvironment env, Builder b, Value vmctx, ConstExpr expr) {
        WasmModule wasm = env.wasm();
        ArrayDeque<Value> stack = new ArrayDeque<>();
        GcObjects objects = new GcObjects(env, b.function(), b, null, vmctx);
        for (ConstOp op : wasm.constOps(expr)) {
            stack.push(
                    switch (op.op()) {
                        case I32_CONST -> b.i32((int) op.a());
                        case I64_CONST -> b.i64(op.a());
                        case F32_CONST -> b.f32((int) op.a());
                        case F64_CONST -> b.f64(op.a());
                        case V128_CONST -> b.vconst(new V128(op.a(), op.b()));
                        case REF_NULL -> b.zero(nullType(wasm, (int) op.a()));
                        case REF_FUNC -> funcRef(env, b, vmctx, (int) op.a());
                        case GLOBAL_GET -> initialGlobal(env, b, vmctx, (int) op.a());
                        case I32_ADD, I32_SUB, I32_MUL, I64_ADD, I64_SUB, I64_MUL -> {
                            Value y = stack.pop();
                            Value x = stack.pop();
                            yield b.binary(arithmetic(op), x, y);
                        }
                        case REF_I31 -> objects.i31(stack.pop());
                        case ANY_CONVERT_EXTERN, EXTERN_CONVERT_ANY -> stack.pop();
                        case STRUCT_NEW -> {
                            int type = (int) op.a();
                            int n = env.gcTypes().struct(type).fields().length;
                            yield objects.struct(type, pop(stack, n));
                        }
                        case STRUCT_NEW_DEFAULT -> objects.structOfZeros((int) op.a());
                        case ARRAY_NEW -> {
                            Value length = stack.pop();
                            yield objects.array((int) op.a(), stack.pop(), length);
                        }
                        case ARRAY_NEW_DEFAULT -> objects.arrayOfZeros((int) op.a(), stack.pop());
                        case ARRAY_NEW_FIXED -> objects.array((int) op.a(), pop(stack, (int) op.b()));
                        default -> throw unsupported(wasm, op, expr);
                    });
        }
        return stack.pop();
    }

    private static Value[] pop(ArrayDeque<Value> stack, int n) {
        Value[] values = new Value[n];
        for (int i = n; --i >= 0; ) {
            values[i] = stack.pop();
        }
        return values;
    }

    /** The address of a function's record, which may not have been filled in yet. */
    static Value recordAddress(ModuleEnvironment env, Builder b, Value vmctx, int func) {
        return b.binary(Opcode.ADD, vmctx, b.i64(env.funcRefOffset(func)));
    }

    private static Value funcRef(ModuleEnvironment env, Builder b, Value vmctx, int func) {
        return env.isImported(func)
                ? recordAddress(env, b, vmctx, func)
                : new BuiltinCalls(b, env.moduleIndex())
                        .call(Builtin.FUNC_RECORD, vmctx, b.i32(env.funcRefs().slotOf(func)));
    }

    /** A global during start-up, when those that are constant later are still being written. */
    private static Value initialGlobal(ModuleEnvironment env, Builder b, Value vmctx, int index) {
        GlobalPlan g = env.global(index);
        if (g.constant() != null) {
            return g.constant().function() >= 0
                    ? funcRef(env, b, vmctx, g.constant().function())
                    : g.constant().in(b);
        }
        return GlobalAccess.load(b, vmctx, g, GlobalAccess.changing(g));
    }

    private static Opcode arithmetic(ConstOp op) {
        return switch (op.op()) {
            case I32_ADD, I64_ADD -> Opcode.ADD;
            case I32_SUB, I64_SUB -> Opcode.SUB;
            default -> Opcode.MUL;
        };
    }

    static Type nullType(WasmModule wasm, int heap) {
        return wasm.types().top(heap) == HeapType.FUNC ? Type.I64 : Type.REF;
    }

    private static UnsupportedFeatureException unsupported(WasmModule wasm, ConstOp op, ConstExpr expr) {
        return UnsupportedFeatureException.inModule(
                wasm, op.op().feature(), op.op().text() + " in a constant expression", expr.offset());
    }
}
