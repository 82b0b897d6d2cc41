package kiln.component;

/** What a type index of a component may refer to. */
public sealed interface Type permits ValueType, FuncType, InstanceType, ComponentType, ResourceType {
    /** How much of a type's text it would take to write it out: bounds what hostile components can make us visit. */
    int size();

    /** Whether a resource occurs in it, so that instantiation may change it. */
    boolean hasResources();
}
