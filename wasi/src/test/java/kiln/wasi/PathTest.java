package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileType;
import kiln.wasi.host.Flags;
import kiln.wasi.host.Rights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Paths stay inside the folders that the guest was given, and errors are POSIX's. */
@Timeout(900)
class PathTest {
    @TempDir
    Path host;

    private Path inside;
    private Guest guest;

    @BeforeEach
    void makeFolders() throws IOException {
        inside = Files.createDirectories(host.resolve("inside"));
        Files.writeString(host.resolve("secret"), "secret");
        Files.createDirectories(host.resolve("outside"));
        Files.writeString(host.resolve("outside/secret"), "secret");
        Files.createDirectories(inside.resolve("a/b"));
        Files.writeString(inside.resolve("a/b/file"), "hello");
        guest = new Guest(Wasi.builder().preopen(inside, "/"));
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private Errno open(String path) {
        Guest.Opened o = guest.open(Guest.ROOT, path, 0);
        if (o.errno() == Errno.SUCCESS) {
            guest.call(WasiFunction.FD_CLOSE, o.fd());
        }
        return o.errno();
    }

    @Test
    void normalPaths() {
        assertEquals(Errno.SUCCESS, open("a/b/file"));
        assertEquals(Errno.SUCCESS, open("a//./b/../b/file"));
        assertEquals(Errno.SUCCESS, open("./a/b/.././../a/b/file"));
        assertEquals(Errno.NOENT, open("a/none"));
        assertEquals(Errno.NOENT, open("none/file"));
        assertEquals(Errno.NOENT, open(""));
        assertEquals(Errno.NOTDIR, open("a/b/file/x"));
        assertEquals(Errno.NOTDIR, open("a/b/file/."));
        assertEquals(Errno.NOTDIR, open("a/b/file/.."));
        assertEquals(Errno.NOTDIR, open("a/b/file/"));
        assertEquals(Errno.NAMETOOLONG, open("x".repeat(300)));
    }

    @Test
    void dotsAndAbsolutePathsDoNotLeave() {
        assertEquals(Errno.PERM, open("../secret"));
        assertEquals(Errno.PERM, open(".."));
        assertEquals(Errno.PERM, open("a/../../secret"));
        assertEquals(Errno.PERM, open("a/b/../../../inside/a/b/file"));
        assertEquals(Errno.PERM, open(host.resolve("secret").toString()));
        assertEquals(Errno.PERM, open("/a/b/file"));
    }

    @Test
    void openedFoldersAreLimitsOfTheirOwn() {
        int a = guest.open(Guest.ROOT, "a", Flags.DIRECTORY).ok();
        assertEquals(Errno.SUCCESS, guest.open(a, "b/file", 0).errno());
        assertEquals(Errno.PERM, guest.open(a, "../a/b/file", 0).errno());
        assertEquals(
                Errno.NOTDIR,
                guest.open(guest.open(a, "b/file", 0).ok(), "x", 0).errno());
    }

    @Test
    void linksDoNotLeave() throws IOException {
        link("absolute", host.resolve("secret").toString());
        link("up", "../secret");
        link("a/up", "../../secret");
        link("a/folder", "../../outside");
        link("a/disguised", "b/../../../outside");
        link("root", "/");
        for (String path : new String[] {
            "absolute",
            "up",
            "a/up",
            "a/folder/secret",
            "a/folder",
            "a/folder/",
            "a/disguised/secret",
            "root",
            "root/etc/passwd"
        }) {
            assertEquals(Errno.PERM, open(path), path);
            assertEquals(Errno.PERM, guest.stat(Guest.ROOT, Flags.FOLLOW, path), path);
        }
        assertEquals(
                Errno.PERM,
                guest.open(Guest.ROOT, "up", Flags.CREATE | Flags.TRUNCATE).errno());
        assertEquals(Errno.PERM, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/folder/secret"));
        assertEquals(Errno.PERM, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, "a/folder/new"));
        assertEquals(Errno.PERM, guest.rename(Guest.ROOT, "a/b/file", Guest.ROOT, "a/folder/file"));
        assertEquals(Errno.PERM, guest.rename(Guest.ROOT, "a/folder/secret", Guest.ROOT, "stolen"));
        assertEquals(Errno.PERM, guest.link(Guest.ROOT, 0, "a/folder/secret", Guest.ROOT, "stolen"));
        assertEquals(Errno.PERM, guest.link(Guest.ROOT, Flags.FOLLOW, "up", Guest.ROOT, "stolen"));
        assertEquals(Errno.PERM, guest.symlink("x", Guest.ROOT, "a/folder/link"));
        assertEquals("secret", Files.readString(host.resolve("secret")));
        assertTrue(Files.exists(host.resolve("outside/secret")));
    }

    @Test
    void linksInsideAreFollowed() throws IOException {
        link("a/link", "../a/b/file");
        link("l1", "l2");
        link("l2", "a/b/");
        assertEquals(Errno.SUCCESS, open("a/link"));
        assertEquals(Errno.SUCCESS, open("l1/file"));
        assertEquals(
                Errno.SUCCESS, guest.open(Guest.ROOT, "l1", Flags.DIRECTORY).errno());
        // Not the last one, when that is not wanted, unless a slash says that a folder is meant.
        assertEquals(Errno.LOOP, guest.open(Guest.ROOT, "l1", 0, 0, 0, 0).errno());
        assertEquals(Errno.SUCCESS, guest.open(Guest.ROOT, "l1/", 0, 0, 0, 0).errno());
        assertEquals(Errno.NOTDIR, open("a/link/"));
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, 0, "l1"));
        assertEquals(FileType.SYMBOLIC_LINK.code(), guest.stat(16));
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, Flags.FOLLOW, "l1"));
        assertEquals(FileType.DIRECTORY.code(), guest.stat(16));
    }

    @Test
    void loopsEnd() throws IOException {
        link("self", "self");
        link("x", "y");
        link("y", "x");
        link("deeper", "deeper/deeper/deeper");
        assertEquals(Errno.LOOP, open("self"));
        assertEquals(Errno.LOOP, open("self/file"));
        assertEquals(Errno.LOOP, open("x"));
        assertEquals(Errno.LOOP, open("deeper"));
        for (int i = 0; i < 40; i++) {
            link("chain" + i, i == 39 ? "a/b/file" : "chain" + (i + 1));
        }
        assertEquals(Errno.SUCCESS, open("chain0"));
        link("chain", "chain0");
        assertEquals(Errno.LOOP, open("chain"));
    }

    @Test
    void danglingLinksAreFilledInside() throws IOException {
        link("dangling", "a/new");
        assertEquals(Errno.NOENT, open("dangling"));
        assertEquals(
                Errno.EXIST,
                guest.open(Guest.ROOT, "dangling", Flags.CREATE | Flags.EXCLUSIVE)
                        .errno());
        assertEquals(
                Errno.SUCCESS, guest.open(Guest.ROOT, "dangling", Flags.CREATE).errno());
        assertTrue(Files.isRegularFile(inside.resolve("a/new")));
    }

    @Test
    void removing() throws IOException {
        link("link", "a");
        assertEquals(Errno.ISDIR, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a"));
        assertEquals(Errno.ISDIR, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/."));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/b/file/"));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "link/"));
        assertEquals(Errno.NOENT, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "none"));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "link"));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "a/b/file"));
        assertEquals(Errno.NOTEMPTY, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "a/b"));
        assertEquals(Errno.INVAL, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "a/."));
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "link"));
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/b/file"));
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "a/b/"));
        assertFalse(Files.exists(inside.resolve("a/b")));
    }

    @Test
    void renaming() throws IOException {
        Files.createDirectories(inside.resolve("c/d"));
        assertEquals(Errno.INVAL, guest.rename(Guest.ROOT, "a", Guest.ROOT, "a/b/a"));
        assertEquals(Errno.BUSY, guest.rename(Guest.ROOT, ".", Guest.ROOT, "x"));
        assertEquals(Errno.NOTEMPTY, guest.rename(Guest.ROOT, "a", Guest.ROOT, "c"));
        assertEquals(Errno.NOTDIR, guest.rename(Guest.ROOT, "c", Guest.ROOT, "a/b/file"));
        assertEquals(Errno.ISDIR, guest.rename(Guest.ROOT, "a/b/file", Guest.ROOT, "c/d"));
        assertEquals(Errno.NOTDIR, guest.rename(Guest.ROOT, "a/b/file", Guest.ROOT, "new/"));
        assertEquals(Errno.NOENT, guest.rename(Guest.ROOT, "none", Guest.ROOT, "new"));
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "a", Guest.ROOT, "a"));
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "a/b", Guest.ROOT, "c/d"));
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "c/d/file", Guest.ROOT, "file"));
        assertEquals("hello", Files.readString(inside.resolve("file")));
    }

    @Test
    void openFilesAndFoldersFollowRenames() throws IOException {
        int file = guest.open(Guest.ROOT, "a/b/file", 0).ok();
        int folder = guest.open(Guest.ROOT, "a/b", Flags.DIRECTORY).ok();
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "a", Guest.ROOT, "z"));
        assertEquals(Errno.SUCCESS, guest.fdStat(file));
        assertEquals(1, guest.stat(24), "number of links");
        assertEquals(Errno.SUCCESS, guest.open(folder, "file", 0).errno());
        assertEquals(
                Errno.SUCCESS, guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, file, 0, 1234567890L, Flags.MODIFIED));
        assertEquals(
                1234567890L,
                Files.getLastModifiedTime(inside.resolve("z/b/file")).to(java.util.concurrent.TimeUnit.NANOSECONDS));
    }

    /** From one given folder to another, which lies elsewhere and may lie in the first. */
    @Test
    void openFoldersFollowRenamesBetweenGivenFolders() throws IOException {
        Path other = Files.createDirectories(host.resolve("far/away/other"));
        Files.createDirectories(inside.resolve("given/sub"));
        try (Guest g = new Guest(
                Wasi.builder().preopen(inside, "/").preopen(other, "/o").preopen(inside.resolve("given"), "/g"))) {
            int folder = g.open(Guest.ROOT, "a/b", Flags.DIRECTORY).ok();
            assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "a", Guest.ROOT + 1, "z"));
            assertEquals("hello", g.read(g.open(folder, "file", 0).ok(), 100));
            assertEquals(Errno.PERM, g.open(folder, "../x", 0).errno());
            assertEquals(Errno.SUCCESS, g.path(WasiFunction.PATH_UNLINK_FILE, folder, "file"));
            assertFalse(Files.exists(other.resolve("z/b/file")));
            assertEquals(Errno.SUCCESS, g.rename(Guest.ROOT, "given", Guest.ROOT, "renamed"));
            assertEquals(
                    Errno.SUCCESS,
                    g.open(Guest.ROOT + 2, "sub/new", Flags.CREATE).errno());
            assertTrue(Files.exists(inside.resolve("renamed/sub/new")));
        }
    }

    @Test
    void removedFilesLiveOnWhileOpen() throws IOException {
        int file = guest.open(Guest.ROOT, "a/b/file", 0).ok();
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/b/file"));
        // Another one of the same name is not mistaken for it.
        Files.writeString(inside.resolve("a/b/file"), "something longer");
        assertEquals("hello", guest.read(file, 100));
        assertEquals(Errno.SUCCESS, guest.fdStat(file));
        assertEquals(0, guest.stat(24), "number of links");
        assertEquals(5, guest.stat(32), "size");
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, file, 0, 42, Flags.MODIFIED));
        assertEquals(Errno.SUCCESS, guest.fdStat(file));
        assertEquals(42, guest.stat(48), "time of modification");
    }

    @Test
    void readOnlyFolders() throws IOException {
        try (Guest g = new Guest(Wasi.builder().preopenReadOnly(inside, "/"))) {
            assertEquals(
                    "hello",
                    g.read(
                            g.open(Guest.ROOT, "a/b/file", 0, 0, Rights.FD_READ, 0)
                                    .ok(),
                            10));
            assertEquals(
                    Errno.NOTCAPABLE,
                    g.open(Guest.ROOT, "a/b/file", 0, 0, Rights.FD_WRITE, 0).errno());
            assertEquals(
                    Errno.NOTCAPABLE,
                    g.open(Guest.ROOT, "a/b/file", 0, Flags.TRUNCATE, Rights.FD_READ, 0)
                            .errno());
            assertEquals(
                    Errno.NOTCAPABLE,
                    g.open(Guest.ROOT, "new", 0, Flags.CREATE, Rights.FD_READ, 0)
                            .errno());
            assertEquals(Errno.NOTCAPABLE, g.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "a/b/file"));
            assertEquals(Errno.NOTCAPABLE, g.rename(Guest.ROOT, "a/b/file", Guest.ROOT, "x"));
            int folder = g.open(Guest.ROOT, "a", Flags.DIRECTORY).ok();
            assertEquals(Errno.NOTCAPABLE, g.path(WasiFunction.PATH_CREATE_DIRECTORY, folder, "x"));
            int file = g.open(Guest.ROOT, "a/b/file", 0, 0, Rights.FILE & ~Rights.FD_WRITE, 0)
                    .ok();
            assertEquals(Errno.NOTCAPABLE, g.call(WasiFunction.FD_FILESTAT_SET_SIZE, file, 0));
            assertEquals(Errno.NOTCAPABLE, g.call(WasiFunction.FD_FILESTAT_SET_TIMES, file, 0, 0, Flags.MODIFIED));
        }
        assertEquals("hello", Files.readString(inside.resolve("a/b/file")));
    }

    /**
     * Somebody replaces a folder by a link to the outside, again and again, while the guest opens and removes files
     * below it.
     */
    @Test
    void exchangingFoldersForLinksDoesNotHelp() throws Exception {
        Path swapped = inside.resolve("swap");
        Path folder = inside.resolve("spare");
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("secret"), "harmless");
        Path link = inside.resolve("link");
        Files.createSymbolicLink(link, host.resolve("outside"));
        AtomicBoolean stop = new AtomicBoolean();
        Thread attacker = new Thread(() -> {
            try {
                while (!stop.get()) {
                    Files.move(folder, swapped);
                    Files.move(swapped, folder);
                    Files.move(link, swapped);
                    Files.move(swapped, link);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        attacker.start();
        long end = System.nanoTime() + 1_000_000_000L;
        int opened = 0;
        try {
            // At least once it must be there; a machine that is busy takes its time over that.
            while (System.nanoTime() < end || opened == 0) {
                Guest.Opened o = guest.open(Guest.ROOT, "swap/secret", 0);
                if (o.errno() == Errno.SUCCESS) {
                    assertEquals("harmless", guest.read(o.fd(), 100));
                    guest.call(WasiFunction.FD_CLOSE, o.fd());
                    opened++;
                }
            }
        } finally {
            stop.set(true);
            attacker.join();
        }
    }

    private void link(String path, String target) throws IOException {
        Files.createSymbolicLink(inside.resolve(path), Path.of(target));
    }
}
