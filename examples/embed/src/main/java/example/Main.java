package example;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.IntUnaryOperator;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;

/** Loads WebAssembly from the class path, gives it a function of Java's, calls it, and survives its trap. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
        try (InputStream wasm = Main.class.getResourceAsStream("squares.wasm");
                Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, "squares", wasm);
                Store store = new Store(engine)) {
            Instance instance = new Linker(engine)
                    .func("env", "square", IntUnaryOperator.class, x -> x * x)
                    .instantiate(store, module);
            System.out.println("1 + 4 + 9 + 16 = " + instance.func("sum").invoke(4));
            try {
                instance.func("sum").invoke(-1);
            } catch (TrapException e) {
                System.out.println("a trap: " + e.getMessage());
            }
        }
    }
}
