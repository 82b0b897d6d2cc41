package kiln.codegen.aarch64;

import static kiln.codegen.VectorPatterns.form;
import static kiln.codegen.VectorPatterns.isZero;

import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.Shuffle;
import kiln.codegen.ShuffleMatcher;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.V128;

/** Bytes and lanes moved within vectors, and vector constants. */
final class ShuffleRules {
    private ShuffleRules() {}

    // VCONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("vectorConstant")
            .base("constant", (c, inst) -> c.emit(constant(c.def(inst.result()), inst.vector())));

    /** One instruction: MOVI, MVNI or FMOV, or else a load from behind the code. */
    static MachInst constant(Reg rd, V128 value) {
        Immediates.Vector v = immediate(value);
        return v != null ? Insn.vectorConstant(rd, v) : new FloatInsn.VectorConst(rd, value);
    }

    /** How an instruction makes a constant by itself, or null. */
    static Immediates.Vector immediate(V128 value) {
        return value.low() == value.high() ? Immediates.vector(value.low()) : null;
    }

    // VSHUFFLE.

    static final Rules<Context> SHUFFLE = Rules.<Context>of("shuffle")
            .rule("an operand", form(ShuffleMatcher::identity, (c, inst, s) -> {
                Reg rd = c.def(inst.result());
                c.emit(new MoveInsn.Move(Type.V128, rd, c.reg(inst.arg(s.operand()))));
            }))
            .rule("one lane (dup)", form(ShuffleMatcher::splat, (c, inst, s) -> {
                Reg rd = c.def(inst.result());
                Reg rn = c.reg(inst.arg(s.operand()));
                c.emit(Insn.ofElement(Op.VDUP_ELEMENT, lanes(s.size()), rd, rn, s.lane()));
            }))
            .rule("lanes with zeros behind them (ushll)", ShuffleRules::extend)
            .rule("lanes of two halves in turn (zip)", form(ShuffleMatcher::zip, (c, inst, s) -> {
                Op op = s.high() ? Op.VZIP2 : Op.VZIP1;
                binary(c, inst, op, s.size(), s.first(), s.second());
            }))
            .rule("every other lane (uzp)", form(ShuffleMatcher::unzip, (c, inst, s) -> {
                Op op = s.odd() ? Op.VUZP2 : Op.VUZP1;
                binary(c, inst, op, s.size(), s.first(), s.second());
            }))
            .rule("every other lane in turn (trn)", form(ShuffleMatcher::transpose, (c, inst, s) -> {
                Op op = s.odd() ? Op.VTRN2 : Op.VTRN1;
                binary(c, inst, op, s.size(), s.first(), s.second());
            }))
            .rule("bytes from a place on (ext)", form(ShuffleMatcher::align, (c, inst, s) -> {
                Reg rd = c.def(inst.result());
                Reg low = c.reg(inst.arg(s.low()));
                c.emit(Insn.extractBytes(rd, low, c.reg(inst.arg(s.high())), s.from()));
            }))
            .rule("lanes in the opposite order (rev)", form(ShuffleMatcher::reverse, ShuffleRules::reverse))
            .rule("a lane of zeros (ins)", ShuffleRules::insertZero)
            .rule("a lane among others (ins)", form(ShuffleMatcher::insert, (c, inst, s) -> {
                Reg rd = c.def(inst.result());
                Reg kept = c.reg(inst.arg(s.operand()));
                Reg rn = c.reg(inst.arg(s.other()));
                c.emit(Insn.intoElement(lanes(s.size()), rd, kept, s.to(), rn, s.from()));
            }))
            .rule("lanes, some of them zero (and)", ShuffleRules::clear)
            .rule("lanes of both in their places (bit)", form(ShuffleMatcher::blend, (c, inst, s) -> {
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg mask = c.vector(mask(s));
                c.emit(Insn.mergeVector(Op.VBIT, Arrangement.B16, c.def(inst.result()), x, y, mask));
            }))
            .rule("bytes of one (tbl)", form(ShuffleMatcher::table, (c, inst, s) -> {
                Reg rn = c.reg(inst.arg(s.operand()));
                c.emit(Insn.ofVector(Op.VTBL1, Arrangement.B16, c.def(inst.result()), rn, c.vector(s.indices())));
            }))
            .rule("bytes of one and constants (tbx)", form(ShuffleMatcher::tableOr, (c, inst, s) -> {
                Reg kept = c.vector(s.constants());
                Reg rn = c.reg(inst.arg(s.operand()));
                Reg rd = c.def(inst.result());
                c.emit(Insn.mergeVector(Op.VTBX1, Arrangement.B16, rd, kept, rn, c.vector(s.table())));
            }))
            .base("bytes of both (tbl)", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                c.emit(Insn.table(c.def(inst.result()), x, y, c.vector(inst.vector())));
            });

    /** Whole registers of lanes of {@code size} bytes. */
    private static Arrangement lanes(int size) {
        return switch (size) {
            case 1 -> Arrangement.B16;
            case 2 -> Arrangement.H8;
            case 4 -> Arrangement.S4;
            case 8 -> Arrangement.D2;
            default -> throw new IllegalArgumentException("lanes of " + size + " bytes");
        };
    }

    private static void binary(Context c, Inst inst, Op op, int size, int first, int second) {
        Reg rn = c.reg(inst.arg(first));
        Reg rm = c.reg(inst.arg(second));
        c.emit(Insn.ofVector(op, lanes(size), c.def(inst.result()), rn, rm));
    }

    private static void reverse(Context c, Inst inst, Shuffle.Reverse s) {
        Reg rn = c.reg(inst.arg(s.operand()));
        Reg rd = c.def(inst.result());
        Op op = s.container() == 2 ? Op.VREV16 : s.container() == 4 ? Op.VREV32 : Op.VREV64;
        if (s.container() < 16) {
            c.emit(Insn.ofVector(op, lanes(s.size()), rd, rn));
            return;
        }
        Reg halves = c.newReg(Type.V128);
        c.emit(Insn.ofVector(op, lanes(s.size()), halves, rn));
        c.emit(Insn.extractBytes(rd, halves, halves, 8));
    }

    private static boolean extend(Context c, Inst inst) {
        Shuffle.Extend s = c.shuffle(inst).extend();
        if (s == null || s.to() != 2 * s.size()) {
            return false;
        }
        Arrangement half = switch (s.size()) {
            case 1 -> Arrangement.B8;
            case 2 -> Arrangement.H4;
            default -> Arrangement.S2;
        };
        c.emit(Insn.shiftVector(Op.VUSHLL, half, c.def(inst.result()), c.reg(inst.arg(s.operand())), 0));
        return true;
    }

    private static boolean insertZero(Context c, Inst inst) {
        Shuffle.Insert s = c.shuffle(inst).insert();
        if (s == null || !isZero(inst.arg(s.other()))) {
            return false;
        }
        Reg kept = c.reg(inst.arg(s.operand()));
        c.emit(Insn.intoElement(lanes(s.size()), c.def(inst.result()), kept, s.to(), Registers.ZR));
        return true;
    }

    private static boolean clear(Context c, Inst inst) {
        Shuffle.Blend s = c.shuffle(inst).blend();
        if (s == null || !isZero(inst.arg(1))) {
            return false;
        }
        V128 cleared = mask(s);
        Reg rn = c.reg(inst.arg(0));
        Reg kept = c.vector(new V128(~cleared.low(), ~cleared.high()));
        c.emit(Insn.ofVector(Op.VAND, Arrangement.B16, c.def(inst.result()), rn, kept));
        return true;
    }

    /** Ones in the lanes of operand 1. */
    private static V128 mask(Shuffle.Blend s) {
        return V128.of(Lanes.I8X16, i -> s.source(i) >> 4 == 1 ? 0xff : 0);
    }

    // SWIZZLE.

    static final Rules<Context> SWIZZLE = Rules.<Context>of("swizzle").base("bytes by an operand (tbl)", (c, inst) -> {
        Reg rn = c.reg(inst.arg(0));
        Reg indices = c.reg(inst.arg(1));
        c.emit(Insn.ofVector(Op.VTBL1, Arrangement.B16, c.def(inst.result()), rn, indices));
    });
}
