package kiln.codegen.aarch64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;
import static kiln.codegen.VectorPatterns.isZero;

import kiln.codegen.Demanded;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Scalars into lanes of vectors and out of them, from and to registers and memory. */
final class LaneRules {
    private LaneRules() {}

    /** An operation that takes a lane out of a vector in the given shape's size, or null. */
    private static Inst extraction(Context c, Value v, Lanes lanes) {
        Inst d = c.foldable(v, Opcode.VEXTRACT);
        return d != null && d.lanes().lanes().bytes() == lanes.bytes() ? d : null;
    }

    /** The load of just one lane to fold into the current rule, or null. */
    private static Inst loadOfLane(Context c, Value v, Lanes lanes) {
        Inst load = c.foldableLoad(v);
        return load != null && load.memory().width() == lanes.bytes() ? load : null;
    }

    /** A load into a vector register, of which the rest becomes zero. */
    private static void loadScalar(Context c, Inst load, int bytes, Reg target) {
        LoadStoreOp op = switch (bytes) {
            case 1 -> LoadStoreOp.LDR_B;
            case 2 -> LoadStoreOp.LDR_H;
            case 4 -> LoadStoreOp.LDR_S;
            default -> LoadStoreOp.LDR_D;
        };
        MemoryRules.loadAs(c, load, op, target);
    }

    /** The integer register with the low bits of a lane's new value. */
    private static Reg lowBits(Context c, Value v, Lanes lanes) {
        if (isConst(v) && constValue(v) == 0) {
            return Registers.ZR;
        }
        return lanes == Lanes.I64X2 ? c.reg(v) : c.value(Demanded.low(c, v, lanes.bits()));
    }

    // SPLAT.

    static final Rules<Context> SPLAT = Rules.<Context>of("splat")
            .rule("of a load", LaneRules::splatLoad)
            .rule("of a lane", (c, inst) -> {
                Inst extract = extraction(c, inst.arg(0), inst.lanes().lanes());
                if (extract == null) {
                    return false;
                }
                splatLane(c, inst, c.reg(extract.arg(0)), (int) extract.imm());
                return true;
            })
            .rule("of a float", (c, inst) -> {
                if (!inst.lanes().lanes().isFloat()) {
                    return false;
                }
                splatLane(c, inst, c.reg(inst.arg(0)), 0);
                return true;
            })
            .base("of an integer", (c, inst) -> {
                Reg x = lowBits(c, inst.arg(0), inst.lanes().lanes());
                c.emit(Insn.ofVector(Op.VDUP, VectorRules.lanes(inst), c.def(inst.result()), x));
            });

    private static void splatLane(Context c, Inst inst, Reg x, int lane) {
        c.emit(Insn.ofElement(Op.VDUP_ELEMENT, VectorRules.lanes(inst), c.def(inst.result()), x, lane));
    }

    private static boolean splatLoad(Context c, Inst inst) {
        Lanes lanes = inst.lanes().lanes();
        Inst load = loadOfLane(c, inst.arg(0), lanes);
        if (load == null) {
            return false;
        }
        c.absorb(load);
        Reg base = plainAddress(c, load);
        if (base != null) {
            MemoryOp m = load.memory();
            Arrangement all = VectorRules.lanes(inst);
            c.emit(new MemoryInsn.LoadReplicated(all, c.def(inst.result()), base, m.trap()), load);
        } else {
            // Their addresses can be sums.
            Reg scalar = c.newReg(Type.V128);
            loadScalar(c, load, lanes.bytes(), scalar);
            splatLane(c, inst, scalar, 0);
        }
        return true;
    }

    /** The register that is the address of an access, or null if it is a sum. */
    private static Reg plainAddress(Context c, Inst access) {
        Value address = access.arg(0);
        Inst d = c.producer(address);
        boolean sum = d != null && (d.opcode() == Opcode.ADD || d.opcode() == Opcode.STACK_ADDR);
        boolean plain = access.opcode().addressOperands() == 1 && access.imm() == 0 && !sum;
        return plain ? c.reg(address) : null;
    }

    // EXTRACT_LANE and its variants.

    static final Rules<Context> EXTRACT = Rules.<Context>of("extractLane")
            .rule("the lowest float", (c, inst) -> {
                if (!inst.type().isFloat() || inst.imm() != 0) {
                    return false;
                }
                c.emit(new MoveInsn.Move(inst.type(), c.def(inst.result()), c.reg(inst.arg(0))));
                return true;
            })
            .rule("the lowest integer", (c, inst) -> {
                Lanes lanes = inst.lanes().lanes();
                if (lanes.bytes() < 4 || !lanes.isInt() || inst.imm() != 0) {
                    return false;
                }
                boolean wide = lanes == Lanes.I64X2;
                c.emit(Insn.convert(Op.FMOV_TO_INT, wide, wide, c.def(inst.result()), c.reg(inst.arg(0))));
                return true;
            })
            .base("a lane", (c, inst) -> {
                boolean signed = inst.lanes().op() == VectorOp.EXTRACT_LANE_S;
                Op op = inst.type().isFloat() ? Op.VDUP_SCALAR : signed ? Op.VSMOV : Op.VUMOV;
                Reg rd = c.def(inst.result());
                c.emit(Insn.ofElement(op, VectorRules.lanes(inst), rd, c.reg(inst.arg(0)), (int) inst.imm()));
            });

    // REPLACE_LANE.

    static final Rules<Context> REPLACE = Rules.<Context>of("replaceLane")
            .rule("a load, the rest zero", LaneRules::loadWithZeros)
            .rule("the lowest, the rest zero", LaneRules::lowestWithZeros)
            .rule("a load", LaneRules::loadLane)
            .rule("another lane", (c, inst) -> {
                Inst extract = extraction(c, inst.arg(1), inst.lanes().lanes());
                if (extract == null) {
                    return false;
                }
                replaceByLane(c, inst, c.reg(extract.arg(0)), (int) extract.imm());
                return true;
            })
            .rule("a float", (c, inst) -> {
                Value x = inst.arg(1);
                if (!x.type().isFloat() || isConst(x) && constValue(x) == 0) {
                    return false;
                }
                replaceByLane(c, inst, c.reg(x), 0);
                return true;
            })
            .base("an integer", (c, inst) -> {
                Reg x = lowBits(c, inst.arg(1), inst.lanes().lanes());
                Reg kept = c.reg(inst.arg(0));
                c.emit(Insn.intoElement(VectorRules.lanes(inst), c.def(inst.result()), kept, (int) inst.imm(), x));
            });

    private static void replaceByLane(Context c, Inst inst, Reg x, int from) {
        Reg kept = c.reg(inst.arg(0));
        int to = (int) inst.imm();
        c.emit(Insn.intoElement(VectorRules.lanes(inst), c.def(inst.result()), kept, to, x, from));
    }

    private static boolean isLowestOfZeros(Inst inst) {
        return inst.imm() == 0 && isZero(inst.arg(0));
    }

    /** What the load extends with zeros is extended further. */
    private static boolean loadWithZeros(Context c, Inst inst) {
        Inst load = isLowestOfZeros(inst) ? c.foldableLoad(inst.arg(1)) : null;
        if (load == null) {
            return false;
        }
        int lane = inst.lanes().lanes().bytes();
        int width = load.memory().width();
        if (width != lane && (load.memory().signed() || width > lane)) {
            return false;
        }
        c.absorb(load);
        loadScalar(c, load, width, c.def(inst.result()));
        return true;
    }

    private static boolean lowestWithZeros(Context c, Inst inst) {
        Lanes lanes = inst.lanes().lanes();
        if (!isLowestOfZeros(inst) || lanes.bytes() < 4) {
            return false;
        }
        boolean dbl = lanes.bytes() == 8;
        Reg rd = c.def(inst.result());
        c.emit(
                lanes.isFloat()
                        ? Insn.ofFloat(Op.FMOV, dbl, rd, c.reg(inst.arg(1)))
                        : Insn.convert(Op.FMOV_FROM_INT, dbl, dbl, rd, lowBits(c, inst.arg(1), lanes)));
        return true;
    }

    private static boolean loadLane(Context c, Inst inst) {
        Lanes lanes = inst.lanes().lanes();
        Inst load = loadOfLane(c, inst.arg(1), lanes);
        if (load == null) {
            return false;
        }
        c.absorb(load);
        Reg base = plainAddress(c, load);
        if (base != null) {
            Reg kept = c.reg(inst.arg(0));
            Arrangement all = VectorRules.lanes(inst);
            Reg rd = c.def(inst.result());
            c.emit(
                    new MemoryInsn.LoadElement(
                            all, (int) inst.imm(), rd, kept, base, load.memory().trap()),
                    load);
        } else {
            Reg scalar = c.newReg(Type.V128);
            loadScalar(c, load, lanes.bytes(), scalar);
            replaceByLane(c, inst, scalar, 0);
        }
        return true;
    }

    // Stores of lanes.

    /** The store of a lane, or of its low bytes. */
    static boolean store(Context c, Inst store) {
        int width = store.memory().width();
        Value v = Demanded.stored(c, store);
        Inst extract = c.foldable(v, Opcode.VEXTRACT);
        if (extract == null || extract.lanes().lanes().bytes() < width) {
            return false;
        }
        Arrangement lanes = switch (width) {
            case 1 -> Arrangement.B16;
            case 2 -> Arrangement.H8;
            case 4 -> Arrangement.S4;
            default -> Arrangement.D2;
        };
        int index = (int) extract.imm() * (extract.lanes().lanes().bytes() / width);
        LoadStoreOp op = switch (width) {
            case 1 -> LoadStoreOp.STR_B;
            case 2 -> LoadStoreOp.STR_H;
            case 4 -> LoadStoreOp.STR_S;
            default -> LoadStoreOp.STR_D;
        };
        Reg x = c.reg(extract.arg(0));
        Reg base = index == 0 ? null : plainAddress(c, store);
        if (base != null) {
            c.emit(new MemoryInsn.StoreElement(
                    lanes, index, x, base, store.memory().trap()));
            return true;
        }
        if (index != 0) {
            Reg scalar = c.newReg(Type.F64);
            c.emit(Insn.ofElement(Op.VDUP_SCALAR, lanes, scalar, x, index));
            x = scalar;
        }
        MemoryRules.store(c, store, op, x);
        return true;
    }
}
