package kiln.cli;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Says what is wrong with a file that the user named before anything is done with it. */
final class InputFile {
    private InputFile() {}

    /**
     * Returns {@code file}.
     *
     * @throws UserError if it cannot be read
     */
    static Path check(Path file) {
        if (Files.isDirectory(file)) {
            throw new UserError(file + ": is a directory");
        }
        if (Files.notExists(file)) {
            for (Path p = file.toAbsolutePath().getParent(); p != null; p = p.getParent()) {
                if (Files.exists(p) && !Files.isDirectory(p)) {
                    throw new UserError(file + ": " + p.getFileName() + " is not a directory");
                }
            }
            boolean dangling = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            throw new UserError(file + ": no such file" + (dangling ? " (a link to nothing)" : ""));
        }
        if (Files.exists(file) && !Files.isReadable(file)) {
            throw new UserError(file + ": permission denied");
        }
        // Whatever else there is, opening it will say.
        return file;
    }
}
