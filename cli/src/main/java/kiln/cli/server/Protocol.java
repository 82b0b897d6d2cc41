package kiln.cli.server;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.wasm.Features;

/**
 * What goes over the socket between a command and the compile server, big-endian. The command sends {@link #MAGIC}, its
 * {@link #identity} and a request; the server answers with frames, the last of which is {@link #RESULT}, {@link #ERROR}
 * or {@link #REFUSED}. Strings and files are a length (u32) and bytes.
 */
final class Protocol {
    static final int MAGIC = 0x4b4c4e31;

    /** Frame: so many functions of so many are compiled (u32, u32); sent at least every {@link #PULSE_MILLIS}. */
    static final int PROGRESS = 'P';
    /** Frame: the compiled file. */
    static final int RESULT = 'R';
    /** Frame: the message of a {@link kiln.compiler.CompileException}. */
    static final int ERROR = 'E';
    /** Frame: the command is to compile by itself. */
    static final int REFUSED = 'N';

    static final long PULSE_MILLIS = 500;

    /** How long either side waits for the other's next bytes: then it goes on alone. */
    static final long SILENCE_MILLIS = 10_000;

    /** Modules of more bytes than this are compiled by the command itself: starting a JVM is the least of it. */
    static final long MAX_BYTES = 4 << 20;

    private static final int MAX_MODULES = 1000;

    /** As the server reads it. */
    record Request(List<Compiler.Input> modules, CompilerOptions options) {}

    private Protocol() {}

    /** The compiler and the JVM that it runs on: only the same ones make the same files and the same messages. */
    static String identity() {
        String jar = System.getProperty("java.class.path");
        File file = new File(jar);
        // By the launcher the class path is kiln.jar; to ask the class where it comes from takes a command longer.
        String build = file.isFile() ? file.lastModified() + "-" + file.length() : Compiler.buildId();
        return Compiler.VERSION + " " + build + " " + System.getProperty("java.vm.version") + " "
                + System.getProperty("java.home");
    }

    /** Whether the server can be asked for this. */
    static boolean takes(List<Compiler.Input> modules, CompilerOptions options) {
        long bytes = 0;
        for (Compiler.Input m : modules) {
            bytes += m.wasm().length;
        }
        return bytes <= MAX_BYTES
                && modules.size() <= MAX_MODULES
                && !options.check()
                && options.features().equals(Features.ALL.names());
    }

    static void write(DataOutputStream out, List<Compiler.Input> modules, CompilerOptions o) throws IOException {
        string(out, o.target().label());
        out.writeInt(o.cpu().size());
        for (String name : new TreeSet<>(o.cpu())) {
            string(out, name);
        }
        out.writeInt(o.optLevel());
        out.writeInt(o.jobs());
        out.writeBoolean(o.interruptible());
        out.writeBoolean(o.explicitBounds());
        out.writeBoolean(o.canonicalNans());
        out.writeInt(o.relaxedSimd().ordinal());
        out.writeBoolean(o.keepAll());
        out.writeBoolean(o.inlining());
        out.writeBoolean(o.eagerTables());
        out.writeInt(o.strip().ordinal());
        out.writeBoolean(o.debugInfo());
        out.writeInt(modules.size());
        for (Compiler.Input m : modules) {
            out.writeBoolean(m.name() != null);
            string(out, m.name() == null ? "" : m.name());
            string(out, m.file());
            bytes(out, m.wasm());
        }
    }

    static Request readRequest(DataInputStream in) throws IOException {
        Target target = Target.of(string(in));
        Set<String> cpu = new TreeSet<>();
        for (int n = count(in); n > 0; n--) {
            cpu.add(string(in));
        }
        CompilerOptions options = CompilerOptions.defaults()
                .withTarget(target)
                .withCpu(cpu)
                .withOptLevel(in.readInt())
                .withJobs(in.readInt())
                .withInterruptible(in.readBoolean())
                .withExplicitBounds(in.readBoolean())
                .withCanonicalNans(in.readBoolean())
                .withRelaxedSimd(CompilerOptions.RelaxedSimd.values()[in.readInt()])
                .withKeepAll(in.readBoolean())
                .withInlining(in.readBoolean())
                .withEagerTables(in.readBoolean())
                .withStrip(CompilerOptions.Strip.values()[in.readInt()])
                .withDebugInfo(in.readBoolean());
        List<Compiler.Input> modules = new ArrayList<>();
        for (int n = count(in); n > 0; n--) {
            boolean named = in.readBoolean();
            String name = string(in);
            modules.add(new Compiler.Input(named ? name : null, string(in), bytes(in, MAX_BYTES)));
        }
        return new Request(modules, options);
    }

    private static int count(DataInputStream in) throws IOException {
        int n = in.readInt();
        if (n < 0 || n > MAX_MODULES) {
            throw new IOException("a list of " + n);
        }
        return n;
    }

    static void string(DataOutputStream out, String s) throws IOException {
        bytes(out, s.getBytes(StandardCharsets.UTF_8));
    }

    static String string(DataInputStream in) throws IOException {
        return new String(bytes(in, MAX_BYTES), StandardCharsets.UTF_8);
    }

    static void bytes(DataOutputStream out, byte[] b) throws IOException {
        out.writeInt(b.length);
        out.write(b);
    }

    static byte[] bytes(DataInputStream in, long max) throws IOException {
        int n = in.readInt();
        if (n < 0 || n > max) {
            throw new IOException(n + " bytes");
        }
        byte[] b = in.readNBytes(n);
        if (b.length < n) {
            throw new IOException("cut short");
        }
        return b;
    }
}
