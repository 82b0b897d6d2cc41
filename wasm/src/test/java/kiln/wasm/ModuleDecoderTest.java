package kiln.wasm;

import static kiln.wasm.ModuleBytes.I32;
import static kiln.wasm.ModuleBytes.I64;
import static kiln.wasm.ModuleBytes.body;
import static kiln.wasm.ModuleBytes.bytes;
import static kiln.wasm.ModuleBytes.concat;
import static kiln.wasm.ModuleBytes.func;
import static kiln.wasm.ModuleBytes.list;
import static kiln.wasm.ModuleBytes.module;
import static kiln.wasm.ModuleBytes.name;
import static kiln.wasm.ModuleBytes.oneFunc;
import static kiln.wasm.ModuleBytes.repeat;
import static kiln.wasm.ModuleBytes.section;
import static kiln.wasm.ModuleBytes.sized;
import static kiln.wasm.ModuleBytes.u32;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.ValType;
import org.junit.jupiter.api.Test;

class ModuleDecoderTest {
    private static final byte[] VOID = func(new int[0]);

    private static WasmModule decode(byte[]... sections) {
        return ModuleDecoder.decode(module(sections), "test", Features.ALL);
    }

    private static WasmException rejected(byte[] module, Features features, WasmException.Kind kind, String text) {
        WasmException e = SpecScripts.problem(module, "bad.wasm", features);
        assertNotNull(e, "accepted, should be " + kind + ": " + text);
        assertEquals(kind, e.kind(), e.getMessage());
        assertTrue(e.getMessage().contains(text), e.getMessage());
        return e;
    }

    private static void malformed(String text, byte[] module) {
        rejected(module, Features.ALL, WasmException.Kind.MALFORMED, text);
    }

    private static void invalid(String text, byte[] module) {
        rejected(module, Features.ALL, WasmException.Kind.INVALID, text);
    }

    @Test
    void indexSpacesStartWithImports() {
        WasmModule m = decode(
                list(1, VOID, func(new int[] {I32, I64}, I32)),
                list(
                        2,
                        concat(name("env"), name("f"), bytes(0, 1)),
                        concat(name("env"), name("m"), bytes(2, 1, 1, 2)),
                        concat(name("env"), name("g"), bytes(3, I32, 0))),
                list(3, u32(0)),
                list(4, bytes(0x70, 0, 10)),
                list(6, concat(bytes(I32, 0, 0x23, 0, 0x0B))),
                list(7, concat(name("run"), bytes(0, 1)), concat(name("memory"), bytes(2, 0))),
                list(9, bytes(0, 0x41, 3, 0x0B, 2, 1, 0)),
                list(10, body()),
                list(11, concat(bytes(0, 0x41, 8, 0x0B), sized(bytes(1, 2, 3)))));
        assertEquals(2, m.funcCount());
        assertEquals(1, m.importedFuncCount());
        assertEquals("(func (param i32 i64) (result i32))", m.funcType(0).toString());
        assertEquals(FuncType.EMPTY, m.funcType(1));
        assertEquals(
                List.of("f", "m", "g"), m.imports().stream().map(Import::name).toList());
        assertEquals(new ExternType.Memory(new Limits(1, true, 2), false, false), m.memory(0));
        assertEquals(1, m.importedMemoryCount());
        assertEquals(new ExternType.Table(ValType.FUNCREF, new Limits(10, false, 0), false), m.table(0));
        assertNull(m.globalInit(0));
        assertEquals(List.of(new ConstOp(Op.GLOBAL_GET, 0, 0)), m.constOps(m.globalInit(1)));
        assertEquals(new Export("memory", ExternKind.MEMORY, 0), m.exports().get(1));
        ElemSegment e = m.elems().getFirst();
        assertArrayEquals(new int[] {1, 0}, e.funcs());
        assertEquals(List.of(new ConstOp(Op.I32_CONST, 3, 0)), m.constOps(e.at()));
        assertTrue(m.isDeclaredRef(0));
        DataSegment d = m.datas().getFirst();
        assertEquals(3, d.length());
        assertEquals(1, m.bytes()[d.offset()]);
        assertEquals(2, m.bodyLength(1));
        assertEquals(-1, m.startFunc());
        Validator.validate(m);
    }

    @Test
    void constantExpressions() {
        WasmModule m = decode(
                list(1, bytes(0x5E, 0x7F, 0)),
                list(
                        6,
                        bytes(I32, 0, 0x41, 0x7E, 0x41, 5, 0x6A, 0x0B),
                        concat(bytes(0x7C, 0, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x0B)),
                        bytes(0x64, 0, 0, 0x41, 1, 0x41, 2, 0xFB, 8, 0, 2, 0x0B),
                        bytes(0x70, 0, 0xD0, 0x70, 0x0B)));
        assertEquals(
                List.of(
                        new ConstOp(Op.I32_CONST, -2, 0),
                        new ConstOp(Op.I32_CONST, 5, 0),
                        new ConstOp(Op.I32_ADD, 0, 0)),
                m.constOps(m.globalInit(0)));
        assertEquals(0x0807060504030201L, m.constOps(m.globalInit(1)).getFirst().a());
        assertEquals(
                new ConstOp(Op.ARRAY_NEW_FIXED, 0, 2),
                m.constOps(m.globalInit(2)).getLast());
        assertEquals(HeapType.FUNC, m.constOps(m.globalInit(3)).getFirst().a());
    }

    @Test
    void expressionsInElementSegmentsAreSimplifiedWherePossible() {
        byte[] types = list(1, VOID);
        byte[] funcs = list(3, u32(0));
        byte[] code = list(10, body());
        WasmModule plain = decode(types, funcs, list(9, bytes(5, 0x70, 2, 0xD2, 0, 0x0B, 0xD0, 0x70, 0x0B)), code);
        assertArrayEquals(new int[] {0, -1}, plain.elems().getFirst().funcs());
        assertEquals(SegmentMode.PASSIVE, plain.elems().getFirst().mode());
        WasmModule i31 = decode(list(9, bytes(7, 0x6C, 1, 0x41, 7, 0xFB, 0x1C, 0x0B)));
        assertEquals(1, i31.elems().getFirst().exprs().length);
        assertEquals(SegmentMode.DECLARED, i31.elems().getFirst().mode());
    }

    @Test
    void headers() {
        malformed("magic header not detected", bytes(0, 'a', 's'));
        malformed("magic header not detected", bytes(1, 'a', 's', 'm', 1, 0, 0, 0));
        malformed("unknown binary version", bytes(0, 'a', 's', 'm', 2, 0, 0, 0));
        malformed("a component", bytes(0, 'a', 's', 'm', 0x0D, 0, 1, 0));
        assertEquals(0, decode().funcCount());
    }

    @Test
    void sections() {
        malformed("malformed section id", module(section(14)));
        malformed("unexpected content after last section", module(list(3), list(1)));
        malformed("unexpected content after last section", module(list(1), list(1)));
        malformed("section size mismatch", module(section(1, bytes(0, 0))));
        malformed("unexpected end", module(bytes(1, 5, 0)));
        malformed("inconsistent lengths", module(list(1, VOID), list(3, u32(0))));
        malformed("data count", module(section(12, u32(1))));
        malformed("malformed UTF-8", module(section(0, bytes(1, 0xFF))));
    }

    @Test
    void hugeCountsAreRefusedAtOnce() {
        byte[] huge = u32(0xFFFF_FFFFL);
        for (int id : new int[] {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13}) {
            malformed("", module(section(id, huge)));
        }
        malformed("too many locals", oneFunc(VOID, sized(concat(bytes(1), huge, bytes(I32, 0x0B)))));
        malformed("too many locals", oneFunc(VOID, sized(concat(bytes(2), u32(50_000), bytes(I32, 1, I32, 0x0B)))));
        assertNull(SpecScripts.problem(
                oneFunc(VOID, sized(concat(bytes(1), u32(50_000), bytes(I32, 0x0B)))), "t", Features.ALL));
        malformed("unexpected end", oneFunc(VOID, body(0x41, 0, 0x0E, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F)));
        invalid(
                "array.new_fixed",
                module(
                        list(1, VOID, bytes(0x5E, I32, 0)),
                        list(3, u32(0)),
                        list(10, sized(concat(bytes(0, 0x00, 0xFB, 8, 1), huge, bytes(0x1A, 0x0B))))));
    }

    /** Many results from few bytes: the operand stack must not grow without bound. */
    @Test
    void theOperandStackIsBounded() {
        int[] thousand = new int[1000];
        Arrays.fill(thousand, I32);
        byte[] code = repeat(10_000, bytes(0x10, 0));
        invalid(
                "operands on the stack",
                module(
                        list(1, func(new int[0], thousand)),
                        list(3, u32(0)),
                        list(10, sized(concat(bytes(0), code, bytes(0x0B))))));
    }

    @Test
    void deepNestingNeedsNoRecursion() {
        byte[] open = repeat(200_000, bytes(0x02, 0x40));
        byte[] close = repeat(200_000, bytes(0x0B));
        assertNull(SpecScripts.problem(
                oneFunc(VOID, sized(concat(bytes(0), open, close, bytes(0x0B)))), "t", Features.ALL));
        invalid("nested", oneFunc(VOID, sized(concat(bytes(0), open, open, bytes(0x0B)))));
    }

    @Test
    void errorsSayWhere() {
        WasmException e =
                rejected(oneFunc(VOID, body(0x01, 0x6A)), Features.ALL, WasmException.Kind.INVALID, "type mismatch");
        assertEquals(0, e.function());
        assertEquals(8 + 6 + 4 + 2 + 1 + 2 + 1, e.offset());
        assertEquals("bad.wasm", e.file());
        assertTrue(e.getMessage().contains("i32.add in function 0 at 0x18 of bad.wasm"), e.getMessage());
    }

    @Test
    void disabledFeaturesAreNamed() {
        byte[] simd = oneFunc(VOID, body(0xFD, 0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A));
        rejected(simd, Features.WASM1, WasmException.Kind.MALFORMED, "v128.const needs the disabled feature simd");
        assertNull(SpecScripts.problem(simd, "t", Features.WASM2));
        rejected(module(list(5, bytes(3, 1, 1))), Features.WASM3, WasmException.Kind.MALFORMED, "threads");
        rejected(module(list(5, bytes(0, 1), bytes(0, 1))), Features.WASM2, WasmException.Kind.INVALID, "multi-memory");
        rejected(
                oneFunc(VOID, body(0x06, 0x40, 0x0B)),
                Features.WASM3,
                WasmException.Kind.MALFORMED,
                "legacy-exceptions");
        assertFalse(Features.ALL.without(Feature.REFERENCE_TYPES).has(Feature.GC));
        assertTrue(Features.of(Set.of(Feature.GC)).has(Feature.REFERENCE_TYPES));
    }

    @Test
    void names() {
        byte[] functions = concat(u32(1), u32(0), name("main"));
        byte[] locals = concat(u32(1), u32(0), u32(2), u32(0), name("x"), u32(2), name("z"));
        byte[] names = section(
                0, name("name"), bytes(0), sized(name("mod")), bytes(1), sized(functions), bytes(2), sized(locals));
        WasmModule m = decode(list(1, VOID), list(3, u32(0)), list(10, body()), names);
        assertEquals("mod", m.names().module());
        assertEquals("main", m.names().function(0));
        assertArrayEquals(new String[] {"x", null, "z"}, m.names().locals(0));
        assertEquals("function 0 (main)", m.describeFunc(0));
        assertEquals("name", m.customSections().getFirst().name());
    }

    @Test
    void damagedNamesAreNoError() {
        WasmModule m = decode(section(0, name("name"), bytes(0), sized(name("mod")), bytes(1, 9, 1)));
        assertEquals("mod", m.names().module());
        assertNull(m.names().function(0));
        assertEquals(0, m.names().locals(3).length);
    }
}
