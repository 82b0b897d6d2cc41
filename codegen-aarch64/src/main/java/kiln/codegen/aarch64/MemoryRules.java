package kiln.codegen.aarch64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.OperationRules;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** LOAD, STORE, STACK_ADDR and addressing modes; also the simplest questions about operands. */
abstract class MemoryRules extends OperationRules {
    MemoryRules(Function function, CodegenOptions options) {
        super(function, options, Registers.CONVENTION);
    }

    // Operands.

    static boolean wide(Type t) {
        return Registers.isWide(t);
    }

    static int width(Type t) {
        return t.bytes() * 8;
    }

    /**
     * The register of an operand of which an i32 counts only the low half: WRAP is looked through.
     */
    final Reg value(Value v) {
        Inst d = v.is(Opcode.WRAP) && !isDemanded(v) ? producer(v) : null;
        return reg(d == null || d == root() ? v : d.arg(0));
    }

    /** As {@link #value}, with xzr for zero: for operands that are not read as sp. */
    final Reg valueOrZero(Value v) {
        return v.is(Opcode.ICONST) && constValue(v) == 0 ? Registers.ZR : value(v);
    }

    // Addresses.

    /** The best addressing mode for {@code address + displacement} in an access of {@code 1 << scale} bytes. */
    final Address address(Value address, long displacement, int scale) {
        Inst d = producer(address);
        // Constants in the sum go into the displacement: 64-bit addition, nothing can wrap that would not anyway.
        while (d != null
                && d.opcode() == Opcode.ADD
                && isConst(d.arg(1))
                && Address.fits(displacement + constValue(d.arg(1)), scale)) {
            displacement += constValue(d.arg(1));
            address = d.arg(0);
            d = producer(address);
        }
        if (d != null && d.opcode() == Opcode.STACK_ADDR) {
            long fromSp = stackOffset(d) + displacement;
            if (Address.fits(fromSp, scale)) {
                return Address.of(Registers.SP, (int) fromSp);
            }
        }
        if (d != null && d.opcode() == Opcode.ADD && displacement == 0) {
            return indexed(d.arg(0), d.arg(1), scale);
        }
        if (Address.fits(displacement, scale)) {
            return Address.of(reg(address), (int) displacement);
        }
        // One ADD brings all but the low twelve bits, if the rest can be encoded.
        long low = displacement & 0xfff;
        if (displacement < 1 << 24 && displacement > 0 && Immediates.isScaled(low, scale)) {
            Reg sum = newReg(Type.I64);
            emit(Insn.addSub(Op.ADD, true, sum, reg(address), (int) (displacement - low)));
            return Address.of(sum, (int) low);
        }
        Reg index = newReg(Type.I64);
        emit(new IntegerInsn.Const(true, index, displacement));
        return Address.indexed(reg(address), index, ExtendOp.UXTX, 0);
    }

    private Address indexed(Value x, Value y, int scale) {
        if (isIndex(x, scale) && !isIndex(y, scale)) {
            Value t = x;
            x = y;
            y = t;
        }
        Inst d = producer(y);
        int shift = 0;
        if (d != null
                && d.opcode() == Opcode.SHL
                && scale != 0
                && isConst(d.arg(1))
                && (constValue(d.arg(1)) & 63) == scale) {
            shift = scale;
            y = d.arg(0);
            d = producer(y);
        }
        if (d != null && d.opcode() == Opcode.SEXT && !isDemanded(y)) {
            return Address.indexed(reg(x), value(d.arg(0)), ExtendOp.SXTW, shift);
        }
        if (d != null && d.opcode() == Opcode.ZEXT && d.arg(0).is(Opcode.WRAP)) {
            // The extension in the address makes up for the WRAP.
            return Address.indexed(reg(x), value(d.arg(0)), ExtendOp.UXTW, shift);
        }
        return Address.indexed(reg(x), reg(y), ExtendOp.UXTX, shift);
    }

    /** Whether there is something about {@code v} that an index register does for nothing. */
    private boolean isIndex(Value v, int scale) {
        Inst d = producer(v);
        return d != null
                && switch (d.opcode()) {
                    case SEXT -> true;
                    case ZEXT -> d.arg(0).is(Opcode.WRAP);
                    case SHL -> isConst(d.arg(1)) && (constValue(d.arg(1)) & 63) == scale;
                    default -> false;
                };
    }

    // LOAD.

    @Override
    protected final void lowerLoad(Inst inst) {
        loadAs(inst, loadOp(inst.type(), inst.memory()), def(inst.result()));
    }

    /** The load {@code inst} into {@code target}, perhaps by another instruction than its type suggests. */
    final void loadAs(Inst inst, LoadStoreOp op, Reg target) {
        MemoryOp m = inst.memory();
        Address address = address(inst.arg(0), inst.imm(), op.scale);
        emit(new MemoryInsn.Load(op, target, address, m.trap(), m.readOnly()), inst);
    }

    static LoadStoreOp loadOp(Type type, MemoryOp m) {
        return switch (type) {
            case I32 ->
                switch (m.width()) {
                    case 1 -> m.signed() ? LoadStoreOp.LDRSB_W : LoadStoreOp.LDRB;
                    case 2 -> m.signed() ? LoadStoreOp.LDRSH_W : LoadStoreOp.LDRH;
                    default -> LoadStoreOp.LDR_W;
                };
            case I64, REF ->
                switch (m.width()) {
                    case 1 -> m.signed() ? LoadStoreOp.LDRSB_X : LoadStoreOp.LDRB;
                    case 2 -> m.signed() ? LoadStoreOp.LDRSH_X : LoadStoreOp.LDRH;
                    case 4 -> m.signed() ? LoadStoreOp.LDRSW : LoadStoreOp.LDR_W;
                    default -> LoadStoreOp.LDR_X;
                };
            case F32 -> LoadStoreOp.LDR_S;
            case F64 -> LoadStoreOp.LDR_D;
            case V128 -> LoadStoreOp.LDR_Q;
        };
    }

    // STORE.

    @Override
    protected final void lowerStore(Inst inst) {
        MemoryOp m = inst.memory();
        Value v = inst.arg(1);
        LoadStoreOp op = switch (inst.type()) {
            case I32, I64, REF ->
                switch (m.width()) {
                    case 1 -> LoadStoreOp.STRB;
                    case 2 -> LoadStoreOp.STRH;
                    case 4 -> LoadStoreOp.STR_W;
                    default -> LoadStoreOp.STR_X;
                };
            case F32 -> LoadStoreOp.STR_S;
            case F64 -> LoadStoreOp.STR_D;
            case V128 -> LoadStoreOp.STR_Q;
        };
        Reg source;
        if (inst.type().isFloat() && isConst(v) && constValue(v) == 0) {
            op = inst.type() == Type.F64 ? LoadStoreOp.STR_X : LoadStoreOp.STR_W;
            source = Registers.ZR;
        } else if (op.isVector()) {
            source = reg(v);
        } else {
            source = valueOrZero(narrowed(v, m.width() * 8));
        }
        emit(new MemoryInsn.Store(op, source, address(inst.arg(0), inst.imm(), op.scale), m.trap()));
    }

    /** What can be stored instead of {@code v} if only the low {@code bits} are. */
    private Value narrowed(Value v, int bits) {
        Inst d = foldable(v);
        while (d != null) {
            boolean keepsLow = switch (d.opcode()) {
                case AND -> isConst(d.arg(1)) && bits < 64 && (~constValue(d.arg(1)) & (1L << bits) - 1) == 0;
                case SEXT8 -> bits == 8;
                case SEXT16 -> bits <= 16;
                case SEXT32, SEXT, ZEXT, WRAP -> bits <= 32;
                default -> false;
            };
            if (!keepsLow) {
                return v;
            }
            v = d.arg(0);
            d = foldable(v);
        }
        return v;
    }

    // STACK_ADDR.

    @Override
    protected final void lowerStackAddress(Inst inst) {
        emit(new MemoryInsn.StackAddress(def(inst.result()), stackOffset(inst)));
    }
}
