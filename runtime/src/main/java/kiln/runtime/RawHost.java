package kiln.runtime;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;

/**
 * Spins the adapter of one host function in its raw form, as {@link TypedHost} does for methods: the function is a
 * constant and the cells are moved one by one, so that the JIT inlines the function, and the two arrays of cells,
 * unless it keeps them, never come to be.
 */
final class RawHost {
    private static final ClassDesc CD_HostAdapter = ClassDesc.of("kiln.runtime.HostAdapter");
    private static final ClassDesc CD_HostFunction = ClassDesc.of("kiln.runtime.HostFunction");
    private static final MethodTypeDesc CALL =
            MethodTypeDesc.of(CD_void, HostClasses.CD_Caller, TypedCalls.CD_longs, TypedCalls.CD_longs);

    private RawHost() {}

    static HostAdapter adapter(FuncType type, HostFunction function) {
        return HostClasses.define(
                "kiln.runtime.RawHostFunction", CD_HostAdapter, code -> body(code, type), type, function);
    }

    private static void body(CodeBuilder code, FuncType type) {
        int args = code.allocateLocal(TypeKind.REFERENCE);
        int results = code.allocateLocal(TypeKind.REFERENCE);
        code.loadConstant(type.paramCells()).newarray(TypeKind.LONG).astore(args);
        code.loadConstant(type.resultCells()).newarray(TypeKind.LONG).astore(results);
        moveAll(type.params(), (value, number, cell, offset) -> {
            code.aload(args).loadConstant(cell);
            if (value instanceof ValType.Ref) {
                code.aload(0).aload(HostClasses.CALLER);
            }
            address(code, offset);
            if (Cells.isNarrow(value)) {
                code.invokestatic(TypedCalls.CD_Native, "getInt", MethodTypeDesc.of(CD_int, CD_long))
                        .i2l();
            } else {
                code.invokestatic(TypedCalls.CD_Native, "getLong", MethodTypeDesc.of(CD_long, CD_long));
            }
            if (value instanceof ValType.Ref) {
                code.loadConstant(number)
                        .invokevirtual(
                                CD_HostAdapter,
                                "refArgument",
                                MethodTypeDesc.of(CD_long, HostClasses.CD_Caller, CD_long, CD_int));
            }
            code.lastore();
        });
        code.ldc(HostClasses.function(CD_HostFunction))
                .aload(HostClasses.CALLER)
                .aload(args)
                .aload(results)
                .invokeinterface(CD_HostFunction, "call", CALL);
        moveAll(type.results(), (value, number, cell, offset) -> {
            address(code, offset);
            if (value instanceof ValType.Ref) {
                code.aload(0).aload(HostClasses.CALLER);
            }
            code.aload(results).loadConstant(cell).laload();
            if (value instanceof ValType.Ref) {
                code.loadConstant(number)
                        .invokevirtual(
                                CD_HostAdapter,
                                "refResult",
                                MethodTypeDesc.of(CD_long, HostClasses.CD_Caller, CD_long, CD_int));
            }
            code.invokestatic(TypedCalls.CD_Native, "putLong", MethodTypeDesc.of(CD_void, CD_long, CD_long));
        });
        code.return_();
    }

    private interface Move {
        void cell(ValType type, int number, int cell, int offset);
    }

    /** Names each cell of some values, with the value's number and the cell's offset in an argument area. */
    private static void moveAll(List<ValType> types, Move move) {
        int cell = 0;
        for (int i = 0; i < types.size(); i++) {
            for (int half = 0; half < types.get(i).cells(); half++) {
                move.cell(types.get(i), i, cell++, 16 * i + 8 * half);
            }
        }
    }

    private static void address(CodeBuilder code, int offset) {
        code.lload(HostClasses.AREA);
        if (offset > 0) {
            code.loadConstant((long) offset).ladd();
        }
    }
}
