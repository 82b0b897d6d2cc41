package kiln.wasi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Times to be set; null leaves one as it is. */
record FileTimes(FileTime accessed, FileTime modified) {
    static FileTimes of(long accessed, long modified, int flags) {
        Flags.check(flags, Flags.ACCESSED | Flags.ACCESSED_NOW | Flags.MODIFIED | Flags.MODIFIED_NOW);
        FileTime now = FileTime.from(Instant.now());
        return new FileTimes(
                one(accessed, now, (flags & Flags.ACCESSED) != 0, (flags & Flags.ACCESSED_NOW) != 0),
                one(modified, now, (flags & Flags.MODIFIED) != 0, (flags & Flags.MODIFIED_NOW) != 0));
    }

    private static FileTime one(long given, FileTime now, boolean useGiven, boolean useNow) {
        if (useGiven && useNow) {
            throw Errno.INVAL.error();
        }
        return useGiven ? FileTime.from(given, TimeUnit.NANOSECONDS) : useNow ? now : null;
    }

    /** Sets a file's or folder's; a symbolic link's own. */
    void apply(Path path) throws IOException {
        if (accessed != null || modified != null) {
            Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setTimes(modified, accessed, null);
        }
    }

    FileStatus apply(FileStatus status) {
        return status.withTimes(
                accessed == null ? status.accessed() : accessed.to(TimeUnit.NANOSECONDS),
                modified == null ? status.modified() : modified.to(TimeUnit.NANOSECONDS));
    }
}
