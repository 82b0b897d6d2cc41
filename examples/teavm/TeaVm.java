import java.io.IOException;
import java.io.PrintStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.function.BinaryOperator;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;

/**
 * Runs Java that TeaVM has compiled to WebAssembly with garbage collection, in a JVM: what its runtime in JavaScript
 * gives the program comes from Java instead. Strings are Java's own.
 *
 * <pre>
 * java -cp kiln.jar examples/teavm/TeaVm.java program.wasm
 * </pre>
 */
public final class TeaVm implements AutoCloseable {
    private final PrintStream out;
    private final Engine engine = new Engine();
    private final Store store = new Store(engine);
    private final Instance instance;

    /** @param out takes what the program prints */
    public TeaVm(Path program, PrintStream out) throws ReflectiveOperationException {
        this.out = out;
        MethodHandles.Lookup here = MethodHandles.lookup();
        MethodHandle function =
                here.findStatic(TeaVm.class, "function", MethodType.methodType(Object.class, Func.class, int.class));
        CompiledModule module = CompiledModule.load(engine, program);
        instance = new Linker(engine)
                // The functions of wasm:js-string; globals imported from ' are the strings that are their names.
                .strings("'")
                .func("teavmJso", "stringBuiltinsSupported", IntSupplier.class, () -> 1)
                .func("teavmJso", "defineFunction", function)
                .func("teavmJso", "createFunction1", BinaryOperator.class, (wrapper, f) -> f)
                .func("teavmConsole", "putcharStdout", IntConsumer.class, out::write)
                .func("teavmConsole", "putcharStderr", IntConsumer.class, System.err::write)
                // The rest describes Java's classes to JavaScript, which is not there.
                .unknownImports(Linker.UnknownImports.DEFAULT)
                .instantiate(store, module);
    }

    /** A function of the program as an object: JavaScript would wrap it, Java takes it as it is. */
    static Object function(Func f, int parameters) {
        return f;
    }

    /** Runs the method {@code main}. */
    public void run() {
        Func main = (Func) instance.global("main").get();
        main.invoke((Object) null);
        out.flush();
    }

    @Override
    public void close() {
        store.close();
        engine.close();
    }

    /** Runs the program in the file that the first argument names. */
    public static void main(String[] args) throws IOException, ReflectiveOperationException {
        try (TeaVm program = new TeaVm(Path.of(args[0]), System.out)) {
            program.run();
        }
    }
}
