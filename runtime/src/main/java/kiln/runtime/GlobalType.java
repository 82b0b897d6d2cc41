package kiln.runtime;

/** The type of a global. */
public record GlobalType(ValType type, boolean mutable) implements EntityType {
    @Override
    public String toString() {
        return "global " + (mutable ? "(mut " + type + ")" : type.toString());
    }
}
