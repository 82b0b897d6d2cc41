package kiln.compiler;

/** Lets tests of other packages compile where they are. */
public final class SmallStack {
    private SmallStack() {}

    /** Compiles on the stack of the calling thread. */
    public static void compile(byte[] wasm, CompilerOptions options) {
        Compiler.compileOnThisStack("deep.wasm", wasm, options);
    }
}
