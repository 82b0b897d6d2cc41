package kiln.component;

/** A component that was read whole and is valid. */
public final class DecodedComponent {
    private final String file;
    private final ComponentType type;
    private final Definition.Body body;
    private final Types types;

    DecodedComponent(String file, ComponentType type, Definition.Body body, Types types) {
        this.types = types;
        this.file = file;
        this.type = type;
        this.body = body;
    }

    /** The file's name, for messages. */
    public String file() {
        return file;
    }

    /** What it imports and exports. */
    public ComponentType type() {
        return type;
    }

    /** What it says. */
    Definition.Body body() {
        return body;
    }

    /** Where its types come from; those of components that were decoded together can be compared. */
    Types types() {
        return types;
    }
}
