package kiln.artifact.component;

import java.util.Locale;
import kiln.types.ValType;

/** The core types that stand for values of the component model. */
public enum CoreType {
    I32(ValType.I32),
    I64(ValType.I64),
    F32(ValType.F32),
    F64(ValType.F64);

    private final int type;

    CoreType(int type) {
        this.type = type;
    }

    /** The {@link ValType}. */
    public int type() {
        return type;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
