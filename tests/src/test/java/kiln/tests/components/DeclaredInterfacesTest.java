package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipFile;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.LinkException;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.Result;
import kiln.runtime.component.Tuple3;
import kiln.runtime.component.Wit;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interfaces that are declared in Java, called by components and calling them. */
class DeclaredInterfacesTest {
    private final Engine engine = new Engine();
    private final Store store = new Store(engine);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    private Component load(String name, byte[] wasm) {
        return Component.load(
                engine,
                CrossCompiler.compile(name, wasm, CompilerOptions.defaults().withJobs(1)));
    }

    /** A component of the reference suite that returns its arguments as text. */
    private ComponentInstance concat() throws IOException {
        Path zip = Corpus.require().resolve("misc/component-model/json/values.zip");
        try (ZipFile file = new ZipFile(zip.toFile())) {
            byte[] wasm =
                    file.getInputStream(file.getEntry("concat/concat.0.wasm")).readAllBytes();
            return new ComponentLinker(engine).instantiate(store, load("concat", wasm));
        }
    }

    /** A record whose fields have the names of WIT's. */
    public record Rec(String s, int n) {}

    /** A variant. */
    public sealed interface Var {
        /** A case with a name of its own. */
        @Wit("s")
        record Text(String value) implements Var {}

        /** The other one. */
        record N(int value) implements Var {}
    }

    /** An enum. */
    public enum Colour {
        RED,
        GREEN,
        @Wit("blue")
        AZURE
    }

    /** Flags. */
    public enum Letter {
        A,
        B,
        C
    }

    /** What the component exports, as far as it is used here. */
    public interface Concat {
        String tuple(Tuple3<String, Integer, Boolean> a);

        String record(Rec a);

        String variant(Var a);

        @Wit("enum")
        String colour(Colour a);

        String flags(EnumSet<Letter> a);

        String option(Optional<Integer> a);

        String result(Result<String, Integer> a);

        String nestedList(List<List<String>> a);

        @Wit("concat-u32s")
        String numbers(int[] a);

        /** Is no function of the component's, and need not be one. */
        default String both() {
            return option(Optional.empty()) + variant(new Var.N(1));
        }
    }

    @Test
    void functionsAreMethodsWithTypesOfJava() throws IOException {
        Concat c = concat().bind("", Concat.class);
        assertEquals("x=42true", c.tuple(new Tuple3<>("x=", 42, true)));
        assertEquals("v=7", c.record(new Rec("v=", 7)));
        assertEquals("hi", c.variant(new Var.Text("hi")));
        assertEquals("99", c.variant(new Var.N(99)));
        assertEquals("blue", c.colour(Colour.AZURE));
        assertEquals("ac", c.flags(EnumSet.of(Letter.A, Letter.C)));
        assertEquals("some5", c.option(Optional.of(5)));
        assertEquals("err404", c.result(Result.err(404)));
        assertEquals("abc", c.nestedList(List.of(List.of("a", "b"), List.of(), List.of("c"))));
        assertEquals("123", c.numbers(new int[] {1, 2, 3}));
        assertEquals("none1", c.both());
        assertTrue(c.toString().contains("Concat"), c::toString);
    }

    /** Everything in it is wrong. */
    public interface Wrong {
        String record(Concat a);

        int echo(String a);

        String bignum(long a, long b);

        String missing();

        String flags(Set<String> a);
    }

    @Test
    void allDifferencesAreTold() throws IOException {
        ComponentInstance instance = concat();
        String message = assertThrows(IllegalArgumentException.class, () -> instance.bind("", Wrong.class))
                .getMessage();
        for (String part : List.of(
                "Wrong.record parameter a: a record is a record, not " + Concat.class.getName(),
                "Wrong.echo result: a string is String, not int",
                "Wrong.bignum: the function has 1 parameters, not 2",
                "Wrong.missing: the component exports no function of that name",
                "Wrong.flags parameter a: a flags is an EnumSet, not java.util.Set<java.lang.String>")) {
            assertTrue(message.contains(part), message);
        }
        assertThrows(NoSuchElementException.class, () -> instance.func("missing"));
    }

    // ---- imports: a program's standard output

    /** wasi:io/streams, as far as a program that prints needs it. */
    public interface Streams {
        /** An error that a stream has. */
        final class StreamException extends Exception {
            private static final long serialVersionUID = 1L;
            private final transient StreamError payload;

            public StreamException(StreamError payload) {
                this.payload = payload;
            }

            public StreamError payload() {
                return payload;
            }
        }

        /** What can be wrong. */
        sealed interface StreamError {
            /** Something else says what. */
            record LastOperationFailed(Object error) implements StreamError {}

            /** It is over. */
            record Closed() implements StreamError {}
        }

        /** Where bytes go to. */
        interface OutputStream extends AutoCloseable {
            long checkWrite() throws StreamException;

            void write(byte[] contents) throws StreamException;

            void blockingWriteAndFlush(byte[] contents) throws StreamException;

            Result<Void, StreamError> blockingFlush();

            @Override
            void close();
        }

        /** Where bytes come from. */
        interface InputStream {}
    }

    /** wasi:cli/stdout. */
    public interface Stdout {
        Streams.OutputStream getStdout();
    }

    /** wasi:cli/stderr. */
    public interface Stderr {
        Streams.OutputStream getStderr();
    }

    /** wasi:cli/stdin. */
    public interface Stdin {
        Streams.InputStream getStdin();
    }

    /** wasi:cli/environment. */
    public interface Environment {
        List<String> getArguments();
    }

    private static final class Printed implements Streams.OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean broken;

        @Override
        public long checkWrite() {
            return 4096;
        }

        @Override
        public void write(byte[] contents) throws Streams.StreamException {
            if (broken) {
                throw new Streams.StreamException(new Streams.StreamError.Closed());
            }
            bytes.writeBytes(contents);
        }

        @Override
        public void blockingWriteAndFlush(byte[] contents) throws Streams.StreamException {
            write(contents);
        }

        @Override
        public Result<Void, Streams.StreamError> blockingFlush() {
            return Result.ok();
        }

        @Override
        public void close() {}
    }

    @Test
    void anImportWithoutAVersionIsNamedIfItIsMissing() throws IOException {
        Path file = Corpus.require().resolve("programs/components/kotlin-richards.wasm");
        Component richards = load("richards", Files.readAllBytes(file));
        String missing = assertThrows(
                        LinkException.class, () -> new ComponentLinker(engine).instantiate(store, richards))
                .getMessage();
        assertTrue(missing.contains("unknown import bench#start"), missing);
    }

    @Test
    void aProgramPrintsThroughInterfacesOfJava() throws IOException {
        Path file = Corpus.require().resolve("programs/components/hello-c-p2.wasm");
        Component hello = load("hello", Files.readAllBytes(file));
        Printed out = new Printed();
        ComponentLinker linker = new ComponentLinker(engine)
                .with("wasi:io/streams@0.2.0", Streams.class, new Streams() {})
                .with("wasi:cli/stdout@0.2.0", Stdout.class, () -> out)
                .with("wasi:cli/stderr@0.2.0", Stderr.class, () -> out)
                .with("wasi:cli/stdin@0.2.0", Stdin.class, () -> new Streams.InputStream() {})
                .with("wasi:cli/environment@0.2.0", Environment.class, () -> List.of("hello"));
        String missing = assertThrows(LinkException.class, () -> linker.instantiate(store, hello))
                .getMessage();
        assertTrue(missing.contains("unknown import wasi:cli/exit@0.2.12#exit"), missing);
        for (List<String> path : hello.imports()) {
            String name = path.getFirst();
            if (name.startsWith("wasi:cli/terminal-std")) {
                linker.func(name, path.getLast(), (_, _) -> Optional.empty());
            } else if (name.startsWith("wasi:filesystem/preopens")) {
                linker.func(name, path.getLast(), (_, _) -> List.of());
            } else if (!name.startsWith("wasi:cli/std")
                    && !name.startsWith("wasi:io/streams")
                    && !name.startsWith("wasi:cli/environment")) {
                linker.func(name, path.getLast(), (_, _) -> {
                    throw new UnsupportedOperationException(path.toString());
                });
            }
        }
        for (String resource : Set.of(
                "wasi:io/error@0.2.12#error",
                "wasi:io/poll@0.2.12#pollable",
                "wasi:filesystem/types@0.2.12#descriptor",
                "wasi:filesystem/types@0.2.12#directory-entry-stream",
                "wasi:cli/terminal-input@0.2.12#terminal-input",
                "wasi:cli/terminal-output@0.2.12#terminal-output",
                "wasi:sockets/udp@0.2.12#udp-socket",
                "wasi:sockets/udp@0.2.12#incoming-datagram-stream",
                "wasi:sockets/udp@0.2.12#outgoing-datagram-stream",
                "wasi:sockets/tcp@0.2.12#tcp-socket")) {
            int hash = resource.indexOf('#');
            linker.resource(resource.substring(0, hash), resource.substring(hash + 1), Object.class, _ -> {});
        }
        ComponentInstance program = linker.instantiate(store, hello);
        assertEquals(Result.ok(), program.func("wasi:cli/run#run").invoke());
        assertEquals("hello 1 0.841471\nhello\n", out.bytes.toString(StandardCharsets.UTF_8));
        // An exception that the method declares is the error of the function's type, which the program gets to see.
        out.broken = true;
        out.bytes.reset();
        linker.instantiate(store, hello).func("wasi:cli/run#run").invoke();
        assertEquals(0, out.bytes.size());
        assertEquals(List.of("wasi:cli/run@0.2.12#run"), hello.exports());
    }
}
