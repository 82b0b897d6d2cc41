package kiln.codegen.x64;

import static kiln.codegen.VectorPatterns.form;
import static kiln.codegen.VectorPatterns.isZero;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.Shuffle;
import kiln.codegen.ShuffleMatcher;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;

/** Bytes and lanes moved within vectors, and vector constants. */
final class ShuffleRules {
    private ShuffleRules() {}

    // VCONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("vectorConstant")
            .base("constant", (c, inst) -> c.emit(c.vectorConstant(c.def(inst.result()), inst.vector())));

    // VSHUFFLE.

    static final Rules<Context> SHUFFLE = Rules.<Context>of("shuffle")
            .rule("an operand", form(ShuffleMatcher::identity, (c, inst, s) -> {
                Reg dst = c.def(inst.result());
                c.emit(new MoveInsn.Move(Type.V128, dst, c.reg(inst.arg(s.operand()))));
            }))
            .rule("lanes with zeros behind them (pmovzx)", form(ShuffleMatcher::extend, ShuffleRules::extend))
            .rule("words of one (pshufd)", ShuffleRules::permuteWords)
            .rule("the lowest lane (vpbroadcast)", ShuffleRules::broadcast)
            .rule("the lower half with zeros (movq)", ShuffleRules::lowerHalf)
            .rule("lanes of two halves in turn (punpck)", form(ShuffleMatcher::zip, (c, inst, s) -> {
                Reg left = c.reg(inst.arg(s.first()));
                binary(c, inst, zip(s), left, inst.arg(s.second()));
            }))
            .rule("lanes, some of them zero (pand)", ShuffleRules::clear)
            .rule("lanes of both in their places (blend)", ShuffleRules::blend)
            .rule("moved by bytes, with zeros (pslldq, psrldq)", form(ShuffleMatcher::shift, (c, inst, s) -> {
                Reg src = c.reg(inst.arg(s.operand()));
                c.emitShift(s.left() ? Op.PSLLDQ : Op.PSRLDQ, c.def(inst.result()), src, s.bytes());
            }))
            .rule("bytes from a place on (palignr)", form(ShuffleMatcher::align, (c, inst, s) -> {
                Reg high = c.reg(inst.arg(s.high()));
                binary(c, inst, Op.PALIGNR, high, inst.arg(s.low()), s.from());
            }))
            .rule("two words of each (shufps)", form(ShuffleMatcher::select, (c, inst, s) -> {
                Reg left = c.reg(inst.arg(s.first()));
                int imm = order(s.lane(0), s.lane(1), s.lane(2), s.lane(3));
                binary(c, inst, Op.SHUFPS, left, inst.arg(s.second()), imm);
            }))
            .rule("a word among others (insertps)", ShuffleRules::insert)
            .rule("one half of one (pshuflw, pshufhw)", ShuffleRules::permuteHalf)
            .rule("bytes of one (pshufb)", form(ShuffleMatcher::table, (c, inst, s) -> {
                Reg left = c.reg(inst.arg(s.operand()));
                c.emitBinary(Op.PSHUFB, c.def(inst.result()), left, c.vectorSource(s.indices()));
            }))
            .rule("bytes of one and constants (pshufb, por)", form(ShuffleMatcher::tableOr, (c, inst, s) -> {
                Reg bytes = pshufb(c, inst.arg(s.operand()), s.table());
                c.emitBinary(Op.POR, c.def(inst.result()), bytes, c.vectorSource(s.constants()));
            }))
            .rule("words of both (shufps or insertps, pshufd)", ShuffleRules::wordsOfBoth)
            .rule("bytes of one among the other's (pshufb, pblendw)", ShuffleRules::amongOthers)
            .rule("bytes of both (vpermi2b)", (c, inst) -> {
                if (!c.has(Op.VPERMI2B)) {
                    return false;
                }
                Reg indices = c.vector(inst.vector());
                Reg x = c.reg(inst.arg(0));
                Operand y = c.vectorSource(Op.VPERMI2B, inst.arg(1));
                c.emit(Insn.ternary(Op.VPERMI2B, c.def(inst.result()), indices, x, y, 0));
                return true;
            })
            .rule("every other lane (pack)", ShuffleRules::pack)
            .base("bytes of both (pshufb, por)", (c, inst) -> {
                Shuffle.Table2 s = c.shuffle(inst).table2();
                Reg x = pshufb(c, inst.arg(0), s.into(0));
                Reg y = pshufb(c, inst.arg(1), s.into(1));
                c.emitBinary(Op.POR, c.def(inst.result()), x, y);
            });

    private static void unary(Context c, Inst inst, Op op, Value x) {
        Operand src = c.vectorSource(op, x);
        c.emitUnary(op, c.def(inst.result()), src);
    }

    private static void unary(Context c, Inst inst, Op op, Value x, int imm) {
        Operand src = c.vectorSource(op, x);
        c.emitUnary(op, c.def(inst.result()), src, imm);
    }

    private static void binary(Context c, Inst inst, Op op, Reg left, Value y) {
        Operand right = c.vectorSource(op, y);
        c.emitBinary(op, c.def(inst.result()), left, right);
    }

    private static void binary(Context c, Inst inst, Op op, Reg left, Value y, int imm) {
        Operand right = c.vectorSource(op, y);
        c.emitBinary(op, c.def(inst.result()), left, right, imm);
    }

    /** Bytes of {@code x}, zero for an index above 0x7f. */
    private static Reg pshufb(Context c, Value x, V128 indices) {
        Reg bytes = c.newReg(Type.V128);
        c.emitBinary(Op.PSHUFB, bytes, c.reg(x), c.vectorSource(indices));
        return bytes;
    }

    /** The immediate for four lanes in this order. */
    private static int order(int a, int b, int c, int d) {
        return a | b << 2 | c << 4 | d << 6;
    }

    // One operand.

    private static void extend(Context c, Inst inst, Shuffle.Extend s) {
        Op op = switch (s.size() * 16 + s.to()) {
            case 0x12 -> Op.PMOVZXBW;
            case 0x14 -> Op.PMOVZXBD;
            case 0x18 -> Op.PMOVZXBQ;
            case 0x24 -> Op.PMOVZXWD;
            case 0x28 -> Op.PMOVZXWQ;
            case 0x48 -> Op.PMOVZXDQ;
            default -> throw new IllegalArgumentException(s.toString());
        };
        unary(c, inst, op, inst.arg(s.operand()));
    }

    private static boolean permuteWords(Context c, Inst inst) {
        Shuffle.Permute s = c.shuffle(inst).permute();
        if (s == null || s.size() < 4) {
            return false;
        }
        unary(c, inst, Op.PSHUFD, inst.arg(s.operand()), order(word(s, 0), word(s, 1), word(s, 2), word(s, 3)));
        return true;
    }

    private static int word(Shuffle s, int i) {
        return (s.source(4 * i) & 15) / 4;
    }

    private static boolean broadcast(Context c, Inst inst) {
        Shuffle.Splat s = c.shuffle(inst).splat();
        if (s == null || s.lane() != 0 || !c.has(Op.VPBROADCASTB)) {
            return false;
        }
        c.emitUnary(
                s.size() == 1 ? Op.VPBROADCASTB : Op.VPBROADCASTW,
                c.def(inst.result()),
                Operand.of(c.reg(inst.arg(s.operand()))));
        return true;
    }

    private static boolean permuteHalf(Context c, Inst inst) {
        Shuffle.Permute s = c.shuffle(inst).permute();
        if (s == null) {
            return false;
        }
        boolean low = true;
        boolean high = true;
        for (int i = 0; i < 8; i++) {
            low &= i < 4 ? s.lane(i) < 4 : s.lane(i) == i;
            high &= i < 4 ? s.lane(i) == i : s.lane(i) >= 4;
        }
        if (!low && !high) {
            return false;
        }
        int first = low ? 0 : 4;
        int imm = order(s.lane(first) & 3, s.lane(first + 1) & 3, s.lane(first + 2) & 3, s.lane(first + 3) & 3);
        unary(c, inst, low ? Op.PSHUFLW : Op.PSHUFHW, inst.arg(s.operand()), imm);
        return true;
    }

    // With zeros.

    private static boolean lowerHalf(Context c, Inst inst) {
        Shuffle.Clear s = c.shuffle(inst).clear();
        if (s == null || s.zeros() != 12) {
            return false;
        }
        c.emitUnary(Op.MOVQ, c.def(inst.result()), Operand.of(c.reg(inst.arg(s.operand()))));
        return true;
    }

    private static boolean clear(Context c, Inst inst) {
        Shuffle.Blend s = c.shuffle(inst).blend();
        if (s == null || !isZero(inst.arg(1))) {
            return false;
        }
        Reg left = c.reg(inst.arg(0));
        V128 kept = V128.of(Lanes.I8X16, i -> s.source(i) < 16 ? 0xff : 0);
        c.emitBinary(Op.PAND, c.def(inst.result()), left, c.vectorSource(kept));
        return true;
    }

    // Two operands.

    private static Op zip(Shuffle.Zip s) {
        return switch (s.size()) {
            case 1 -> s.high() ? Op.PUNPCKHBW : Op.PUNPCKLBW;
            case 2 -> s.high() ? Op.PUNPCKHWD : Op.PUNPCKLWD;
            case 4 -> s.high() ? Op.PUNPCKHDQ : Op.PUNPCKLDQ;
            case 8 -> s.high() ? Op.PUNPCKHQDQ : Op.PUNPCKLQDQ;
            default -> throw new IllegalArgumentException(s.toString());
        };
    }

    private static boolean blend(Context c, Inst inst) {
        Shuffle.Blend s = c.shuffle(inst).blend();
        if (s == null || s.size() == 1) {
            return false;
        }
        Reg left = c.reg(inst.arg(0));
        Operand right = c.vectorSource(blendOp(c, s.size()), inst.arg(1));
        emitBlend(c, c.def(inst.result()), left, right, s);
        return true;
    }

    private static Op blendOp(Context c, int size) {
        return size == 2 ? Op.PBLENDW : c.has(Op.VPBLENDD) ? Op.VPBLENDD : Op.BLENDPS;
    }

    /** Lanes of at least two bytes of {@code right} where the blend takes those of operand 1. */
    private static void emitBlend(Context c, Reg dst, Reg left, Operand right, Shuffle.Blend s) {
        int size = Math.min(s.size(), 4);
        int imm = 0;
        for (int lane = 0; lane < 16 / size; lane++) {
            imm |= s.source(lane * size) >> 4 << lane;
        }
        c.emitBinary(blendOp(c, size), dst, left, right, imm);
    }

    private static boolean insert(Context c, Inst inst) {
        Shuffle.Insert s = c.shuffle(inst).insert();
        if (s == null || s.size() != 4) {
            return false;
        }
        Reg left = c.reg(inst.arg(s.operand()));
        insertps(c, c.def(inst.result()), left, s.to(), c.reg(inst.arg(s.other())), s.from());
        return true;
    }

    /** {@code left} with a word of {@code right}; one in memory would always be the first there. */
    private static void insertps(Context c, Reg dst, Reg left, int to, Reg right, int from) {
        c.emitBinary(Op.INSERTPS, dst, left, Operand.inRegister(right), from << 6 | to << 4);
    }

    /** Two instructions for any words. */
    private static boolean wordsOfBoth(Context c, Inst inst) {
        int[] words = new int[4];
        for (int i = 0; i < 4; i++) {
            int from = inst.vector().byteAt(4 * i);
            for (int k = 1; k < 4; k++) {
                if (inst.vector().byteAt(4 * i + k) != from + k) {
                    return false;
                }
            }
            if (from % 4 != 0) {
                return false;
            }
            words[i] = from / 4;
        }
        int ofY = 0;
        int lastOf = 0;
        for (int i = 0; i < 4; i++) {
            ofY += words[i] >> 2;
        }
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        Reg some = c.newReg(Type.V128);
        if (ofY == 2) {
            // Those of x, those of y, then each to its place.
            int[] chosen = new int[4];
            int[] order = new int[4];
            int of = 0;
            for (int operand = 0; operand < 2; operand++) {
                for (int i = 0; i < 4; i++) {
                    if (words[i] >> 2 == operand) {
                        order[i] = of;
                        chosen[of++] = words[i] & 3;
                    }
                }
            }
            Reg left = c.reg(x);
            Operand right = c.vectorSource(Op.SHUFPS, y);
            c.emitBinary(Op.SHUFPS, some, left, right, order(chosen[0], chosen[1], chosen[2], chosen[3]));
            c.emitUnary(
                    Op.PSHUFD, c.def(inst.result()), Operand.of(some), order(order[0], order[1], order[2], order[3]));
            return true;
        }
        int single = ofY == 1 ? 1 : 0;
        for (int i = 0; i < 4; i++) {
            lastOf = words[i] >> 2 == single ? i : lastOf;
        }
        Operand most = c.vectorSource(Op.PSHUFD, single == 1 ? x : y);
        Reg one = c.reg(single == 1 ? y : x);
        c.emitUnary(Op.PSHUFD, some, most, order(words[0] & 3, words[1] & 3, words[2] & 3, words[3] & 3));
        insertps(c, c.def(inst.result()), some, lastOf, one, words[lastOf] & 3);
        return true;
    }

    /** Bytes of one operand that are in their places, in words of two bytes, and any bytes of the other. */
    private static boolean amongOthers(Context c, Inst inst) {
        for (int kept = 0; kept < 2; kept++) {
            Shuffle.Blend blend = inPlace(inst.vector(), kept);
            if (blend != null) {
                int other = 1 - kept;
                Reg left = c.reg(inst.arg(kept));
                Reg right = pshufb(c, inst.arg(other), c.shuffle(inst).table2().into(other));
                emitBlend(c, c.def(inst.result()), left, Operand.of(right), blend);
                return true;
            }
        }
        return false;
    }

    /** Where bytes are not those of {@code operand} in their places; null if some of that is half a word. */
    private static Shuffle.Blend inPlace(V128 indices, int operand) {
        int mask = 0;
        for (int i = 0; i < 8; i++) {
            boolean low = indices.byteAt(2 * i) >> 4 == operand;
            boolean high = indices.byteAt(2 * i + 1) >> 4 == operand;
            boolean inPlace = indices.byteAt(2 * i) == operand * 16 + 2 * i
                    && indices.byteAt(2 * i + 1) == operand * 16 + 2 * i + 1;
            if (!inPlace && (low || high)) {
                return null;
            }
            mask |= inPlace ? 0 : 1 << i;
        }
        return new Shuffle.Blend(2, mask);
    }

    /** Lanes of twice the size are narrowed: none of them is too large for that. */
    private static boolean pack(Context c, Inst inst) {
        Shuffle.Unzip s = c.shuffle(inst).unzip();
        if (s == null || s.size() > 2) {
            return false;
        }
        Reg x = halves(c, inst.arg(s.first()), s);
        Reg y = s.first() == s.second() ? x : halves(c, inst.arg(s.second()), s);
        c.emitBinary(s.size() == 1 ? Op.PACKUSWB : Op.PACKUSDW, c.def(inst.result()), x, y);
        return true;
    }

    private static Reg halves(Context c, Value v, Shuffle.Unzip s) {
        Reg halves = c.newReg(Type.V128);
        if (s.odd()) {
            c.emitShift(s.size() == 1 ? Op.PSRLW : Op.PSRLD, halves, c.reg(v), s.size() * 8);
        } else {
            Lanes pairs = s.size() == 1 ? Lanes.I16X8 : Lanes.I32X4;
            V128 low = V128.of(pairs, _ -> -1L >>> 64 - 8 * s.size());
            c.emitBinary(Op.PAND, halves, c.reg(v), c.vectorSource(low));
        }
        return halves;
    }

    // SWIZZLE.

    static final Rules<Context> SWIZZLE = Rules.<Context>of("swizzle")
            .rule("bytes by a constant (pshufb)", (c, inst) -> {
                if (!inst.arg(1).is(Opcode.VCONST)) {
                    return false;
                }
                V128 indices = inst.arg(1).inst().vector();
                V128 exact = V128.of(Lanes.I8X16, i -> indices.byteAt(i) < 16 ? indices.byteAt(i) : 0x80);
                Reg left = c.reg(inst.arg(0));
                c.emitBinary(Op.PSHUFB, c.def(inst.result()), left, c.vectorSource(exact));
                return true;
            })
            .base("bytes by an operand (paddusb, pshufb)", (c, inst) -> {
                // Above 15, bit 7 has to be set.
                Reg x = c.reg(inst.arg(0));
                Reg indices = c.newReg(Type.V128);
                c.emitBinary(Op.PADDUSB, indices, c.reg(inst.arg(1)), c.splatSource(8, 0x7070707070707070L));
                c.emitBinary(Op.PSHUFB, c.def(inst.result()), x, indices);
            });
}
