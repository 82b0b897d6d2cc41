package kiln.runtime;

/** The type of an exception tag: what exceptions with it carry are the parameters. */
public record TagType(FuncType type) implements EntityType {
    @Override
    public String toString() {
        return "tag " + type.params();
    }
}
