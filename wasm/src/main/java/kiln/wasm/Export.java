package kiln.wasm;

/** @param index in the index space of {@code kind}, imports included */
public record Export(String name, ExternKind kind, int index) {}
