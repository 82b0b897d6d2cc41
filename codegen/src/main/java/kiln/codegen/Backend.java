package kiln.codegen;

import java.util.function.Consumer;
import kiln.artifact.FuncKey;
import kiln.ir.Function;

/** An instruction set. Stateless and safe for use by several threads. */
public interface Backend {
    /** Name in files and on the command line: {@code x86_64} or {@code aarch64}. */
    String name();

    /** Compiles one function that has been through the passes (verified, critical edges split). */
    default CompiledFunction compile(Function function, CodegenOptions options) {
        return compile(function, options, step -> {});
    }

    /**
     * As {@link #compile(Function, CodegenOptions)}; {@code after} is told the name of each step when it is done, for
     * benchmarks.
     */
    CompiledFunction compile(Function function, CodegenOptions options, Consumer<String> after);

    /** Patches {@code r} in {@code text}; {@code at} and {@code target} are offsets in the text. */
    void relocate(byte[] text, int at, Relocation r, int target);

    /** Farthest distance in bytes that a direct call reaches either way. */
    long callRange();

    /** Code that jumps to any place of the text, for a direct call out of range, see {@link Relocation}. */
    CompiledFunction veneer(FuncKey target);
}
