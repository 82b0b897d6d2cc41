package kiln.wasi.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import kiln.artifact.PathBytes;
import kiln.wasi.GuestClock;

/** What a guest is given, as its builder was told; opens it. */
public final class GuestSetup {
    /** A folder of the host's under the name that the guest has for it. */
    public record Folder(Path path, String guestName, boolean writable) {}

    public List<String> args = List.of();
    public final Map<String, String> environment = new LinkedHashMap<>();
    public final List<Folder> folders = new ArrayList<>();
    public InputStream stdin;
    public OutputStream stdout;
    public OutputStream stderr;
    public boolean inheritStdin;
    public boolean inheritStdout;
    public boolean inheritStderr;
    /** Null for the operating system's. */
    public RandomGenerator random;
    /** Null for the machine's. */
    public GuestClock clock;

    public StandardInput openInput(Stop stop) {
        if (inheritStdin) {
            return new StandardInput(new ProcessStream(0, false, stop), 0, stop);
        }
        return new StandardInput(
                new StreamInput(stdin == null ? InputStream.nullInputStream() : stdin), ProcessStreams.OTHER, stop);
    }

    public StandardOutput openOutput(Stop stop) {
        return output(inheritStdout ? 1 : ProcessStreams.OTHER, stdout, stop);
    }

    public StandardOutput openError(Stop stop) {
        return output(inheritStderr ? 2 : ProcessStreams.OTHER, stderr, stop);
    }

    private static StandardOutput output(int processFd, OutputStream stream, Stop stop) {
        if (processFd != ProcessStreams.OTHER) {
            return new StandardOutput(new ProcessStream(processFd, true, stop), processFd);
        }
        return new StandardOutput(
                new StreamOutput(stream == null ? OutputStream.nullOutputStream() : stream, stop),
                ProcessStreams.OTHER);
    }

    /**
     * Opens the folders, in their order; all or none.
     *
     * @throws IOException if one does not exist or is none, or its file system cannot be used
     */
    public List<Directory> openFolders() throws IOException {
        List<Directory> opened = new ArrayList<>();
        boolean done = false;
        try {
            for (Folder f : folders) {
                opened.add(open(f));
            }
            done = true;
            return opened;
        } finally {
            if (!done) {
                Closing.all(opened);
            }
        }
    }

    private static Directory open(Folder f) throws IOException {
        FileSystem system = f.path().getFileSystem();
        boolean own = system == FileSystems.getDefault()
                && system.provider().getScheme().equals("file");
        DirectoryHandle handle = own ? LinuxDirectory.open(f.path()) : PortableDirectory.open(f.path());
        return new Directory(
                handle,
                PathBytes.encode(f.guestName()),
                f.writable() ? Rights.DIRECTORY : Rights.READ_ONLY_DIRECTORY,
                f.writable() ? Rights.INHERITED : Rights.READ_ONLY_INHERITED,
                0);
    }
}
