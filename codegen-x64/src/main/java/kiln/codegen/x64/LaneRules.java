package kiln.codegen.x64;

import static kiln.codegen.VectorPatterns.isZero;

import kiln.codegen.Demanded;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Lanes from scalars and to scalars, in registers and in memory. */
final class LaneRules {
    /** Keeps lane 0 of INSERTPS's result and clears the others. */
    private static final int ONLY_LANE_0 = 0xe;

    private LaneRules() {}

    // What is in memory. An instruction must not read more than the load does: it might lie at a memory's end.

    /**
     * The load of a scalar, if it reads just the low {@code bytes} and the current rule may do it instead; else null.
     */
    private static Inst foldableScalar(Context c, Value scalar, int bytes) {
        Value v = scalar.type().isInt() ? Demanded.low(c, scalar, bytes * 8) : scalar;
        Inst load = c.foldableLoad(v);
        return load != null && load.memory().width() == bytes ? load : null;
    }

    /**
     * The load of {@code bytes} that lane 0 of a vector comes from, for an instruction that reads no more of it; null
     * if there is none that the current rule may do instead.
     */
    static Inst foldableLow(Context c, Value v, int bytes) {
        Inst lane = c.foldable(v);
        boolean low = lane != null
                && (lane.opcode() == Opcode.VSPLAT || lane.opcode() == Opcode.VINSERT && lane.imm() == 0)
                && lane.lanes().lanes().bytes() == bytes;
        return low ? foldableScalar(c, scalar(lane), bytes) : null;
    }

    /** The operand of an instruction that reads the low {@code bytes} of a vector. */
    static Operand lowSource(Context c, Value v, int bytes) {
        Inst load = foldableLow(c, v, bytes);
        return load != null ? c.fold(load) : Operand.of(c.reg(v));
    }

    /** What a VSPLAT or VINSERT takes its lane from. */
    private static Value scalar(Inst inst) {
        return inst.arg(inst.argCount() - 1);
    }

    private static Lanes lanes(Inst inst) {
        return inst.lanes().lanes();
    }

    /** The low bits of an integer from a register or its slot. */
    private static Operand integer(Context c, Value scalar, Lanes lanes) {
        return Operand.of(c.value(Demanded.low(c, scalar, lanes.bits())));
    }

    // SPLAT.

    static final Rules<Context> SPLAT = Rules.<Context>of("splat")
            .rule("of memory", (c, inst) -> {
                Op op = spreadsMemory(lanes(inst));
                Inst load =
                        c.has(op) ? foldableScalar(c, scalar(inst), lanes(inst).bytes()) : null;
                if (load == null) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                c.emitUnary(op, dst, c.fold(load));
                return true;
            })
            .rule("of four bytes of memory", (c, inst) -> {
                Inst load = lanes(inst).bytes() == 4 ? foldableScalar(c, scalar(inst), 4) : null;
                if (load == null) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                Reg low = c.newReg(Type.V128);
                c.emitUnary(Op.MOVSS, low, c.fold(load));
                c.emitBinary(Op.SHUFPS, dst, low, Operand.inRegister(low), 0);
                return true;
            })
            .rule("of a register for integers", (c, inst) -> {
                Op op = spreadsInteger(lanes(inst));
                if (op == null || !c.has(op)) {
                    return false;
                }
                Lanes lanes = lanes(inst);
                Reg dst = c.def(inst.result());
                Reg src = c.value(Demanded.low(c, scalar(inst), lanes.bits()));
                c.emit(Insn.unary(op, lanes.type().bytes(), dst, Operand.inRegister(src)));
                return true;
            })
            .rule("of an integer", (c, inst) -> {
                Lanes lanes = lanes(inst);
                if (lanes.isFloat()) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                Reg low = c.newReg(Type.V128);
                c.emit(Insn.unary(Op.MOVD, lanes.type().bytes(), low, integer(c, scalar(inst), lanes)));
                spread(c, lanes, dst, low);
                return true;
            })
            .base("of a float", (c, inst) -> {
                Reg src = c.reg(scalar(inst));
                Reg dst = c.def(inst.result());
                if (lanes(inst) == Lanes.F64X2) {
                    c.emitUnary(Op.MOVDDUP, dst, Operand.of(src));
                } else {
                    c.emitBinary(Op.SHUFPS, dst, src, Operand.inRegister(src), 0);
                }
            });

    private static Op spreadsMemory(Lanes lanes) {
        return switch (lanes.bytes()) {
            case 1 -> Op.VPBROADCASTB;
            case 2 -> Op.VPBROADCASTW;
            case 4 -> Op.VBROADCASTSS;
            default -> Op.MOVDDUP;
        };
    }

    private static Op spreadsInteger(Lanes lanes) {
        return switch (lanes) {
            case I8X16 -> Op.VPBROADCASTB_GPR;
            case I16X8 -> Op.VPBROADCASTW_GPR;
            case I32X4, I64X2 -> Op.VPBROADCASTD_GPR;
            default -> null;
        };
    }

    /** Lane 0 of {@code low}, integers, into all lanes. */
    private static void spread(Context c, Lanes lanes, Reg dst, Reg low) {
        switch (lanes) {
            case I8X16 -> {
                if (c.has(Op.VPBROADCASTB)) {
                    c.emitUnary(Op.VPBROADCASTB, dst, Operand.inRegister(low));
                } else {
                    c.emitBinary(Op.PSHUFB, dst, low, c.zeroVector());
                }
            }
            case I16X8 -> {
                if (c.has(Op.VPBROADCASTW)) {
                    c.emitUnary(Op.VPBROADCASTW, dst, Operand.inRegister(low));
                } else {
                    Reg half = c.newReg(Type.V128);
                    c.emitUnary(Op.PSHUFLW, half, Operand.inRegister(low), 0);
                    c.emitBinary(Op.PUNPCKLQDQ, dst, half, half);
                }
            }
            case I32X4 -> c.emitUnary(Op.PSHUFD, dst, Operand.inRegister(low), 0);
            default -> c.emitBinary(Op.PUNPCKLQDQ, dst, low, low);
        }
    }

    // EXTRACT_LANE, EXTRACT_LANE_S, EXTRACT_LANE_U.

    static final Rules<Context> EXTRACT = Rules.<Context>of("extractLane")
            .rule("float in lane 0", (c, inst) -> {
                if (!lanes(inst).isFloat() || inst.imm() != 0) {
                    return false;
                }
                // A scalar's register may have anything above it.
                Reg dst = c.def(inst.result());
                c.emit(CommonInsn.INSTANCE.move(inst.type(), dst, c.reg(inst.arg(0))));
                return true;
            })
            .rule("float", (c, inst) -> {
                Reg src = c.reg(inst.arg(0));
                Reg dst = c.def(inst.result());
                int lane = (int) inst.imm();
                switch (lanes(inst)) {
                    case F32X4 -> {
                        if (lane == 1) {
                            c.emitUnary(Op.MOVSHDUP, dst, Operand.of(src));
                        } else if (lane == 2) {
                            c.emitBinary(Op.UNPCKHPD, dst, src, Operand.inRegister(src));
                        } else {
                            c.emitBinary(Op.SHUFPS, dst, src, Operand.inRegister(src), lane);
                        }
                    }
                    case F64X2 -> c.emitBinary(Op.UNPCKHPD, dst, src, Operand.inRegister(src));
                    default -> {
                        return false;
                    }
                }
                return true;
            })
            .base("integer", (c, inst) -> {
                Reg src = c.reg(inst.arg(0));
                Reg dst = c.def(inst.result());
                int lane = (int) inst.imm();
                switch (inst.lanes().op()) {
                    case EXTRACT_LANE_S -> {
                        boolean bytes = lanes(inst) == Lanes.I8X16;
                        Reg unsigned = c.newReg(Type.I32);
                        if (lane == 0) {
                            c.emit(Insn.fromVector(Op.MOVD, 4, unsigned, src));
                        } else {
                            c.emit(Insn.extract(bytes ? Op.PEXTRB : Op.PEXTRW, 4, unsigned, src, lane));
                        }
                        c.emit(Insn.unary(bytes ? Op.MOVSX8 : Op.MOVSX16, 4, dst, Operand.inRegister(unsigned)));
                    }
                    case EXTRACT_LANE_U -> {
                        Op op = lanes(inst) == Lanes.I8X16 ? Op.PEXTRB : Op.PEXTRW;
                        c.emit(Insn.extract(op, 4, dst, src, lane));
                    }
                    default -> {
                        int size = inst.type().bytes();
                        c.emit(
                                lane == 0
                                        ? Insn.fromVector(Op.MOVD, size, dst, src)
                                        : Insn.extract(Op.PEXTRD, size, dst, src, lane));
                    }
                }
            });

    // STORE of a lane; a rule of MemoryRules.STORE.

    /** {@code [a] = lane of x}, also of its low bytes alone. */
    static boolean store(Context c, Inst store) {
        Inst extract = c.foldable(Demanded.stored(c, store), Opcode.VEXTRACT);
        int width = store.memory().width();
        if (extract == null || width > lanes(extract).bytes()) {
            return false;
        }
        int part = (int) extract.imm() * lanes(extract).bytes() / width;
        Address a = MemoryRules.address(c, store);
        Reg src = c.reg(extract.arg(0));
        c.emit(
                switch (width) {
                    case 1 -> Insn.store(Op.PEXTRB, 4, a, src, part);
                    case 2 -> Insn.store(Op.PEXTRW, 4, a, src, part);
                    case 4 -> part == 0 ? Insn.store(Op.MOVSS, 4, a, src) : Insn.store(Op.EXTRACTPS, 4, a, src, part);
                    default -> Insn.store(part == 0 ? Op.MOVLPS : Op.MOVHPS, 8, a, src);
                });
        return true;
    }

    // REPLACE_LANE.

    static final Rules<Context> REPLACE = Rules.<Context>of("replaceLane")
            .rule("low lane from memory, zeros above", (c, inst) -> {
                int bytes = lanes(inst).bytes();
                Inst load = isLowOfZero(inst) && bytes >= 4 ? foldableScalar(c, scalar(inst), bytes) : null;
                if (load == null) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                c.emitUnary(Op.movVector(bytes), dst, c.fold(load));
                return true;
            })
            .rule("low lane, zeros above", (c, inst) -> {
                if (!isLowOfZero(inst)) {
                    return false;
                }
                Value x = scalar(inst);
                Reg dst = c.def(inst.result());
                switch (lanes(inst)) {
                    case I32X4, I64X2 -> {
                        Lanes lanes = lanes(inst);
                        c.emit(Insn.unary(Op.MOVD, lanes.bytes(), dst, integer(c, x, lanes)));
                    }
                    case F32X4 -> {
                        Reg src = c.reg(x);
                        c.emitBinary(Op.INSERTPS, dst, src, Operand.inRegister(src), ONLY_LANE_0);
                    }
                    case F64X2 -> c.emitUnary(Op.MOVQ, dst, Operand.of(c.reg(x)));
                    default -> {
                        return false;
                    }
                }
                return true;
            })
            .rule("from memory", (c, inst) -> {
                Inst load = foldableScalar(c, scalar(inst), lanes(inst).bytes());
                if (load == null) {
                    return false;
                }
                int lane = (int) inst.imm();
                Reg dst = c.def(inst.result());
                Reg left = c.reg(inst.arg(0));
                Address a = c.fold(load);
                switch (lanes(inst)) {
                    case I64X2, F64X2 -> c.emitBinary(lane == 0 ? Op.MOVLPS : Op.MOVHPS, dst, left, a);
                    case F32X4 -> c.emitBinary(Op.INSERTPS, dst, left, a, lane << 4);
                    default -> insertInteger(c, inst, dst, left, a);
                }
                return true;
            })
            .rule("lane of a vector", LaneRules::replaceByLane)
            .base("from a register", (c, inst) -> {
                int lane = (int) inst.imm();
                Value x = scalar(inst);
                Reg dst = c.def(inst.result());
                Reg left = c.reg(inst.arg(0));
                switch (lanes(inst)) {
                    // A float's slot is shorter than what these would read of memory.
                    case F32X4 -> c.emitBinary(Op.INSERTPS, dst, left, Operand.inRegister(c.reg(x)), lane << 4);
                    case F64X2 -> {
                        Operand right = Operand.inRegister(c.reg(x));
                        if (lane == 0) {
                            c.emitBinary(Op.BLENDPD, dst, left, right, 1);
                        } else {
                            c.emitBinary(Op.UNPCKLPD, dst, left, right);
                        }
                    }
                    default -> insertInteger(c, inst, dst, left, integer(c, x, lanes(inst)));
                }
            });

    private static boolean isLowOfZero(Inst inst) {
        return inst.imm() == 0 && isZero(inst.arg(0));
    }

    private static void insertInteger(Context c, Inst inst, Reg dst, Reg left, Operand right) {
        Op op = switch (lanes(inst).bytes()) {
            case 1 -> Op.PINSRB;
            case 2 -> Op.PINSRW;
            default -> Op.PINSRD;
        };
        c.emitBinary(op, inst.lanes().lanes().type().bytes(), dst, left, right, (int) inst.imm());
    }

    /** A lane of one vector into another one of the same shape, which needs no register between them. */
    private static boolean replaceByLane(Context c, Inst inst) {
        Inst extract = lanes(inst).bytes() >= 4 ? c.foldable(scalar(inst), Opcode.VEXTRACT) : null;
        if (extract == null || lanes(extract) != lanes(inst)) {
            return false;
        }
        int to = (int) inst.imm();
        int from = (int) extract.imm();
        Reg dst = c.def(inst.result());
        Reg x = c.reg(inst.arg(0));
        Reg y = c.reg(extract.arg(0));
        if (lanes(inst).bytes() == 4) {
            c.emitBinary(Op.INSERTPS, dst, x, Operand.inRegister(y), from << 6 | to << 4);
        } else if (to == 0) {
            c.emitBinary(Op.SHUFPD, dst, y, Operand.of(x), from | 2);
        } else {
            c.emitBinary(Op.SHUFPD, dst, x, Operand.of(y), from << 1);
        }
        return true;
    }
}
