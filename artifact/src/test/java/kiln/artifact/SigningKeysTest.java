package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.SigningKeys;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeysTest {
    @TempDir
    Path dir;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(dir.resolve(name), content);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        KeyPair keys = SigningKeys.generate();
        Path secret = dir.resolve("k.key");
        Path open = dir.resolve("k.pub");
        SigningKeys.write(keys, secret, open, false);
        assertEquals(keys.getPublic(), SigningKeys.readPublic(open));
        KeyPair read = SigningKeys.readPrivate(secret);
        assertEquals(keys.getPublic(), read.getPublic());
        assertArrayEquals(keys.getPrivate().getEncoded(), read.getPrivate().getEncoded());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
        assertEquals(2, Files.list(dir).count());
    }

    @Test
    void keysAreOnlyReplacedOnRequest() throws IOException {
        KeyPair keys = SigningKeys.generate();
        Path secret = dir.resolve("k.key");
        Path open = file("k.pub", "precious");
        assertThrows(FileAlreadyExistsException.class, () -> SigningKeys.write(keys, secret, open, false));
        assertEquals(List.of(open), Files.list(dir).toList());
        Files.writeString(secret, "open to all");
        SigningKeys.write(keys, secret, open, true);
        assertEquals(keys.getPublic(), SigningKeys.readPublic(open));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
        assertEquals(2, Files.list(dir).count());
    }

    /** RFC 8032, section 7.1, tests 1 to 3. */
    @Test
    void publicKeysFollowFromPrivateOnes() throws IOException {
        String[][] pairs = {
            {
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
            },
            {
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
            },
            {
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
            }
        };
        HexFormat hex = HexFormat.of();
        for (String[] pair : pairs) {
            byte[] pkcs8 = hex.parseHex("302e020100300506032b657004220420" + pair[0]);
            KeyPair keys = SigningKeys.readPrivate(file(
                    "rfc.key",
                    "-----BEGIN PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(pkcs8)
                            + "\n-----END PRIVATE KEY-----\n"));
            assertEquals(pair[1], hex.formatHex(Ed25519.encode(keys.getPublic())));
            assertEquals(keys.getPublic(), Ed25519.decode(hex.parseHex(pair[1])));
        }
    }

    @Test
    void otherFilesAreRefusedByName() throws Exception {
        KeyPair keys = SigningKeys.generate();
        Path secret = dir.resolve("k.key");
        Path open = dir.resolve("k.pub");
        SigningKeys.write(keys, secret, open, false);
        refused(
                "k.key: no public key in PEM form, but it has a key of another kind",
                () -> SigningKeys.readPublic(secret));
        refused("k.pub: no private key in PEM form", () -> SigningKeys.readPrivate(open));
        refused("no public key in PEM form", () -> SigningKeys.readPublic(file("text", "hello")));
        String cut = Files.readString(open).replace("MCow", "MCo");
        refused("cut: ", () -> SigningKeys.readPublic(file("cut", cut)));
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        SigningKeys.write(rsa, secret, open, true);
        refused("k.pub: not an Ed25519 public key", () -> SigningKeys.readPublic(open));
        refused("k.key: not an Ed25519 private key", () -> SigningKeys.readPrivate(secret));
        KeyPair ed448 = KeyPairGenerator.getInstance("Ed448").generateKeyPair();
        SigningKeys.write(ed448, secret, open, true);
        refused("k.pub: not an Ed25519 public key", () -> SigningKeys.readPublic(open));
        refused("k.key: not an Ed25519 private key", () -> SigningKeys.readPrivate(secret));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable what) {
        String message = assertThrows(ArtifactException.class, what).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void opensslKeysWork() throws Exception {
        Path key = dir.resolve("o.key");
        Path pub = dir.resolve("o.pub");
        openssl("genpkey", "-algorithm", "ed25519", "-out", key.toString());
        openssl("pkey", "-in", key.toString(), "-pubout", "-out", pub.toString());
        assertEquals(SigningKeys.readPublic(pub), SigningKeys.readPrivate(key).getPublic());
        KeyPair ours = SigningKeys.generate();
        SigningKeys.write(ours, key, pub, true);
        Path der = dir.resolve("pub.der");
        openssl("pkey", "-in", key.toString(), "-pubout", "-outform", "DER", "-out", der.toString());
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(der));
        assertEquals(
                "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(digest),
                SigningKeys.fingerprint(ours.getPublic()));
    }

    private void openssl(String... arguments) throws Exception {
        Path tool = Path.of("/usr/bin/openssl");
        Assumptions.assumeTrue(Files.isExecutable(tool), "openssl is not installed");
        List<String> command = new java.util.ArrayList<>(List.of(tool.toString()));
        command.addAll(List.of(arguments));
        Path out = dir.resolve("openssl.txt");
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertTrue(p.waitFor(10, TimeUnit.MINUTES));
        String text = Files.readString(out, StandardCharsets.ISO_8859_1);
        assertEquals(0, p.exitValue(), text);
    }
}
