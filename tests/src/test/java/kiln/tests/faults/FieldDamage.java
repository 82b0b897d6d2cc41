package kiln.tests.faults;

import java.io.IOException;
import java.io.InputStream;
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
import kiln.artifact.FileFields;
import kiln.artifact.api.ArtifactException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.loader.LoadedArtifact;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Global;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.Store;
import kiln.runtime.Table;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.tests.cross.CrossCompiler;

/**
 * A process that damages one field of a compiled file at a time, every field that {@link FileFields} knows, and loads
 * the result: with checksums made to fit, and without checksums. What is not refused by an {@link ArtifactException} is
 * looked through, and instantiated if that runs no code. See {@link ChildBatches}; a seed is the number of a case.
 */
public final class FieldDamage {
    /** Modules that have something of everything, by their places among the tests' resources. */
    private static final String[] MODULES = {
        "runtime/values.wasm",
        "runtime/references.wasm",
        "runtime/lazy.wasm",
        "runtime/memories.wasm",
        "runtime/exporter.wasm",
        "faults/pages.wasm",
        "linking/inlining.wasm"
    };

    /** What a field is replaced by. */
    private enum Damage {
        ZERO,
        ONE,
        ONES,
        MORE,
        LESS,
        DOUBLE,
        LARGEST_POSITIVE,
        SMALLEST_NEGATIVE,
        SIZE_OF_FILE,
        LOW_BIT,
        HIGH_BIT,
        RANDOM;

        static final Damage[] ALL = values();

        long apply(long old, int bytes, long size, SplittableRandom random) {
            int bits = 8 * bytes;
            return switch (this) {
                case ZERO -> 0;
                case ONE -> 1;
                case ONES -> -1;
                case MORE -> old + 1;
                case LESS -> old - 1;
                case DOUBLE -> old * 2;
                case LARGEST_POSITIVE -> (1L << bits - 1) - 1;
                case SMALLEST_NEGATIVE -> 1L << bits - 1;
                case SIZE_OF_FILE -> size;
                case LOW_BIT -> old ^ 1;
                case HIGH_BIT -> old ^ 1L << bits - 1;
                case RANDOM -> random.nextLong();
            };
        }
    }

    /** Elements of a field that are damaged, if there are so many. */
    private static final int ELEMENTS = 8;

    private record Original(String name, byte[] bytes, List<FileFields.Field> fields, boolean startup) {}

    /** Element {@code element} of a field. */
    private record Place(Original original, FileFields.Field field, long element) {
        long offset() {
            return field.offset() + element * field.bytes();
        }
    }

    private final List<Place> places = new ArrayList<>();
    private final Map<String, Integer> counts = new TreeMap<>();

    private FieldDamage() throws IOException {
        for (String name : MODULES) {
            byte[] wasm;
            try (InputStream in = FieldDamage.class.getResourceAsStream("/kiln/tests/" + name)) {
                wasm = in.readAllBytes();
            }
            CompilerOptions options = CompilerOptions.defaults().withJobs(1);
            add(name, CrossCompiler.compile(name, wasm, options));
        }
        add("linked", linked());
    }

    private static byte[] linked() throws IOException {
        List<Compiler.Input> inputs = new ArrayList<>();
        for (String name : List.of("lib", "app")) {
            try (InputStream in = FieldDamage.class.getResourceAsStream("/kiln/tests/linking/" + name + ".wasm")) {
                inputs.add(new Compiler.Input(name, name, in.readAllBytes()));
            }
        }
        return Compiler.link(inputs, CompilerOptions.defaults().withJobs(1));
    }

    private void add(String name, byte[] bytes) {
        List<FileFields.Field> fields = FileFields.of(MemorySegment.ofArray(bytes));
        Artifact a = Artifact.of(MemorySegment.ofArray(bytes), Artifact.OpenOptions.DEFAULT);
        boolean startup = a.modules().stream().anyMatch(m -> m.startup());
        Original original = new Original(name, bytes, fields, startup);
        SplittableRandom random = new SplittableRandom(bytes.length);
        for (FileFields.Field f : fields) {
            if (f.count() <= ELEMENTS) {
                for (long i = 0; i < f.count(); i++) {
                    places.add(new Place(original, f, i));
                }
                continue;
            }
            places.add(new Place(original, f, 0));
            places.add(new Place(original, f, f.count() - 1));
            for (int i = 2; i < ELEMENTS; i++) {
                places.add(new Place(original, f, random.nextLong(f.count())));
            }
        }
    }

    /** How many cases there are. */
    static int cases() throws IOException {
        return new FieldDamage().places.size() * Damage.ALL.length;
    }

    /** Arguments as {@link ChildBatches} gives them, and how many cases to go on by. */
    public static void main(String[] args) throws IOException {
        Path scratch = Path.of(args[2] + ".cwasm");
        PrintStream out = System.out;
        try (RandomAccessFile progress = new RandomAccessFile(args[2], "rw");
                Engine engine = new Engine()) {
            FieldDamage damage = new FieldDamage();
            int step = Integer.getInteger("kiln.fields.step", 1);
            for (long seed = Long.parseLong(args[3]); seed < Long.parseLong(args[4]); seed++) {
                progress.seek(0);
                progress.writeLong(seed);
                damage.one(engine, (int) (seed * step), scratch, out);
            }
            damage.counts.forEach((name, count) -> out.println("COUNT " + name + " " + count));
        }
        out.println("DONE");
        System.exit(0);
    }

    private void one(Engine engine, int number, Path scratch, PrintStream out) throws IOException {
        Place place = places.get(number / Damage.ALL.length);
        Damage damage = Damage.ALL[number % Damage.ALL.length];
        byte[] bytes = place.original.bytes.clone();
        int at = (int) place.offset();
        long old = 0;
        for (int i = 0; i < place.field.bytes(); i++) {
            old |= (bytes[at + i] & 0xffL) << 8 * i;
        }
        long fresh = damage.apply(old, place.field.bytes(), bytes.length, new SplittableRandom(number));
        for (int i = 0; i < place.field.bytes(); i++) {
            bytes[at + i] = (byte) (fresh >>> 8 * i);
        }
        Files.write(scratch, bytes);
        attempt(engine, place, damage, "unchecked", out, () -> CompiledModule.loadTrusted(engine, scratch), scratch);
        FileFields.seal(bytes);
        Files.write(scratch, bytes);
        attempt(engine, place, damage, "sealed", out, () -> CompiledModule.load(engine, scratch), scratch);
    }

    private interface Loading {
        CompiledModule load();
    }

    private void attempt(
            Engine engine, Place place, Damage damage, String way, PrintStream out, Loading loading, Path file) {
        String outcome;
        try {
            look(file, way.equals("sealed"));
            try (CompiledModule m = loading.load()) {
                m.imports().toString();
                m.exports().toString();
                outcome = place.original.startup ? "looked at" : instantiate(engine, m);
            }
        } catch (ArtifactException e) {
            outcome = e.getMessage().length() > 10 ? "refused" : "no message";
        } catch (Throwable t) {
            StringBuilder text = new StringBuilder("FAILURE " + place.original.name + " " + place.field + " element "
                    + place.element + " " + damage + " " + way + ": " + t);
            for (int i = 0; i < Math.min(6, t.getStackTrace().length); i++) {
                text.append(" < ").append(t.getStackTrace()[i]);
            }
            out.println(text);
            outcome = "failed";
        }
        counts.merge(way + ", " + outcome, 1, Integer::sum);
    }

    /** Uses every table as backtraces and tools do. */
    private static void look(Path path, boolean checked) {
        try (LoadedArtifact loaded =
                LoadedArtifact.load(path, checked ? Artifact.OpenOptions.DEFAULT : Artifact.OpenOptions.SKIP_DIGEST)) {
            Artifact a = loaded.artifact();
            for (int i = 0; i < a.index().entries(); i++) {
                long start;
                try {
                    a.index().find(a.index().key(i));
                    start = a.index().start(i);
                    a.index().end(i);
                } catch (ArtifactException e) {
                    continue;
                }
                for (long offset = start; offset < Math.min(start + 64, a.textLength()); offset += 3) {
                    inTables(loaded, offset);
                }
            }
            try {
                a.fates();
            } catch (ArtifactException e) {
                // As it should be.
            }
        }
    }

    private static void inTables(LoadedArtifact loaded, long offset) {
        long pc = loaded.textBase() + offset;
        try {
            loaded.trapAt(pc);
        } catch (ArtifactException e) {
            // The others may be intact.
        }
        try {
            loaded.activeAt(pc)
                    .forEach(f -> loaded.functionName(
                            f.function().payload(), f.function().index()));
        } catch (ArtifactException e) {
            // As it should be.
        }
    }

    private static String instantiate(Engine engine, CompiledModule m) {
        try (Store store = new Store(engine, Subject.LIMITS)) {
            Linker linker = new Linker(engine).unknownImports(Linker.UnknownImports.TRAP);
            Instance i = linker.instantiate(store, m);
            for (String name : i.exportNames()) {
                switch (i.export(name)) {
                    case Memory memory -> memory.readBytes(0, (int) Math.min(memory.size(), 1 << 20));
                    case Table table -> {
                        for (long k = 0; k < Math.min(table.size(), 1000); k++) {
                            String.valueOf(table.get(k));
                        }
                    }
                    case Global global -> String.valueOf(global.get());
                    default -> {}
                }
            }
            return "instantiated";
        } catch (LinkException | TrapException | ThrownException e) {
            return "not linked";
        }
    }
}
