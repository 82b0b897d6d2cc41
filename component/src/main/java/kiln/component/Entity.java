package kiln.component;

/** What can be imported, exported and aliased, with its type. */
public sealed interface Entity {
    /** What the text format calls it. */
    String sort();

    /** How much it takes to write the type out. */
    int size();

    /** Whether a resource occurs in its type. */
    boolean hasResources();

    /** What has a type of the component model's own. */
    sealed interface Typed extends Entity {
        Type type();

        @Override
        default int size() {
            return type().size();
        }

        @Override
        default boolean hasResources() {
            return type().hasResources();
        }
    }

    /** A core module. */
    record Module(CoreModuleType type) implements Entity {
        @Override
        public String sort() {
            return "core module";
        }

        @Override
        public int size() {
            return Types.clamp(1L + type.imports().size() + type.exports().size());
        }

        @Override
        public boolean hasResources() {
            return false;
        }
    }

    /** A function. */
    record Func(FuncType type) implements Typed {
        @Override
        public String sort() {
            return "func";
        }
    }

    /** A type; a resource type stands for any resource where it belongs to what declares it. */
    record OfType(Type type) implements Typed {
        @Override
        public String sort() {
            return "type";
        }
    }

    /** An instance. */
    record Instance(InstanceType type) implements Typed {
        @Override
        public String sort() {
            return "instance";
        }
    }

    /** A component. */
    record Component(ComponentType type) implements Typed {
        @Override
        public String sort() {
            return "component";
        }
    }
}
