package kiln.component;

/** What can be imported, exported and aliased, with its type. */
public sealed interface Entity {
    /** What the text format calls it. */
    String sort();

    /** How much it takes to write the type out. */
    int size();

    /** Whether a resource occurs in its type. */
    boolean hasResources();

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
    record Func(FuncType type) implements Entity {
        @Override
        public String sort() {
            return "func";
        }

        @Override
        public int size() {
            return type.size();
        }

        @Override
        public boolean hasResources() {
            return type.hasResources();
        }
    }

    /** A type; a resource type stands for any resource where it belongs to what declares it. */
    record OfType(Type type) implements Entity {
        @Override
        public String sort() {
            return "type";
        }

        @Override
        public int size() {
            return type.size();
        }

        @Override
        public boolean hasResources() {
            return type.hasResources();
        }
    }

    /** An instance. */
    record Instance(InstanceType type) implements Entity {
        @Override
        public String sort() {
            return "instance";
        }

        @Override
        public int size() {
            return type.size();
        }

        @Override
        public boolean hasResources() {
            return type.hasResources();
        }
    }

    /** A component. */
    record Component(ComponentType type) implements Entity {
        @Override
        public String sort() {
            return "component";
        }

        @Override
        public int size() {
            return type.size();
        }

        @Override
        public boolean hasResources() {
            return type.hasResources();
        }
    }
}
