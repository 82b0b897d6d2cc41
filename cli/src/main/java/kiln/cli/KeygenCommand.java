package kiln.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.concurrent.Callable;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.api.SigningKeys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "keygen",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a pair of Ed25519 keys: BASE.key signs files and stays secret, BASE.pub is for those who run them."
        })
final class KeygenCommand implements Callable<Integer> {
    @Option(
            names = "-o",
            paramLabel = "BASE",
            defaultValue = "kiln",
            description = "Start of the files' names (default: kiln).")
    Path base;

    @Option(names = "--force", description = "Replace files of these names.")
    boolean force;

    @Override
    public Integer call() throws IOException {
        Path secret = sibling(".key");
        Path open = sibling(".pub");
        KeyPair keys = SigningKeys.generate();
        try {
            SigningKeys.write(keys, secret, open, force);
        } catch (FileAlreadyExistsException e) {
            throw new UserError(Printable.name(e.getMessage()) + " exists; --force replaces it");
        }
        System.out.printf(
                "%s  private key, for kiln sign --key%n%s  public key %s%n",
                Printable.file(secret), Printable.file(open), SigningKeys.fingerprint(keys.getPublic()));
        return 0;
    }

    private Path sibling(String extension) {
        return base.resolveSibling(PathBytes.path(PathBytes.text(base.getFileName()) + extension));
    }
}
