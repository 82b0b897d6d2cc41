package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Feature;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kiln.wasi.host.Errno;
import kiln.wasi.host.Flags;
import kiln.wasi.host.Rights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Folders in file systems that are not the operating system's: memory, zip files. */
class ForeignFileSystemsTest {
    private static final long SEED = Long.getLong("kiln.seed", 1);
    private static final int CALLS = Boolean.getBoolean("kiln.emulated") ? 2_000 : 20_000;

    @TempDir
    Path dir;

    enum Kind {
        /** As Endive's users have it: with attributes of all kinds, and folders that can be opened. */
        MEMORY,
        /** Without anything but paths. */
        MEMORY_PATHS,
        /** With drives and backslashes. */
        MEMORY_WINDOWS,
        ZIP;

        FileSystem open(Path dir) throws IOException {
            return switch (this) {
                case MEMORY ->
                    Jimfs.newFileSystem(Configuration.unix().toBuilder()
                            .setAttributeViews("basic", "owner", "posix", "unix")
                            .build());
                case MEMORY_PATHS -> paths();
                case MEMORY_WINDOWS -> Jimfs.newFileSystem(Configuration.windows());
                case ZIP -> FileSystems.newFileSystem(dir.resolve("files.zip"), Map.of("create", "true"));
            };
        }

        boolean makesFolders() {
            return this != MEMORY;
        }
    }

    private static FileSystem paths() {
        return Jimfs.newFileSystem(Configuration.unix().toBuilder()
                .setSupportedFeatures(Feature.LINKS, Feature.SYMBOLIC_LINKS)
                .build());
    }

    /** A folder "given" in the file system's root, with a file and a folder with a file. */
    private static Path filled(FileSystem system) throws IOException {
        Path given = system.getRootDirectories().iterator().next().resolve("given");
        Files.createDirectories(given.resolve("sub"));
        Files.writeString(given.resolve("text"), "content");
        Files.writeString(given.resolve("sub/inner"), "inside");
        Files.writeString(given.resolveSibling("secret"), "canary");
        return given;
    }

    private static Guest guest(Path folder) {
        return new Guest(Wasi.builder().preopen(folder, "/"));
    }

    @ParameterizedTest
    @EnumSource
    void filesAreReadWrittenAndListed(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir)) {
            Path given = filled(system);
            try (Guest g = guest(given)) {
                assertEquals("content", g.read(g.open(Guest.ROOT, "text", 0).ok(), 100));
                assertEquals("inside", g.read(g.open(Guest.ROOT, "sub/inner", 0).ok(), 100));
                int sub = g.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok();
                assertEquals("inside", g.read(g.open(sub, "inner", 0).ok(), 100));
                // Writing does not lose what is not written over.
                int text = g.open(Guest.ROOT, "text", 0).ok();
                assertEquals(3, g.write(text, "CON"));
                assertEquals(0, g.seek(text, 0, 0));
                assertEquals("CONtent", g.read(text, 100));
                assertEquals(Errno.SUCCESS, g.fdStat(text));
                assertEquals(7, g.stat(32));
                assertEquals(Errno.SUCCESS, g.close(text));
                assertEquals("CONtent", Files.readString(given.resolve("text")));
                int made = g.open(sub, "made", Flags.CREATE | Flags.EXCLUSIVE).ok();
                g.write(made, "one, ", "two");
                assertEquals(Errno.SUCCESS, g.close(made));
                assertEquals("one, two", Files.readString(given.resolve("sub/made")));
                int empty = g.open(sub, "made", Flags.TRUNCATE).ok();
                assertEquals("", g.read(empty, 100));
                g.close(empty);
                assertEquals(
                        Errno.EXIST,
                        g.open(sub, "made", Flags.CREATE | Flags.EXCLUSIVE).errno());
                assertEquals(Errno.NOENT, g.open(sub, "none", 0).errno());
                assertEquals(Errno.NOTDIR, g.open(Guest.ROOT, "text/x", 0).errno());
                assertEquals(Set.of(".", "..", "inner", "made"), names(g, sub));
                assertEquals(Set.of(".", "..", "sub", "text"), names(g, Guest.ROOT));
            }
        }
    }

    private static Set<String> names(Guest g, int fd) {
        return g.list(fd, 0).stream().map(Guest.Entry::name).collect(Collectors.toSet());
    }

    @ParameterizedTest
    @EnumSource
    void filesAreRenamedAndRemoved(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir)) {
            Path given = filled(system);
            try (Guest g = guest(given)) {
                assertEquals(Errno.NOTSUP, g.link(Guest.ROOT, 0, "text", Guest.ROOT, "hard"));
                assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "text", Guest.ROOT, "sub/moved"));
                assertEquals("content", Files.readString(given.resolve("sub/moved")));
                assertEquals(Errno.ISDIR, g.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "sub"));
                assertEquals(Errno.NOTDIR, g.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "sub/moved"));
                assertEquals(Errno.NOTEMPTY, g.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "sub"));
                assertEquals(Errno.SUCCESS, g.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "sub/moved"));
                assertEquals(Errno.SUCCESS, g.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "sub/inner"));
                assertEquals(Errno.SUCCESS, g.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "sub"));
                assertFalse(Files.exists(given.resolve("sub")));
                Errno made = g.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, "new");
                assertEquals(kind.makesFolders() ? Errno.SUCCESS : Errno.NOTSUP, made);
                assertEquals(kind.makesFolders(), Files.isDirectory(given.resolve("new")));
                assertEquals(Errno.NOTSUP, g.symlink("text", Guest.ROOT, "link"));
            }
        }
    }

    /** As POSIX has it: like replaces like, and a full folder stays. */
    @ParameterizedTest
    @EnumSource
    void whatIsRenamedReplacesItsLike(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir)) {
            Path given = filled(system);
            Files.writeString(given.resolve("other"), "old");
            Files.createDirectory(given.resolve("empty"));
            try (Guest g = guest(given)) {
                assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "text", Guest.ROOT, "text"));
                assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "text", Guest.ROOT, "other"));
                assertEquals("content", Files.readString(given.resolve("other")));
                assertFalse(Files.exists(given.resolve("text")));
                assertEquals(Errno.ISDIR, g.rename(Guest.ROOT, "other", Guest.ROOT, "empty"));
                assertEquals(Errno.NOTDIR, g.rename(Guest.ROOT, "empty", Guest.ROOT, "other"));
                // POSIX has both.
                Errno full = g.rename(Guest.ROOT, "empty", Guest.ROOT, "sub");
                assertTrue(full == Errno.NOTEMPTY || full == Errno.EXIST, full::toString);
                Errno folder = g.rename(Guest.ROOT, "sub", Guest.ROOT, "empty");
                // Java's zip files do not replace folders.
                assertEquals(kind == Kind.ZIP ? Errno.EXIST : Errno.SUCCESS, folder);
                assertEquals("inside", Files.readString(given.resolve(kind == Kind.ZIP ? "sub/inner" : "empty/inner")));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesAreToldApart(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir);
                Guest g = guest(filled(system))) {
            assertEquals(Errno.SUCCESS, g.stat(Guest.ROOT, 0, "text"));
            long text = g.stat(8);
            assertEquals(7, g.stat(32));
            assertEquals(Errno.SUCCESS, g.stat(Guest.ROOT, 0, "sub/inner"));
            assertNotEquals(text, g.stat(8));
            assertEquals(Errno.SUCCESS, g.fdStat(g.open(Guest.ROOT, "text", 0).ok()));
            assertEquals(text, g.stat(8));
            assertEquals(Errno.SUCCESS, g.setTimes(Guest.ROOT, 0, "text", 1_000_000_000_000L));
            assertEquals(Errno.SUCCESS, g.stat(Guest.ROOT, 0, "text"));
            assertEquals(1_000_000_000_000L, g.stat(48));
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingLeadsOut(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir);
                Guest g = guest(filled(system))) {
            for (String out : List.of("../secret", "/secret", "sub/../../secret", "sub/..\\..\\secret", "..\\secret")) {
                Errno e = g.open(Guest.ROOT, out, 0).errno();
                assertTrue(Set.of(Errno.PERM, Errno.INVAL, Errno.NOENT).contains(e), out + ": " + e);
            }
        }
    }

    /** A folder that is open is exchanged for a link out: by renaming, all that a guest can do. */
    @Test
    void renamedLinksLeadNowhere() throws IOException {
        try (FileSystem system = paths()) {
            Path given = filled(system);
            Files.createDirectories(given.resolve("links"));
            Files.createDirectories(given.resolve("a/sub"));
            Files.createSymbolicLink(given.resolve("links/sub"), given.getParent());
            Files.createSymbolicLink(given.resolve("out"), given.resolveSibling("secret"));
            try (Guest g = guest(given)) {
                assertNotEquals(Errno.SUCCESS, g.open(Guest.ROOT, "out", 0).errno());
                assertNotEquals(
                        Errno.SUCCESS, g.open(Guest.ROOT, "links/sub/secret", 0).errno());
                int sub = g.open(Guest.ROOT, "a/sub", Flags.DIRECTORY).ok();
                assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "a", Guest.ROOT, "b"));
                assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "links", Guest.ROOT, "a"));
                assertTrue(Files.exists(given.resolve("a/sub/secret")), "the link is not in the folder's place");
                assertEquals(Errno.NOENT, g.open(sub, "secret", 0).errno());
                assertEquals(Errno.NOENT, g.open(sub, "made", Flags.CREATE).errno());
                assertEquals(Errno.NOENT, g.stat(sub, 0, "secret"));
                assertEquals(Errno.NOENT, g.path(WasiFunction.PATH_UNLINK_FILE, sub, "secret"));
                assertEquals(null, g.list(sub, 0));
            }
            assertEquals("canary", Files.readString(given.resolveSibling("secret")));
            assertFalse(Files.exists(given.resolveSibling("made")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void readOnlyFoldersStayAsTheyAre(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir)) {
            Path given = filled(system);
            try (Guest g = new Guest(Wasi.builder().preopenReadOnly(given, "/"))) {
                unchanged(g, Errno.NOTCAPABLE);
                assertEquals(
                        "content",
                        g.read(
                                g.open(Guest.ROOT, "text", 0, 0, Rights.FD_READ, 0)
                                        .ok(),
                                100));
            }
            assertEquals("content", Files.readString(given.resolve("text")));
        }
    }

    /** A file system that nobody may write to. */
    @Test
    void readOnlyZips() throws IOException {
        try (FileSystem system = Kind.ZIP.open(dir)) {
            filled(system);
        }
        try (FileSystem system = FileSystems.newFileSystem(dir.resolve("files.zip"), Map.of("accessMode", "readOnly"));
                Guest g = guest(system.getPath("/given"))) {
            assertEquals(
                    "inside",
                    g.read(
                            g.open(Guest.ROOT, "sub/inner", 0, 0, Rights.FD_READ, 0)
                                    .ok(),
                            100));
            unchanged(g, Errno.ROFS);
        }
    }

    private static void unchanged(Guest g, Errno expected) {
        assertEquals(expected, g.open(Guest.ROOT, "made", Flags.CREATE).errno());
        assertEquals(expected, g.rename(Guest.ROOT, "text", Guest.ROOT, "other"));
        assertEquals(expected, g.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "text"));
        assertEquals(expected, g.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, "made"));
        assertEquals(expected, g.setTimes(Guest.ROOT, 0, "text", 1));
    }

    /** Somebody closes the file system while the guest has files in it. */
    @ParameterizedTest
    @EnumSource
    void aClosedFileSystemIsAnError(Kind kind) throws IOException {
        try (FileSystem system = kind.open(dir)) {
            Guest g = guest(filled(system));
            int text = g.open(Guest.ROOT, "text", 0).ok();
            int sub = g.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok();
            system.close();
            assertNotEquals(Errno.SUCCESS, g.open(Guest.ROOT, "text", 0).errno());
            assertNotEquals(Errno.SUCCESS, g.stat(sub, 0, "inner"));
            assertEquals(null, g.list(sub, 0));
            g.tryRead(text, 10);
            g.fdStat(text);
        }
    }

    @Test
    void whatCannotBeGivenIsSaid() throws IOException {
        try (FileSystem system = Kind.ZIP.open(dir)) {
            Path given = filled(system);
            assertThrows(
                    IOException.class,
                    () -> Wasi.builder().preopen(given.resolve("none"), "/").build());
            assertThrows(
                    IOException.class,
                    () -> Wasi.builder().preopen(given.resolve("text"), "/").build());
            Path closed = given.resolve("sub");
            system.close();
            assertThrows(
                    IOException.class, () -> Wasi.builder().preopen(closed, "/").build());
        }
    }

    /** Any function with any arguments: an error number, never an exception. */
    @ParameterizedTest
    @EnumSource
    void noCallThrows(Kind kind) throws IOException {
        Random random = new Random(SEED);
        List<WasiFunction> functions = Stream.of(WasiFunction.values())
                .filter(f -> f != WasiFunction.PROC_EXIT && f != WasiFunction.POLL_ONEOFF)
                .toList();
        String[] paths = {
            "text",
            "sub",
            "sub/inner",
            "new",
            "sub/new",
            ".",
            "..",
            "",
            "a\0b",
            "con",
            "x:y",
            "*",
            "\\",
            "sub/",
            "/",
            "é"
        };
        try (FileSystem system = kind.open(dir)) {
            Guest g = guest(filled(system));
            int succeeded = 0;
            for (int i = 0; i < CALLS; i++) {
                WasiFunction f = functions.get(random.nextInt(functions.size()));
                Errno e = random.nextInt(4) > 0 ? plausible(g, f, paths, random) : arbitrary(g, f, random);
                succeeded += e == Errno.SUCCESS ? 1 : 0;
            }
            assertTrue(succeeded > CALLS / 50, "only " + succeeded + " calls did anything, seed " + SEED);
        }
    }

    private static Errno arbitrary(Guest g, WasiFunction f, Random random) {
        long[] args = new long[9];
        for (int i = 0; i < args.length; i++) {
            args[i] = random.nextBoolean() ? random.nextInt(64) : random.nextLong() >>> random.nextInt(64);
        }
        return g.call(f, args);
    }

    private static Errno plausible(Guest g, WasiFunction f, String[] paths, Random random) {
        int fd = 3 + random.nextInt(8);
        String path = paths[random.nextInt(paths.length)];
        String other = paths[random.nextInt(paths.length)];
        return switch (f) {
            case PATH_OPEN ->
                g.open(fd, path, random.nextInt(2), random.nextInt(16), random.nextLong(), random.nextInt(32))
                        .errno();
            case PATH_RENAME -> g.rename(fd, path, 3, other);
            case PATH_LINK -> g.link(fd, random.nextInt(2), path, 3, other);
            case PATH_SYMLINK -> g.symlink(other, fd, path);
            case PATH_FILESTAT_GET -> g.stat(fd, random.nextInt(2), path);
            case PATH_FILESTAT_SET_TIMES -> g.setTimes(fd, 0, path, random.nextLong());
            case PATH_CREATE_DIRECTORY, PATH_REMOVE_DIRECTORY, PATH_UNLINK_FILE -> g.path(f, fd, path);
            case FD_READ -> g.tryRead(fd, random.nextInt(100));
            case FD_CLOSE -> g.close(4 + random.nextInt(8));
            default ->
                g.call(f, fd, random.nextInt(3000), random.nextInt(100), random.nextInt(100), 1 << 10, 0, 0, 0, 0);
        };
    }
}
