package kiln.compiler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import kiln.artifact.Artifact;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Builtin;
import kiln.artifact.DataSection;
import kiln.artifact.Fate;
import kiln.codegen.Backend;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.ir.pass.Pipeline;
import kiln.translate.FunctionTranslator;
import kiln.translate.ModuleEnvironment;
import kiln.translate.ModuleMetadata;
import kiln.translate.StartupTranslator;
import kiln.translate.TranslateOptions;
import kiln.translate.Trampolines;
import kiln.wasm.FunctionValidator;
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
                module, index, new TranslateOptions(options.interruptible(), options.canonicalNans(), options.explicitBounds(), options.keepAll()));
        backend = options.target().backend();
        Pipeline passes = Pipeline.forLevel(options.optLevel());
        pipeline = options.check() ? passes.verified() : passes;
        codegen = new CodegenOptions(options.optLevel(), options.cpu(), env.mayLeaveInstanceByTailCall(), options.check());
    }

    /** All functions of the module that can run, start-up code and trampolines; the others are validated. */
    List<CompiledFunction> compile(WorkPool pool, CompileProgress progress) {
        int imported = module.importedFuncCount();
        CompiledFunction[] defined = new CompiledFunction[module.funcCount() - imported];
        AtomicInteger done = new AtomicInteger();
        pool.run(defined.length, () -> {
            FunctionTranslator translator = new FunctionTranslator(env);
            FunctionValidator validator = new FunctionValidator(module);
            return i -> {
                if (env.isLive(imported + i)) {
                    defined[i] = compile(translator.translate(imported + i));
                } else {
                    validate(validator, imported + i);
                }
                progress.compiled(done.incrementAndGet(), defined.length);
            };
        });
        List<CompiledFunction> result = new ArrayList<>();
        for (CompiledFunction f : defined) {
            if (f != null) {
                result.add(f);
            }
        }
        for (int type : env.typesCalledFromHost()) {
            result.add(compile(Trampolines.arrayToWasm(env, type)));
        }
        for (int type : env.typesCalledInHost()) {
            result.add(compile(Trampolines.wasmToArray(env, type)));
        }
        if (StartupTranslator.isNeeded(env)) {
            result.add(compile(StartupTranslator.translate(env)));
        }
        return result;
    }

    private static void validate(FunctionValidator validator, int func) {
        validator.begin(func);
        while (validator.next()) {
            // next() itself validates.
        }
    }

    /** A builtin as code of this module. */
    CompiledFunction compile(Builtin builtin) {
        return compile(Trampolines.builtin(env, builtin));
    }

    private CompiledFunction compile(kiln.ir.Function f) {
        pipeline.run(f);
        return backend.compile(f, codegen);
    }

    ModuleEnvironment environment() {
        return env;
    }

    int importedCount() {
        return module.importedFuncCount();
    }

    int definedCount() {
        return module.funcCount() - module.importedFuncCount();
    }

    /** Adds what the runtime must know of the module. */
    void describe(ArtifactWriter writer, int index, List<Fate> fates) {
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
        writer.fates(fates);
        for (int f = 0; f < module.funcCount(); f++) {
            String name = module.names().function(f);
            if (name != null) {
                writer.name(index, f, name);
            }
        }
    }
}
