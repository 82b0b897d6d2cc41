package kiln.tests.faults;

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

/**
 * Lets child processes work through seeds in batches, because a seed might kill its process. A worker is started with
 * CORPUS PROJECT PROGRESS FROM TO; it writes each seed to the file PROGRESS before it touches it, prints lines
 * {@code FAILURE …} and {@code COUNT what n}, and at last {@code DONE}.
 */
final class ChildBatches {
    private static final long STUCK_SECONDS = Corpus.EMULATED ? 900 : 300;
    private static final int MAX_FAILURES = 50;

    final Map<String, Integer> counts = new TreeMap<>();
    final List<String> failures = new ArrayList<>();
    private final Path dir;
    private final Class<?> worker;
    private final int batch;
    private final List<String> options = new ArrayList<>();

    /** @param batch seeds for one process: many where starting it takes longer than working through them */
    ChildBatches(Path dir, Class<?> worker, int batch) {
        this(dir, worker, batch, List.of());
    }

    /** @param options for the workers' JVM */
    ChildBatches(Path dir, Class<?> worker, int batch, List<String> options) {
        this.dir = dir;
        this.worker = worker;
        this.batch = batch;
        this.options.add("-XX:ErrorFile=" + dir.resolve("crash.log"));
        this.options.addAll(options);
    }

    void run(long first, int rounds) throws Exception {
        for (long seed = first; seed < first + rounds; seed += batch) {
            batch(seed, Math.min(seed + batch, first + rounds));
        }
    }

    /** Runs a batch, and after a death what is left of it. */
    private void batch(long from, long to) throws Exception {
        long seed = from;
        while (seed < to && failures.size() < MAX_FAILURES) {
            seed = child(seed, to) + 1;
        }
    }

    /** Returns the last seed that was tried. */
    private long child(long from, long to) throws Exception {
        Path progress = dir.resolve("progress");
        Path output = dir.resolve("output");
        Files.deleteIfExists(progress);
        List<String> args = List.of(
                Corpus.path().toString(),
                Corpus.root().toString(),
                progress.toString(),
                Long.toString(from),
                Long.toString(to));
        Process p = ChildJvm.start(output, options, worker.getName(), args);
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
                counts.merge(
                        line.substring("COUNT ".length(), space),
                        Integer.parseInt(line.substring(space + 1)),
                        Integer::sum);
            } else if (line.startsWith("FAILURE ")) {
                failures.add(line);
            }
            done |= line.equals("DONE");
        }
        if (!done) {
            seed = seed(progress, from);
            String text = Files.readString(output);
            failures.add("seed " + seed + ": the process ended with status " + p.exitValue() + ": "
                    + text.substring(0, Math.min(2000, text.length())));
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
