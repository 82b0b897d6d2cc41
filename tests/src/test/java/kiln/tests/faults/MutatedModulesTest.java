package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutants of real modules are refused with an error, or compiled and executed: they trap, end or are stopped, and never kill the JVM; and
 * unoptimised code does what optimised code does. {@code -Dkiln.fuzz=N} asks for N mutants, {@code -Dkiln.seed=S} for those from
 * seed S on. Child processes run them in batches, so that the seed of a deadly one is known.
 */
class MutatedModulesTest {
    private static final int BATCH = 2000;
    private static final long STUCK_SECONDS = Corpus.SAMPLED ? 900 : 300;

    @TempDir
    Path dir;

    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    @Test
    void areRefusedOrRun() throws Exception {
        long first = Long.getLong("kiln.seed", 0);
        int rounds = Integer.getInteger("kiln.fuzz", Corpus.SAMPLED ? 40 : 500);
        for (long seed = first; seed < first + rounds; seed += BATCH) {
            batch(seed, Math.min(seed + BATCH, first + rounds));
        }
        System.out.println(rounds + " mutants from seed " + first + ": " + counts);
        assertTrue(failures.isEmpty(), () -> failures.size() + " failures:\n" + String.join("\n", failures));
        assertTrue(counts.getOrDefault("executed", 0) > rounds / 10, counts::toString);
    }

    /** Runs a batch, and after a death what is left of it. */
    private void batch(long from, long to) throws Exception {
        long seed = from;
        while (seed < to && failures.size() < 50) {
            seed = child(seed, to) + 1;
        }
    }

    /** Returns the last seed that was tried. */
    private long child(long from, long to) throws Exception {
        Path progress = dir.resolve("progress");
        Path output = dir.resolve("output");
        Files.deleteIfExists(progress);
        List<String> args = List.of(Corpus.path().toString(), Corpus.root().toString(), progress.toString(), Long.toString(from), Long.toString(to));
        Process p = ChildJvm.start(output, List.of("-XX:ErrorFile=" + dir.resolve("crash.log")), FuzzWorker.class.getName(), args);
        long seed = from;
        long since = System.nanoTime();
        while (!p.waitFor(1, TimeUnit.SECONDS)) {
            long now = seed(progress, from);
            if (now != seed) {
                seed = now;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > TimeUnit.SECONDS.toNanos(STUCK_SECONDS)) {
                p.destroyForcibly().waitFor();
                failures.add("seed " + seed + ": does not end");
                return seed;
            }
        }
        boolean done = false;
        for (String line : Files.readAllLines(output)) {
            if (line.startsWith("COUNT ")) {
                int space = line.lastIndexOf(' ');
                counts.merge(line.substring("COUNT ".length(), space), Integer.parseInt(line.substring(space + 1)), Integer::sum);
            } else if (line.startsWith("FAILURE ") && !failures.contains(line)) {
                failures.add(line);
            }
            done |= line.equals("DONE");
        }
        if (!done) {
            seed = seed(progress, from);
            String text = Files.readString(output);
            failures.add("seed " + seed + ": the process ended with status " + p.exitValue() + ": " + text.substring(0, Math.min(2000, text.length())));
            return seed;
        }
        return to;
    }

    private static long seed(Path progress, long none) throws IOException {
        if (!Files.exists(progress) || Files.size(progress) < Long.BYTES) {
            return none;
        }
        try (RandomAccessFile f = new RandomAccessFile(progress.toFile(), "r")) {
            return f.readLong();
        }
    }
}
