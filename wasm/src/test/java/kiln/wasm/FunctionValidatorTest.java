package kiln.wasm;

import static kiln.wasm.ModuleBytes.I32;
import static kiln.wasm.ModuleBytes.I64;
import static kiln.wasm.ModuleBytes.body;
import static kiln.wasm.ModuleBytes.bytes;
import static kiln.wasm.ModuleBytes.concat;
import static kiln.wasm.ModuleBytes.func;
import static kiln.wasm.ModuleBytes.list;
import static kiln.wasm.ModuleBytes.module;
import static kiln.wasm.ModuleBytes.sized;
import static kiln.wasm.ModuleBytes.u32;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import kiln.types.ValType;
import org.junit.jupiter.api.Test;

/** The step-by-step interface, as a translator uses it. */
class FunctionValidatorTest {
    private static final byte[] BINARY = func(new int[] {I32, I32}, I32);

    private static FunctionValidator start(byte[]... bodies) {
        byte[][] indices = new byte[bodies.length][];
        Arrays.fill(indices, u32(0));
        WasmModule m = ModuleDecoder.decode(
                module(
                        list(1, BINARY, func(new int[] {I64}, I64)),
                        list(3, indices),
                        list(5, bytes(0, 1), bytes(4, 1)),
                        list(10, bodies)),
                "test",
                Features.ALL);
        FunctionValidator v = new FunctionValidator(m);
        v.begin(0);
        return v;
    }

    private static void step(FunctionValidator v, Op op) {
        assertTrue(v.next());
        assertEquals(op, v.op());
    }

    @Test
    void immediatesAndOperands() {
        FunctionValidator v = start(body(0x20, 1, 0x41, 0x7F, 0x28, 2, 0x90, 1, 0x6A));
        assertEquals(2, v.localCount());
        step(v, Op.LOCAL_GET);
        assertEquals(1, v.localIndex());
        assertEquals(1, v.stackHeight());
        step(v, Op.I32_CONST);
        assertEquals(-1, v.i32());
        int offset = v.nextOffset();
        step(v, Op.I32_LOAD);
        assertEquals(offset, v.offset());
        assertEquals(0, v.memoryIndex());
        assertEquals(144, v.memOffset());
        assertEquals(2, v.alignLog2());
        assertEquals(1, v.operandCount());
        step(v, Op.I32_ADD);
        assertEquals(2, v.stackHeightBefore());
        assertEquals(1, v.stackHeight());
        assertEquals(ValType.I32, v.operandType(1));
        step(v, Op.END);
        assertEquals(FrameKind.FUNCTION, v.endedKind());
        assertEquals(0, v.controlDepth());
        assertFalse(v.next());
    }

    @Test
    void secondMemoryHas64BitAddresses() {
        FunctionValidator v = start(body(0x42, 0, 0x28, 0x42, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F));
        step(v, Op.I64_CONST);
        step(v, Op.I32_LOAD);
        assertEquals(1, v.memoryIndex());
        assertEquals((1L << 40) - 1, v.memOffset());
        assertEquals(ValType.I64, v.operandType(0));
        step(v, Op.END);
    }

    @Test
    void blocksAndBranches() {
        FunctionValidator v = start(body(0x02, 0x7F, 0x03, 0x40, 0x41, 5, 0x0C, 1, 0x0B, 0x00, 0x0B));
        step(v, Op.BLOCK);
        assertEquals(2, v.controlDepth());
        assertEquals(FrameKind.BLOCK, v.frameKind(0));
        assertEquals(1, v.blockType().resultCount());
        step(v, Op.LOOP);
        assertEquals(0, v.labelArity(0));
        assertEquals(1, v.labelArity(1));
        assertEquals(ValType.I32, v.labelType(1, 0));
        step(v, Op.I32_CONST);
        step(v, Op.BR);
        assertEquals(1, v.labelDepth());
        assertFalse(v.wasUnreachable());
        assertTrue(v.isUnreachable());
        step(v, Op.END);
        assertEquals(FrameKind.LOOP, v.endedKind());
        assertTrue(v.wasUnreachable());
        assertFalse(v.isUnreachable());
        step(v, Op.UNREACHABLE);
        step(v, Op.END);
        assertEquals(FrameKind.BLOCK, v.endedKind());
        assertEquals(0, v.endedHeight());
        assertEquals(1, v.stackHeight());
        assertEquals(ValType.I32, v.stackType(0));
        step(v, Op.END);
    }

    @Test
    void branchTables() {
        FunctionValidator v = start(body(0x02, 0x40, 0x20, 0, 0x0E, 2, 0, 0, 0, 0x0B, 0x41, 0));
        step(v, Op.BLOCK);
        step(v, Op.LOCAL_GET);
        step(v, Op.BR_TABLE);
        assertEquals(2, v.brTableCount());
        assertEquals(0, v.brTarget(2));
    }

    @Test
    void unreachableOperandsAreBottom() {
        FunctionValidator v = start(body(0x00, 0x20, 0, 0x1B));
        step(v, Op.UNREACHABLE);
        step(v, Op.LOCAL_GET);
        step(v, Op.SELECT);
        assertEquals(ValType.I32, v.operandType(0));
        assertEquals(ValType.BOT, v.operandType(1));
        assertEquals(ValType.BOT, v.operandType(2));
        assertEquals(3, v.operandCount());
        step(v, Op.END);
    }

    /** A failed function leaves nothing behind that a later one would see. */
    @Test
    void canBeUsedAgainAfterAnError() {
        FunctionValidator v = start(body(0x02, 0x40, 0x6A), sized(concat(bytes(1, 3, I64), bytes(0x20, 0, 0x0B))));
        step(v, Op.BLOCK);
        assertThrows(WasmException.class, v::next);
        v.begin(1);
        assertEquals(5, v.localCount());
        assertEquals(ValType.I64, v.localType(4));
        step(v, Op.LOCAL_GET);
        step(v, Op.END);
        assertFalse(v.next());
    }

    @Test
    void elseAndTryTable() {
        byte[] tag = list(13, bytes(0, 1));
        byte[] code = body(
                0x20, 0, 0x04, 0x7F, 0x41, 1, 0x05, 0x41, 2, 0x0B, 0x1A, 0x02, 0x40, 0x1F, 0x40, 2, 0, 0, 1, 2, 0, 0x0B,
                0x0B);
        WasmModule m = ModuleDecoder.decode(
                module(list(1, func(new int[] {I32}), func(new int[] {})), list(3, u32(0)), tag, list(10, code)),
                "test",
                Features.ALL);
        FunctionValidator v = new FunctionValidator(m);
        v.begin(0);
        step(v, Op.LOCAL_GET);
        step(v, Op.IF);
        step(v, Op.I32_CONST);
        step(v, Op.ELSE);
        assertEquals(FrameKind.IF, v.endedKind());
        assertEquals(FrameKind.ELSE, v.frameKind(0));
        assertEquals(0, v.stackHeight());
        step(v, Op.I32_CONST);
        step(v, Op.END);
        assertEquals(FrameKind.ELSE, v.endedKind());
        step(v, Op.DROP);
        step(v, Op.BLOCK);
        step(v, Op.TRY_TABLE);
        assertEquals(2, v.catchCount());
        assertEquals(CatchKind.CATCH, v.catchKind(0));
        assertEquals(0, v.catchTag(0));
        assertEquals(1, v.catchLabel(0));
        assertEquals(CatchKind.CATCH_ALL, v.catchKind(1));
        assertEquals(0, v.catchLabel(1));
        step(v, Op.END);
        assertEquals(FrameKind.TRY_TABLE, v.endedKind());
        step(v, Op.END);
        step(v, Op.END);
    }
}
