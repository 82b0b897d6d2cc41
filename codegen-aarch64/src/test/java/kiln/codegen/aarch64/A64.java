package kiln.codegen.aarch64;

import java.util.List;
import java.util.Set;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.testing.Machine;
import kiln.ir.Function;

/** What the tests that all back ends share need to know of this one. */
final class A64 {
    static final A64Backend BACKEND = new A64Backend();
    static final CodegenOptions OPTIONS = Machine.options(Set.of());
    static final Machine.Target TARGET =
            new Machine.Target("aarch64", BACKEND, Stubs.image(), CpuFeatures.NAMES, List.of());

    private A64() {}

    static CompiledFunction compile(Function f) {
        return BACKEND.compile(Machine.prepared(f), OPTIONS);
    }

    /** A machine with these functions. */
    static Machine machine(List<CompiledFunction> functions) {
        Machine m = new Machine(TARGET);
        m.link(functions);
        return m;
    }

    /** Compiles and runs one function. */
    static Machine.Outcome run(Function f, long... args) {
        try (Machine m = machine(List.of(compile(f)))) {
            return m.call(f.key(), f.signature(), args);
        }
    }
}
