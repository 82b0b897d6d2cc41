package kiln.wasm;

import kiln.types.FuncType;
import kiln.types.ValType;

/** Reads and validates constant expressions (3.4.14) in the context of what has been decoded so far. */
final class ConstExprValidator extends ValidationState {
    private final ModuleBuilder m;
    private final GcRules gc = new GcRules(this);
    private int instructions;
    /** The last instruction before {@code end}. */
    private Op last;

    ConstExprValidator(ByteReader in, ModuleBuilder m) {
        super(in, m.features, m.types);
        this.m = m;
    }

    /** Reads an expression at the cursor that must yield one value of the given type. */
    ConstExpr read(int type) {
        return read(FuncType.ofResult(type));
    }

    /** As above; the type is given as the one result of a function type. */
    ConstExpr read(FuncType type) {
        int start = in.pos;
        offset = start;
        instructions = 0;
        resetFor(FuncType.EMPTY);
        openFrame(FrameKind.FUNCTION, type);
        while (controlDepth() > 0) {
            startInstruction();
            fetch();
            check(op);
            instructions++;
        }
        return new ConstExpr(start, in.pos - start);
    }

    /** Whether the expression just read is a single {@code ref.func} or {@code ref.null}. */
    boolean wasPlainRef() {
        return instructions == 2 && (last == Op.REF_FUNC || last == Op.REF_NULL);
    }

    /** The function of the single {@code ref.func} just read, -1 for a {@code ref.null}. */
    int plainFunc() {
        return last == Op.REF_FUNC ? index : -1;
    }

    private void check(Op o) {
        switch (o) {
            case END -> {
                closeFrame();
                return;
            }
            case I32_CONST, I64_CONST, F32_CONST, F64_CONST, V128_CONST -> push(o.results[0]);
            case REF_NULL -> push(valType);
            case REF_FUNC -> {
                if (index >= m.funcCount) {
                    throw in.invalid("unknown function " + Integer.toUnsignedString(index), offset);
                }
                m.declaredRefs.set(index);
                push(ValType.ref(false, types.canonical(m.funcTypes[index])));
            }
            case GLOBAL_GET -> globalGet();
            case I32_ADD, I32_SUB, I32_MUL, I64_ADD, I64_SUB, I64_MUL -> {
                if (!features.has(Feature.EXTENDED_CONST)) {
                    throw notConstant();
                }
                pop(o.params[1]);
                pop(o.params[0]);
                push(o.results[0]);
            }
            case STRUCT_NEW,
                    STRUCT_NEW_DEFAULT,
                    ARRAY_NEW,
                    ARRAY_NEW_DEFAULT,
                    ARRAY_NEW_FIXED,
                    REF_I31,
                    ANY_CONVERT_EXTERN,
                    EXTERN_CONVERT_ANY -> gc.check(o);
            default -> throw notConstant();
        }
        last = o;
    }

    /** Before garbage collection only imported globals could be read, since then all earlier ones. */
    private void globalGet() {
        int visible = features.has(Feature.GC) ? m.globals.size() : m.importedGlobals;
        if (index >= visible) {
            throw in.invalid("unknown global " + Integer.toUnsignedString(index), offset);
        }
        ExternType.Global global = m.globals.get(index);
        if (global.mutable()) {
            throw notConstant();
        }
        push(global.type());
    }

    private WasmException notConstant() {
        return in.invalid("constant expression required, found " + op.text(), offset);
    }

    @Override
    void checkData(int i) {
        throw notConstant();
    }

    @Override
    ElemSegment checkElem(int i) {
        throw notConstant();
    }
}
