package kiln.artifact.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.spec.EncodedKeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Set;
import kiln.artifact.Ed25519;
import kiln.artifact.Printable;

/**
 * Ed25519 keys in PEM files, as OpenSSL and others write them: a private key in PKCS#8 without a passphrase
 * ({@code PRIVATE KEY}), a public one as X.509 SubjectPublicKeyInfo ({@code PUBLIC KEY}).
 */
public final class SigningKeys {
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";
    private static final int LINE = 64;

    private SigningKeys() {}

    /** A new pair. */
    public static KeyPair generate() {
        return Ed25519.generate();
    }

    /**
     * Writes a pair; nobody but the owner can read the private file, at no time.
     *
     * @param replace whether files of these names are replaced
     * @throws FileAlreadyExistsException if one of the files exists and is not to be replaced; then none is written
     * @throws IOException if they cannot be written
     */
    public static void write(KeyPair keys, Path privateFile, Path publicFile, boolean replace) throws IOException {
        for (Path file : new Path[] {privateFile, publicFile}) {
            if (!replace && Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
        }
        write(
                privateFile,
                PosixFilePermissions.fromString("rw-------"),
                pem(PRIVATE, keys.getPrivate().getEncoded()),
                replace);
        write(
                publicFile,
                PosixFilePermissions.fromString("rw-r--r--"),
                pem(PUBLIC, keys.getPublic().getEncoded()),
                replace);
    }

    private static void write(Path file, Set<PosixFilePermission> access, String text, boolean replace)
            throws IOException {
        Path target = replace ? file.resolveSibling("." + file.getFileName() + ".new") : file;
        if (replace) {
            Files.deleteIfExists(target);
        }
        try (SeekableByteChannel out = Files.newByteChannel(
                target,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(access))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        }
        if (replace) {
            Files.move(target, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static String pem(String kind, byte[] der) {
        String body = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
    }

    /**
     * The pair of a private key file.
     *
     * @throws ArtifactException if it is no such file
     * @throws IOException if it cannot be read
     */
    public static KeyPair readPrivate(Path file) throws IOException {
        byte[] der = der(file, PRIVATE);
        try {
            return Ed25519.pair(factory().generatePrivate(new PKCS8EncodedKeySpec(der)));
        } catch (GeneralSecurityException | ArtifactException e) {
            throw new ArtifactException(Printable.file(file) + ": not an Ed25519 private key", e);
        }
    }

    /**
     * The key of a public key file.
     *
     * @throws ArtifactException if it is no such file
     * @throws IOException if it cannot be read
     */
    public static PublicKey readPublic(Path file) throws IOException {
        EncodedKeySpec spec = new X509EncodedKeySpec(der(file, PUBLIC));
        try {
            PublicKey key = factory().generatePublic(spec);
            Ed25519.encode(key);
            return key;
        } catch (GeneralSecurityException | ArtifactException e) {
            throw new ArtifactException(Printable.file(file) + ": not an Ed25519 public key", e);
        }
    }

    private static KeyFactory factory() throws GeneralSecurityException {
        return KeyFactory.getInstance("Ed25519");
    }

    private static byte[] der(Path file, String kind) throws IOException {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        String begin = "-----BEGIN " + kind + "-----";
        String end = "-----END " + kind + "-----";
        int from = text.indexOf(begin);
        int to = text.indexOf(end, Math.max(from, 0));
        if (from < 0 || to < 0) {
            String other = text.contains("-----BEGIN ") ? ", but it has a key of another kind" : "";
            throw new ArtifactException(
                    Printable.file(file) + ": no " + kind.toLowerCase(java.util.Locale.ROOT) + " in PEM form" + other);
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(from + begin.length(), to));
        } catch (IllegalArgumentException e) {
            throw new ArtifactException(Printable.file(file) + ": damaged PEM file", e);
        }
    }

    /**
     * {@code SHA256:} and the digest of the key's X.509 encoding in Base64, by which people tell keys apart.
     */
    public static String fingerprint(PublicKey key) {
        return Ed25519.fingerprint(key);
    }
}
