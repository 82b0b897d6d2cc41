package kiln.compiler;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import kiln.artifact.FuncKey;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.InlineTable;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.pass.ExpandAllocations;

/** What compilation has made of a function so far. */
sealed interface Product {
    /** The functions that it refers to. */
    Iterable<FuncKey> targets();

    /** What was inlined, or null if nothing was. */
    InlineTable inlines();

    /**
     * Machine code.
     *
     * @param inlines what its positions refer to, or null if nothing was inlined
     * @param runs which site the code belongs to, in order of offsets
     */
    record Code(CompiledFunction function, InlineTable inlines, List<Run> runs) implements Product {
        /** The code of {@code f}. */
        static Code of(CompiledFunction code, Function f) {
            if (!f.hasInlines()) {
                return new Code(code, null, List.of());
            }
            f.inlines().trim();
            return new Code(code, f.inlines(), runs(code, f));
        }

        @Override
        public Iterable<FuncKey> targets() {
            return function.relocations().stream().map(Relocation::target)::iterator;
        }

        private static List<Run> runs(CompiledFunction code, Function f) {
            List<Run> runs = new ArrayList<>();
            int site = -1;
            for (CompiledFunction.Position p : code.positions()) {
                if (f.inlines().site(p.wasmOffset()) != site) {
                    site = f.inlines().site(p.wasmOffset());
                    runs.add(new Run(p.offset(), site));
                }
            }
            return List.copyOf(runs);
        }
    }

    /**
     * Code that belongs to one site.
     *
     * @param offset of its first byte in the function
     * @param site in the function's {@link InlineTable}, or -1
     */
    record Run(int offset, int site) {}

    /**
     * An optimised function that may yet turn out to be needless, because it was copied to all of its calls.
     *
     * @param unfinished whether passes are left that copies are not to have seen ({@code Pipeline.finish})
     */
    record Pending(Function function, boolean unfinished) implements Product {
        @Override
        public Set<FuncKey> targets() {
            Set<FuncKey> targets = new LinkedHashSet<>();
            for (Block b : function.blocks()) {
                for (Inst i = b.first(); i != null; i = i.next()) {
                    if (i.opcode().isDirectCall()) {
                        targets.add(i.call().key());
                    } else if (i.opcode() == Opcode.ALLOCATE) {
                        targets.add(ExpandAllocations.callee(function));
                    }
                }
            }
            return targets;
        }

        @Override
        public InlineTable inlines() {
            return function.hasInlines() ? function.inlines() : null;
        }
    }
}
