package kiln.wasi;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/** Where random_get gets its bytes: from what the host chose, or else from the operating system. */
final class RandomSource implements Closeable {
    /** Read directly where it exists: it takes a hundredth of the time that Java's cryptography takes to start. */
    private static final Path DEVICE = Path.of("/dev/urandom");

    private static final int CHUNK = 1 << 12;

    private RandomGenerator generator;
    private FileChannel device;

    /** @param generator null for the operating system's */
    RandomSource(RandomGenerator generator) {
        this.generator = generator;
    }

    void fill(ByteBuffer to) throws IOException {
        if (generator == null && device == null) {
            open();
        }
        if (device != null) {
            while (to.hasRemaining()) {
                if (device.read(to) <= 0) {
                    throw Errno.IO.error();
                }
            }
        } else {
            byte[] chunk = new byte[Math.min(to.remaining(), CHUNK)];
            while (to.hasRemaining()) {
                generator.nextBytes(chunk);
                to.put(chunk, 0, Math.min(chunk.length, to.remaining()));
            }
        }
    }

    private void open() throws IOException {
        if (Files.isReadable(DEVICE)) {
            device = FileChannel.open(DEVICE);
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
