package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.concurrent.Callable;
import kiln.artifact.FileSignature;
import kiln.artifact.api.SigningKeys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sign",
        mixinStandardHelpOptions = true,
        description = {"Signs .cwasm files, for kiln run --require-signature. A signature that a file has is replaced."
        })
final class SignCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE.cwasm", description = "The files to sign, in place.")
    List<Path> files;

    @Option(
            names = "--key",
            required = true,
            paramLabel = "PRIVATE",
            description = "Ed25519 private key (PKCS#8 in PEM form, see kiln keygen).")
    Path key;

    @Override
    public Integer call() throws IOException {
        KeyPair keys = SigningKeys.readPrivate(key);
        for (Path file : files) {
            FileSignature.sign(file, keys);
        }
        System.out.println("signed by " + SigningKeys.fingerprint(keys.getPublic()));
        return 0;
    }
}
