package kiln.wasi.host;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Where random_get gets its bytes: from what the host chose, or else from the operating system. */
public final class RandomSource implements Closeable {
    /** Read directly where it exists: it takes a hundredth of the time that Java's cryptography takes to start. */
    private static final Path DEVICE = Path.of("/dev/urandom");

    private static final int CHUNK = 1 << 13;

    private final Stop stop;
    private RandomGenerator generator;
    /** No channel, which an interruption of the thread would close. */
    private FileInputStream device;

    /** @param generator null for the operating system's */
    public RandomSource(RandomGenerator generator, Stop stop) {
        this.generator = generator;
        this.stop = stop;
    }

    public synchronized void fill(ByteBuffer to) throws IOException {
        if (generator == null && device == null) {
            open();
        }
        byte[] chunk = new byte[Math.min(to.remaining(), CHUNK)];
        while (to.hasRemaining()) {
            int n = Math.min(chunk.length, to.remaining());
            if (device == null) {
                generator.nextBytes(chunk);
            } else if (device.readNBytes(chunk, 0, n) < n) {
                throw Errno.IO.error();
            }
            to.put(chunk, 0, n);
            if (to.hasRemaining()) {
                stop.check();
            }
        }
    }

    private void open() throws IOException {
        if (Files.isReadable(DEVICE)) {
            device = new FileInputStream(DEVICE.toFile());
        } else {
            generator = new SecureRandom();
        }
    }

    @Override
    public void close() throws IOException {
        if (device != null) {
            device.close();
            device = null;
        }
    }
}
