package kiln.codegen.aarch64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;

import kiln.codegen.Demanded;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** LOAD, STORE, STACK_ADDR and addressing modes. */
final class MemoryRules {
    private MemoryRules() {}

    // Addresses.

    /** The address of an access to memory or an object. */
    static Address address(Context c, Inst inst, int scale) {
        return inst.opcode().addressOperands() == 2
                ? inObject(c, inst.arg(0), inst.arg(1), inst.imm(), scale)
                : address(c, inst.arg(0), inst.imm(), scale);
    }

    /** {@code base + object + displacement}: no instruction adds all three. */
    private static Address inObject(Context c, Value base, Value object, long displacement, int scale) {
        while (base.is(Opcode.ADD)
                && isConst(base.inst().arg(1))
                && Address.fits(displacement + constValue(base.inst().arg(1)), scale)) {
            displacement += constValue(base.inst().arg(1));
            base = base.inst().arg(0);
        }
        Address element = elementInLoop(c, base, object, displacement, scale);
        if (element != null) {
            return element;
        }
        if (displacement == 0) {
            return Address.indexed(c.reg(base), c.reg(object), ExtendOp.UXTX, 0);
        }
        if (base.isContextField()) {
            Reg hoisted = c.objectAddress(base, object, new ObjectAddress(base, 0));
            if (hoisted != null) {
                return near(c, hoisted, displacement, scale);
            }
        }
        Reg sum = c.newObjectAddress();
        c.emit(Insn.of(Op.ADD, true, sum, c.reg(base), c.reg(object)));
        return near(c, sum, displacement, scale);
    }

    /** The address of a byte of an object. */
    private record ObjectAddress(Value base, int displacement) implements LoweringContext.Maker {
        @Override
        public Type type() {
            return Type.I64;
        }

        @Override
        public void emit(LoweringContext c, Reg target, Reg source) {
            if (displacement == 0) {
                c.emit(Insn.of(Op.ADD, true, target, c.reg(base), source));
                return;
            }
            Reg start = c.newObjectAddress();
            c.emit(Insn.of(Op.ADD, true, start, c.reg(base), source));
            c.emit(Insn.addSub(Op.ADD, true, target, start, displacement));
        }

        // What records have by themselves is linked when it is first used, which takes milliseconds.
        @Override
        public boolean equals(Object o) {
            return o instanceof ObjectAddress a && base == a.base && displacement == a.displacement;
        }

        @Override
        public int hashCode() {
            return 31 * base.id() + displacement;
        }
    }

    /** The element of an array whose first one's address is made in front of a loop; null if there is none. */
    private static Address elementInLoop(Context c, Value sum, Value object, long displacement, int scale) {
        if (!sum.is(Opcode.ADD) || c.isDemanded(sum) || displacement < 0 || displacement > 0xfff) {
            return null;
        }
        boolean first = sum.inst().arg(0).isContextField();
        Value base = sum.inst().arg(first ? 0 : 1);
        Value index = sum.inst().arg(first ? 1 : 0);
        if (!base.isContextField() || isConst(index)) {
            return null;
        }
        Reg start = c.objectAddress(base, object, new ObjectAddress(base, (int) displacement));
        return start == null ? null : indexed(c, start, index, scale);
    }

    /** The best addressing mode for {@code address + displacement} in an access of {@code 1 << scale} bytes. */
    static Address address(Context c, Value address, long displacement, int scale) {
        Inst d = c.producer(address);
        // Constants in the sum go into the displacement: 64-bit addition, nothing can wrap that would not anyway.
        while (d != null
                && d.opcode() == Opcode.ADD
                && isConst(d.arg(1))
                && Address.fits(displacement + constValue(d.arg(1)), scale)) {
            displacement += constValue(d.arg(1));
            address = d.arg(0);
            d = c.producer(address);
        }
        if (d != null && d.opcode() == Opcode.STACK_ADDR) {
            long fromSp = c.stackOffset(d) + displacement;
            if (Address.fits(fromSp, scale)) {
                return Address.of(Registers.SP, (int) fromSp);
            }
        }
        if (d != null && d.opcode() == Opcode.ADD && displacement == 0) {
            return indexed(c, d.arg(0), d.arg(1), scale);
        }
        return near(c, c.reg(address), displacement, scale);
    }

    private static Address near(Context c, Reg address, long displacement, int scale) {
        if (Address.fits(displacement, scale)) {
            return Address.of(address, (int) displacement);
        }
        // One ADD brings all but the low twelve bits, if the rest can be encoded.
        long low = displacement & 0xfff;
        if (displacement < 1 << 24 && displacement > 0 && Immediates.isScaled(low, scale)) {
            Reg sum = c.newReg(Type.I64);
            c.emit(Insn.addSub(Op.ADD, true, sum, address, (int) (displacement - low)));
            return Address.of(sum, (int) low);
        }
        Reg index = c.newReg(Type.I64);
        c.emit(new IntegerInsn.Const(true, index, displacement));
        return Address.indexed(address, index, ExtendOp.UXTX, 0);
    }

    private static Address indexed(Context c, Value x, Value y, int scale) {
        if (isIndex(c, x, scale) && !isIndex(c, y, scale)) {
            Value t = x;
            x = y;
            y = t;
        }
        return indexed(c, c.reg(x), y, scale);
    }

    private static Address indexed(Context c, Reg x, Value y, int scale) {
        Inst d = c.producer(y);
        int shift = 0;
        if (d != null
                && d.opcode() == Opcode.SHL
                && scale != 0
                && isConst(d.arg(1))
                && (constValue(d.arg(1)) & 63) == scale) {
            shift = scale;
            y = d.arg(0);
            d = c.producer(y);
        }
        if (d != null && d.opcode() == Opcode.SEXT && !c.isDemanded(y)) {
            return Address.indexed(x, c.value(d.arg(0)), ExtendOp.SXTW, shift);
        }
        if (d != null && d.opcode() == Opcode.ZEXT && d.arg(0).is(Opcode.WRAP)) {
            // The extension in the address makes up for the WRAP.
            return Address.indexed(x, c.value(d.arg(0)), ExtendOp.UXTW, shift);
        }
        return Address.indexed(x, c.reg(y), ExtendOp.UXTX, shift);
    }

    /** Whether there is something about {@code v} that an index register does for nothing. */
    private static boolean isIndex(Context c, Value v, int scale) {
        Inst d = c.producer(v);
        return d != null
                && switch (d.opcode()) {
                    case SEXT -> true;
                    case ZEXT -> d.arg(0).is(Opcode.WRAP);
                    case SHL -> isConst(d.arg(1)) && (constValue(d.arg(1)) & 63) == scale;
                    default -> false;
                };
    }

    // LOAD.

    static final Rules<Context> LOAD = Rules.<Context>of("load").base("load", (c, inst) -> {
        MemoryOp m = inst.memory();
        loadAs(c, inst, loadOp(inst.type(), m.width(), m.signed()), c.def(inst.result()));
    });

    /** The load {@code inst} into {@code target}, perhaps by another instruction than its type suggests. */
    static void loadAs(Context c, Inst inst, LoadStoreOp op, Reg target) {
        MemoryOp m = inst.memory();
        Address address = address(c, inst, op.scale);
        c.emit(new MemoryInsn.Load(op, target, address, m.trap(), m.readOnly()), inst);
    }

    static LoadStoreOp loadOp(Type type, MemoryOp m) {
        return loadOp(type, m.width(), m.signed());
    }

    static LoadStoreOp loadOp(Type type, int width, boolean signed) {
        return switch (type) {
            case I32 ->
                switch (width) {
                    case 1 -> signed ? LoadStoreOp.LDRSB_W : LoadStoreOp.LDRB;
                    case 2 -> signed ? LoadStoreOp.LDRSH_W : LoadStoreOp.LDRH;
                    default -> LoadStoreOp.LDR_W;
                };
            case I64, REF ->
                switch (width) {
                    case 1 -> signed ? LoadStoreOp.LDRSB_X : LoadStoreOp.LDRB;
                    case 2 -> signed ? LoadStoreOp.LDRSH_X : LoadStoreOp.LDRH;
                    case 4 -> signed ? LoadStoreOp.LDRSW : LoadStoreOp.LDR_W;
                    default -> LoadStoreOp.LDR_X;
                };
            case F32 -> LoadStoreOp.LDR_S;
            case F64 -> LoadStoreOp.LDR_D;
            case V128 -> LoadStoreOp.LDR_Q;
        };
    }

    // STORE.

    static final Rules<Context> STORE = Rules.<Context>of("store")
            .rule("a float that is zero", MemoryRules::storeFloatZero)
            .rule("a lane", LaneRules::store)
            .base("a value, of which only the low bits count", (c, inst) -> {
                Value v = Demanded.stored(c, inst);
                store(
                        c,
                        inst,
                        storeOp(v.type(), inst.memory().width()),
                        RegClass.of(v.type()) == RegClass.INT ? c.valueOrZero(v) : c.reg(v));
            });

    private static boolean storeFloatZero(Context c, Inst inst) {
        Value v = inst.stored();
        if (!inst.type().isFloat() || !isConst(v) || constValue(v) != 0) {
            return false;
        }
        store(c, inst, inst.type() == Type.F64 ? LoadStoreOp.STR_X : LoadStoreOp.STR_W, Registers.ZR);
        return true;
    }

    static void store(Context c, Inst inst, LoadStoreOp op, Reg source) {
        Address address = address(c, inst, op.scale);
        c.emit(new MemoryInsn.Store(op, source, address, inst.memory().trap()));
    }

    static LoadStoreOp storeOp(Type type, int width) {
        return switch (type) {
            case I32, I64, REF ->
                switch (width) {
                    case 1 -> LoadStoreOp.STRB;
                    case 2 -> LoadStoreOp.STRH;
                    case 4 -> LoadStoreOp.STR_W;
                    default -> LoadStoreOp.STR_X;
                };
            case F32 -> LoadStoreOp.STR_S;
            case F64 -> LoadStoreOp.STR_D;
            case V128 -> LoadStoreOp.STR_Q;
        };
    }

    // REF_OF_BITS.

    /** A register of its own: the bits' one is no reference to a collection. */
    static final Rules<Context> REFERENCE = Rules.<Context>of("refOfBits")
            .base("bits", (c, inst) -> c.emit(new MoveInsn.Move(Type.REF, c.def(inst.result()), c.reg(inst.arg(0)))));

    // STACK_ADDR.

    static final Rules<Context> STACK_ADDRESS = Rules.<Context>of("stackAddress")
            .base(
                    "address in the frame",
                    (c, inst) -> c.emit(new MemoryInsn.StackAddress(c.def(inst.result()), c.stackOffset(inst))));

    // DATA_ADDR.

    static final Rules<Context> DATA_ADDRESS = Rules.<Context>of("dataAddress")
            .base("address", (c, inst) -> c.emit(new MemoryInsn.DataAddress(c.def(inst.result()), inst.bytes())));
}
