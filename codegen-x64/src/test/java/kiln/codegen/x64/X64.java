package kiln.codegen.x64;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import kiln.codegen.testing.Machine;

/** What the tests that all back ends share need to know of this one. */
final class X64 {
    private static final String ARCH = "amd64";

    /** What most machines have. */
    static final Set<String> V3 = Set.of("avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt");

    static final Machine.Target TARGET = new Machine.Target(
            ARCH, new X64Backend(), Stubs.image(), features(), List.of(Set.of("avx"), Set.of("avx", "avx2", "fma")));

    private X64() {}

    private static Set<String> features() {
        if (!System.getProperty("os.arch").equals(ARCH)) {
            return CpuFeatures.NAMES;
        }
        try {
            String flags = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .orElseThrow();
            Set<String> machine = Set.of(flags.split("\\s+"));
            return CpuFeatures.NAMES.stream()
                    .filter(name -> machine.contains(name.equals("lzcnt") ? "abm" : name))
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
