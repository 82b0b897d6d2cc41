package kiln.ir;

/** As {@link Folder}, for vectors. */
final class VectorFolder {
    private static final V128 ONES = new V128(-1, -1);

    private VectorFolder() {}

    /** Type of the result. */
    static Type type(LaneOp op) {
        return switch (op.op().opcode()) {
            case VEXTRACT -> op.lanes().type();
            case VREDUCE -> Type.I32;
            default -> Type.V128;
        };
    }

    static Value fold(Builder b, LaneOp op, int lane, Value... operands) {
        Value[] args = new Value[operands.length];
        boolean constant = !op.op().isRelaxed();
        for (int i = 0; i < args.length; i++) {
            args[i] = operands[i].resolve();
            constant &= isConstant(args[i]);
        }
        if (constant) {
            return evaluate(b, op, lane, args);
        }
        return switch (op.op().opcode()) {
            case VBINARY -> binary(b, op, args[0], args[1]);
            case VUNARY -> unary(op, args[0]);
            case VSHIFT -> isZero(args[1], op.lanes().bits() - 1) ? args[0] : null;
            case VTERNARY -> op.op() == VectorOp.BITSELECT ? bitselect(args[0], args[1], args[2]) : null;
            case VEXTRACT -> extract(op, lane, args[0]);
            default -> null;
        };
    }

    private static Value evaluate(Builder b, LaneOp op, int lane, Value[] args) {
        V128[] constants = new V128[args.length];
        for (int i = 0; i < args.length; i++) {
            constants[i] = args[i].is(Opcode.VCONST)
                    ? vector(args[i])
                    : new V128(args[i].inst().imm(), 0);
        }
        V128 result = VectorValues.apply(op, lane, constants);
        Type type = type(op);
        return type == Type.V128 ? b.vconst(result) : b.constant(type, result.low());
    }

    private static Value binary(Builder b, LaneOp op, Value x, Value y) {
        if (x.is(Opcode.VCONST) && op.op().isCommutative()) {
            return b.vector(op, y, x);
        }
        boolean zero = isVector(y, V128.ZERO);
        boolean ones = isVector(y, ONES);
        return switch (op.op()) {
            case AND -> zero || x == y ? y : ones ? x : null;
            case OR -> zero || x == y ? x : ones ? y : null;
            case XOR ->
                zero ? x : x == y ? b.vconst(V128.ZERO) : ones ? b.vector(VectorOp.NOT.on(Lanes.V128), x) : null;
            case ANDNOT -> {
                if (y.is(Opcode.VCONST)) {
                    V128 c = vector(y);
                    V128 kept = new V128(~c.low(), ~c.high());
                    yield b.vector(VectorOp.AND.on(Lanes.V128), x, b.vconst(kept));
                }
                yield x == y ? b.vconst(V128.ZERO) : null;
            }
            case ADD, SUB -> op.lanes().isInt() && zero ? x : null;
            default -> null;
        };
    }

    private static Value unary(LaneOp op, Value x) {
        boolean twice = (op.op() == VectorOp.NOT || op.op() == VectorOp.NEG)
                && x.is(Opcode.VUNARY)
                && x.inst().lanes() == op;
        return twice ? x.inst().arg(0) : null;
    }

    private static Value bitselect(Value x, Value y, Value mask) {
        return x == y || isVector(mask, ONES) ? x : isVector(mask, V128.ZERO) ? y : null;
    }

    /** A lane that is known by itself. */
    private static Value extract(LaneOp op, int lane, Value x) {
        boolean whole = op.op() == VectorOp.EXTRACT_LANE;
        if (whole && x.is(Opcode.VSPLAT) && x.inst().lanes().lanes() == op.lanes()) {
            return x.inst().arg(0);
        }
        if (whole
                && x.is(Opcode.VINSERT)
                && x.inst().lanes().lanes() == op.lanes()
                && x.inst().imm() == lane) {
            return x.inst().arg(1);
        }
        return null;
    }

    static Value shuffle(Builder b, V128 indices, Value left, Value right) {
        Value x = left.resolve();
        Value y = right.resolve();
        if (x.is(Opcode.VCONST) && y.is(Opcode.VCONST)) {
            return b.vconst(VectorValues.shuffle(indices, vector(x), vector(y)));
        }
        return null;
    }

    private static boolean isConstant(Value v) {
        return v.is(Opcode.VCONST) || Folder.isConst(v);
    }

    private static V128 vector(Value v) {
        return v.inst().vector();
    }

    private static boolean isVector(Value v, V128 c) {
        return v.is(Opcode.VCONST) && vector(v).equals(c);
    }

    /** Whether it is a constant without any of the bits. */
    private static boolean isZero(Value v, int bits) {
        return v.is(Opcode.ICONST) && (v.inst().imm() & bits) == 0;
    }
}
