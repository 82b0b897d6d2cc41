package kiln.codegen.aarch64;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import kiln.artifact.FuncKey;
import kiln.codegen.Backend;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.Relocation;
import kiln.ir.Function;

/** AArch64 (ARMv8.0-A, little-endian, Linux). */
public final class A64Backend implements Backend {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Reach of B and BL either way: 26 bits of instructions, signed. */
    private static final long CALL_RANGE = 128L << 20;

    @Override
    public String name() {
        return "aarch64";
    }

    @Override
    public CompiledFunction compile(Function function, CodegenOptions options, Consumer<String> after) {
        FunctionCompiler compiler = new FunctionCompiler(new Context(function, options), Registers.FILE, after);
        compiler.lower();
        Pairs.form(compiler.allocate());
        return compiler.emit();
    }

    /** The text must be mapped at a multiple of 4 KiB, for the sake of ADRP. */
    @Override
    public void relocate(byte[] text, int at, Relocation r, int target) {
        int word = (int) INT.get(text, at);
        int to = target + r.addend();
        int patched = switch (r.kind()) {
            case A64_BRANCH26 -> {
                int distance = to - at >> 2;
                if (distance < -(1 << 25) || distance >= 1 << 25) {
                    throw new IllegalStateException("branch out of reach: " + at + " -> " + to);
                }
                yield word & 0xfc00_0000 | distance & 0x03ff_ffff;
            }
            case A64_ADRP21 -> word & ~Assembler.adrFields(-1) | Assembler.adrFields((to >> 12) - (at >> 12));
            case A64_ADD12 -> word & ~(0xfff << 10) | (to & 0xfff) << 10;
            case X64_REL32 -> throw new IllegalArgumentException("not of this instruction set: " + r);
        };
        INT.set(text, at, patched);
    }

    @Override
    public long callRange() {
        return CALL_RANGE;
    }

    @Override
    public CompiledFunction veneer(FuncKey target) {
        CodeBuffer buffer = new CodeBuffer();
        Assembler a = new Assembler(buffer);
        a.adrp(Registers.IP0, target);
        a.addLow12(Registers.IP0, Registers.IP0, target);
        a.br(Registers.IP0);
        return buffer.finish(target, 4, 0);
    }
}
