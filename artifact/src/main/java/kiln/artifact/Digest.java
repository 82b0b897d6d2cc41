package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import kiln.artifact.api.ArtifactException;

/**
 * The section at the end of a file, before the room for its signature: checksums of everything before it, in chunks of
 * 1 MiB. They find damage; they are no signature.
 *
 * <pre>
 *   SHA-256  32 bytes for each chunk
 *   CRC-32C  u32 for each chunk
 *   CRC-32C  u32 of the above
 * </pre>
 *
 * Both, because a JVM that has just started computes CRC-32C at several GB/s from the first byte, but needs a tenth of
 * a second before its first SHA-256 is done.
 */
final class Digest {
    static final String SECTION = ".kiln.digest";
    static final int CHUNK = 1 << 20;
    private static final int SHA_BYTES = 32;
    private static final int CRC_BYTES = 4;
    /** Fewer chunks than this are not worth starting threads for. */
    private static final int PARALLEL_CHUNKS = 4;

    private static final int BUFFER = 1 << 16;

    private Digest() {}

    private static long chunks(long length) {
        return (length + CHUNK - 1) / CHUNK;
    }

    /** Bytes of the section for {@code length} bytes before it. */
    static long size(long length) {
        return chunks(length) * (SHA_BYTES + CRC_BYTES) + CRC_BYTES;
    }

    private static MemorySegment chunk(MemorySegment file, int chunk, long length) {
        long start = (long) chunk * CHUNK;
        return file.asSlice(start, Math.min(CHUNK, length - start));
    }

    /** Computes the section over {@code file[0, length)}. */
    static byte[] compute(MemorySegment file, long length) {
        int chunks = Math.toIntExact(chunks(length));
        ByteSink out = new ByteSink().bytes(digests(file, length));
        for (int i = 0; i < chunks; i++) {
            out.u32(crc(chunk(file, i, length)));
        }
        return out.u32(crc(MemorySegment.ofArray(out.toArray()))).toArray();
    }

    private static byte[] digests(MemorySegment file, long length) {
        int chunks = Math.toIntExact(chunks(length));
        byte[] result = new byte[Math.multiplyExact(chunks, SHA_BYTES)];
        IntStream range = IntStream.range(0, chunks);
        (chunks < PARALLEL_CHUNKS ? range : range.parallel())
                .forEach(i -> sha(chunk(file, i, length), result, i * SHA_BYTES));
        return result;
    }

    private static void sha(MemorySegment chunk, byte[] out, int at) {
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
            sha.digest(out, at, SHA_BYTES);
        } catch (NoSuchAlgorithmException | DigestException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static int crc(MemorySegment bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.asByteBuffer());
        return (int) crc.getValue();
    }

    /** Checks {@code file[0, length)} and {@code section} by CRC-32C. */
    static void verifyChecksums(MemorySegment file, MemorySegment section, long length) {
        int chunks = Math.toIntExact(chunks(length));
        long body = section.byteSize() - CRC_BYTES;
        if (crc(section.asSlice(0, body)) != Le.i32(section, body)) {
            throw new ArtifactException("damaged file: the checksum of " + SECTION + " does not match");
        }
        for (int i = 0; i < chunks; i++) {
            if (crc(chunk(file, i, length)) != Le.i32(section, (long) chunks * SHA_BYTES + (long) i * CRC_BYTES)) {
                throw mismatch(i);
            }
        }
    }

    /** Checks {@code file[0, length)} by SHA-256. */
    static void verifyDigests(MemorySegment file, MemorySegment section, long length) {
        byte[] computed = digests(file, length);
        long difference = MemorySegment.ofArray(computed).mismatch(section.asSlice(0, computed.length));
        if (difference >= 0) {
            throw mismatch((int) (difference / SHA_BYTES));
        }
    }

    private static ArtifactException mismatch(int chunk) {
        return new ArtifactException(
                "damaged file: the checksum of its bytes from " + (long) chunk * CHUNK + " on does not match");
    }
}
