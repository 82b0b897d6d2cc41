package kiln.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.Artifact;
import kiln.loader.LoadedArtifact;

/**
 * What it costs to load compiled files, in microseconds of the thread's CPU time, in ways that take turns: from a copy
 * that nobody can change and from a mapping of the file itself, with its checksums and without. In brackets: ratio to
 * the mapping with checksums. Also how much memory a loaded file takes beside the page cache, which processes share.
 *
 * <p>Usage: {@code java -cp ... kiln.bench.Loading FILE.cwasm...}
 */
public final class Loading {
    private static final int WARM_UP = 300;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private Loading() {}

    private enum Way {
        MAPPED_UNCHECKED,
        MAPPED_CHECKED,
        COPIED_UNCHECKED,
        COPIED_CHECKED;

        LoadedArtifact load(Path file) {
            boolean checked = this == MAPPED_CHECKED || this == COPIED_CHECKED;
            Artifact.OpenOptions options = checked ? Artifact.OpenOptions.DEFAULT : Artifact.OpenOptions.SKIP_DIGEST;
            return this == MAPPED_UNCHECKED || this == MAPPED_CHECKED
                    ? LoadedArtifact.map(file, options)
                    : LoadedArtifact.load(file, options);
        }
    }

    public static void main(String[] args) throws IOException {
        for (String arg : args) {
            measure(Path.of(arg));
        }
    }

    private static void measure(Path file) throws IOException {
        Way[] ways = Way.values();
        int rounds = Files.size(file) > 10 << 20 ? 41 : 401;
        int warmUp = Files.size(file) > 10 << 20 ? 10 : WARM_UP;
        double[][] times = new double[ways.length][rounds];
        for (int r = -warmUp; r < rounds; r++) {
            for (Way way : ways) {
                long start = THREADS.getCurrentThreadCpuTime();
                way.load(file).close();
                long end = THREADS.getCurrentThreadCpuTime();
                if (r >= 0) {
                    times[way.ordinal()][r] = (end - start) / 1e3;
                }
            }
        }
        System.out.printf("%s, %d bytes%n", file.getFileName(), Files.size(file));
        double[] base = times[Way.MAPPED_CHECKED.ordinal()];
        for (double[] t : times) {
            Arrays.sort(t);
        }
        for (Way way : ways) {
            double[] t = times[way.ordinal()];
            long before = fileMemory();
            try (LoadedArtifact _ = way.load(file)) {
                System.out.printf(
                        "  %-17s median %9.1f us (%5.2f)  "
                                + "least %9.1f us (%5.2f)  %6d KiB of memory beside the page cache%n",
                        way,
                        t[rounds / 2],
                        t[rounds / 2] / base[rounds / 2],
                        t[0],
                        t[0] / base[0],
                        fileMemory() - before);
            }
        }
    }

    /** KiB of files in memory in the whole system, which whatever else runs may disturb. */
    private static long fileMemory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("Shmem:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc/meminfo does not tell");
    }
}
