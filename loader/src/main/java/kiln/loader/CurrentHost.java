package kiln.loader;

import java.nio.ByteOrder;
import java.util.Locale;

/** Chooses the host once. */
final class CurrentHost {
    static final Host HOST = choose();

    private CurrentHost() {}

    private static Host choose() {
        String os = System.getProperty("os.name", "");
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String name = switch (arch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch64";
            default -> throw new UnsupportedOperationException("no generated code for this processor: " + arch);
        };
        if (!os.equals("Linux")) {
            throw new UnsupportedOperationException("no loader for this operating system: " + os);
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException("no loader for big-endian machines");
        }
        return new LinuxHost(name);
    }
}
