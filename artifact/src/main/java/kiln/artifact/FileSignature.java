package kiln.artifact;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import kiln.artifact.api.ArtifactException;

/**
 * Who vouches for a file. Every file ends with room for a signature, so that signing moves nothing, and signing again
 * replaces.
 *
 * <pre>
 *    0  "KSIG"; an unsigned file has zeros here and behind
 *    4  algorithm u32: 1, Ed25519ph (RFC 8032) with the context "kiln cwasm"
 *    8  public key, 32 bytes
 *   40  signature, 64 bytes: of all bytes of the file before these
 * </pre>
 */
public final class FileSignature {
    static final String SECTION = ".kiln.signature";
    static final int BYTES = 8 + Ed25519.KEY_BYTES + Ed25519.SIGNATURE_BYTES;
    /** "KSIG" in ASCII, little-endian. */
    private static final int MAGIC = 0x4749534b;

    private static final int ALGORITHM = 1;
    private static final int KEY_AT = 8;

    private final MemorySegment file;
    private final byte[] key;

    private FileSignature(MemorySegment file) {
        this.file = file;
        key = record(file).asSlice(KEY_AT, Ed25519.KEY_BYTES).toArray(ValueLayout.JAVA_BYTE);
    }

    static TableLayout layout() {
        TableLayout layout = new TableLayout();
        layout.add("KSIG", 4, 1);
        layout.add("algorithm", 4, 1);
        layout.add("public key", 1, Ed25519.KEY_BYTES);
        layout.add("signature", 1, Ed25519.SIGNATURE_BYTES);
        return layout;
    }

    private static MemorySegment record(MemorySegment file) {
        return file.asSlice(file.byteSize() - BYTES);
    }

    /**
     * The signature in a file, which is not compared with the file; null if there is none.
     *
     * @throws ArtifactException if it is of an unknown kind
     */
    static FileSignature of(MemorySegment file) {
        MemorySegment record = record(file);
        if (Le.i32(record, 0) != MAGIC) {
            for (int i = 0; i < BYTES; i++) {
                if (Le.u8(record, i) != 0) {
                    throw new ArtifactException("damaged file: " + SECTION);
                }
            }
            return null;
        }
        if (Le.i32(record, 4) != ALGORITHM) {
            throw new ArtifactException("the file is signed by algorithm " + Le.u32(record, 4) + ", this version knows "
                    + ALGORITHM + " (Ed25519)");
        }
        return new FileSignature(file);
    }

    /**
     * Checks that one of the keys has signed the file as it is. Believes nothing of the file before.
     *
     * @throws ArtifactException if not
     */
    static void require(MemorySegment file, List<PublicKey> keys) {
        FileSignature s = file.byteSize() < BYTES || Le.i32(record(file), 0) != MAGIC ? null : of(file);
        String required = keys.stream().map(Ed25519::fingerprint).collect(Collectors.joining(" or "));
        if (s == null) {
            throw new ArtifactException("the file is not signed; a signature by " + required + " is required");
        }
        for (PublicKey k : keys) {
            if (Arrays.equals(Ed25519.encode(k), s.key)) {
                if (!s.matches(k)) {
                    throw new ArtifactException(
                            "the signature does not match: the file is not what " + required + " has signed");
                }
                return;
            }
        }
        throw new ArtifactException("the file is signed by another key than the required " + required);
    }

    /**
     * The key that made the signature, if {@link #matches()}.
     *
     * @throws ArtifactException if the file has no key there
     */
    public PublicKey publicKey() {
        return Ed25519.decode(key);
    }

    /** Whether the file is, byte for byte, what the key in it has signed. Says nothing about whose key that is. */
    public boolean matches() {
        return matches(publicKey());
    }

    private boolean matches(PublicKey k) {
        long signed = file.byteSize() - Ed25519.SIGNATURE_BYTES;
        byte[] signature = file.asSlice(signed).toArray(ValueLayout.JAVA_BYTE);
        return Ed25519.verify(file.asSlice(0, signed), signature, k);
    }

    /**
     * Signs a compiled file, which is checked completely before and replaced as a whole. A signature that it has is
     * replaced.
     *
     * @throws ArtifactException if the file is damaged
     * @throws IOException if it cannot be read or replaced
     */
    public static void sign(Path path, KeyPair keys) throws IOException {
        Path target = path.toRealPath();
        Path temporary = Files.createTempFile(target.getParent(), "." + target.getFileName(), ".tmp");
        try {
            Files.copy(target, temporary, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    Arena arena = Arena.ofShared()) {
                sign(channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size(), arena), Printable.file(path), keys);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Signs a compiled file in memory.
     *
     * @throws ArtifactException if it is damaged
     */
    public static void sign(byte[] file, KeyPair keys) {
        sign(MemorySegment.ofArray(file), "compiled module", keys);
    }

    private static void sign(MemorySegment file, String name, KeyPair keys) {
        try (Artifact a = Artifact.of(file, Artifact.OpenOptions.STRICT)) {
            a.verify();
        } catch (ArtifactException e) {
            throw new ArtifactException(name + ": " + e.getMessage(), e);
        }
        MemorySegment record = record(file);
        new ByteSink()
                .u32(MAGIC)
                .u32(ALGORITHM)
                .bytes(Ed25519.encode(keys.getPublic()))
                .copyTo(record, 0);
        long signed = file.byteSize() - Ed25519.SIGNATURE_BYTES;
        byte[] signature = Ed25519.sign(file.asSlice(0, signed), keys.getPrivate());
        MemorySegment.copy(MemorySegment.ofArray(signature), 0, file, signed, signature.length);
    }
}
