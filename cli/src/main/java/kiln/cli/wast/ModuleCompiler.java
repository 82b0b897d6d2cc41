package kiln.cli.wast;

import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;

/** How a script's modules become compiled files; {@code Compiler::compile} unless the tests know better. */
@FunctionalInterface
public interface ModuleCompiler {
    /**
     * The bytes of a {@code .cwasm} file.
     *
     * @param name for messages
     * @throws CompileException as {@link kiln.compiler.Compiler#compile(String, byte[], CompilerOptions)}
     */
    byte[] compile(String name, byte[] wasm, CompilerOptions options);
}
