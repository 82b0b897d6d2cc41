package kiln.ir;

import static kiln.ir.Lanes.*;
import static kiln.ir.Opcode.*;
import static kiln.ir.VectorOp.Flag.*;
import static kiln.ir.VectorOp.Source.*;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The operations on vectors, one row each: the IR operation that they are a variant of, the shapes that they exist
 * for, how the lanes of the operands differ from those of the result, and whether operands may be exchanged. Values on
 * constants are in {@link VectorValues}.
 *
 * <p>Translation composes the rest of WebAssembly's instructions of these: less-than is greater-than with its operands
 * exchanged, a load of a lane is a load and {@link #REPLACE_LANE}. An operation's shape is that of its result, or of
 * its operand if the result is no vector.
 */
public enum VectorOp {
    // VSPLAT, VEXTRACT, VINSERT: the scalar has the lane's type, the instruction's number is the lane.
    SPLAT(VSPLAT, NUMBERS),
    EXTRACT_LANE(VEXTRACT, EnumSet.of(I32X4, I64X2, F32X4, F64X2)),
    EXTRACT_LANE_S(VEXTRACT, EnumSet.of(I8X16, I16X8)),
    EXTRACT_LANE_U(VEXTRACT, EnumSet.of(I8X16, I16X8)),
    REPLACE_LANE(VINSERT, NUMBERS),

    // VUNARY.
    NOT(VUNARY, EnumSet.of(V128)),
    NEG(VUNARY, NUMBERS),
    ABS(VUNARY, NUMBERS),
    POPCNT(VUNARY, EnumSet.of(I8X16)),
    SQRT(VUNARY, FLOATS, MAKES_NAN),
    CEIL(VUNARY, FLOATS, MAKES_NAN),
    FLOOR(VUNARY, FLOATS, MAKES_NAN),
    TRUNC(VUNARY, FLOATS, MAKES_NAN),
    NEAREST(VUNARY, FLOATS, MAKES_NAN),
    /** The lower, or the upper half of the lanes, extended to twice their size. */
    EXTEND_LOW_S(VUNARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extend_low_%s_s"),
    EXTEND_LOW_U(VUNARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extend_low_%s_u"),
    EXTEND_HIGH_S(VUNARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extend_high_%s_s"),
    EXTEND_HIGH_U(VUNARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extend_high_%s_u"),
    /** Sums of neighbours, which are extended before. */
    EXTADD_PAIRWISE_S(VUNARY, EnumSet.of(I16X8, I32X4), NARROWER, "extadd_pairwise_%s_s"),
    EXTADD_PAIRWISE_U(VUNARY, EnumSet.of(I16X8, I32X4), NARROWER, "extadd_pairwise_%s_u"),
    /** Saturating; NaN gives 0. */
    TRUNC_SAT_S(VUNARY, EnumSet.of(I32X4), OF_F32X4, "trunc_sat_%s_s"),
    TRUNC_SAT_U(VUNARY, EnumSet.of(I32X4), OF_F32X4, "trunc_sat_%s_u"),
    /** As above, into the lower lanes; the upper ones are zero. */
    TRUNC_SAT_ZERO_S(VUNARY, EnumSet.of(I32X4), OF_F64X2, "trunc_sat_%s_s_zero"),
    TRUNC_SAT_ZERO_U(VUNARY, EnumSet.of(I32X4), OF_F64X2, "trunc_sat_%s_u_zero"),
    CONVERT_S(VUNARY, EnumSet.of(F32X4), OF_I32X4, "convert_%s_s"),
    CONVERT_U(VUNARY, EnumSet.of(F32X4), OF_I32X4, "convert_%s_u"),
    CONVERT_LOW_S(VUNARY, EnumSet.of(F64X2), OF_I32X4, "convert_low_%s_s"),
    CONVERT_LOW_U(VUNARY, EnumSet.of(F64X2), OF_I32X4, "convert_low_%s_u"),
    DEMOTE_ZERO(VUNARY, EnumSet.of(F32X4), OF_F64X2, "demote_%s_zero", MAKES_NAN),
    PROMOTE_LOW(VUNARY, EnumSet.of(F64X2), OF_F32X4, "promote_low_%s", MAKES_NAN),
    RELAXED_TRUNC_S(VUNARY, EnumSet.of(I32X4), OF_F32X4, "relaxed_trunc_%s_s", RELAXED),
    RELAXED_TRUNC_U(VUNARY, EnumSet.of(I32X4), OF_F32X4, "relaxed_trunc_%s_u", RELAXED),
    RELAXED_TRUNC_ZERO_S(VUNARY, EnumSet.of(I32X4), OF_F64X2, "relaxed_trunc_%s_s_zero", RELAXED),
    RELAXED_TRUNC_ZERO_U(VUNARY, EnumSet.of(I32X4), OF_F64X2, "relaxed_trunc_%s_u_zero", RELAXED),

    // VBINARY.
    AND(VBINARY, EnumSet.of(V128), COMMUTES),
    OR(VBINARY, EnumSet.of(V128), COMMUTES),
    XOR(VBINARY, EnumSet.of(V128), COMMUTES),
    /** The first operand without the bits of the second. */
    ANDNOT(VBINARY, EnumSet.of(V128)),
    ADD(VBINARY, NUMBERS, COMMUTES, MAKES_NAN),
    SUB(VBINARY, NUMBERS, MAKES_NAN),
    MUL(VBINARY, EnumSet.range(I16X8, F64X2), COMMUTES, MAKES_NAN),
    DIV(VBINARY, FLOATS, MAKES_NAN),
    ADD_SAT_S(VBINARY, EnumSet.of(I8X16, I16X8), COMMUTES),
    ADD_SAT_U(VBINARY, EnumSet.of(I8X16, I16X8), COMMUTES),
    SUB_SAT_S(VBINARY, EnumSet.of(I8X16, I16X8)),
    SUB_SAT_U(VBINARY, EnumSet.of(I8X16, I16X8)),
    MIN_S(VBINARY, EnumSet.range(I8X16, I32X4), COMMUTES),
    MIN_U(VBINARY, EnumSet.range(I8X16, I32X4), COMMUTES),
    MAX_S(VBINARY, EnumSet.range(I8X16, I32X4), COMMUTES),
    MAX_U(VBINARY, EnumSet.range(I8X16, I32X4), COMMUTES),
    /** The mean, rounded up. */
    AVGR_U(VBINARY, EnumSet.of(I8X16, I16X8), COMMUTES),
    /** As FMIN and FMAX. */
    MIN(VBINARY, FLOATS, COMMUTES, MAKES_NAN),
    MAX(VBINARY, FLOATS, COMMUTES, MAKES_NAN),
    /** {@code y < x ? y : x} */
    PMIN(VBINARY, FLOATS),
    /** {@code x < y ? y : x} */
    PMAX(VBINARY, FLOATS),
    /** Comparisons make lanes of ones, or of zeros. */
    EQ(VBINARY, NUMBERS, COMMUTES),
    /** For integers it is a NOT of EQ. */
    NE(VBINARY, FLOATS, COMMUTES),
    GT_S(VBINARY, INTS),
    GT_U(VBINARY, EnumSet.range(I8X16, I32X4)),
    GE_S(VBINARY, INTS),
    GE_U(VBINARY, EnumSet.range(I8X16, I32X4)),
    GT(VBINARY, FLOATS),
    GE(VBINARY, FLOATS),
    /** Both operands' lanes, saturated to half their size: from signed numbers to signed, or to unsigned ones. */
    NARROW_S(VBINARY, EnumSet.of(I8X16, I16X8), WIDER, "narrow_%s_s"),
    NARROW_U(VBINARY, EnumSet.of(I8X16, I16X8), WIDER, "narrow_%s_u"),
    /** {@code (x * y + 0x4000) >> 15}, saturated. */
    Q15MULR_SAT_S(VBINARY, EnumSet.of(I16X8), COMMUTES),
    /** Sums of neighbouring products. */
    DOT_S(VBINARY, EnumSet.of(I32X4), NARROWER, "dot_%s_s", COMMUTES),
    /** Full products of the lower, or the upper half of the lanes. */
    EXTMUL_LOW_S(VBINARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extmul_low_%s_s", COMMUTES),
    EXTMUL_LOW_U(VBINARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extmul_low_%s_u", COMMUTES),
    EXTMUL_HIGH_S(VBINARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extmul_high_%s_s", COMMUTES),
    EXTMUL_HIGH_U(VBINARY, EnumSet.of(I16X8, I32X4, I64X2), NARROWER, "extmul_high_%s_u", COMMUTES),
    /** Bytes of x chosen by those of y; zero for an index above 15. */
    SWIZZLE(VBINARY, EnumSet.of(I8X16)),
    RELAXED_SWIZZLE(VBINARY, EnumSet.of(I8X16), RELAXED),
    RELAXED_MIN(VBINARY, FLOATS, RELAXED, MAKES_NAN),
    RELAXED_MAX(VBINARY, FLOATS, RELAXED, MAKES_NAN),
    RELAXED_Q15MULR_S(VBINARY, EnumSet.of(I16X8), RELAXED),
    RELAXED_DOT(VBINARY, EnumSet.of(I16X8), NARROWER, "relaxed_dot_%s_i7x16_s", RELAXED),

    // VSHIFT: the second operand is an i32, taken modulo the lane's bits.
    SHL(VSHIFT, INTS),
    SHR_S(VSHIFT, INTS),
    SHR_U(VSHIFT, INTS),

    // VTERNARY.
    /** The bits of x where z has ones, else those of y. */
    BITSELECT(VTERNARY, EnumSet.of(V128)),
    /** {@code x * y + z}, rounded once or twice. */
    RELAXED_MADD(VTERNARY, FLOATS, RELAXED, MAKES_NAN),
    /** {@code -(x * y) + z}, rounded once or twice. */
    RELAXED_NMADD(VTERNARY, FLOATS, RELAXED, MAKES_NAN),
    RELAXED_LANESELECT(VTERNARY, INTS, RELAXED),
    RELAXED_DOT_ADD(VTERNARY, EnumSet.of(I32X4), OF_I8X16, "relaxed_dot_%s_i7x16_add_s", RELAXED),

    // VREDUCE.
    ANY_TRUE(VREDUCE, EnumSet.of(V128)),
    ALL_TRUE(VREDUCE, INTS),
    /** The lanes' highest bits. */
    BITMASK(VREDUCE, INTS);

    /** Lanes of vector operands. */
    enum Source {
        /** As the operation's shape. */
        SAME,
        NARROWER,
        WIDER,
        OF_I8X16,
        OF_I32X4,
        OF_F32X4,
        OF_F64X2;

        Lanes of(Lanes lanes) {
            return switch (this) {
                case SAME -> lanes;
                case NARROWER -> lanes.narrower();
                case WIDER -> lanes.wider();
                case OF_I8X16 -> I8X16;
                case OF_I32X4 -> I32X4;
                case OF_F32X4 -> F32X4;
                case OF_F64X2 -> F64X2;
            };
        }
    }

    enum Flag {
        /** The first two operands may be exchanged. */
        COMMUTES,
        /** On lanes of floats, the result may have NaNs that were computed, whose bits depend on the machine. */
        MAKES_NAN,
        /** The result depends on the machine for some operands: never folded. */
        RELAXED
    }

    private final Opcode opcode;
    private final Source source;
    private final String pattern;
    private final List<Flag> flags;
    private final Map<Lanes, LaneOp> byLanes = new EnumMap<>(Lanes.class);

    VectorOp(Opcode opcode, Set<Lanes> shapes, Flag... flags) {
        this(opcode, shapes, SAME, null, flags);
    }

    /** {@code pattern}: the text, with {@code %s} for the operands' shape. */
    VectorOp(Opcode opcode, Set<Lanes> shapes, Source source, String pattern, Flag... flags) {
        this.opcode = opcode;
        this.source = source;
        this.pattern = pattern;
        this.flags = Arrays.asList(flags);
        for (Lanes lanes : shapes) {
            byLanes.put(lanes, new LaneOp(lanes, this));
        }
    }

    /** The IR operation whose side data this is. */
    public Opcode opcode() {
        return opcode;
    }

    /** The shapes that the operation exists for. */
    public Set<Lanes> shapes() {
        return byLanes.keySet();
    }

    /**
     * The operation on lanes of this shape.
     *
     * @throws IllegalArgumentException if there is none
     */
    public LaneOp on(Lanes lanes) {
        LaneOp op = byLanes.get(lanes);
        if (op == null) {
            throw new IllegalArgumentException("there is no " + lanes + "." + text(lanes));
        }
        return op;
    }

    Lanes source(Lanes lanes) {
        return source.of(lanes);
    }

    public boolean isCommutative() {
        return flags.contains(COMMUTES);
    }

    boolean makesNan() {
        return flags.contains(MAKES_NAN);
    }

    /** Whether the result depends on the machine for some operands. */
    public boolean isRelaxed() {
        return flags.contains(RELAXED);
    }

    /** The name in WebAssembly, behind the shape, where it has one, and in the text form of the IR: {@code add}. */
    String text(Lanes lanes) {
        return pattern == null
                ? name().toLowerCase(Locale.ROOT)
                : pattern.replace("%s", source.of(lanes).toString());
    }
}
