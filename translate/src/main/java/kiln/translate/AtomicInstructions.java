package kiln.translate;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import kiln.ir.AtomicOp;
import kiln.ir.Type;
import kiln.wasm.Feature;
import kiln.wasm.Op;

/**
 * The atomic instructions. What they do is in their names: {@code i64.atomic.rmw32.add_u} is of type i64, accesses 32
 * bits and adds.
 */
final class AtomicInstructions {
    private static final String ATOMIC = ".atomic.";
    private static final Map<Op, Rule> RULES = new EnumMap<>(Op.class);

    private AtomicInstructions() {}

    /** The rule for an instruction, or null if it is not atomic. */
    static Rule of(Op op) {
        return RULES.get(op);
    }

    static {
        for (Op op : Op.values()) {
            int at = op.text().indexOf(ATOMIC);
            if (op.feature() == Feature.THREADS && at > 0) {
                Type type = op.text().startsWith("i64") ? Type.I64 : Type.I32;
                RULES.put(op, named(type, op.text().substring(at + ATOMIC.length())));
            }
        }
        RULES.put(Op.MEMORY_ATOMIC_WAIT32, new Rule.AtomicWait(2));
        RULES.put(Op.MEMORY_ATOMIC_WAIT64, new Rule.AtomicWait(3));
        RULES.put(Op.MEMORY_ATOMIC_NOTIFY, new Rule.AtomicNotify());
        RULES.put(Op.ATOMIC_FENCE, new Rule.AtomicFence());
    }

    /** {@code load8_u}, {@code store}, {@code rmw16.cmpxchg_u} and so on. */
    private static Rule named(Type type, String name) {
        if (name.startsWith("load")) {
            return new Rule.AtomicLoad(type, log2Width(type, name, "load"));
        } else if (name.startsWith("store")) {
            return new Rule.AtomicStore(log2Width(type, name, "store"));
        } else if (!name.startsWith("rmw")) {
            return null;
        }
        int log2Width = log2Width(type, name, "rmw");
        int end = name.endsWith("_u") ? name.length() - 2 : name.length();
        String operation = name.substring(name.indexOf('.') + 1, end);
        return operation.equals("cmpxchg")
                ? new Rule.AtomicCompareAndExchange(log2Width)
                : new Rule.AtomicModify(AtomicOp.valueOf(operation.toUpperCase(Locale.ROOT)), log2Width);
    }

    /** Behind the first word stands a number of bits, unless all of the type's are accessed. */
    private static int log2Width(Type type, String name, String word) {
        if (name.startsWith("8", word.length())) {
            return 0;
        } else if (name.startsWith("16", word.length())) {
            return 1;
        }
        return name.startsWith("32", word.length()) || type == Type.I32 ? 2 : 3;
    }
}
