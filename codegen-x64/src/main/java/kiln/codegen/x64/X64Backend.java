package kiln.codegen.x64;

import java.util.function.Consumer;
import kiln.artifact.FuncKey;
import kiln.codegen.Backend;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.Relocation;
import kiln.ir.Function;

/** The x86-64 back end: the baseline x86-64-v2, and more where {@link CpuFeatures} says so. */
public final class X64Backend implements Backend {
    @Override
    public String name() {
        return "x86_64";
    }

    /** What options ask for; the same for all functions of a module. */
    private record Processor(CodegenOptions asked, CodegenOptions options, CpuFeatures features) {
        static Processor of(CodegenOptions asked) {
            CodegenOptions options = CpuFeatures.withImplied(asked);
            return new Processor(asked, options, CpuFeatures.of(options.features()));
        }
    }

    /** That of the function compiled last, or null. */
    private volatile Processor last;

    @Override
    public CompiledFunction compile(Function function, CodegenOptions options, Consumer<String> after) {
        Processor p = last;
        if (p == null || p.asked != options) {
            p = Processor.of(options);
            last = p;
        }
        return new FunctionCompiler(new Context(function, p.options, p.features), Registers.FILE, after).compile();
    }

    @Override
    public void relocate(byte[] text, int at, Relocation r, int target) {
        if (r.kind() != Relocation.Kind.X64_REL32) {
            throw new IllegalArgumentException("not a relocation of x86-64: " + r.kind());
        }
        int distance = Math.toIntExact((long) target + r.addend() - (at + 4L));
        for (int i = 0; i < 4; i++) {
            text[at + i] = (byte) (distance >> 8 * i);
        }
    }

    @Override
    public long callRange() {
        return Integer.MAX_VALUE;
    }

    @Override
    public CompiledFunction veneer(FuncKey target) {
        CodeBuffer buffer = new CodeBuffer();
        int at = new Assembler(buffer).jmpRel32();
        buffer.relocate(at, Relocation.Kind.X64_REL32, target, 0);
        return buffer.finish(target, 1, 0);
    }
}
