package kiln.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.Test;

class RelaxationTest {
    private static final FuncKey KEY = FuncKey.wasmFunction(0, 0);

    private static CompiledFunction finish(CodeBuffer b) {
        b.emitColdCode();
        b.emitConstants();
        b.resolveLabels();
        return b.finish(KEY, 16, 0);
    }

    private static void fill(CodeBuffer b, int bytes) {
        for (int i = 0; i < bytes; i++) {
            b.put1(0x90);
        }
    }

    private static int branchForward(int distance) {
        CodeBuffer b = new CodeBuffer();
        Label target = new Label();
        b.branch(target, 0xeb, 0xe9);
        fill(b, distance);
        b.bind(target);
        return finish(b).code().length - distance;
    }

    @Test
    void takesTheShortFormAsFarAsItReaches() {
        assertEquals(2, branchForward(0));
        assertEquals(2, branchForward(127));
        assertEquals(5, branchForward(128));
    }

    @Test
    void takesTheShortFormBackwards() {
        for (int distance : new int[] {126, 127}) {
            CodeBuffer b = new CodeBuffer();
            Label target = new Label();
            b.bind(target);
            fill(b, distance);
            b.branch(target, 0xeb, 0xe9);
            byte[] code = finish(b).code();
            assertEquals(distance + (distance == 126 ? 2 : 5), code.length);
            assertEquals((byte) (distance == 126 ? -128 : -132), code[distance + 1]);
        }
    }

    @Test
    void lengthensBranchesAroundOneThatGrew() {
        // The first branch reaches only while the second, in between, is short; the second needs to be long.
        CodeBuffer b = new CodeBuffer();
        Label near = new Label();
        Label far = new Label();
        b.branch(near, 0xeb, 0xe9);
        b.branch(far, 0x74, 0x0f, 0x84);
        fill(b, 124);
        b.bind(near);
        fill(b, 10);
        b.bind(far);
        assertEquals(5 + 6 + 124 + 10, finish(b).code().length);
    }

    @Test
    void movesWhatIsRecordedBesideTheCode() {
        CodeBuffer b = new CodeBuffer();
        Label end = new Label();
        fill(b, 10);
        b.branch(end, 0xeb, 0xe9);
        b.position(7);
        b.trapSite(TrapCode.UNREACHABLE);
        b.put1(1);
        b.relocate(b.size(), Relocation.Kind.X64_REL32, KEY, 0);
        b.put4(0);
        b.bind(end);
        b.refer(b.size(), end, (buffer, at, target) -> {
            buffer.set1(at, target);
            return true;
        });
        b.put1(0);
        b.position(8);
        b.put4(0);
        b.returnAddress();
        CompiledFunction f = finish(b);
        assertEquals(12, f.traps().getFirst().offset());
        assertEquals(
                List.of(new CompiledFunction.Position(12, 7), new CompiledFunction.Position(20, 8)), f.positions());
        assertEquals(13, f.relocations().getFirst().offset());
        assertEquals(17, f.code()[17]);
        assertEquals(22, f.code().length);
    }

    @Test
    void alignsBehindShortBranches() {
        CodeBuffer b = new CodeBuffer();
        Label loop = new Label();
        b.branch(loop, 0xeb, 0xe9);
        b.padding(16, n -> fill(b, n));
        b.bind(loop);
        b.branch(loop, 0xeb, 0xe9);
        assertEquals(18, finish(b).code().length);
        assertEquals(List.of(16), List.of(loop.offset()));
    }

    @Test
    void addsNoPaddingWhereNoneIsNeeded() {
        CodeBuffer b = new CodeBuffer();
        fill(b, 16);
        b.padding(16, n -> fill(b, n));
        b.put1(1);
        assertEquals(17, finish(b).code().length);
    }
}
