package kiln.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CompiledFunction.Position;
import org.junit.jupiter.api.Test;

/** Positions are kept for what traps or calls, and only for that. */
class PositionsTest {
    private final CodeBuffer b = new CodeBuffer();

    private void code(int position, int bytes) {
        b.position(position);
        for (int i = 0; i < bytes; i++) {
            b.put1(0x90);
        }
    }

    private void trapping(int position, int bytes) {
        b.position(position);
        b.trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS);
        code(position, bytes);
    }

    private void call(int position, int bytes) {
        code(position, bytes);
        b.returnAddress();
    }

    private List<Position> positions() {
        b.emitColdCode();
        b.emitConstants();
        b.resolveLabels();
        return b.finish(FuncKey.wasmFunction(0, 0), 16, 0).positions();
    }

    @Test
    void codeThatCannotStopHasNone() {
        code(1, 10);
        code(2, 10);
        assertEquals(List.of(), positions());
    }

    @Test
    void bordersAreMultiplesOfFour() {
        code(1, 9);
        trapping(2, 6);
        code(3, 7);
        call(4, 5);
        code(5, 3);
        // The instruction at 9, and the call that ends with the byte at 26.
        assertEquals(List.of(new Position(8, 2), new Position(24, 4)), positions());
    }

    @Test
    void bordersLieBehindThePlaceBefore() {
        trapping(1, 2);
        trapping(2, 3);
        trapping(3, 1);
        trapping(4, 1);
        assertEquals(
                List.of(new Position(0, 1), new Position(2, 2), new Position(4, 3), new Position(6, 4)), positions());
    }

    @Test
    void neighboursWithTheSamePositionAreOne() {
        trapping(1, 5);
        code(2, 8);
        call(1, 5);
        trapping(3, 8);
        code(1, 8);
        trapping(1, 8);
        assertEquals(List.of(new Position(0, 1), new Position(18, 3), new Position(32, 1)), positions());
    }

    @Test
    void anInstructionMayTrapRightBehindACall() {
        call(1, 8);
        trapping(2, 8);
        assertEquals(List.of(new Position(4, 1), new Position(8, 2)), positions());
    }
}
