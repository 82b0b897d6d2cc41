package kiln.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kiln.wasi.Wasi;
import picocli.CommandLine.Option;

/** What a guest program gets to see of the host. */
final class GuestOptions {
    @Option(names = "--dir", paramLabel = "HOST[::GUEST]", description = "Give the program this folder, under the name GUEST (default: HOST).")
    List<String> folders = new ArrayList<>();

    @Option(names = "--env", paramLabel = "NAME=VALUE", description = "Give the program this environment variable; it sees no others.")
    List<String> environment = new ArrayList<>();

    void apply(Wasi.Builder wasi) {
        for (String folder : folders) {
            int colons = folder.indexOf("::");
            Path host = Path.of(colons < 0 ? folder : folder.substring(0, colons));
            if (!Files.isDirectory(host)) {
                throw new UserError("--dir " + folder + ": " + host + " is not a folder");
            }
            wasi.preopen(host, colons < 0 ? folder : folder.substring(colons + 2));
        }
        for (String variable : environment) {
            int equals = variable.indexOf('=');
            if (equals < 1) {
                throw new UserError("--env " + variable + ": not of the form NAME=VALUE");
            }
            wasi.env(variable.substring(0, equals), variable.substring(equals + 1));
        }
    }
}
