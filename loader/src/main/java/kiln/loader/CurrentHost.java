package kiln.loader;

import java.nio.ByteOrder;
import java.util.Locale;

/** Chooses the host once. */
final class CurrentHost {
    private static final Host HOST;
    /** Why there is none, or null. */
    private static final String MISSING;

    static {
        Host host = null;
        String missing = reason();
        if (missing == null) {
            try {
                host = new LinuxHost(architecture());
            } catch (IllegalCallerException e) {
                missing = refused(e);
            } catch (ExceptionInInitializerError e) {
                if (!(e.getCause() instanceof IllegalCallerException refused)) {
                    throw e;
                }
                missing = refused(refused);
            }
        }
        HOST = host;
        MISSING = missing;
    }

    private CurrentHost() {}

    static Host get() {
        if (HOST == null) {
            throw new UnsupportedOperationException(MISSING);
        }
        return HOST;
    }

    /** Null for a processor without generated code. */
    private static String architecture() {
        return switch (System.getProperty("os.arch", "").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch64";
            default -> null;
        };
    }

    private static String reason() {
        if (architecture() == null) {
            return "no generated code for this processor: ".concat(System.getProperty("os.arch", "?"));
        }
        String os = System.getProperty("os.name", "");
        if (!os.equals("Linux")) {
            return "no loader for this operating system: ".concat(os);
        }
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? null : "no loader for big-endian machines";
    }

    private static String refused(IllegalCallerException e) {
        return "this JVM does not let Kiln call native code, which running WebAssembly needs: start it with "
                + (CurrentHost.class.getModule().isNamed()
                        ? "--enable-native-access=kiln.loader"
                        : "--enable-native-access=ALL-UNNAMED")
                + " (" + e.getMessage() + ")";
    }
}
