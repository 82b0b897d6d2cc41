package kiln.runtime;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Builtin;
import kiln.artifact.Compat;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.FuncRefs;
import kiln.artifact.ModuleInfo;
import kiln.artifact.api.TrapCode;
import kiln.types.FuncType;
import kiln.types.SubType;
import kiln.types.ValType;

/**
 * A compiled file whose machine code (x86-64) was written by hand, so that the runtime can be tested without a
 * compiler. It imports {@code env.host: (i32) -> i32} and has a memory of one page that may grow to four.
 */
final class HandMade {
    /** The ABI is docs/abi.md; offsets in r15 are those of this module's VMContext: memory 0 at 48, funcref 0 at 64. */
    private static final String TEXT = """
            8d0437c3                    add:      lea eax,[rdi+rsi]; ret
            554889e541ff5708            trap:     push rbp; mov rbp,rsp; call [r15+8]
            554889e5493b2772164157      callhost: push rbp; mov rbp,rsp; cmp rsp,[r15]; jb fail; push r15
            4883ec08498b47404d8b7f48              sub rsp,8; mov rax,[r15+64]; mov r15,[r15+72]
            ffd04c8b7df8c9c341ff5708              call rax; mov r15,[rbp-8]; leave; ret; fail: call [r15+8]
            554889e5493b277207          recurse:  push rbp; mov rbp,rsp; cmp rsp,[r15]; jb fail
            e8f2ffffffc9c341ff5708                call recurse; leave; ret; fail: call [r15+8]
            554889e5493b2773fb41ff5708  spin:     push rbp; mov rbp,rsp; again: cmp rsp,[r15]; jae again; call [r15+8]
            554889e5498b47308b0438c9c3  load:     push rbp; mov rbp,rsp; mov rax,[r15+48]; mov eax,[rax+rdi]; leave; ret
            554889e589fe31ffe86a000000c9c3  grow: push rbp; mov rbp,rsp; mov esi,edi; xor edi,edi; call tr; leave; ret
            554889e5564883ec084889f88b3e8b7610ffd0488b75f88906c9c3  (i32 i32) -> i32, from Java
            554889e5564883ec084889f88b3effd0488b75f88906c9c3        (i32) -> i32, from Java
            554889e5ffd7c9c3                                        () -> (), from Java
            554889e54883ec10893c24498b471048896830498b7f184889e6ff5008
            85c075058b0424c9c3498b4710ff6010                        (i32) -> i32, to Java
            554889e54883ec20893c244889742410498b47104889683048bf0000000001000000490b7f184889e6ff5008
            85c07506488b0424c9c3498b4710ff6010                      grow_tr: memory.grow
            """;

    private static final int[] STARTS = {0, 4, 0xc, 0x2f, 0x43, 0x50, 0x5d, 0x6c, 0x87, 0x9f, 0xa7, 0xd4, 0x111};
    private static final String[] NAMES = {"add", "trap", "callhost", "recurse", "spin", "load", "grow"};
    private static final int[] TYPES = {0, 2, 1, 2, 2, 1, 1};

    private HandMade() {}

    private static byte[] text() {
        StringBuilder hex = new StringBuilder();
        TEXT.lines().forEach(l -> hex.append(l, 0, l.indexOf(' ') < 0 ? l.length() : l.indexOf(' ')));
        return HexFormat.of().parseHex(hex);
    }

    /** The file's bytes. */
    static byte[] bytes() {
        return bytes(Map.of("options", "interruptible"));
    }

    /** @param options what the file says that it was compiled with */
    static byte[] bytes(Map<String, String> options) {
        ArtifactWriter w = new ArtifactWriter(Compat.of("x86_64", List.of(), "by hand", options));
        w.text(MemorySegment.ofArray(text()));
        for (int i = 0; i < NAMES.length; i++) {
            w.function(FuncKey.wasmFunction(0, i), STARTS[i], STARTS[i + 1] - STARTS[i]);
            w.name(0, i + 1, NAMES[i]);
            w.position(STARTS[i], 100 + i);
        }
        FuncKey[] trampolines = {
            FuncKey.arrayToWasm(0, 0),
            FuncKey.arrayToWasm(0, 1),
            FuncKey.arrayToWasm(0, 2),
            FuncKey.wasmToArray(0, 1),
            FuncKey.builtin(0, Builtin.MEMORY_GROW)
        };
        for (int i = 0; i < trampolines.length; i++) {
            int s = NAMES.length + i;
            w.function(trampolines[i], STARTS[s], STARTS[s + 1] - STARTS[s]);
        }
        w.trap(0xc, TrapCode.UNREACHABLE)
                .trap(0x2f, TrapCode.STACK_CHECK)
                .trap(0x43, TrapCode.STACK_CHECK)
                .trap(0x50, TrapCode.STACK_CHECK)
                .trap(0x58, TrapCode.MEMORY_OUT_OF_BOUNDS);
        return w.module(info()).toBytes();
    }

    private static ModuleInfo info() {
        ModuleInfo.Builder b = new ModuleInfo.Builder("hand");
        int[] i32 = {ValType.I32};
        b.types.intern(new SubType(true, -1, new FuncType(new int[] {ValType.I32, ValType.I32}, i32)));
        b.types.intern(new SubType(true, -1, new FuncType(i32, i32)));
        b.types.intern(new SubType(true, -1, FuncType.EMPTY));
        b.imports.add(new ModuleInfo.Import("env", "host", new ExternType.Func(1)));
        b.memories.add(new ExternType.Memory(1, 4, false, false, 16, true));
        b.definedFunctions = NAMES.length;
        int[] functions = new int[NAMES.length + 1];
        int[] types = new int[NAMES.length + 1];
        types[0] = 1;
        for (int i = 0; i < NAMES.length; i++) {
            functions[i + 1] = i + 1;
            types[i + 1] = TYPES[i];
            b.exports.add(new ModuleInfo.Export(NAMES[i], ExternType.Kind.FUNC, i + 1));
        }
        b.exports.add(new ModuleInfo.Export("host", ExternType.Kind.FUNC, 0));
        b.exports.add(new ModuleInfo.Export("memory", ExternType.Kind.MEMORY, 0));
        b.funcRefs = new FuncRefs(functions, types);
        return b.build();
    }
}
