package kiln.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;

/** Says what is wrong with a file that the user named before anything is done with it. */
final class InputFile {
    /** Of a module that is read into memory. */
    private static final int MAX_BYTES = 1 << 30;

    /** Standard input, by the name under which it can be opened again. */
    static final Path STDIN = Path.of("/dev/stdin");

    private InputFile() {}

    /** The file that a parameter names; {@code -} is standard input. */
    static Path named(Path given) {
        return given.toString().equals("-") ? STDIN : given;
    }

    /**
     * Returns {@code file}.
     *
     * @throws UserError if it cannot be read
     */
    static Path check(Path file) {
        if (file.toString().isEmpty()) {
            throw new UserError("the name of a file is empty");
        } else if (Files.isDirectory(file)) {
            throw new UserError(file, "is a directory");
        }
        if (Files.notExists(file)) {
            for (Path p = file.toAbsolutePath().getParent(); p != null; p = p.getParent()) {
                if (Files.exists(p) && !Files.isDirectory(p)) {
                    throw new UserError(file, Printable.file(p.getFileName()) + " is not a directory");
                }
            }
            boolean dangling = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            throw new UserError(file, "no such file" + (dangling ? " (a link to nothing)" : ""));
        }
        if (Files.exists(file) && !Files.isReadable(file)) {
            throw new UserError(file, "permission denied");
        }
        // Whatever else there is, opening it will say.
        return file;
    }

    /**
     * All of the file, which may be a pipe.
     *
     * @throws UserError if it cannot be read, or is larger than an array can be
     */
    static byte[] read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(check(file))) {
            return rest(file, new byte[0], in);
        } catch (IOException e) {
            throw about(file, e);
        }
    }

    /** The same failure, with the file's name if it lacks that. */
    static IOException about(Path file, IOException e) {
        return e instanceof FileSystemException
                ? e
                : new FileSystemException(PathBytes.text(file), null, e.getMessage());
    }

    /** The bytes {@code start}, which have been read already, and all that {@code in} still gives. */
    static byte[] rest(Path file, byte[] start, InputStream in) throws IOException {
        if (Files.isRegularFile(file) && Files.size(file) > MAX_BYTES) {
            throw tooLarge(file);
        }
        byte[] rest = in.readNBytes(MAX_BYTES - start.length);
        if (in.read() >= 0) {
            throw tooLarge(file);
        }
        if (start.length == 0) {
            return rest;
        }
        byte[] all = Arrays.copyOf(start, start.length + rest.length);
        System.arraycopy(rest, 0, all, start.length, rest.length);
        return all;
    }

    private static UserError tooLarge(Path file) {
        return new UserError(file, "larger than a WebAssembly module can be here (" + MAX_BYTES + " bytes)");
    }
}
