package kiln.runtime;

/** The type of something that a module imports or exports. */
public sealed interface EntityType permits FuncType, MemoryType, TableType, GlobalType, TagType {
    /** A maximum that was not declared. */
    long UNBOUNDED = -1;
}
