package kiln.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import kiln.artifact.Printable;
import kiln.wasi.Wasi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a guest program gets to see of the host. */
final class GuestOptions {
    private final OptionSpec folders = Options.list(
            "--dir", "HOST[::GUEST]", "Give the program this folder, under the name GUEST (default: HOST).");
    private final OptionSpec environment =
            Options.list("--env", "NAME=VALUE", "Give the program this environment variable; it sees no others.");

    void addTo(CommandSpec command) {
        command.addOption(folders);
        command.addOption(environment);
    }

    void apply(Wasi.Builder wasi) {
        for (String folder : Options.strings(folders)) {
            int colons = folder.indexOf("::");
            String host = colons < 0 ? folder : folder.substring(0, colons);
            String guest = colons < 0 ? folder : folder.substring(colons + 2);
            if (host.isEmpty() || guest.isEmpty()) {
                throw new UserError("--dir \"" + Printable.name(folder) + "\": not of the form HOST or HOST::GUEST");
            }
            Path path = Arguments.path(host);
            if (!Files.isDirectory(path)) {
                throw new UserError(
                        "--dir " + Printable.name(folder) + ": " + Printable.name(host) + " is not a folder");
            }
            wasi.preopen(path, guest);
        }
        for (String variable : Options.strings(environment)) {
            int equals = variable.indexOf('=');
            if (equals < 1) {
                throw new UserError("--env " + Printable.name(variable) + ": not of the form NAME=VALUE");
            }
            wasi.env(variable.substring(0, equals), variable.substring(equals + 1));
        }
    }
}
