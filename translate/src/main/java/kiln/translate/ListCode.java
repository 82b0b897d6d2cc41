package kiln.translate;

import kiln.artifact.api.TrapCode;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.ValueLayout;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Elements of lists that are numbers of which not every one is a value: all are checked, some vectors a step, and then
 * copied at once. Every bool is a value, but 1 is what becomes of those that are not 0: they are checked and copied in
 * one.
 */
final class ListCode extends BulkCode {
    private static final int VECTORS = 4;
    /** What {@link #isolated} makes of the last code point, and of nothing that is larger. */
    private static final int LAST_CHAR = 0x10ffff - 0x800;

    private ListCode(ComponentFunctions component, ComponentHelper helper) {
        super(component, helper.key(), helper.signature());
    }

    static Function translate(ComponentFunctions component, ComponentHelper helper) {
        ListCode c = new ListCode(component, helper);
        switch (helper) {
            case COPY_BOOLS -> c.copyBools();
            case CHECK_CHARS -> c.checkChars();
            case CHECK_ENUM8 -> c.checkEnum(1, Lanes.I8X16);
            case CHECK_ENUM16 -> c.checkEnum(2, Lanes.I16X8);
            default -> throw new IllegalArgumentException(helper.name());
        }
        return c.function;
    }

    /** The helper that checks elements of a type, or null if they are to be looked at one by one. */
    static ComponentHelper check(InterfaceType element) {
        return switch (element.kind()) {
            case CHAR -> ComponentHelper.CHECK_CHARS;
            case ENUM ->
                switch (ValueLayout.discriminantBytes(element.cases())) {
                    case 1 -> ComponentHelper.CHECK_ENUM8;
                    case 2 -> ComponentHelper.CHECK_ENUM16;
                    default -> null;
                };
            default -> null;
        };
    }

    /** Begins a loop for what is left of elements, one a step, and goes on in the block of the step. */
    private void singles(Block head, Value end) {
        Block body = label();
        Block done = label();
        begin(head);
        interruptCheck();
        b.branch(b.icmp(IntCond.ULT, p(head), end), body, done);
        begin(done);
        b.ret();
        begin(body);
    }

    private void copyBools() {
        Value end = add(param(0), param(1));
        Block wide = place();
        Block head = place();
        b.jump(wide, param(0), param(2));
        Value[] vectors = vectors(wide, head, end, VECTORS);
        Value one = splat(Lanes.I8X16, b.i32(1));
        for (int i = 0; i < VECTORS; i++) {
            store(VECTOR, q(wide), i * VECTOR, b.vector(VectorOp.MIN_U.on(Lanes.I8X16), vectors[i], one));
        }
        b.jump(wide, add(p(wide), VECTORS * VECTOR), add(q(wide), VECTORS * VECTOR));
        singles(head, end);
        store(1, q(head), 0, is(IntCond.NE, load(1, p(head), 0), 0));
        b.jump(head, add(p(head), 1), add(q(head), 1));
    }

    private Value splat(Lanes lanes, Value x) {
        return b.vector(VectorOp.SPLAT.on(lanes), x);
    }

    /** Goes on if the largest of some vectors' lanes is at most {@code last}, a vector, else checks one by one. */
    private void unlessLarger(Lanes lanes, Value[] vectors, Value last, Block wide, Block head) {
        Block clean = label();
        Value most = fold(VectorOp.MAX_U, lanes, vectors);
        Value larger = lanes == Lanes.I32X4
                ? b.vector(VectorOp.GT_U.on(lanes), most, last)
                : b.vector(VectorOp.SUB_SAT_U.on(lanes), most, last);
        b.branch(any(larger), new Edge(head, p(wide), q(wide)), new Edge(clean));
        begin(clean);
        b.jump(wide, add(p(wide), VECTORS * VECTOR), q(wide));
    }

    private void checkEnum(int bytes, Lanes lanes) {
        Value end = add(param(0), bytes == 1 ? param(1) : shl(param(1), 1));
        Value last = splat(lanes, param(2));
        Block wide = place();
        Block head = place();
        b.jump(wide, param(0), b.i64(0));
        unlessLarger(lanes, vectors(wide, head, end, VECTORS), last, wide, head);
        singles(head, end);
        b.trapIf(TrapCode.INVALID_DISCRIMINANT, b.icmp(IntCond.UGT, load(bytes, p(head), 0), param(2)));
        b.jump(head, add(p(head), bytes), q(head));
    }

    /**
     * Of code points in unsigned order: surrogates, which are none, come last, since taking 0x800 away from what lies
     * below them goes around. What is too large stays too large.
     */
    private Value isolated(Value point) {
        return add(b.binary(Opcode.XOR, point, b.i32(0xd800)), -0x800);
    }

    private void checkChars() {
        Value end = add(param(0), shl(param(1), 2));
        Block wide = place();
        Block head = place();
        Value surrogates = splat(Lanes.I32X4, b.i32(0xd800));
        Value count = splat(Lanes.I32X4, b.i32(0x800));
        Value last = splat(Lanes.I32X4, b.i32(LAST_CHAR));
        b.jump(wide, param(0), b.i64(0));
        Value[] vectors = vectors(wide, head, end, VECTORS);
        for (int i = 0; i < VECTORS; i++) {
            Value moved = b.vector(VectorOp.XOR.on(Lanes.V128), vectors[i], surrogates);
            vectors[i] = b.vector(VectorOp.SUB.on(Lanes.I32X4), moved, count);
        }
        unlessLarger(Lanes.I32X4, vectors, last, wide, head);
        singles(head, end);
        b.trapIf(TrapCode.INVALID_CHAR, is(IntCond.UGT, isolated(load(4, p(head), 0)), LAST_CHAR));
        b.jump(head, add(p(head), 4), q(head));
    }
}
