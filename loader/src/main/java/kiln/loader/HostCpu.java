package kiln.loader;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;

/**
 * The processor of this machine.
 *
 * @param architecture {@code x86_64} or {@code aarch64}
 * @param features extensions beyond the baseline, under the names of the Linux kernel's /proc/cpuinfo and HWCAP; the
 *     back
 *     ends' names replace them or are added: {@code lzcnt} (abm), {@code sse3} (pni), {@code lse} (atomics),
 *     {@code fp16}, {@code dotprod}
 */
public record HostCpu(String architecture, Set<String> features) {
    /** Not made by an initialiser, which gets only one chance: it takes memory, and there may be none at the moment. */
    private static final class Current {
        static volatile HostCpu cpu;
    }

    public HostCpu {
        features = Set.copyOf(features);
    }

    /** The machine that this JVM runs on. */
    public static HostCpu current() {
        HostCpu cpu = Current.cpu;
        if (cpu == null) {
            cpu = detect(Host.current());
            Current.cpu = cpu;
        }
        return cpu;
    }

    private static HostCpu detect(Host host) {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
        } catch (IOException e) {
            lines = List.of();
        }
        Set<String> features = parse(lines);
        if (host.architecture().equals("aarch64")) {
            // Emulators and containers may show another machine's cpuinfo: the auxiliary vector is for this process.
            features = ofHwcap(host.auxiliary(AT_HWCAP));
        }
        if (features.contains("xsave")) {
            MemorySegment stub = MemorySegment.ofAddress(Stubs.get().savedState());
            features = usable(features, Downcalls.call(stub, 0, 0, 0, 0, 0, 0));
        }
        return new HostCpu(host.architecture(), features);
    }

    // Bits of XCR0 (Intel SDM volume 1, 13.3).
    private static final long XMM = 1 << 1;
    private static final long YMM = 1 << 2;
    /** Mask registers, upper halves of the first sixteen vector registers, and the other sixteen. */
    private static final long ZMM = 7 << 5;

    /**
     * The features of x86-64 without those whose registers the operating system does not save: a hypervisor may show a
     * processor that has them all the same.
     */
    static Set<String> usable(Set<String> features, long savedState) {
        boolean ymm = (savedState & (XMM | YMM)) == (XMM | YMM);
        boolean zmm = ymm && (savedState & ZMM) == ZMM;
        Set<String> usable = new TreeSet<>(features);
        if (!zmm) {
            usable.removeIf(f -> f.startsWith("avx512"));
        }
        if (!ymm) {
            usable.removeIf(f -> f.startsWith("avx") || f.equals("fma") || f.equals("f16c"));
        }
        return usable;
    }

    /** What {@code avx512vl} stands for, as in the back end, and what others of AVX-512 imply. */
    private static final Set<String> AVX512 = Set.of("avx512vl", "avx512f", "avx512bw", "avx512dq", "avx2", "fma");

    private static final long AT_HWCAP = 16;

    /** Bits of HWCAP on AArch64 (arch/arm64/include/uapi/asm/hwcap.h), from bit 0. */
    private static final String[] HWCAP = {
        "fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "lse", "fphp", "asimdhp", "cpuid",
        "asimdrdm", "jscvt", "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve", "asimdfhm",
        "dit", "uscat", "ilrcpc", "flagm", "ssbs", "sb", "paca", "pacg"
    };

    static Set<String> ofHwcap(long bits) {
        Set<String> features = new TreeSet<>();
        for (int i = 0; i < HWCAP.length; i++) {
            if ((bits >>> i & 1) != 0) {
                features.add(HWCAP[i]);
            }
        }
        if (features.contains("fphp") && features.contains("asimdhp")) {
            features.add("fp16");
        }
        if (features.contains("asimddp")) {
            features.add("dotprod");
        }
        return features;
    }

    /** The features that every processor listed has. */
    static Set<String> parse(List<String> cpuinfo) {
        Set<String> common = null;
        for (String line : cpuinfo) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String key = line.substring(0, colon).strip();
            if (key.equals("flags") || key.equals("Features")) {
                Set<String> features = new TreeSet<>();
                for (StringTokenizer words = new StringTokenizer(line.substring(colon + 1)); words.hasMoreTokens(); ) {
                    String word = words.nextToken();
                    features.add(
                            switch (word) {
                                case "abm" -> "lzcnt";
                                case "pni" -> "sse3";
                                default -> word;
                            });
                }
                if (!features.containsAll(AVX512)) {
                    features.removeIf(f -> f.startsWith("avx512"));
                }
                if (common == null) {
                    common = features;
                } else {
                    common.retainAll(features);
                }
            }
        }
        return common == null ? Set.of() : common;
    }
}
