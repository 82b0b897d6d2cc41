package kiln.ir.pass;

import kiln.ir.Builder;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Accesses of fewer bytes than their value has. References in four bytes are as good as whole. */
final class NarrowAccess {
    private NarrowAccess() {}

    static boolean is(Inst access) {
        return access.memory().width() < access.type().bytes() && access.type() != Type.REF;
    }

    /** What a narrow load gives after {@code v} was stored in the same width, in front of where {@code b} is. */
    static Value reloaded(Builder b, Inst load, Value v) {
        int width = load.memory().width();
        if (load.memory().signed()) {
            return b.unary(width == 1 ? Opcode.SEXT8 : width == 2 ? Opcode.SEXT16 : Opcode.SEXT32, v);
        }
        return b.binary(Opcode.AND, v, b.iconst(load.type(), (1L << width * 8) - 1));
    }
}
