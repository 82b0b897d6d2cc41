package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.stream.IntStream;

/**
 * The last section of a file: SHA-256 of each {@link #CHUNK} bytes of everything before it, one after the other. Chunks
 * are independent, so large files are checked by several threads. It finds damage; it is no signature.
 */
final class Digest {
    static final String SECTION = ".kiln.digest";
    static final int CHUNK = 1 << 20;
    static final int BYTES = 32;
    /** Fewer chunks than this are not worth starting threads for. */
    private static final int PARALLEL_CHUNKS = 4;
    private static final int BUFFER = 1 << 16;

    private Digest() {}

    /** Bytes of the section for {@code length} bytes before it. */
    static long size(long length) {
        return (length + CHUNK - 1) / CHUNK * BYTES;
    }

    /** Computes the section over {@code file[0, length)}. */
    static byte[] compute(MemorySegment file, long length) {
        int chunks = Math.toIntExact((length + CHUNK - 1) / CHUNK);
        byte[] result = new byte[Math.multiplyExact(chunks, BYTES)];
        IntStream range = IntStream.range(0, chunks);
        (chunks < PARALLEL_CHUNKS ? range : range.parallel()).forEach(chunk -> {
            long start = (long) chunk * CHUNK;
            hash(file.asSlice(start, Math.min(CHUNK, length - start)), result, chunk * BYTES);
        });
        return result;
    }

    private static void hash(MemorySegment chunk, byte[] out, int at) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            // Through an array of our own: the digest would copy a native buffer in steps of 4 KiB.
            byte[] buffer = new byte[(int) Math.min(BUFFER, chunk.byteSize())];
            MemorySegment target = MemorySegment.ofArray(buffer);
            for (long done = 0; done < chunk.byteSize(); ) {
                int n = (int) Math.min(buffer.length, chunk.byteSize() - done);
                MemorySegment.copy(chunk, done, target, 0, n);
                sha.update(buffer, 0, n);
                done += n;
            }
            sha.digest(out, at, BYTES);
        } catch (NoSuchAlgorithmException | DigestException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    static void verify(MemorySegment file, MemorySegment section, long sectionOffset) {
        MemorySegment expected = MemorySegment.ofArray(compute(file, sectionOffset));
        long difference = expected.mismatch(section);
        if (difference >= 0) {
            throw new ArtifactException("damaged file: the checksum of its bytes from " + difference / BYTES * CHUNK
                    + " on does not match " + SECTION);
        }
    }
}
