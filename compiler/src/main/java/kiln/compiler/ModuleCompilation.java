package kiln.compiler;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import kiln.artifact.ArtifactWriter;
import kiln.artifact.Builtin;
import kiln.artifact.DataSection;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;
import kiln.artifact.SourceLines;
import kiln.artifact.component.ComponentContext;
import kiln.codegen.Backend;
import kiln.codegen.CodegenOptions;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.InlineTable;
import kiln.ir.Inliner;
import kiln.ir.analysis.InlineCost;
import kiln.ir.pass.Pipeline;
import kiln.translate.ComponentFunctions;
import kiln.translate.FunctionTranslator;
import kiln.translate.Linkage;
import kiln.translate.ModuleEnvironment;
import kiln.translate.ModuleMetadata;
import kiln.translate.StartupTranslator;
import kiln.translate.Trampolines;
import kiln.translate.TranslateOptions;
import kiln.types.TypeNames;
import kiln.types.TypeSpace;
import kiln.wasm.DwarfLines;
import kiln.wasm.Export;
import kiln.wasm.ExternKind;
import kiln.wasm.Feature;
import kiln.wasm.FunctionValidator;
import kiln.wasm.WasmModule;

/** One module's way to machine code. */
final class ModuleCompilation {
    private final WasmModule module;
    private final ModuleEnvironment env;
    /** Those of the modules up to this one. */
    private final LinkedContexts contexts;

    private final Backend backend;
    private final Pipeline pipeline;
    private final CodegenOptions codegen;
    private final boolean inlines;
    private final boolean debugInfo;
    /** Functions that modules after this one call directly. */
    private final BitSet linked = new BitSet();
    /** Null if nobody wants to see the IR. */
    private Exploration.Recorder recorder;
    /** Null before {@link #compile}, and if nothing is inlined. */
    private Inlining inlining;

    /** @param before the modules of lower numbers */
    ModuleCompilation(Links.Bound links, List<ModuleCompilation> before, CompilerOptions options) {
        this(links, before, options, null, null);
    }

    /**
     * @param own the context that the module has, for one that is a component's; null for what the module needs
     * @param code what canonical functions are, or null if all are given from outside
     */
    ModuleCompilation(
            Links.Bound links,
            List<ModuleCompilation> before,
            CompilerOptions options,
            ComponentContext own,
            ComponentFunctions code) {
        this.module = links.module();
        env = new ModuleEnvironment(
                module,
                before.size(),
                new TranslateOptions(
                        options.interruptible(),
                        options.canonicalNans(),
                        options.explicitBounds(),
                        options.keepAll(),
                        options.eagerTables(),
                        options.relaxedSimd() == CompilerOptions.RelaxedSimd.DETERMINISTIC),
                linkage(links, before, code));
        contexts = own == null ? env.contexts() : LinkedContexts.NONE.with(own.size());
        linkCallees(before);
        backend = options.target().backend();
        Pipeline passes = Pipeline.forLevel(options.optLevel());
        pipeline = options.check() ? passes.verified() : passes;
        // Positions of inlined instructions take the upper half of the range, see InlineTable.
        inlines = options.inlining() && options.optLevel() >= 2 && module.bytes().length < InlineTable.FIRST;
        codegen = new CodegenOptions(
                options.optLevel(),
                options.cpu(),
                env.mayLeaveInstanceByTailCall(),
                contexts,
                options.check(),
                options.debugInfo());
        debugInfo = options.debugInfo();
    }

    private static Linkage linkage(Links.Bound links, List<ModuleCompilation> before, ComponentFunctions code) {
        List<Linkage.Import> imports = new ArrayList<>();
        for (Links.Target t : links.imports()) {
            imports.add(
                    switch (t) {
                        case Links.ExportTarget(int module, int export) ->
                            new Linkage.Export(before.get(module).env, export);
                        case Links.CanonTarget(int canon) -> linkage(canon, code);
                        case null -> null;
                    });
        }
        LinkedContexts contexts = before.isEmpty() ? LinkedContexts.NONE : before.getLast().contexts;
        return new Linkage(links.name(), imports, contexts);
    }

    /** A canonical function that is no code is given when the component is instantiated. */
    private static Linkage.Import linkage(int canon, ComponentFunctions code) {
        CallTarget target = code == null ? null : code.target(canon);
        return target == null ? null : new Linkage.Code(target);
    }

    private void linkCallees(List<ModuleCompilation> before) {
        for (int f = 0; f < importedCount(); f++) {
            FuncKey callee = env.callTarget(f).key();
            if (callee != null && !callee.isOfComponent()) {
                before.get(callee.payload()).isCalled(callee);
            }
        }
    }

    /** The component's own functions that this module refers to otherwise than by calling them. */
    List<FuncKey> referredOfComponent() {
        List<FuncKey> keys = new ArrayList<>();
        for (int f = 0; f < importedCount(); f++) {
            FuncKey key = env.callTarget(f).key();
            // Tail calls go through the record of the import.
            boolean isReferred = module.isDeclaredRef(f) || env.usedFeatures().contains(Feature.TAIL_CALL);
            if (key != null && key.isOfComponent() && isReferred) {
                keys.add(key);
            }
        }
        return keys;
    }

    /** Says that code outside of the module calls one of its functions directly. */
    void isCalled(FuncKey function) {
        linked.set(importedCount() + function.index());
    }

    /** Has somebody see what code is made from. */
    void showTo(Exploration.Recorder to) {
        recorder = to;
    }

    /** Makes all functions of the module that can run, start-up code and trampolines; validates the others. */
    void compile(
            WorkPool pool,
            CompileProgress progress,
            List<ModuleCompilation> before,
            BiConsumer<FuncKey, Product> results) {
        Product[] defined = new Product[definedCount()];
        if (inlines) {
            List<Inlining> complete = before.stream().map(m -> m.inlining).toList();
            inlining = new Inlining(env, complete, new CallOrder(env, linked), defined.length);
        }
        AtomicInteger done = new AtomicInteger();
        Supplier<WorkPool.Worker> workers = () -> {
            FunctionTranslator translator = new FunctionTranslator(env);
            FunctionValidator validator = new FunctionValidator(module);
            return piece -> {
                int i = inlining == null ? piece : inlining.order().function(piece);
                try {
                    if (!env.isLive(importedCount() + i)) {
                        validate(validator, importedCount() + i);
                    } else if (inlining == null) {
                        defined[i] = compile(translator.translate(importedCount() + i));
                    } else {
                        defined[i] = compile(translator, i);
                    }
                } catch (RuntimeException e) {
                    throw Defects.in(FuncKey.wasmFunction(env.moduleIndex(), i), e);
                }
                progress.compiled(done.incrementAndGet(), defined.length);
            };
        };
        pool.run(defined.length, workers, inlining == null ? () -> {} : inlining::abandon);
        for (int i = 0; i < defined.length; i++) {
            if (defined[i] != null) {
                results.accept(FuncKey.wasmFunction(env.moduleIndex(), i), defined[i]);
            }
        }
        for (int type : env.typesCalledFromHost()) {
            add(results, Trampolines.arrayToWasm(env, type));
        }
        for (int type : env.typesCalledInHost()) {
            add(results, Trampolines.wasmToArray(env, type));
        }
        if (StartupTranslator.isNeeded(env)) {
            add(results, StartupTranslator.translate(env));
        }
    }

    private void add(BiConsumer<FuncKey, Product> results, Function f) {
        results.accept(f.key(), compile(f));
    }

    private Product compile(FunctionTranslator translator, int defined) {
        Function body = null;
        InlineCost cost = null;
        try {
            Function f = translator.translate(importedCount() + defined);
            inlining.expand(f);
            // Objects that a copy makes are known as such where it is copied to.
            boolean unfinished = pipeline.runBeforeLasting(f);
            if (!inlining.order().isCandidate(defined) && !Inlining.callsItself(f)) {
                if (unfinished) {
                    pipeline.finish(f);
                }
                return generate(f);
            }
            unfinished = unfinished && !pipeline.finishIfSame(f);
            cost = InlineCost.of(f);
            if (Inlining.isWorthInliningRecursion(cost)) {
                Function expanded = translator.translate(importedCount() + defined);
                inlining.expand(expanded);
                Inliner.compact(f);
                Inlining.inlineRecursion(expanded, f, cost);
                pipeline.run(expanded);
                return generate(expanded);
            }
            if (inlining.order().isCandidate(defined) && inlining.isSmall(defined, f, cost)) {
                Inliner.compact(f);
                body = f;
                return new Product.Pending(f, unfinished);
            }
            if (unfinished) {
                pipeline.finish(f);
            }
            return generate(f);
        } finally {
            // Also if it failed: others may be waiting. If this fails too, for want of stack say, they are told so by
            // the pool.
            inlining.complete(defined, body, cost);
        }
    }

    private static void validate(FunctionValidator validator, int func) {
        validator.begin(func);
        while (validator.next()) {
            // next() itself validates.
        }
    }

    /** A function of the component whose home this module is, which is complete. */
    Product compileOfComponent(Function f) {
        if (inlining == null) {
            return compile(f);
        }
        inlining.expand(f);
        boolean unfinished = pipeline.runForCopies(f);
        if (inlining.completeOfComponent(f)) {
            return new Product.Pending(f, unfinished);
        }
        if (unfinished) {
            pipeline.finish(f);
        }
        return generate(f);
    }

    /** A builtin as code of this module. */
    Product.Code compile(Builtin builtin) {
        return compile(Trampolines.builtin(env, builtin));
    }

    private Product.Code compile(Function f) {
        pipeline.run(f);
        return generate(f);
    }

    /** The machine code of a function that is needed after all. */
    Product.Code generate(Product.Pending pending) {
        if (pending.unfinished()) {
            pipeline.finish(pending.function());
        }
        return generate(pending.function());
    }

    /** The machine code of an optimised function. */
    Product.Code generate(Function f) {
        if (recorder != null) {
            recorder.generates(f);
        }
        return Product.Code.of(backend.compile(f, codegen), f);
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
        long start = data.nextPage();
        ModuleMetadata metadata = ModuleMetadata.of(env, start, data.pageBytes());
        MemorySegment bytes = MemorySegment.ofArray(metadata.data());
        if (!metadata.info().images().isEmpty() || start != data.size()) {
            data.addImage(bytes);
        } else {
            data.addSegment(bytes);
        }
        writer.module(metadata.info());
        writer.fates(fates);
        writer.typeNames(hasObjects() ? module.names().types() : TypeNames.NONE);
        if (debugInfo) {
            SourceLines.Builder lines = new SourceLines.Builder();
            DwarfLines.read(module, lines::add);
            writer.lines(lines);
        }
        String[] exported = exportedNames();
        for (int f = 0; f < module.funcCount(); f++) {
            String name = module.names().function(f);
            if (name == null) {
                name = exported[f];
            }
            if (name != null) {
                writer.name(index, f, name);
            }
        }
    }

    private boolean hasObjects() {
        TypeSpace types = module.types();
        for (int i = 0; i < types.count(); i++) {
            if (types.func(i) == null) {
                return true;
            }
        }
        return false;
    }

    /** By function: the first name that it is exported by, or null. */
    private String[] exportedNames() {
        String[] names = new String[module.funcCount()];
        for (Export e : module.exports().reversed()) {
            if (e.kind() == ExternKind.FUNC) {
                names[e.index()] = e.name();
            }
        }
        return names;
    }
}
