package kiln.translate;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import kiln.artifact.Fate;
import kiln.types.StructType;
import kiln.types.TypeSpace;
import kiln.wasm.BodyScanner;
import kiln.wasm.ConstExpr;
import kiln.wasm.ConstOp;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;

/**
 * What calls through references will probably reach: where a module puts one function only into a field of a type, or
 * into a global, what is read from there is that function. Virtual tables are objects of types with one object each,
 * and initialisers of classes are replaced once. Other modules and Java can make objects of the same types, so nothing
 * may depend on it: code compares the reference first.
 *
 * <p>Functions are stored by constant expressions and by {@code ref.func} with the store right behind it. Objects made
 * in function bodies are closures more often than tables, so what their fields hold counts as anything.
 */
final class LikelyCallees {
    /** No function, or more than one. */
    static final int NONE = -1;

    private static final int SEVERAL = -2;
    private static final int FIELD_SHIFT = 32;

    private final WasmModule module;
    private final TypeSpace types;
    /** By type (below) and field (above): the only function that is stored there, or {@link #SEVERAL}. */
    private final Map<Long, Integer> ofFields = new HashMap<>();
    /** The canonical types of the objects that function bodies make, and of the types above these. */
    private final BitSet made = new BitSet();
    /** By global: likewise what code stores there. */
    private final Map<Integer, Integer> ofGlobals = new HashMap<>();

    /** Calls of what was read just before: caller, type or -1, field or global. */
    private final IntList calls = new IntList();

    /** What the instruction before the present one was. */
    private Op previous;

    private int previousFirst;
    private int previousSecond;

    private LikelyCallees(WasmModule module) {
        this.module = module;
        this.types = module.types();
    }

    /** For a module that nothing is known of yet; null if it has no objects. */
    static LikelyCallees of(WasmModule module) {
        for (int i = 0; i < module.types().count(); i++) {
            if (module.types().struct(i) != null) {
                return new LikelyCallees(module);
            }
        }
        return null;
    }

    /** Goes to the start of a function body. */
    void begin() {
        previous = null;
    }

    /** Looks at the next instruction of the body of function {@code func}; its indices may be anything. */
    void note(BodyScanner s, int func) {
        Op op = s.op();
        switch (op) {
            case REF_FUNC -> follow(op, s.funcIndex(), 0);
            case GLOBAL_GET -> follow(op, s.globalIndex(), 0);
            case STRUCT_GET -> follow(op, s.typeIndex(), s.fieldIndex());
            case STRUCT_SET -> {
                store(s.typeIndex(), s.fieldIndex(), previous == Op.REF_FUNC ? previousFirst : SEVERAL);
                previous = op;
            }
            case STRUCT_NEW -> {
                if (struct(s.typeIndex()) != null) {
                    make(s.typeIndex());
                }
                previous = op;
            }
            case GLOBAL_SET -> {
                ofGlobals.merge(
                        s.globalIndex(), previous == Op.REF_FUNC ? previousFirst : SEVERAL, LikelyCallees::join);
                previous = op;
            }
            case CALL_REF, RETURN_CALL_REF -> {
                if (previous == Op.STRUCT_GET || previous == Op.GLOBAL_GET) {
                    calls.add(func);
                    calls.add(previous == Op.STRUCT_GET ? previousFirst : -1);
                    calls.add(previous == Op.STRUCT_GET ? previousSecond : previousFirst);
                }
                previous = op;
            }
            default -> previous = op;
        }
    }

    private void follow(Op op, int first, int second) {
        previous = op;
        previousFirst = first;
        previousSecond = second;
    }

    /** The struct type of that index, or null if there is none. */
    private StructType struct(int type) {
        return type >= 0 && type < types.count() ? types.struct(type) : null;
    }

    /** An object of a type is one of each of its supertypes, too. */
    private void make(int type) {
        // Where one is known already, so are those above it: an instruction costs nothing then.
        for (int above = type; struct(above) != null && !made.get(types.canonical(above)); ) {
            made.set(types.canonical(above));
            above = types.get(above).supertype();
        }
    }

    /** A store to an object of a type is one to an object of each of its supertypes. */
    private void store(int type, int field, int function) {
        StructType t = struct(type);
        for (int above = type; t != null && field < t.fields().size(); t = struct(above)) {
            Integer known = ofFields.get(key(above, field));
            int joined = known == null ? function : join(known, function);
            if (known != null && known == joined) {
                // What is known of a type is known of those above it.
                return;
            }
            ofFields.put(key(above, field), joined);
            above = types.get(above).supertype();
        }
    }

    private long key(int type, int field) {
        return types.canonical(type) | (long) field << FIELD_SHIFT;
    }

    private static int join(int x, int y) {
        return x == y ? x : SEVERAL;
    }

    /** Looks at a constant expression, which is valid. */
    void read(ConstExpr expr) {
        ArrayDeque<Integer> stack = new ArrayDeque<>();
        for (ConstOp op : module.constOps(expr)) {
            int n = (int) op.a();
            switch (op.op()) {
                case STRUCT_NEW -> {
                    for (int field = types.struct(n).fields().size(); --field >= 0; ) {
                        int function = stack.pop();
                        if (function >= 0) {
                            store(n, field, function);
                        }
                    }
                    stack.push(NONE);
                }
                case ARRAY_NEW_FIXED -> {
                    for (long i = op.b(); i > 0; i--) {
                        stack.pop();
                    }
                    stack.push(NONE);
                }
                case ARRAY_NEW, I32_ADD, I32_SUB, I32_MUL, I64_ADD, I64_SUB, I64_MUL -> {
                    stack.pop();
                    stack.pop();
                    stack.push(NONE);
                }
                case ARRAY_NEW_DEFAULT, REF_I31, ANY_CONVERT_EXTERN, EXTERN_CONVERT_ANY -> {
                    stack.pop();
                    stack.push(NONE);
                }
                default -> stack.push(op.op() == Op.REF_FUNC ? n : NONE);
            }
        }
    }

    /** The function that a field probably refers to, or {@link #NONE}. */
    int ofField(int type, int field) {
        return made.get(types.canonical(type)) ? NONE : Math.max(NONE, ofFields.getOrDefault(key(type, field), NONE));
    }

    /** The function that a global that code changes probably refers to, or {@link #NONE}. */
    int ofGlobal(int global) {
        return Math.max(NONE, ofGlobals.getOrDefault(global, NONE));
    }

    /** Adds the calls that were noted to those that each function makes directly. */
    void addTo(int[][] direct, Fate[] fates) {
        int imported = module.importedFuncCount();
        // The calls of one function stand together.
        for (int i = 0; i < calls.size(); ) {
            int caller = calls.get(i);
            IntList callees = new IntList();
            for (; i < calls.size() && calls.get(i) == caller; i += 3) {
                int type = calls.get(i + 1);
                int from = calls.get(i + 2);
                int callee = type < 0 ? ofGlobal(from) : struct(type) == null ? NONE : ofField(type, from);
                if (callee >= imported && callee < module.funcCount() && fates[callee - imported] != null) {
                    callees.add(callee);
                }
            }
            int[] known = direct[caller - imported];
            int[] all = Arrays.copyOf(known, known.length + callees.size());
            System.arraycopy(callees.toArray(), 0, all, known.length, callees.size());
            direct[caller - imported] = all;
        }
    }
}
