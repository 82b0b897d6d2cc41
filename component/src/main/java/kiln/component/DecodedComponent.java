package kiln.component;

import java.util.List;

/** A component that was read whole and is valid. */
public final class DecodedComponent {
    private final String file;
    private final ComponentType type;
    private final List<Definition.Step> body;
    private final Types types;

    DecodedComponent(String file, ComponentType type, List<Definition.Step> body, Types types) {
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

    /** What it says, in order. */
    List<Definition.Step> body() {
        return body;
    }

    /** Where its types come from; those of components that were decoded together can be compared. */
    Types types() {
        return types;
    }
}
