package kiln.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.wasi.WasiBuilder;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a guest program gets to see of the host. */
final class GuestOptions {
    private static final String READ_ONLY = ":ro";
    private static final String WRITABLE = ":rw";

    private final OptionSpec folders = Options.list(
            "--dir",
            "HOST[::GUEST][:ro]",
            "Give the program this folder, under the name GUEST (default: HOST); "
                    + "it may change what is in it, but with :ro only read it (:rw is the default).");
    private final OptionSpec environment = Options.list(
            "--env",
            "NAME[=VALUE]",
            "Give the program this environment variable, with its value here if none is named; it sees no others.");
    private final OptionSpec inheritEnvironment =
            Options.flag("--inherit-env", "Give the program all environment variables; --env changes some.");
    private final OptionSpec argv0 = Options.value(
            String.class, "--argv0", "NAME", "What the program is called, to itself (default: the name of its file).");

    void addTo(CommandSpec command) {
        Options.add(command, folders, environment, inheritEnvironment, argv0);
    }

    /** The program's name, the first of its arguments. */
    String programName(Path file) {
        String name = argv0.getValue();
        return name != null ? name : PathBytes.text(file.getFileName());
    }

    void apply(WasiBuilder<?> wasi) {
        for (String folder : Options.strings(folders)) {
            folder(wasi, folder);
        }
        if (inheritEnvironment.<Boolean>getValue()) {
            wasi.env(Environment.variables());
        }
        for (String variable : Options.strings(environment)) {
            int equals = variable.indexOf('=');
            if (equals == 0 || variable.isEmpty()) {
                throw new UserError("--env " + Printable.name(variable) + ": not of the form NAME=VALUE or NAME");
            }
            if (equals > 0) {
                wasi.env(variable.substring(0, equals), variable.substring(equals + 1));
            } else {
                Map<String, String> here = Environment.variables();
                if (!here.containsKey(variable)) {
                    throw new UserError("--env " + Printable.name(variable) + ": there is no such variable here"
                            + Suggestions.text(variable, here.keySet()) + " (NAME=VALUE sets one)");
                }
                wasi.env(variable, here.get(variable));
            }
        }
    }

    private static void folder(WasiBuilder<?> wasi, String given) {
        boolean readOnly = given.endsWith(READ_ONLY);
        // A suffix that is there never is a part of the name: "x:ro" is read-only x, and "x:ro:rw" the folder "x:ro".
        String folder =
                readOnly || given.endsWith(WRITABLE) ? given.substring(0, given.length() - READ_ONLY.length()) : given;
        int colons = folder.indexOf("::");
        String host = colons < 0 ? folder : folder.substring(0, colons);
        String guest = colons < 0 ? folder : folder.substring(colons + 2);
        if (host.isEmpty() || guest.isEmpty()) {
            throw new UserError("--dir \"" + Printable.name(given)
                    + "\": not of the form HOST or HOST::GUEST, with or without :ro");
        }
        Path path = Arguments.path(host);
        if (!Files.isDirectory(path)) {
            throw new UserError("--dir " + Printable.name(given) + ": " + Printable.name(host) + " is not a folder");
        }
        if (readOnly) {
            wasi.preopenReadOnly(path, guest);
        } else {
            wasi.preopen(path, guest);
        }
    }
}
