package kiln.types;

/**
 * One type definition of a recursion group.
 *
 * @param isFinal   whether it can have no subtypes
 * @param supertype canonical index of the declared supertype, or -1
 */
public record SubType(boolean isFinal, int supertype, CompositeType type) {}
