package kiln.loader;

import java.nio.ByteOrder;
import java.util.Locale;

/**
 * Chooses the host once. Not in its initialiser, and on a thread of its own: a class whose initialiser finds the stack
 * at its end is lost for as long as the JVM runs, and this is the first thing that any caller needs.
 */
final class CurrentHost {
    /** What was found: a host, or why there is none. */
    private record Found(Host host, String missing) {}

    /** Null until it was looked for; what it refers to never changes. */
    private static Found found;

    private CurrentHost() {}

    static Host get() {
        Found f = found;
        if (f == null) {
            f = search();
        }
        if (f.host == null) {
            throw new UnsupportedOperationException(f.missing);
        }
        return f.host;
    }

    private static synchronized Found search() {
        if (found != null) {
            return found;
        }
        Search search = new Search();
        Thread t = Thread.ofPlatform()
                .daemon()
                .inheritInheritableThreadLocals(false)
                .name("kiln-host")
                .start(search);
        boolean interrupted = false;
        while (t.isAlive()) {
            try {
                t.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (search.result == null) {
            throw new IllegalStateException("functions of the system cannot be called", search.failure);
        }
        found = search.result;
        return found;
    }

    private static final class Search implements Runnable {
        private Found result;
        private Throwable failure;

        @Override
        public void run() {
            String missing = reason();
            Host host = null;
            try {
                host = missing == null ? new LinuxHost(architecture()) : null;
            } catch (IllegalCallerException e) {
                missing = refused(e);
            } catch (Throwable t) {
                if (!(t instanceof ExceptionInInitializerError
                        && t.getCause() instanceof IllegalCallerException refused)) {
                    failure = t;
                    return;
                }
                missing = refused(refused);
            }
            result = new Found(host, missing);
        }
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
