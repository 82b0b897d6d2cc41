package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.Signature;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.SigningKeys;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSignatureTest {
    private static final KeyPair KEYS = SigningKeys.generate();
    private static final KeyPair OTHERS = SigningKeys.generate();

    @TempDir
    Path dir;

    private static byte[] signed() {
        byte[] file = SampleFile.writer(true).toBytes();
        FileSignature.sign(file, KEYS);
        return file;
    }

    private static Artifact open(byte[] file, KeyPair... keys) {
        return Artifact.of(
                MemorySegment.ofArray(file),
                Artifact.OpenOptions.SKIP_DIGEST.signedBy(
                        Arrays.stream(keys).map(KeyPair::getPublic).toList()));
    }

    private static void refused(String part, byte[] file, KeyPair... keys) {
        String message =
                assertThrows(ArtifactException.class, () -> open(file, keys)).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void signingChangesNothingButTheLastSection() {
        byte[] unsigned = SampleFile.writer(true).toBytes();
        byte[] signed = signed();
        assertEquals(unsigned.length, signed.length);
        int body = unsigned.length - FileSignature.BYTES;
        assertEquals(-1, Arrays.mismatch(Arrays.copyOf(unsigned, body), Arrays.copyOf(signed, body)));
        assertNull(open(unsigned).signature());
        open(signed).verify();
        FileSignature signature = open(signed, KEYS).signature();
        assertEquals(KEYS.getPublic(), signature.publicKey());
        assertTrue(signature.matches());
    }

    @Test
    void oneOfSeveralKeysIsEnough() {
        open(signed(), KEYS);
        open(signed(), OTHERS, KEYS);
        refused("signed by another key than the required SHA256:", signed(), OTHERS);
        refused("is not signed; a signature by SHA256:", SampleFile.writer(true).toBytes(), KEYS);
    }

    @Test
    void signingAgainReplaces() {
        byte[] file = signed();
        FileSignature.sign(file, OTHERS);
        open(file, OTHERS);
        refused("another key", file, KEYS);
        FileSignature.sign(file, KEYS);
        assertArrayEquals(signed(), file, "the same key and bytes give the same signature");
    }

    /**
     * With checksums off, so that only the signature can tell. Checking one takes milliseconds, so of the long runs of
     * equal bytes (padding, code) a sample is changed; {@code -Dkiln.whole=true} changes each byte.
     */
    @Test
    void everyChangedByteIsRefused() {
        byte[] file = SampleFile.writer(false).toBytes();
        FileSignature.sign(file, KEYS);
        boolean whole = Boolean.getBoolean("kiln.whole");
        IntStream.range(0, file.length).parallel().forEach(at -> {
            if (!whole
                    && at > 0
                    && file[at] == file[at - 1]
                    && at % 199 != 0
                    && at < file.length - FileSignature.BYTES) {
                return;
            }
            byte[] changed = file.clone();
            changed[at] ^= (byte) (1 << at % 8);
            assertThrows(ArtifactException.class, () -> open(changed, KEYS), () -> "byte " + at);
        });
    }

    @Test
    void otherLengthsAreRefused() {
        byte[] file = signed();
        for (int length = 0; length < file.length; length += length < 300 || length > file.length - 300 ? 1 : 997) {
            byte[] cut = Arrays.copyOf(file, length);
            assertThrows(ArtifactException.class, () -> open(cut, KEYS));
        }
        for (int more : new int[] {1, 64, FileSignature.BYTES, 4096}) {
            byte[] longer = Arrays.copyOf(file, file.length + more);
            assertThrows(ArtifactException.class, () -> open(longer, KEYS));
            // The same, with the record where it would be looked for.
            System.arraycopy(
                    file,
                    file.length - FileSignature.BYTES,
                    longer,
                    longer.length - FileSignature.BYTES,
                    FileSignature.BYTES);
            refused("does not match", longer, KEYS);
        }
    }

    @Test
    void signaturesForOtherPurposesDoNotCount() throws Exception {
        byte[] file = signed();
        Signature plain = Signature.getInstance("Ed25519");
        plain.initSign(KEYS.getPrivate());
        plain.update(file, 0, file.length - Ed25519.SIGNATURE_BYTES);
        System.arraycopy(plain.sign(), 0, file, file.length - Ed25519.SIGNATURE_BYTES, Ed25519.SIGNATURE_BYTES);
        refused("does not match", file, KEYS);
    }

    @Test
    void damagedFilesAreNotSigned() throws IOException {
        byte[] file = SampleFile.writer(true).toBytes();
        file[5000] ^= 1;
        assertThrows(ArtifactException.class, () -> FileSignature.sign(file, KEYS));
        Path path = Files.write(dir.resolve("damaged.cwasm"), file);
        assertThrows(ArtifactException.class, () -> FileSignature.sign(path, KEYS));
        assertArrayEquals(file, Files.readAllBytes(path));
        assertEquals(List.of(path), Files.list(dir).toList());
    }

    @Test
    void filesAreReplacedAsAWhole() throws IOException {
        Path path = dir.resolve("a.cwasm");
        SampleFile.writer(true).write(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
        Object inode = Files.getAttribute(path, "unix:ino");
        FileSignature.sign(path, KEYS);
        assertArrayEquals(signed(), Files.readAllBytes(path));
        assertTrue(!inode.equals(Files.getAttribute(path, "unix:ino")));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        assertEquals(List.of(path), Files.list(dir).toList());
        try (Artifact a = Artifact.open(path, Artifact.OpenOptions.DEFAULT.signedBy(List.of(KEYS.getPublic())))) {
            assertTrue(a.signature().matches());
        }
    }
}
