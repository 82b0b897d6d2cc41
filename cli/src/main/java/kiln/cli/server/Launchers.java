package kiln.cli.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import kiln.artifact.OutputFile;
import kiln.artifact.PathBytes;
import kiln.cli.Mistakes;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;

/**
 * Compiles for launchers, which are shell scripts: they cannot use sockets, but open files and pipes. Here everything
 * is an open file of theirs, which /proc shows to processes of the same user.
 *
 * <ul>
 *   <li>The server's standard input is a pipe. A launcher opens it as /proc/SERVER/fd/0 and writes one line to it.
 *   <li>The launcher has the module open as descriptor 3, the output's folder as 4 and that pipe as 5.
 *   <li>It reads the standard output of a child with the same descriptors, which only sleeps. The server takes over the
 *       writing end of that pipe and ends the child. So whatever becomes of the server, the launcher's reading ends:
 *       when the child has slept enough if the server takes no notice, else when the server closes the pipe or ends.
 * </ul>
 *
 * The line has fields that tabs separate: {@link #MAGIC}; the child's process; the launcher's; 1 if standard error is a
 * terminal, else 0; options; the module's name as it was given; the output's name in its folder. The answer is
 * {@link #ALIVE}, just before the output is written: if nobody reads the pipe any more, that fails, and nothing is
 * written. Then {@link #DONE}, {@link #MISTAKE} and a message, or {@link #REFUSED}, and {@link #END}. Whatever else
 * comes is no answer, and the launcher's command compiles as it does without a server.
 *
 * <p>What a user could tell from the command's own work is refused, and so is every failure but that of a wrong module:
 * the command meets the same, and says so.
 */
final class Launchers {
    static final String MAGIC = "KLN2";
    private static final int FIELDS = 7;
    /** Bytes that are written to a pipe at once; a line of more is none of a launcher's. */
    private static final int MAX_LINE = 4096;

    private static final String ALIVE = ".";
    private static final String DONE = "0";
    private static final String MISTAKE = "2";
    private static final String REFUSED = "n";
    private static final String END = ";";

    /** Of modules that are compiled without showing how far that is; beyond, as {@link Protocol#MAX_BYTES}. */
    private static final long MAX_BYTES_ON_TERMINAL = 1 << 20;

    private static final String ANSWER = "fd/1";
    private static final String MODULE = "fd/3";
    private static final String FOLDER = "fd/4";
    private static final String REQUESTS = "fd/5";

    private static final Path SELF = Path.of("/proc/self");
    private static final int FILE_TYPE = 0170000;
    private static final int PIPE = 0010000;

    /** Reading and writing for the user, which files of the command's have. */
    private static final int OWNERS = 0600;

    /** What the system gives a new file, but for the umask. */
    private static final int NEW_FILE = 0666;

    private final Path socket;
    private final String identity;
    private final BooleanSupplier busy;
    private final RandomAccessFile requests;
    private final Object requestsKey;
    private final List<String> rights = rights(SELF);

    private Launchers(Path socket, String identity, BooleanSupplier busy) throws IOException {
        this.socket = socket;
        this.identity = identity;
        this.busy = busy;
        // For writing, too: so it has no end when the last launcher has closed it.
        requests = new RandomAccessFile(SELF.resolve("fd/0").toFile(), "rw");
        requestsKey = key(SELF.resolve("fd/0"));
    }

    /**
     * For those who may use this socket.
     *
     * @param identity what {@link Protocol#identity()} must still be when a request comes
     * @param busy whether requests are refused now
     * @return null if standard input is no pipe: commands use the socket then
     */
    static Launchers of(Path socket, String identity, BooleanSupplier busy) throws IOException {
        return isPipe(SELF.resolve("fd/0")) ? new Launchers(socket, identity, busy) : null;
    }

    /**
     * What a launcher finds the server by: its process, the time when that began, which no later process of the same
     * number has, and its classes.
     */
    String address() throws IOException {
        String stat = Files.readString(SELF.resolve("stat"));
        String began = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        return ProcessHandle.current().pid() + " " + began + " " + System.getProperty("java.class.path") + "\n";
    }

    /** Has {@code workers} answer what comes, for ever. */
    void listen(Executor workers) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream in = new BufferedInputStream(new FileInputStream(requests.getFD()))) {
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b == '\n') {
                    byte[] request = line.toByteArray();
                    line.reset();
                    if (request.length <= MAX_LINE) {
                        workers.execute(() -> answer(request));
                    }
                } else if (line.size() <= MAX_LINE) {
                    line.write(b);
                }
            }
        } catch (IOException _) {
            // Launchers get no answer.
        }
    }

    private record Request(
            Path child, Path launcher, boolean terminal, CompilerOptions options, Path module, String output) {
        /** Null if it makes no sense. */
        static Request parse(String[] fields) {
            CompilerOptions options = fields.length == FIELDS ? Launchers.options(fields[4]) : null;
            return options == null || !fields[0].equals(MAGIC)
                    ? null
                    : new Request(
                            process(fields[1]),
                            process(fields[2]),
                            fields[3].equals("1"),
                            options,
                            PathBytes.path(fields[5]),
                            fields[6]);
        }

        private static Path process(String number) {
            return Path.of("/proc", Long.toString(Long.parseLong(number)));
        }
    }

    private static CompilerOptions options(String words) {
        CompilerOptions options = CompilerOptions.defaults();
        for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
            options = switch (word) {
                case "-O0" -> options.withOptLevel(0);
                case "-O1" -> options.withOptLevel(1);
                case "-O2" -> options.withOptLevel(2);
                case "--interruptible" -> options.withInterruptible(true);
                case "--explicit-bounds" -> options.withExplicitBounds(true);
                case "--keep-all" -> options.withKeepAll(true);
                case "--no-inlining" -> options.withInlining(false);
                case "--eager-tables" -> options.withEagerTables(true);
                case "--debug-info" -> options.withDebugInfo(true);
                default -> null;
            };
            if (options == null) {
                return null;
            }
        }
        return options;
    }

    private void answer(byte[] line) {
        try {
            Request request = Request.parse(PathBytes.decode(line).split("\t", -1));
            if (request == null) {
                return;
            }
            ProcessHandle child = ProcessHandle.of(
                            Long.parseLong(request.child().getFileName().toString()))
                    .orElse(null);
            // A number may be that of another process by now, or in another namespace of numbers.
            if (child == null || !hasRequests(request.child()) || !hasRequests(request.launcher())) {
                return;
            }
            if (requestsKey.equals(key(request.child().resolve(ANSWER)))) {
                return; // The shell is writing the request yet, and has its output there for that time.
            }
            try (FileChannel answer = writing(request.child().resolve(ANSWER))) {
                byte[] module;
                try {
                    module = module(request);
                } finally {
                    child.destroyForcibly();
                }
                say(answer, (module == null ? REFUSED : compile(request, module, answer)) + END);
            }
        } catch (IOException | RuntimeException _) {
            // The launcher has gone.
        }
    }

    private boolean hasRequests(Path process) throws IOException {
        return requestsKey.equals(key(process.resolve(REQUESTS)));
    }

    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static boolean isPipe(Path file) throws IOException {
        return ((Integer) Files.getAttribute(file, "unix:mode") & FILE_TYPE) == PIPE;
    }

    /** Opens a pipe for writing, also if nobody reads it: without waiting for a reader, and without being one. */
    private static FileChannel writing(Path pipe) throws IOException {
        if (!isPipe(pipe)) {
            throw new IOException("no pipe");
        }
        try (FileChannel _ = FileChannel.open(pipe, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return FileChannel.open(pipe, StandardOpenOption.WRITE);
        }
    }

    private static void say(FileChannel answer, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(PathBytes.encode(text));
        while (bytes.hasRemaining()) {
            answer.write(bytes);
        }
    }

    /** The module; null if the command is to do it by itself. */
    private byte[] module(Request request) {
        try {
            if (busy.getAsBoolean()
                    || !PrivateFolder.isSafe(socket.getParent())
                    || !identity.equals(Protocol.identity())
                    || !rights.equals(rights(request.child()))
                    || (umask(request.child()) & OWNERS) != 0
                    // Java finds relative files by another name then, which messages have.
                    || PathBytes.isLossy(
                            Files.readSymbolicLink(request.launcher().resolve("cwd"))
                                    .toString())) {
                return null;
            }
            Path file = request.child().resolve(MODULE);
            if (!Files.isRegularFile(file)) {
                return null;
            }
            long max = request.terminal() ? MAX_BYTES_ON_TERMINAL : Protocol.MAX_BYTES;
            try (FileChannel channel = FileChannel.open(file)) {
                byte[] bytes = Channels.newInputStream(channel).readNBytes((int) max + 1);
                return bytes.length > max ? null : bytes;
            }
        } catch (IOException | RuntimeException _) {
            return null;
        }
    }

    /** What processes of the same user may differ in, and limits that files are written by. */
    private static List<String> rights(Path process) {
        try {
            List<String> all = Files.readAllLines(process.resolve("status"));
            List<String> limits = Files.readAllLines(process.resolve("limits"));
            all.removeIf(line -> !line.startsWith("Uid:")
                    && !line.startsWith("Gid:")
                    && !line.startsWith("Groups:")
                    && !line.startsWith("CapEff:")
                    && !line.startsWith("Seccomp:"));
            limits.removeIf(line -> !line.startsWith("Max file size"));
            all.addAll(limits);
            return all;
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }

    private static int umask(Path process) throws IOException {
        for (String line : Files.readAllLines(process.resolve("status"))) {
            if (line.startsWith("Umask:")) {
                return Integer.parseInt(line.substring("Umask:".length()).strip(), 8);
            }
        }
        throw new NoSuchFileException("Umask");
    }

    /** Those of a new file. */
    private static Set<PosixFilePermission> permissions(int umask) {
        Set<PosixFilePermission> all = EnumSet.noneOf(PosixFilePermission.class);
        for (PosixFilePermission p : PosixFilePermission.values()) {
            // In the order of the mode's bits, from the owner's first.
            if ((NEW_FILE & ~umask & 0400 >> p.ordinal()) != 0) {
                all.add(p);
            }
        }
        return all;
    }

    /** Compiles and writes; returns the answer. */
    private static String compile(Request request, byte[] module, FileChannel answer) throws IOException {
        byte[] compiled;
        try {
            compiled = Compiler.link(
                    List.of(new Compiler.Input(null, PathBytes.text(request.module()), module)), request.options());
        } catch (CompileException e) {
            return MISTAKE + Mistakes.line(e.getMessage());
        } catch (RuntimeException | Error _) {
            return REFUSED;
        }
        say(answer, ALIVE);
        try {
            Path target = request.launcher().resolve(FOLDER).resolve(PathBytes.path(request.output()));
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
                return REFUSED;
            }
            OutputFile.write(target, compiled, permissions(umask(request.launcher())));
            return DONE;
        } catch (IOException | RuntimeException _) {
            return REFUSED;
        }
    }
}
