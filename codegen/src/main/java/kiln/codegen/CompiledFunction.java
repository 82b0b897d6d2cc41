package kiln.codegen;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.StackMaps;
import kiln.artifact.api.TrapCode;

/**
 * The result of compiling one function.
 *
 * @param code machine code with its constants and jump tables; position-independent apart from relocations
 * @param alignment of the first byte, a power of two
 * @param phase the first byte's distance from a multiple of the alignment
 * @param traps in order of offset
 * @param positions in order of offset: what traps or calls from each offset on comes from that position in the wasm
 *     file
 * @param stackMaps in order of offset: where the frame holds references while it waits for calls
 * @param frameBytes bytes of stack that one activation takes, return address included
 */
public record CompiledFunction(
        FuncKey key,
        byte[] code,
        int alignment,
        int phase,
        List<Relocation> relocations,
        List<TrapSite> traps,
        List<Position> positions,
        List<StackMap> stackMaps,
        int frameBytes) {

    /**
     * Where the code may trap.
     *
     * @param offset of the faulting instruction, or for an explicit trap the return address of the call to the trap
     *     stub
     */
    public record TrapSite(int offset, TrapCode code) {
        private static final TrapCode[] CODES = TrapCode.values();

        static TrapSite of(int offset, int code) {
            return new TrapSite(offset, CODES[code]);
        }
    }

    /**
     * References that live on over a call.
     *
     * @param returnAddress offset of the call's end
     * @param words of the frame, ascending, at least one, see {@link StackMaps}
     */
    public record StackMap(int returnAddress, int[] words) {}

    /**
     * @param offset in the code
     * @param wasmOffset byte offset in the wasm file, or -1
     */
    public record Position(int offset, int wasmOffset) {}
}
