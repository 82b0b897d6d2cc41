package kiln.ir.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.Value;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/** What {@link Simplify} has looked at it looks at again only where something has changed. */
class SettledTest {
    /** The last sum is by 0 if the parameter {@code v1} is. */
    private static Function sums() {
        return Parser.parse("""
                function wasm_function[0,0] (i32, i32) -> (i32) {
                b0(v0: i32, v1: i32):
                    v2 = popcnt.i32 v1
                    v3 = mul.i32 v2, v0
                    v4 = add.i32 v0, v3
                    return v4
                }
                """);
    }

    private static Value defined(Function f, Opcode op) {
        for (Inst i = f.entry().first(); i != null; i = i.next()) {
            if (i.opcode() == op) {
                return i.result();
            }
        }
        throw new AssertionError(op);
    }

    @Test
    void whatIsAsItWasIsNotLookedAtAgain() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32) -> (i32) {
                b0(v0: i32):
                    v1 = iconst.i32 0
                    v2 = add.i32 v0, v1
                    return v2
                }
                """);
        for (Inst i = f.entry().first(); i != f.entry().terminator(); i = i.next()) {
            i.result().settle();
        }
        new Simplify().run(f);
        assertEquals(defined(f, Opcode.ADD), f.entry().terminator().arg(0));
        defined(f, Opcode.ADD).unsettle();
        new Simplify().run(f);
        assertEquals(f.entry().params().getFirst(), f.entry().terminator().arg(0));
    }

    @Test
    void whatComesOfAnOperandThatIsReplacedIsLookedAtAgain() {
        Function f = sums();
        new Simplify().run(f);
        Value bits = defined(f, Opcode.POPCNT);
        Value product = defined(f, Opcode.MUL);
        assertTrue(bits.isSettled()
                && product.isSettled()
                && defined(f, Opcode.ADD).isSettled());

        Inst zero = Parser.parse("""
                        function wasm_function[0,1] () -> () {
                        b0:
                            v9 = iconst.i32 0
                            return
                        }
                        """).entry().first();
        zero.block().remove(zero);
        f.entry().insertBefore(zero, f.entry().first());
        bits.replaceWith(zero.result());
        assertEquals(zero.result(), product.inst().arg(0));
        assertFalse(product.isSettled());
        new Simplify().run(f);
        assertEquals(f.entry().params().getFirst(), f.entry().terminator().arg(0));
    }

    /** Nothing is missed: the passes make the same of functions if everything is looked at each time. */
    @Test
    void lookingAtEverythingFindsNoMore() {
        List<Pass> passes = Pipeline.forLevel(2).passes();
        for (long seed = 1; seed <= 150; seed++) {
            List<Function> program = new RandomPrograms(seed).program();
            List<Function> again = new RandomPrograms(seed).program();
            for (int k = 0; k < program.size(); k++) {
                for (Pass pass : passes) {
                    if (pass instanceof Simplify) {
                        unsettle(again.get(k));
                    }
                    pass.run(program.get(k));
                    pass.run(again.get(k));
                }
                assertEquals(Printer.print(again.get(k)), Printer.print(program.get(k)), "seed " + seed);
            }
        }
    }

    private static void unsettle(Function f) {
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                for (int r = 0; r < i.resultCount(); r++) {
                    i.result(r).unsettle();
                }
            }
        }
    }

    /** What nobody asks for is looked for behind the second simplification only where that has done something. */
    @Test
    void thereIsNothingToTakeAwayWhereNoRuleApplies() {
        String code = """
                function wasm_function[0,0] (i32) -> (i32) {
                b0(v0: i32):
                    v1 = iconst.i32 %d
                    v2 = add.i32 v0, v1
                    v3 = popcnt.i32 v0
                    return v2
                }
                """;
        Function same = Parser.parse(code.formatted(1));
        new SimplifyAgain().run(same);
        defined(same, Opcode.POPCNT);
        Function other = Parser.parse(code.formatted(0));
        new SimplifyAgain().run(other);
        assertEquals(other.entry().terminator(), other.entry().first());
    }
}
