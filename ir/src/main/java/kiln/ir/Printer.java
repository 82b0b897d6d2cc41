package kiln.ir;

import java.util.List;
import java.util.Locale;
import kiln.artifact.api.TrapCode;

/**
 * Writes functions as text that {@link Parser} reads back:
 *
 * <pre>
 * function wasm_function[0,3] (i32, i64) -&gt; (i32) {
 * b0(v0: i32, v1: i64):
 *     v2 = iconst.i32 5 @17
 *     v3 = icmp.i32.slt v0, v2
 *     branch v3, b1, b2(v2)
 * b1:
 *     v4 = load.i32 memory0 w1 signed trap [v1 + 16]
 *     v5 = call wasm_function[0,4] (i32) -&gt; (i32) (v4)
 *     jump b2(v5)
 * b2(v6: i32) cold:
 *     return v6
 * }
 * </pre>
 *
 * <p>{@code @} precedes a source position; a semicolon starts a comment.
 */
public final class Printer {
    private final StringBuilder out = new StringBuilder();

    private Printer() {}

    public static String print(Function f) {
        Printer p = new Printer();
        p.out.append("function ").append(f.key()).append(' ');
        p.signature(f.signature());
        p.out.append(" {\n");
        for (Block b : f.blocks()) {
            p.block(b);
        }
        p.out.append("}\n");
        return p.out.toString();
    }

    /** One block with its instructions. */
    public static String print(Block b) {
        Printer p = new Printer();
        p.block(b);
        return p.out.toString();
    }

    /** One instruction, without a line end. */
    public static String print(Inst inst) {
        Printer p = new Printer();
        p.inst(inst);
        return p.out.toString();
    }

    private void block(Block b) {
        out.append(b);
        if (!b.params().isEmpty()) {
            out.append('(');
            String separator = "";
            for (Value v : b.params()) {
                out.append(separator).append(v).append(": ").append(v.type());
                separator = ", ";
            }
            out.append(')');
        }
        out.append(b.isCold() ? " cold:\n" : ":\n");
        for (Inst i = b.first(); i != null; i = i.next()) {
            out.append("    ");
            inst(i);
            out.append('\n');
        }
    }

    private void inst(Inst inst) {
        for (int i = 0; i < inst.resultCount(); i++) {
            out.append(i > 0 ? ", " : "").append(inst.result(i));
        }
        if (inst.resultCount() > 0) {
            out.append(" = ");
        }
        out.append(inst.opcode());
        if (inst.type() != null) {
            out.append('.').append(inst.type());
        }
        switch (inst.opcode().data()) {
            case NONE -> operands(inst);
            case INT_COND -> {
                suffix(inst.intCond());
                operands(inst);
            }
            case FLOAT_COND -> {
                suffix(inst.floatCond());
                operands(inst);
            }
            case LANES -> {
                suffix(inst.lanes());
                operands(inst);
            }
            case LANE -> {
                suffix(inst.lanes());
                out.append(' ').append(inst.imm());
                operands(inst);
            }
            case INDICES -> {
                hex(inst.vector().low());
                hex(inst.vector().high());
                operands(inst);
            }
            case INTEGER -> out.append(' ').append(inst.imm());
            case AREA ->
                out.append(inst.holdsReferences() ? " references " : " ").append(inst.imm());
            case FLOAT_BITS -> hex(inst.imm());
            case BYTES -> bytes(inst.bytes());
            case VECTOR -> {
                hex(inst.vector().low());
                hex(inst.vector().high());
            }
            case TRAP -> {
                out.append(' ').append(inst.trap().name().toLowerCase(Locale.ROOT));
                operands(inst);
            }
            case ACCESS -> access(inst);
            case ATOMIC -> {
                out.append('.').append(inst.atomic());
                access(inst);
            }
            case CALLEE -> call(inst);
        }
        if (inst.position() >= 0) {
            out.append(" @").append(inst.position());
        }
        if (inst.opcode().data() == SideData.Kind.FLOAT_BITS) {
            out.append(" ; ");
            if (inst.type() == Type.F32) {
                out.append(Float.intBitsToFloat((int) inst.imm()));
            } else {
                out.append(Double.longBitsToDouble(inst.imm()));
            }
        }
    }

    private void suffix(SideData data) {
        out.append('.').append(data.toString().toLowerCase(Locale.ROOT));
    }

    private void operands(Inst inst) {
        String separator = " ";
        for (int i = 0; i < inst.argCount(); i++) {
            out.append(separator).append(inst.arg(i));
            separator = ", ";
        }
        targets(inst, separator);
    }

    private void targets(Inst inst, String first) {
        String separator = first;
        for (int i = 0; i < inst.targetCount(); i++) {
            Edge e = inst.target(i);
            out.append(separator).append(e.target());
            if (e.argCount() > 0) {
                out.append('(');
                for (int k = 0; k < e.argCount(); k++) {
                    out.append(k > 0 ? ", " : "").append(e.arg(k));
                }
                out.append(')');
            }
            separator = ", ";
        }
    }

    private void bytes(ConstantBytes bytes) {
        out.append(' ').append(bytes.length());
        for (int i = 0; i < bytes.length(); i += Long.BYTES) {
            long word = 0;
            for (int k = Math.min(bytes.length() - i, Long.BYTES) - 1; k >= 0; k--) {
                word = word << 8 | bytes.get(i + k) & 0xff;
            }
            hex(word);
        }
    }

    private void hex(long v) {
        out.append(" 0x").append(Long.toHexString(v));
    }

    private void access(Inst inst) {
        MemoryOp m = inst.memory();
        out.append(' ').append(m.region()).append(" w").append(m.width());
        out.append(m.signed() ? " signed" : "");
        if (m.canTrap()) {
            out.append(m.trap() == null ? " guarded" : " trap");
            out.append(
                    m.trap() == null || m.trap() == TrapCode.MEMORY_OUT_OF_BOUNDS
                            ? ""
                            : "=" + m.trap().name().toLowerCase(Locale.ROOT));
        }
        out.append(m.readOnly() ? " readonly" : "");
        out.append(" [");
        int parts = inst.opcode().addressOperands();
        for (int i = 0; i < parts; i++) {
            out.append(inst.arg(i)).append(" + ");
        }
        out.append(inst.imm()).append(']');
        for (int i = parts; i < inst.argCount(); i++) {
            out.append(", ").append(inst.arg(i));
        }
    }

    private void call(Inst inst) {
        CallTarget target = inst.call();
        if (target.key() != null) {
            out.append(' ').append(target.key());
        }
        out.append(' ');
        signature(target.signature());
        out.append(" (");
        for (int i = 0; i < inst.argCount(); i++) {
            out.append(i > 0 ? ", " : "").append(inst.arg(i));
        }
        out.append(')');
        targets(inst, ", ");
    }

    private void signature(Signature s) {
        types(s.params());
        out.append(" -> ");
        types(s.results());
    }

    private void types(List<Type> types) {
        out.append('(');
        for (int i = 0; i < types.size(); i++) {
            out.append(i > 0 ? ", " : "").append(types.get(i));
        }
        out.append(')');
    }
}
