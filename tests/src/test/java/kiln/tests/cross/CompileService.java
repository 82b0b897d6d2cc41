package kiln.tests.cross;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.wasm.Feature;
import kiln.wasm.Features;

/**
 * A process that compiles what it reads from standard input and writes the files to standard output; see
 * {@link CrossCompiler}.
 */
public final class CompileService {
    /**
     * A module to compile.
     *
     * @param options the components of a {@link CompilerOptions}, whichever there are
     */
    record Request(String name, byte[] wasm, Object[] options) implements Serializable {
        static Request of(String name, byte[] wasm, CompilerOptions options) {
            RecordComponent[] components = CompilerOptions.class.getRecordComponents();
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                try {
                    values[i] = components[i].getAccessor().invoke(options);
                } catch (ReflectiveOperationException e) {
                    throw new AssertionError(e);
                }
                if (values[i] instanceof Features f) {
                    values[i] = new EnabledFeatures(EnumSet.copyOf(f.enabled()));
                }
            }
            return new Request(name, wasm, values);
        }

        CompilerOptions compilerOptions() {
            Object[] values = options.clone();
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof EnabledFeatures f) {
                    values[i] = Features.of(f.features);
                }
            }
            Class<?>[] types = Arrays.stream(CompilerOptions.class.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            try {
                return CompilerOptions.class.getDeclaredConstructor(types).newInstance(values);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** {@link Features} cannot be written itself. */
    private record EnabledFeatures(Set<Feature> features) implements Serializable {}

    private CompileService() {}

    public static void main(String[] args) throws IOException, ClassNotFoundException {
        ObjectOutputStream out = new ObjectOutputStream(new BufferedOutputStream(System.out));
        out.flush();
        System.setOut(System.err);
        ObjectInputStream in = new ObjectInputStream(new BufferedInputStream(System.in));
        try {
            while (true) {
                out.writeObject(answer((Request) in.readObject()));
                out.reset();
                out.flush();
            }
        } catch (EOFException _) {
            System.exit(0);
        }
    }

    /** Null if the module is refused: the other side finds out by itself why. */
    private static byte[] answer(Request r) {
        try {
            return Compiler.compile(r.name, r.wasm, r.compilerOptions());
        } catch (RuntimeException | AssertionError | StackOverflowError _) {
            return null;
        }
    }
}
