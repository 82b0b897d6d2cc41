package kiln.tests.faults;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import kiln.artifact.Artifact;
import kiln.artifact.api.ArtifactException;
import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;
import kiln.loader.LoadedArtifact;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.runtime.Table;
import kiln.runtime.ThrownException;
import kiln.tests.cross.CrossCompiler;

/** A process that loads damaged compiled files, because they might kill it; see {@link ChildBatches}. */
public final class FileFuzzWorker {
    private static final int MAX_FILE = 300_000;
    private static final int MAX_ORIGINALS = 60;

    /** A good file, and the places of the tables that say what the module is. */
    private record Original(
            byte[] bytes, int textStart, int textEnd, int moduleStart, int moduleEnd, boolean startup) {}

    private final List<Original> originals = new ArrayList<>();
    private final Path scratch;
    private final Map<String, Integer> counts = new TreeMap<>();

    private FileFuzzWorker(Path corpus, Path project, Path scratch) throws IOException {
        this.scratch = scratch;
        int skip = 0;
        for (byte[] wasm : Originals.read(corpus, project)) {
            // All of the project's own, and some of the rest.
            if (originals.size() >= MAX_ORIGINALS || skip++ % 7 != 0 && skip > 80) {
                continue;
            }
            try {
                byte[] file = CrossCompiler.compile(
                        "m.wasm", wasm, CompilerOptions.defaults().withJobs(1));
                if (file.length < MAX_FILE) {
                    originals.add(original(file));
                }
            } catch (CompileException _) {
                // Not every one is valid.
            }
        }
    }

    private static Original original(byte[] file) {
        Artifact a = Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.DEFAULT);
        MemorySegment module = a.sectionBytes(".kiln.modules");
        int start = (int) (module.address() - a.file().address());
        boolean startup = a.modules().getFirst().startup();
        return new Original(
                file,
                (int) a.textOffset(),
                (int) (a.textOffset() + a.textLength()),
                start,
                start + (int) module.byteSize(),
                startup);
    }

    public static void main(String[] args) throws IOException {
        FileFuzzWorker worker = new FileFuzzWorker(Path.of(args[0]), Path.of(args[1]), Path.of(args[2] + ".cwasm"));
        PrintStream out = System.out;
        try (RandomAccessFile progress = new RandomAccessFile(args[2], "rw");
                Engine engine = new Engine()) {
            for (long seed = Long.parseLong(args[3]); seed < Long.parseLong(args[4]); seed++) {
                progress.seek(0);
                progress.writeLong(seed);
                try {
                    worker.one(engine, seed);
                } catch (Throwable t) {
                    StringBuilder text = new StringBuilder("FAILURE seed " + seed + ": " + t);
                    for (int i = 0; i < Math.min(5, t.getStackTrace().length); i++) {
                        text.append(" < ").append(t.getStackTrace()[i]);
                    }
                    out.println(text);
                }
            }
        }
        worker.counts.forEach((name, count) -> out.println("COUNT " + name + " " + count));
        out.println("DONE");
        System.exit(0);
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void one(Engine engine, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed * 0x9e37_79b9_7f4a_7c15L + 3);
        Original o = originals.get(random.nextInt(originals.size()));
        boolean moduleOnly = random.nextInt(2) == 0;
        byte[] mutant = damage(o, moduleOnly, random);
        try (CompiledModule m = CompiledModule.load(engine, mutant)) {
            throw new AssertionError("the checksums let it pass: " + m);
        } catch (ArtifactException e) {
            require(e.getMessage().length() > 10);
            count("refused by checksums");
        }
        Files.write(scratch, mutant);
        try (LoadedArtifact a = LoadedArtifact.load(scratch, Artifact.OpenOptions.SKIP_DIGEST)) {
            look(a, random);
        } catch (ArtifactException e) {
            require(e.getMessage().length() > 10);
            count("refused by bounds checks");
            return;
        }
        try (CompiledModule m = CompiledModule.loadTrusted(engine, scratch)) {
            count("loaded unchecked");
            m.imports().toString();
            m.exports().toString();
            if (moduleOnly && !o.startup && m.imports().isEmpty()) {
                instantiate(engine, m);
            }
        } catch (ArtifactException | IllegalArgumentException e) {
            count("refused by the runtime");
        }
    }

    /** One to four changed bytes that are no code. */
    private static byte[] damage(Original o, boolean moduleOnly, SplittableRandom random) {
        byte[] bytes = o.bytes.clone();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at;
            do {
                at = moduleOnly ? random.nextInt(o.moduleStart, o.moduleEnd) : random.nextInt(bytes.length);
            } while (at >= o.textStart && at < o.textEnd);
            byte old = bytes[at];
            bytes[at] = switch (random.nextInt(6)) {
                case 0 -> (byte) random.nextInt();
                case 1 -> (byte) 0xff;
                case 2 -> 0;
                case 3 -> (byte) (old + 1);
                case 4 -> (byte) (old - 1);
                default -> (byte) (old ^ 1 << random.nextInt(8));
            };
            if (bytes[at] == o.bytes[at]) {
                bytes[at] ^= 0x40;
            }
        }
        return bytes;
    }

    private static void look(LoadedArtifact a, SplittableRandom random) {
        Artifact file = a.artifact();
        for (int i = 0; i < file.index().entries(); i++) {
            file.index().find(file.index().key(i));
            require(file.index().end(i) <= file.textLength());
        }
        for (int i = 0; i < 20; i++) {
            long at = random.nextLong(-10, file.textLength() + 10);
            file.index().entryAt(at);
            file.traps().find(at);
            if (file.stackMaps() != null) {
                file.stackMaps().find(at);
            }
            if (file.offsets() != null) {
                file.offsets().find(at, 0);
            }
            if (file.names() != null) {
                file.names().find(0, random.nextInt(40));
            }
        }
    }

    private void instantiate(Engine engine, CompiledModule m) {
        try (Store store = new Store(engine, Subject.LIMITS)) {
            Instance i = new Linker(engine).instantiate(store, m);
            for (String name : i.exportNames()) {
                switch (i.export(name)) {
                    case Memory memory -> memory.readBytes(0, (int) Math.min(memory.size(), 1 << 20));
                    case Table table -> {
                        for (long k = 0; k < Math.min(table.size(), 100); k++) {
                            table.get(k);
                        }
                    }
                    default -> {}
                }
            }
            count("instantiated");
        } catch (LinkException e) {
            count("not linked");
        } catch (ThrownException e) {
            count("threw");
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("does not hold");
        }
    }
}
