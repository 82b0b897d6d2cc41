package kiln.wasm;

/** An import: the two-part name and the type asked for. */
public record Import(String module, String name, ExternType type) {}
