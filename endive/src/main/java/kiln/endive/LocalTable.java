package kiln.endive;

import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.FunctionBody;
import run.endive.wasm.types.Instruction;
import run.endive.wasm.types.Table;

/**
 * What the host sees of a table that its module keeps to itself: the copy that Endive fills, which is right as long as
 * nothing changes the table. Kiln's own is then read only and calls through it are faster. A change by either side is
 * refused or found, never overlooked.
 */
final class LocalTable extends TableInstance {
    private final KilnMachine machine;
    private final int index;
    /** So many elements Endive will still set. */
    private int expected;

    private final InitialValue initial;
    private boolean checked;

    LocalTable(KilnMachine machine, int index, Table declared, int initialValue, int expected) {
        super(declared, initialValue);
        this.machine = machine;
        this.index = index;
        this.expected = expected;
        this.initial = new InitialValue(declared);
    }

    private WasmEngineException refusal(String why) {
        return new WasmEngineException("table " + index + " of the module is not exported, and " + why
                + ": export it, so that Kiln shares it with the host");
    }

    private void check() {
        if (!checked) {
            Instance instance = machine.instance();
            for (int f = instance.imports().functionCount(); f < instance.functionCount(); f++) {
                FunctionBody body = instance.function(f);
                if (body == null || body.instructions().isEmpty()) {
                    throw refusal("the module's instructions, which may change it, are not at hand");
                }
                for (Instruction i : body.instructions()) {
                    switch (i.opcode().name()) {
                        case "TABLE_SET", "TABLE_GROW", "TABLE_FILL", "TABLE_COPY", "TABLE_INIT" ->
                            throw refusal("the module changes tables");
                        default -> {
                            // Everything else leaves tables alone.
                        }
                    }
                }
            }
            checked = true;
        }
    }

    @Override
    public int size() {
        if (machine != null && machine.isInUse()) {
            check();
        }
        return super.size();
    }

    @Override
    public int ref(int i) {
        check();
        return super.ref(i);
    }

    @Override
    public Object objRef(int i) {
        check();
        return super.objRef(i);
    }

    @Override
    public Instance instance(int i) {
        check();
        return super.instance(i);
    }

    private void expectOne(int i) {
        if (initial.isNext(i)) {
            return;
        }
        if (expected == 0) {
            throw refusal("the host wants to change it");
        }
        expected--;
    }

    @Override
    public void setRef(int i, int value, Instance instance) {
        expectOne(i);
        super.setRef(i, value, instance);
    }

    @Override
    public void setObjRef(int i, Object ref, Instance instance) {
        expectOne(i);
        super.setObjRef(i, ref, instance);
    }

    @Override
    public int grow(int size, int value, Instance instance) {
        throw refusal("the host wants to change it");
    }

    @Override
    public int growWithRef(int size, Object refValue, Instance instance) {
        throw refusal("the host wants to change it");
    }

    @Override
    public void reset() {
        throw refusal("the host wants to change it");
    }
}
