package kiln.cli.server;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.Provider;
import java.security.SecureRandomSpi;
import java.util.List;

/**
 * Random numbers of the system's. The JDK readies some when the first UNIX socket is opened, for the names of those
 * that are bound without one. Its own providers of them read files and make thousands of objects first, which takes a
 * command longer than all the rest of asking the server.
 */
final class SystemRandom extends Provider {
    private static final long serialVersionUID = 1L;

    SystemRandom() {
        super("KilnSystemRandom", "1", "/dev/urandom");
    }

    /**
     * Readies UNIX sockets with them. Where the launcher has not opened the JDK's package, or a JDK has other classes,
     * nothing happens: opening a socket does the same, slowly.
     */
    static void readySockets() {
        try {
            Class<?> lists = Class.forName("sun.security.jca.ProviderList");
            Class<?> providers = Class.forName("sun.security.jca.Providers");
            Object list = lists.getMethod("newList", Provider[].class)
                    .invoke(null, (Object) new Provider[] {new SystemRandom()});
            Object before =
                    providers.getMethod("beginThreadProviderList", lists).invoke(null, list);
            try {
                Class.forName("sun.nio.ch.UnixDomainSockets");
            } finally {
                providers.getMethod("endThreadProviderList", lists).invoke(null, before);
            }
        } catch (ReflectiveOperationException | LinkageError _) {
            // Nothing was changed, or it was undone.
        }
    }

    @Override
    public Service getService(String type, String algorithm) {
        return type.equals("SecureRandom") ? new Random(this, algorithm) : null;
    }

    private static final class Random extends Service {
        Random(Provider provider, String algorithm) {
            super(provider, "SecureRandom", algorithm, Source.class.getName(), List.of(), null);
        }

        @Override
        public Object newInstance(Object parameter) {
            return new Source();
        }
    }

    private static final class Source extends SecureRandomSpi {
        private static final long serialVersionUID = 1L;

        @Override
        protected void engineSetSeed(byte[] seed) {
            // The system's need none.
        }

        @Override
        protected void engineNextBytes(byte[] bytes) {
            try (FileInputStream in = new FileInputStream("/dev/urandom")) {
                if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
                    throw new IOException("/dev/urandom has an end");
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        protected byte[] engineGenerateSeed(int count) {
            byte[] seed = new byte[count];
            engineNextBytes(seed);
            return seed;
        }
    }
}
