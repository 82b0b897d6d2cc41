package kiln.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import kiln.artifact.FuncKey;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Printer;

/**
 * A compiled module with the IR that its code was made from, for people.
 *
 * @param compiled the file, with debugging information
 * @param ir of each function that has code, by its index among the functions that the module defines: as text, after
 *     all passes
 */
public record Exploration(byte[] compiled, Map<Integer, List<Line>> ir) {
    /**
     * A line of IR.
     *
     * @param wasmOffset of the instruction that it comes from in the module's binary, or -1
     */
    public record Line(String text, int wasmOffset) {}

    /**
     * Compiles one module on one thread.
     *
     * @throws CompileException as {@link Compiler#compile(String, byte[], CompilerOptions)}
     */
    public static Exploration of(String name, byte[] wasm, CompilerOptions options, CompileProgress progress) {
        Recorder recorder = new Recorder(progress);
        byte[] compiled = Compiler.compile(name, wasm, options.withDebugInfo(true), recorder);
        return new Exploration(compiled, recorder.ir);
    }

    /** Is shown each function before code is made from it, on any thread. */
    static final class Recorder implements CompileProgress {
        private final CompileProgress progress;
        private final ConcurrentSkipListMap<Integer, List<Line>> ir = new ConcurrentSkipListMap<>();

        Recorder(CompileProgress progress) {
            this.progress = progress;
        }

        @Override
        public void compiled(int done, int total) {
            progress.compiled(done, total);
        }

        void generates(Function f) {
            if (f.key().kind() == FuncKey.Kind.WASM_FUNCTION) {
                ir.put(f.key().index(), lines(f));
            }
        }

        private static List<Line> lines(Function f) {
            List<Line> lines = new ArrayList<>();
            for (Block b : f.blocks()) {
                String text = Printer.print(b);
                int end = text.indexOf('\n');
                lines.add(new Line(text.substring(0, end), -1));
                for (Inst i = b.first(); i != null; i = i.next()) {
                    int position = i.position();
                    boolean inlined = position >= 0 && f.hasInlines();
                    lines.add(new Line(
                            "    " + withoutPosition(Printer.print(i)),
                            inlined ? f.inlines().wasmOffset(position) : position));
                }
            }
            return lines;
        }

        /** Positions are told apart from the text. */
        private static String withoutPosition(String text) {
            return text.replaceFirst(" @\\d+(?=$| ;)", "");
        }
    }
}
