package kiln.compiler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import kiln.artifact.Artifact;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Builtin;
import kiln.artifact.DataSection;
import kiln.artifact.FuncKey;
import kiln.codegen.Backend;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.Relocation;
import kiln.ir.pass.Pipeline;
import kiln.translate.FunctionTranslator;
import kiln.translate.ModuleEnvironment;
import kiln.translate.ModuleMetadata;
import kiln.translate.StartupTranslator;
import kiln.translate.TranslateOptions;
import kiln.translate.Trampolines;
import kiln.wasm.WasmModule;

/** One module's way to machine code. */
final class ModuleCompilation {
    private final WasmModule module;
    private final ModuleEnvironment env;
    private final Backend backend;
    private final Pipeline pipeline;
    private final CodegenOptions codegen;

    ModuleCompilation(WasmModule module, int index, CompilerOptions options) {
        this.module = module;
        env = new ModuleEnvironment(
                module, index, new TranslateOptions(options.interruptible(), options.canonicalNans(), options.explicitBounds()));
        backend = options.target().backend();
        Pipeline passes = Pipeline.forLevel(options.optLevel());
        pipeline = options.check() ? passes.verified() : passes;
        codegen = new CodegenOptions(options.optLevel(), options.cpu(), env.mayLeaveInstanceByTailCall(), options.check());
    }

    /** All functions of the module: wasm functions, trampolines, the builtins that they call, start-up code. */
    List<CompiledFunction> compile(WorkPool pool, CompileProgress progress) {
        int imported = module.importedFuncCount();
        CompiledFunction[] defined = new CompiledFunction[module.funcCount() - imported];
        AtomicInteger done = new AtomicInteger();
        pool.run(defined.length, () -> {
            FunctionTranslator translator = new FunctionTranslator(env);
            return i -> {
                defined[i] = compile(translator.translate(imported + i));
                progress.compiled(done.incrementAndGet(), defined.length);
            };
        });
        List<CompiledFunction> result = new ArrayList<>(Arrays.asList(defined));
        for (int type : env.trampolineTypes()) {
            result.add(compile(Trampolines.arrayToWasm(env, type)));
            result.add(compile(Trampolines.wasmToArray(env, type)));
        }
        for (int type : env.indirectHostTypes()) {
            result.add(compile(Trampolines.wasmToArray(env, type)));
        }
        if (StartupTranslator.isNeeded(env)) {
            result.add(compile(StartupTranslator.translate(env)));
        }
        addBuiltins(result);
        return result;
    }

    private CompiledFunction compile(kiln.ir.Function f) {
        pipeline.run(f);
        return backend.compile(f, codegen);
    }

    private void addBuiltins(List<CompiledFunction> functions) {
        Set<FuncKey> called = new HashSet<>();
        for (CompiledFunction f : functions) {
            for (Relocation r : f.relocations()) {
                if (r.target().kind() == FuncKey.Kind.BUILTIN) {
                    called.add(r.target());
                }
            }
        }
        Function<Builtin, FuncKey> key = b -> FuncKey.builtin(env.moduleIndex(), b);
        for (Builtin b : Builtin.values()) {
            if (called.contains(key.apply(b))) {
                functions.add(compile(Trampolines.builtin(env, b)));
            }
        }
    }

    /** Adds what the runtime must know of the module. */
    void describe(ArtifactWriter writer, int index) {
        DataSection data = writer.data();
        long start = data.size() + Artifact.ALIGNMENT - 1 & -Artifact.ALIGNMENT;
        ModuleMetadata metadata = ModuleMetadata.of(env, start);
        MemorySegment bytes = MemorySegment.ofArray(metadata.data());
        if (!metadata.info().images().isEmpty() || start != data.size()) {
            data.addImage(bytes);
        } else {
            data.addSegment(bytes);
        }
        writer.module(metadata.info());
        for (int f = 0; f < module.funcCount(); f++) {
            String name = module.names().function(f);
            if (name != null) {
                writer.name(index, f, name);
            }
        }
    }
}
