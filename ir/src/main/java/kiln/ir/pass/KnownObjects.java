package kiln.ir.pass;

import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.ConstantObjects;
import kiln.ir.ConstantObjects.ConstantObject;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Reads immutable fields of objects when compiling: of those that globals refer to for ever, as virtual tables are, and
 * of those that are made in the same function. A function that is found so is called directly, and comparisons of
 * references to known functions, and of types of known objects, are decided. Runs in front of {@link ScalarObjects}: an
 * object whose methods are known, and copied to their calls, may be seen by nobody else.
 */
public final class KnownObjects implements Pass {
    @Override
    public String name() {
        return "known-objects";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public void run(Function f) {
        if (f.constants() == null) {
            return;
        }
        boolean changed = false;
        Cfg cfg = Cfg.of(f);
        Walk walk = new Walk(f);
        for (int k = 0; k < cfg.reachable(); k++) {
            Block b = cfg.block(cfg.inReversePostorder(k));
            for (Inst i = b.first(); i != null; ) {
                Inst next = i.next();
                changed |= walk.visit(b, i);
                i = next;
            }
        }
        if (changed) {
            // Ways that are never taken would let objects escape.
            new CleanUp().run(f);
        }
    }

    private static final class Walk {
        private static final MemoryOp TYPE_ID = MemoryOp.readOnly(Type.I32, Region.CONTEXT);
        /** How many instructions behind an allocation are looked at; they complete the object. */
        private static final int MAX_STORES = 256;
        /** The bits of a reference that tell objects from others: zero for objects. */
        private static final long TAGS = 7;

        private static final int ADDRESS_OPERANDS = 2;

        private final ConstantObjects constants;
        private final Builder builder;

        Walk(Function f) {
            this.constants = f.constants();
            this.builder = new Builder(f);
        }

        /** Returns whether something has changed. */
        boolean visit(Block b, Inst i) {
            builder.setBefore(i);
            builder.setPosition(i.position());
            return switch (i.opcode()) {
                case HEAP_LOAD -> i.memory().readOnly() && replace(b, i, field(i));
                case ICMP -> replace(b, i, compared(i));
                case AND -> isObjectsTag(i) && replace(b, i, builder.i64(0));
                case LOAD -> isTrappingRecord(i) && replace(b, i, recordField(i));
                case TRAP_IF_ZERO -> {
                    boolean isObject = isObject(i.arg(0));
                    if (isObject) {
                        b.remove(i);
                    }
                    yield isObject;
                }
                case CALL_INDIRECT, INVOKE_INDIRECT, RETURN_CALL_INDIRECT -> call(b, i);
                default -> false;
            };
        }

        private static boolean replace(Block b, Inst i, Value by) {
            if (by == null) {
                return false;
            }
            i.result().replaceWith(by);
            b.remove(i);
            return true;
        }

        // What is known of values.

        private boolean isObject(Value v) {
            return v.is(Opcode.ALLOCATE) || constant(v) != null;
        }

        /** The constant object that a reference leads to, or null. */
        private ConstantObject constant(Value v) {
            if (v.type() != Type.REF
                    || !isOfContext(v)
                    || v.inst().memory().region().kind() != Region.Kind.GLOBAL) {
                return null;
            }
            ConstantObject object = constants.in(v.inst().memory().region());
            return object != null && object.cell() == v.inst().imm() ? object : null;
        }

        /** Whether a value is something in the VMContext that never changes. */
        private static boolean isOfContext(Value v) {
            return v.is(Opcode.LOAD)
                    && v.inst().memory().readOnly()
                    && v.inst().arg(0).is(Opcode.VMCTX);
        }

        /** The distance of an address from the VMContext, or -1. */
        private static long offset(Value address) {
            boolean isSum = address.is(Opcode.ADD)
                    && address.inst().arg(0).is(Opcode.VMCTX)
                    && address.inst().arg(1).is(Opcode.ICONST);
            return isSum ? Math.max(-1, address.inst().arg(1).inst().imm()) : -1;
        }

        // Fields.

        /** What a load of an immutable field gives, or null. */
        private Value field(Inst load) {
            Value object = load.arg(1);
            if (object.is(Opcode.ALLOCATE)) {
                return load.imm() == 0 ? type(object.inst()) : stored(object.inst(), load);
            }
            ConstantObject known = constant(object);
            if (known == null || !load.arg(0).is(Opcode.LOAD)) {
                return null;
            }
            Value context = object.inst().arg(0);
            if (load.imm() == 0) {
                return load.type() == Type.I32 ? builder.load(Type.I32, TYPE_ID, context, known.type()) : null;
            }
            ConstantObjects.Field field = known.fields().get(load.imm());
            if (field instanceof ConstantObjects.Scalar(var type, var bits) && type == load.type()) {
                return type == Type.V128 ? builder.vconst(bits) : builder.constant(type, bits.low());
            } else if (field instanceof ConstantObjects.FunctionRecord(long at)) {
                return builder.binary(Opcode.ADD, context, builder.i64(at));
            } else if (field instanceof ConstantObjects.Cell(long at, MemoryOp access)) {
                return builder.load(load.type(), access, context, at);
            }
            return null;
        }

        /** The type in the header of an object that is made here, or null. */
        private static Value type(Inst allocation) {
            Value header = allocation.arg(2);
            Value low = header.is(Opcode.OR) ? header.inst().arg(0) : header;
            return low.is(Opcode.ZEXT) ? low.inst().arg(0) : null;
        }

        /** What was stored when the object was made, or null. */
        private static Value stored(Inst allocation, Inst load) {
            int width = load.memory().width();
            if (load.type() == Type.I32 && width < load.type().bytes()) {
                return null;
            }
            Inst i = allocation.next();
            for (int n = 0; n < MAX_STORES && i != null && !i.opcode().isCall(); n++, i = i.next()) {
                boolean isField = i.opcode() == Opcode.HEAP_STORE
                        && i.arg(1) == allocation.result()
                        && i.imm() == load.imm()
                        && i.memory().width() == width
                        && i.stored().type() == load.type()
                        && isSameBase(i.arg(0), load.arg(0));
                if (isField) {
                    return i.stored();
                }
            }
            return null;
        }

        /** Whether two accesses add the same to a reference: elements of arrays have a distance in it. */
        private static boolean isSameBase(Value x, Value y) {
            return x == y
                    || isOfContext(x)
                            && isOfContext(y)
                            && x.inst().imm() == y.inst().imm();
        }

        // Comparisons.

        /** The outcome of a comparison, or null. */
        private Value compared(Inst i) {
            IntCond cond = i.intCond();
            if (cond != IntCond.EQ && cond != IntCond.NE) {
                return null;
            }
            int same = same(i.arg(0), i.arg(1));
            return same < 0 ? null : builder.i32(cond == IntCond.EQ ? same : 1 - same);
        }

        /** 1 if two values are equal, 0 if they are not, -1 if that is not known. */
        private int same(Value x, Value y) {
            if (isZero(y)) {
                return isZero(x) ? 1 : offset(x) >= 0 || x.type() == Type.REF && isObject(x) ? 0 : -1;
            }
            if (offset(x) >= 0 && offset(y) >= 0) {
                return offset(x) == offset(y) ? 1 : 0;
            }
            // Numbers of types that are written differently may still be equal.
            boolean isType = x.type() == Type.I32
                    && isOfContext(x)
                    && isOfContext(y)
                    && x.inst().memory().equals(y.inst().memory())
                    && x.inst().imm() == y.inst().imm();
            return isType ? 1 : -1;
        }

        private static boolean isZero(Value v) {
            return v.is(Opcode.ICONST) && v.inst().imm() == 0;
        }

        private boolean isObjectsTag(Inst and) {
            return and.arg(0).is(Opcode.REF_BITS)
                    && and.arg(1).is(Opcode.ICONST)
                    && (and.arg(1).inst().imm() & ~TAGS) == 0
                    && isObject(and.arg(0).inst().arg(0));
        }

        // Functions.

        /** A field of a function's record, which is there. */
        private static boolean isTrappingRecord(Inst load) {
            return load.memory().trap() != null && offset(load.arg(0)) >= 0;
        }

        private Value recordField(Inst load) {
            MemoryOp m = load.memory();
            return builder.load(
                    load.type(), MemoryOp.guarded(m.width(), m.region(), m.readOnly()), load.arg(0), load.imm());
        }

        private boolean call(Block b, Inst i) {
            Value code = i.arg(0);
            long record = code.is(Opcode.LOAD) ? offset(code.inst().arg(0)) : -1;
            CallTarget target =
                    record < 0 ? null : constants.function(record + code.inst().imm());
            if (target == null || !target.signature().equals(i.call().signature())) {
                return false;
            }
            Value[] args = new Value[i.argCount() - ADDRESS_OPERANDS];
            for (int a = 0; a < args.length; a++) {
                args[a] = i.arg(a + ADDRESS_OPERANDS);
            }
            if (i.opcode() != Opcode.CALL_INDIRECT) {
                b.remove(i);
                builder.setBlock(b);
            }
            Inst direct = switch (i.opcode()) {
                case CALL_INDIRECT -> builder.call(target, args);
                case INVOKE_INDIRECT ->
                    builder.invoke(target, i.target(0), i.target(1).target(), args);
                default -> builder.returnCall(target, args);
            };
            for (int r = 0; r < i.resultCount(); r++) {
                i.result(r).replaceWith(direct.result(r));
            }
            if (i.opcode() == Opcode.CALL_INDIRECT) {
                b.remove(i);
            }
            return true;
        }
    }
}
