package kiln.codegen;

import java.util.ArrayList;
import java.util.List;

/** Collects the register operands of an instruction whose number depends on a signature. */
public final class OperandList {
    private Form form = Form.NONE;
    private final List<Reg> regs = new ArrayList<>();

    OperandList use(Reg r) {
        return add(form.use(), r);
    }

    OperandList any(Reg r) {
        return add(form.any(), r);
    }

    /** {@code rs} are as many as a module asks for. */
    OperandList anyUnshared(List<Reg> rs) {
        form = rs.isEmpty() ? form : form.anyUnshared(rs.size());
        regs.addAll(rs);
        return this;
    }

    OperandList useFixed(Reg r, Reg register) {
        return add(form.useFixed(register), r);
    }

    OperandList defFixed(Reg r, Reg register) {
        return add(form.defFixed(register), r);
    }

    OperandList clobbering(RegSet registers) {
        form = form.clobbering(registers);
        return this;
    }

    private OperandList add(Form longer, Reg r) {
        form = longer;
        regs.add(r);
        return this;
    }

    int count() {
        return regs.size();
    }

    public Form form() {
        return form;
    }

    /** A register for each operand of {@link #form}. */
    public Reg[] regs() {
        return regs.toArray(Reg[]::new);
    }
}
