package kiln.wasm;

/** A custom section: its name and the range of the module's bytes after the name. */
public record CustomSection(String name, int offset, int length) {}
