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
            case VEXTRACT -> extract(b, op, lane, args[0]);
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
            case OR -> zero || x == y ? x : ones ? y : rotation(b, x, y);
            case XOR ->
                zero
                        ? x
                        : x == y
                                ? b.vconst(V128.ZERO)
                                : ones ? b.vector(VectorOp.NOT.on(Lanes.V128), x) : rotation(b, x, y);
            case ANDNOT -> {
                if (y.is(Opcode.VCONST)) {
                    V128 c = vector(y);
                    V128 kept = new V128(~c.low(), ~c.high());
                    yield b.vector(VectorOp.AND.on(Lanes.V128), x, b.vconst(kept));
                }
                yield x == y ? b.vconst(V128.ZERO) : null;
            }
            case ADD, SUB -> op.lanes().isInt() && zero ? x : null;
            case SWIZZLE, RELAXED_SWIZZLE -> y.is(Opcode.VCONST) ? swizzle(b, op, x, vector(y)) : null;
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

    /** By constant indices it is a shuffle. Which of two things a relaxed one does above 15 is the machine's choice. */
    private static Value swizzle(Builder b, LaneOp op, Value x, V128 indices) {
        for (int i = 0; op.op().isRelaxed() && i < 16; i++) {
            int k = indices.byteAt(i);
            if (k > 15 && k < 0x80) {
                return null;
            }
        }
        V128 shuffle = V128.of(Lanes.I8X16, i -> Math.min(indices.byteAt(i), 16));
        return b.shuffle(shuffle, x, b.vconst(V128.ZERO));
    }

    /** Lanes that are rotated by whole bytes. */
    private static Value rotation(Builder b, Value x, Value y) {
        Value left = isShift(x, VectorOp.SHL) ? x : y;
        Value right = left == x ? y : x;
        if (!isShift(left, VectorOp.SHL)
                || !isShift(right, VectorOp.SHR_U)
                || left.inst().lanes().lanes() != right.inst().lanes().lanes()
                || left.inst().arg(0) != right.inst().arg(0)) {
            return null;
        }
        Lanes lanes = left.inst().lanes().lanes();
        int mask = lanes.bits() - 1;
        int n = (int) left.inst().arg(1).inst().imm() & mask;
        int m = (int) right.inst().arg(1).inst().imm() & mask;
        if (n + m != lanes.bits() || n % 8 != 0) {
            return null;
        }
        int bytes = lanes.bytes();
        V128 indices = V128.of(Lanes.I8X16, i -> i / bytes * bytes + (i - n / 8 & bytes - 1));
        return b.shuffle(indices, left.inst().arg(0), left.inst().arg(0));
    }

    private static boolean isShift(Value v, VectorOp op) {
        return v.is(Opcode.VSHIFT)
                && v.inst().lanes().op() == op
                && v.inst().arg(1).is(Opcode.ICONST);
    }

    /**
     * A lane that is known by itself, or that another vector has as well. If that does not come to an end within a few
     * steps, nothing is folded: a part of the way would be gone by each pass that folds again, until all extractions
     * have gone all of their ways.
     */
    private static Value extract(Builder b, LaneOp op, int lane, Value x) {
        Lanes lanes = op.lanes();
        boolean whole = op.op() == VectorOp.EXTRACT_LANE;
        Value v = x;
        int at = lane;
        for (int steps = 0; steps < Builder.MAX_VECTOR_DEPTH; steps++) {
            if (whole && v.is(Opcode.VSPLAT) && v.inst().lanes().lanes() == lanes) {
                return v.inst().arg(0);
            }
            Inst i = v.inst();
            if (v.is(Opcode.VINSERT)) {
                if (whole && i.lanes().lanes() == lanes && i.imm() == at) {
                    return i.arg(1);
                }
                if (!ShuffleFolder.isInserted(v, at * lanes.bytes(), lanes.bytes())) {
                    v = i.arg(0).resolve();
                    continue;
                }
            } else if (v.is(Opcode.VSHUFFLE)) {
                int from = inOnePiece(i.vector(), at, lanes.bytes());
                if (from >= 0) {
                    v = i.arg(from >> 4).resolve();
                    at = (from & 15) / lanes.bytes();
                    continue;
                }
            }
            return v == x ? null : b.vectorOfLane(op, at, v);
        }
        return null;
    }

    /** The byte from which on, a multiple of {@code bytes}, a shuffle takes a lane; -1 if it is not one lane. */
    private static int inOnePiece(V128 indices, int lane, int bytes) {
        int from = indices.byteAt(lane * bytes);
        for (int i = 1; i < bytes; i++) {
            if (indices.byteAt(lane * bytes + i) != from + i) {
                return -1;
            }
        }
        return from % bytes == 0 ? from : -1;
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
