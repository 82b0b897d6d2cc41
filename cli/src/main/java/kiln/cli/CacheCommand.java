package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import kiln.artifact.Printable;
import kiln.compiler.CodeCache;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln cache}: where code compiled from WebAssembly is kept, and how to be rid of it. */
@Command(
        name = "cache",
        mixinStandardHelpOptions = true,
        description = {
            "Tells where compiled code is kept and how much; with --clean removes it.",
            "The folder is $KILN_CACHE, else kiln in $XDG_CACHE_HOME, else ~/.cache/kiln; KILN_CACHE=off keeps nothing."
        })
final class CacheCommand implements Callable<Integer> {
    @Option(names = "--clean", description = "Remove all that is kept.")
    boolean clean;

    @Option(
            names = "--older-than",
            paramLabel = "TIME",
            description = "With --clean: only what was not used for this time, such as 12h or 30d.")
    String olderThan;

    @Option(names = "--path", description = "Print only the folder's name.")
    boolean path;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (olderThan != null && !clean) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--older-than needs --clean");
        }
        CodeCache cache = CodeCache.ofUser();
        if (cache == null) {
            throw new UserError("there is no cache: KILN_CACHE is off, or neither XDG_CACHE_HOME nor HOME is a folder");
        }
        Path folder = cache.folder();
        if (path) {
            System.out.println(Printable.file(folder));
            return 0;
        }
        if (clean) {
            Duration age =
                    olderThan == null ? Duration.ZERO : Duration.ofNanos(Quantities.nanos("--older-than", olderThan));
            print("removed", cache.remove(age));
        } else {
            System.out.println("folder   " + Printable.file(folder));
            print("kept    ", cache.entries());
        }
        return 0;
    }

    private static void print(String what, List<CodeCache.Entry> entries) {
        long bytes = 0;
        for (CodeCache.Entry e : entries) {
            bytes += e.bytes();
        }
        System.out.printf(
                Locale.ROOT,
                "%s %,d %s, %,d bytes%n",
                what,
                entries.size(),
                entries.size() == 1 ? "program" : "programs",
                bytes);
    }
}
