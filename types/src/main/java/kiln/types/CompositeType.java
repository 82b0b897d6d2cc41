package kiln.types;

/** What a type definition describes: a function, a structure or an array. */
public sealed interface CompositeType permits FuncType, StructType, ArrayType {}
