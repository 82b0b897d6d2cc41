package kiln.component;

/**
 * A resource under one of its names. Resources are told apart by identity, not by what they look like.
 *
 * @param id the resource
 * @param name number of the definition, import or export that introduced this name of it
 */
public record ResourceType(Id id, int name) implements Type {
    /**
     * One resource.
     */
    public static final class Id {
        private final boolean local;

        /**
         * @param local whether the component being read defines it, so that it may make and look into handles
         */
        Id(boolean local) {
            this.local = local;
        }

        /** Whether a component's own definition made it. */
        public boolean isLocal() {
            return local;
        }
    }

    @Override
    public int size() {
        return 1;
    }

    @Override
    public boolean hasResources() {
        return true;
    }
}
