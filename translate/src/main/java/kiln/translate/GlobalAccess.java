package kiln.translate;

import kiln.ir.Builder;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;

/** Loads and stores of global cells. */
final class GlobalAccess {
    private static final MemoryOp POINTER = MemoryOp.readOnly(Type.I64, Region.CONTEXT);

    private GlobalAccess() {}

    static Value load(Builder b, Value vmctx, GlobalPlan g, MemoryOp access) {
        return g.imported()
                ? b.load(g.type(), access, pointer(b, vmctx, g), 0)
                : b.load(g.type(), access, vmctx, g.contextOffset());
    }

    static void store(Builder b, Value vmctx, GlobalPlan g, Value value) {
        if (g.imported()) {
            b.store(changing(g), pointer(b, vmctx, g), 0, value);
        } else {
            b.store(changing(g), vmctx, g.contextOffset(), value);
        }
    }

    /** How the cell is accessed while its value may still change. */
    static MemoryOp changing(GlobalPlan g) {
        return g.access().readOnly() ? MemoryOp.of(g.type(), g.access().region()) : g.access();
    }

    private static Value pointer(Builder b, Value vmctx, GlobalPlan g) {
        return b.load(Type.I64, POINTER, vmctx, g.contextOffset());
    }
}
