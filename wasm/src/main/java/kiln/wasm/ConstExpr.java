package kiln.wasm;

/**
 * A validated constant expression, as the bytes of the module it occupies (its final {@code end} included).
 * {@link WasmModule#constOps} decodes it; keeping only the place keeps a module of many expressions small.
 */
public record ConstExpr(int offset, int length) {}
