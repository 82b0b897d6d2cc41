package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdDSAParameterSpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import kiln.artifact.api.ArtifactException;

/**
 * Signatures of the JDK, in the variant Ed25519ph of RFC 8032, section 5.1: what is signed is the SHA-512 of the bytes,
 * so that they need not be in memory twice. The context keeps a signature that the same key has made for another
 * purpose from counting here.
 */
public final class Ed25519 {
    static final int KEY_BYTES = 32;
    static final int SIGNATURE_BYTES = 64;
    private static final String NAME = "Ed25519";
    private static final EdDSAParameterSpec VARIANT =
            new EdDSAParameterSpec(true, new byte[] {'k', 'i', 'l', 'n', ' ', 'c', 'w', 'a', 's', 'm'});
    private static final int BUFFER = 1 << 16;

    private Ed25519() {}

    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(NAME).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    /**
     * The pair that a private key belongs to. A private key file need not have the public half, and the JDK computes it
     * only when it makes a pair; so it makes one, from these random numbers.
     */
    public static KeyPair pair(PrivateKey key) {
        byte[] seed = key instanceof EdECPrivateKey k && isOurs(k.getParams())
                ? k.getBytes().orElse(null)
                : null;
        if (seed == null || seed.length != KEY_BYTES) {
            throw new ArtifactException("not an Ed25519 key, but " + key.getAlgorithm());
        }
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(NAME);
            generator.initialize(NamedParameterSpec.ED25519, new FixedRandom(seed));
            KeyPair pair = generator.generateKeyPair();
            MemorySegment text = MemorySegment.ofArray(seed);
            if (!verify(text, sign(text, key), pair.getPublic())) {
                throw new IllegalStateException(
                        "this JDK's " + generator.getProvider() + " makes another key of the same seed");
            }
            return pair;
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    private static boolean isOurs(NamedParameterSpec params) {
        return params.getName().equals(NAME);
    }

    static byte[] sign(MemorySegment message, PrivateKey key) {
        try {
            Signature s = Signature.getInstance(NAME);
            s.setParameter(VARIANT);
            s.initSign(key);
            update(s, message);
            return s.sign();
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    static boolean verify(MemorySegment message, byte[] signature, PublicKey key) {
        try {
            Signature s = Signature.getInstance(NAME);
            s.setParameter(VARIANT);
            s.initVerify(key);
            update(s, message);
            return s.verify(signature);
        } catch (SignatureException e) {
            // What these bytes are is no signature by any key.
            return false;
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    private static void update(Signature s, MemorySegment message) throws SignatureException {
        byte[] buffer = new byte[(int) Math.min(BUFFER, message.byteSize())];
        for (long done = 0; done < message.byteSize(); ) {
            int n = (int) Math.min(buffer.length, message.byteSize() - done);
            MemorySegment.copy(message, done, MemorySegment.ofArray(buffer), 0, n);
            s.update(buffer, 0, n);
            done += n;
        }
    }

    /**
     * The key as RFC 8032, section 5.1.2 encodes it: y in 255 bits, little-endian, and the lowest bit of x.
     *
     * @throws ArtifactException if it is a key of another algorithm
     */
    public static byte[] encode(PublicKey key) {
        if (!(key instanceof EdECPublicKey k) || !isOurs(k.getParams())) {
            throw new ArtifactException("not an Ed25519 key, but " + key.getAlgorithm());
        }
        byte[] big = k.getPoint().getY().toByteArray();
        byte[] out = new byte[KEY_BYTES];
        for (int i = 0; i < Math.min(big.length, KEY_BYTES); i++) {
            out[i] = big[big.length - 1 - i];
        }
        if (k.getPoint().isXOdd()) {
            out[KEY_BYTES - 1] |= (byte) 0x80;
        }
        return out;
    }

    /**
     * The inverse of {@link #encode}.
     *
     * @throws ArtifactException if the bytes are no key
     */
    public static PublicKey decode(byte[] encoded) {
        byte[] big = new byte[KEY_BYTES];
        for (int i = 0; i < KEY_BYTES; i++) {
            big[i] = encoded[KEY_BYTES - 1 - i];
        }
        boolean odd = big[0] < 0;
        big[0] &= 0x7f;
        EdECPoint point = new EdECPoint(odd, new BigInteger(big));
        try {
            return KeyFactory.getInstance(NAME)
                    .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
        } catch (GeneralSecurityException e) {
            throw new ArtifactException("not a public key", e);
        }
    }

    /**
     * {@code SHA256:} and the digest of the key's X.509 encoding in Base64: the same for the same key, and no other key
     * has it.
     */
    public static String fingerprint(PublicKey key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw missing(e);
        }
    }

    private static AssertionError missing(GeneralSecurityException e) {
        return new AssertionError("every JDK has Ed25519 and SHA-2", e);
    }

    /** Gives the bytes of a seed. */
    private static final class FixedRandom extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final byte[] seed;

        FixedRandom(byte[] seed) {
            this.seed = seed;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            System.arraycopy(Arrays.copyOf(seed, bytes.length), 0, bytes, 0, bytes.length);
        }
    }
}
