package kiln.tests.cross;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.zip.CRC32;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.tests.Corpus;

/**
 * Compiles modules for tests. An emulated JVM takes longer to compile a module than to do anything else with it, so
 * there a process on the native JVM compiles for the emulated machine: every JVM gives the same bytes. That it does is
 * checked here with some of the modules, and in {@link CrossCompilationTest}.
 */
public final class CrossCompiler {
    /** Whether another process compiles, by what {@link #compile} does. */
    public static final boolean IS_NEEDED = Corpus.EMULATED;

    /** One in so many modules is compiled by this JVM, too, for all targets. */
    private static final int CHECKED = Corpus.WHOLE ? 50 : 200;

    private static CrossCompiler instance;
    private static int compiled;
    private static int checked;

    private final ObjectOutputStream out;
    private final ObjectInputStream in;

    private CrossCompiler() throws IOException {
        // The native JVM: Maven runs on it. It ends when its input does, which is when this process ends.
        Process p = new ProcessBuilder(
                        System.getProperty("kiln.native.java"),
                        "-Xss2m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-ea",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CompileService.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        out = new ObjectOutputStream(new BufferedOutputStream(p.getOutputStream()));
        out.flush();
        in = new ObjectInputStream(new BufferedInputStream(p.getInputStream()));
    }

    /** As {@link Compiler#compile(String, byte[], CompilerOptions)}. */
    public static byte[] compile(String name, byte[] wasm, CompilerOptions options) {
        if (!IS_NEEDED) {
            return Compiler.compile(name, wasm, options);
        }
        byte[] file = elsewhere(name, wasm, options);
        if (file == null) {
            byte[] here = Compiler.compile(name, wasm, options);
            throw new AssertionError(name + ": the native JVM refuses what gives " + here.length + " bytes here");
        }
        compiled++;
        if (isChecked(wasm)) {
            checked++;
            for (Target target : Target.values()) {
                check(name, wasm, target == options.target() ? options : to(target, options));
            }
        }
        return file;
    }

    private static CompilerOptions to(Target target, CompilerOptions options) {
        return options.withTarget(target).withCpu(Set.of());
    }

    private static boolean isChecked(byte[] wasm) {
        CRC32 crc = new CRC32();
        crc.update(wasm);
        return crc.getValue() % CHECKED == 0;
    }

    /** Compiles in this process and in one on the native JVM, which must give the same. */
    static void check(String name, byte[] wasm, CompilerOptions options) {
        assertArrayEquals(
                elsewhere(name, wasm, options),
                Compiler.compile(name, wasm, options.withJobs(1)),
                () -> name + ": the native JVM gives other bytes with " + options.describe());
    }

    /** The file that a process on the native JVM compiles; null if it refuses to. */
    private static synchronized byte[] elsewhere(String name, byte[] wasm, CompilerOptions options) {
        try {
            if (instance == null) {
                instance = new CrossCompiler();
                if (IS_NEEDED) {
                    Runtime.getRuntime().addShutdownHook(new Thread(CrossCompiler::printCounts));
                }
            }
            instance.out.writeObject(CompileService.Request.of(name, wasm, options));
            instance.out.reset();
            instance.out.flush();
            return (byte[]) instance.in.readObject();
        } catch (IOException e) {
            throw new UncheckedIOException("the process that compiles is gone", e);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static void printCounts() {
        System.out.println(compiled + " modules were compiled by the native JVM, " + checked
                + " of them also by the emulated one");
    }
}
