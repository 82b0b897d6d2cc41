package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileType;
import kiln.wasi.host.Flags;
import kiln.wasi.host.PortableDirectory;
import kiln.wasi.host.Rights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A guest that exchanges its own folders for links, and what else might lead it out of them: descriptors stay what they
 * were.
 */
class EscapeTest {
    private static final long MARK = 1_234_567_890_000_000_000L;
    /** Rounds against somebody who exchanges things during the calls. */
    private static final int ROUNDS = Boolean.getBoolean("kiln.emulated") ? 500 : 5_000;

    @TempDir
    Path host;

    private Path inside;
    private Path outside;
    private Guest guest;
    private Map<String, Object> before;

    @BeforeEach
    void makeFolders() throws IOException {
        inside = Files.createDirectories(host.resolve("inside"));
        outside = Files.createDirectories(host.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createDirectory(outside.resolve("folder"));
        Files.createSymbolicLink(outside.resolve("link"), Path.of("secret"));
        Files.createDirectory(inside.resolve("sub"));
        Files.writeString(inside.resolve("file"), "mine");
        guest = new Guest(Wasi.builder().preopen(inside, "/").preopen(inside.resolve("sub"), "/sub"));
        before = state();
    }

    @AfterEach
    void nothingHasChanged() throws IOException {
        guest.close();
        assertEquals(before, state());
    }

    /** All that there is outside, with everything about it but the times of access. */
    private Map<String, Object> state() throws IOException {
        Map<String, Object> state = new TreeMap<>();
        try (Stream<Path> all = Files.walk(outside)) {
            for (Path p : (Iterable<Path>) all::iterator) {
                Map<String, Object> a = new TreeMap<>(Files.readAttributes(
                        p, "unix:ino,mode,nlink,size,uid,gid,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS));
                if (Files.isRegularFile(p)) {
                    a.put("content", Files.readString(p));
                }
                state.put(outside.relativize(p).toString(), a);
            }
        }
        return state;
    }

    private void exchange() {
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "sub"));
        assertEquals(Errno.SUCCESS, guest.symlink("../outside", Guest.ROOT, "sub"));
    }

    /**
     * Every call that takes a folder, through the descriptor of one that is no more: each on its own, so that all that
     * fail are told.
     */
    private void attack(int sub) {
        assertAll(
                () -> assertEquals(List.of(".", ".."), names(sub)),
                () -> {
                    assertEquals(Errno.SUCCESS, guest.fdStat(sub));
                    assertEquals(0, guest.stat(24) & ~2, "links of a folder that is no more");
                },
                () -> assertEquals(Errno.SUCCESS, guest.stat(sub, 0, ".")),
                () -> assertEquals(Errno.NOENT, guest.stat(sub, 0, "secret")),
                () -> assertEquals(Errno.NOENT, guest.stat(sub, Flags.FOLLOW, "link")),
                () -> assertEquals(Errno.NOENT, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, sub, "new")),
                () -> assertEquals(Errno.NOENT, guest.symlink("x", sub, "new")),
                () -> {
                    assertNull(guest.readLink(sub, "link"));
                    assertEquals(Errno.NOENT, guest.lastErrno);
                },
                () -> assertEquals(Errno.NOENT, guest.link(sub, 0, "secret", Guest.ROOT, "stolen")),
                () -> assertEquals(Errno.NOENT, guest.link(sub, Flags.FOLLOW, "link", Guest.ROOT, "stolen2")),
                () -> assertEquals(Errno.NOENT, guest.link(Guest.ROOT, 0, "file", sub, "new")),
                () -> assertEquals(Errno.NOENT, guest.setTimes(sub, 0, "secret", MARK)),
                () -> assertEquals(Errno.NOENT, guest.open(sub, "secret", 0).errno()),
                () -> assertEquals(
                        Errno.NOENT, guest.open(sub, "new", Flags.CREATE).errno()),
                () -> assertEquals(
                        Errno.NOENT, guest.open(sub, "folder", Flags.DIRECTORY).errno()),
                () -> assertEquals(
                        Errno.SUCCESS, guest.open(sub, ".", Flags.DIRECTORY).errno()),
                () -> assertEquals(Errno.NOENT, guest.path(WasiFunction.PATH_UNLINK_FILE, sub, "secret")),
                () -> assertEquals(Errno.NOENT, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, sub, "folder")),
                () -> assertEquals(Errno.NOENT, guest.rename(sub, "secret", Guest.ROOT, "stolen3")),
                () -> assertEquals(Errno.NOENT, guest.rename(Guest.ROOT, "file", sub, "new")),
                () -> assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_SYNC, sub)));
        // Whether a removed folder has times is the file system's business; outside there are none to be set.
        guest.setTimes(sub, 0, ".", MARK);
        guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, sub, MARK, MARK, Flags.ACCESSED | Flags.MODIFIED);
        assertEquals(List.of(".", "..", "file", "sub"), names(Guest.ROOT));
    }

    private List<String> names(int fd) {
        return guest.list(fd, 0).stream().map(Guest.Entry::name).sorted().toList();
    }

    @Test
    void openedFoldersAreNotFollowedToALinkInTheirPlace() {
        int sub = guest.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok();
        exchange();
        attack(sub);
    }

    @Test
    void givenFoldersAreNotFollowedToALinkInTheirPlace() {
        exchange();
        attack(Guest.ROOT + 1);
    }

    /** The folder above is moved, not the one that is open. */
    @Test
    void foldersBelowAMovedOneStayWhatTheyWere() throws IOException {
        Files.createDirectories(inside.resolve("a/folder"));
        Files.writeString(inside.resolve("a/folder/own"), "own");
        int folder = guest.open(Guest.ROOT, "a/folder", Flags.DIRECTORY).ok();
        int file = guest.open(folder, "own", 0).ok();
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "a", Guest.ROOT, "b"));
        assertEquals(Errno.SUCCESS, guest.symlink("../outside", Guest.ROOT, "a"));
        assertEquals(List.of(".", "..", "own"), names(folder));
        assertEquals("own", guest.read(guest.open(folder, "own", 0).ok(), 10));
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, folder, "new"));
        assertTrue(Files.isDirectory(inside.resolve("b/folder/new")));
        assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_UNLINK_FILE, folder, "own"));
        assertEquals(Errno.SUCCESS, guest.fdStat(file));
        assertEquals(0, guest.stat(24), "links of the file, which is removed");
    }

    @Test
    void listingsGoOnInTheFolderInWhichTheyBegan() throws IOException {
        Files.writeString(inside.resolve("sub/one"), "");
        int sub = guest.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok();
        assertEquals(3, guest.list(sub, 0).size());
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "sub", Guest.ROOT, "moved"));
        assertEquals(Errno.SUCCESS, guest.symlink("../outside", Guest.ROOT, "sub"));
        assertEquals(
                List.of("one"),
                guest.list(sub, 2).stream().map(Guest.Entry::name).toList());
        Files.writeString(inside.resolve("moved/two"), "");
        assertEquals(List.of(".", "..", "one", "two"), names(sub));
    }

    /** Not even the numbers of the folders above the given one. */
    @Test
    void listingsTellNothingAboutWhatIsAbove() throws IOException {
        long above = (long) Files.getAttribute(host, "unix:ino");
        int again = guest.open(Guest.ROOT, ".", Flags.DIRECTORY).ok();
        for (int fd : new int[] {Guest.ROOT, Guest.ROOT + 1, again}) {
            for (Guest.Entry e : guest.list(fd, 0)) {
                assertNotEquals(above, e.inode(), e.name());
            }
        }
    }

    @Test
    void nothingIsMadeThroughALinkThatLeadsOut() {
        assertEquals(Errno.SUCCESS, guest.symlink("../outside/new", Guest.ROOT, "dangling"));
        assertEquals(Errno.SUCCESS, guest.symlink("../outside", Guest.ROOT, "out"));
        assertEquals(
                Errno.PERM, guest.open(Guest.ROOT, "dangling", Flags.CREATE).errno());
        assertEquals(
                Errno.LOOP,
                guest.open(Guest.ROOT, "dangling", 0, Flags.CREATE, Rights.FILE, 0)
                        .errno());
        assertEquals(
                Errno.EXIST,
                guest.open(Guest.ROOT, "dangling", Flags.CREATE | Flags.EXCLUSIVE)
                        .errno());
        assertEquals(Errno.PERM, guest.open(Guest.ROOT, "out/", Flags.DIRECTORY).errno());
        assertEquals(Errno.EXIST, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, "dangling"));
        assertEquals(Errno.EXIST, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, "out/"));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "out/"));
        assertEquals(Errno.NOTDIR, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, "out/"));
        assertEquals(Errno.NOTDIR, guest.rename(Guest.ROOT, "file", Guest.ROOT, "out/"));
        assertEquals(Errno.PERM, guest.setTimes(Guest.ROOT, Flags.FOLLOW, "out", MARK));
        assertEquals(Errno.PERM, guest.stat(Guest.ROOT, 0, "out/"));
    }

    @Test
    void linksToLinksLeadNoFurther() {
        assertEquals(Errno.SUCCESS, guest.symlink("../outside/secret", Guest.ROOT, "out"));
        assertEquals(Errno.PERM, guest.link(Guest.ROOT, Flags.FOLLOW, "out", Guest.ROOT, "stolen"));
        assertEquals(Errno.SUCCESS, guest.link(Guest.ROOT, 0, "out", Guest.ROOT, "second"));
        assertEquals("../outside/secret", guest.readLink(Guest.ROOT, "second"));
        assertEquals(Errno.PERM, guest.open(Guest.ROOT, "second", 0).errno());
        // In a folder further down the same text leads elsewhere.
        assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT, "second", Guest.ROOT + 1, "second"));
        assertEquals(Errno.NOENT, guest.open(Guest.ROOT, "sub/second", 0).errno());
        assertEquals(Errno.PERM, guest.open(Guest.ROOT + 1, "second", 0).errno());
    }

    @Test
    void numbersThatAreMovedStandForTheSameFolder() {
        int sub = guest.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok();
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_RENUMBER, sub, Guest.ROOT));
        assertEquals(Errno.PERM, guest.open(Guest.ROOT, "../file", 0).errno());
        assertEquals(List.of(".", ".."), names(Guest.ROOT));
        assertEquals(Errno.SUCCESS, guest.open(Guest.ROOT, "new", Flags.CREATE).errno());
        assertTrue(Files.exists(inside.resolve("sub/new")));
    }

    /** The kernel's own links lead to open files, whatever they say. */
    @Test
    void linksOfTheProcFileSystemLeadNowhere() throws IOException {
        try (Guest g = new Guest(Wasi.builder().preopen(Path.of("/proc/self"), "/"))) {
            for (String path : List.of("root", "root/", "root" + outside, "cwd", "cwd/pom.xml", "exe")) {
                assertEquals(Errno.PERM, g.open(Guest.ROOT, path, 0).errno(), path);
                assertEquals(Errno.PERM, g.stat(Guest.ROOT, Flags.FOLLOW, path), path);
            }
            assertEquals(
                    Errno.LOOP,
                    g.open(Guest.ROOT, "root", 0, 0, Rights.FD_READ, 0).errno());
        }
    }

    @Test
    void namesThatAreNotUtf8AreShownAndLeadNowhere() throws Exception {
        shell("cd \"$1\" && : > \"$(printf 'x\\377')\" && ln -s \"$(printf 'x\\377')\" link");
        assertEquals(
                List.of(".", "..", "link", "x\u00ff"),
                names(guest.open(Guest.ROOT, "sub", Flags.DIRECTORY).ok()));
        assertEquals(Errno.ILSEQ, guest.open(Guest.ROOT, "sub/link", 0).errno());
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, 0, "sub/link"));
        guest.readLink(Guest.ROOT, "sub/link");
        assertEquals(Errno.SUCCESS, guest.lastErrno);
        byte[] text = new byte[2];
        guest.memory.buffer(Guest.BUFFER, 2).get(text);
        assertArrayEquals("x\u00ff".getBytes(StandardCharsets.ISO_8859_1), text);
    }

    private void shell(String script) throws Exception {
        String sub = inside.resolve("sub").toString();
        assertEquals(
                0,
                new ProcessBuilder("sh", "-c", script, "sh", sub)
                        .inheritIO()
                        .start()
                        .waitFor());
    }

    /** How many descriptors of this process stand for something below the test's folder. */
    private long open() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(p -> {
                        try {
                            return Files.readSymbolicLink(p).startsWith(host);
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void callsThatFailLeaveNothingOpen() throws IOException {
        Files.createDirectories(inside.resolve("a/b/c"));
        Files.writeString(inside.resolve("a/b/c/file"), "");
        Files.createSymbolicLink(inside.resolve("a/b/up"), Path.of("../../../outside"));
        Files.createSymbolicLink(inside.resolve("a/b/loop"), Path.of("../b/loop"));
        long before = open();
        assertEquals(2, before);
        for (String path : List.of(
                "a/b/c",
                "a/b/c/none",
                "a/b/c/file/x",
                "a/b/up/secret",
                "a/b/loop",
                "a/b/c/../../..",
                "a/b/../../../x",
                "a/b/c/file",
                "a/b/" + "x".repeat(300),
                "a/b/../b/c/.",
                "a/b/c/file/")) {
            guest.stat(Guest.ROOT, Flags.FOLLOW, path);
            guest.setTimes(Guest.ROOT, Flags.FOLLOW, path + "/none", 0);
            guest.readLink(Guest.ROOT, path);
            guest.rename(Guest.ROOT, path, Guest.ROOT, "a/b/c/none/x");
            guest.link(Guest.ROOT, Flags.FOLLOW, path, Guest.ROOT, "a/b/none/x");
            guest.symlink("x", Guest.ROOT, path);
            guest.path(WasiFunction.PATH_CREATE_DIRECTORY, Guest.ROOT, path);
            guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, path + "/none");
            for (int flags : new int[] {0, Flags.DIRECTORY, Flags.CREATE | Flags.EXCLUSIVE, Flags.TRUNCATE}) {
                Guest.Opened o = guest.open(Guest.ROOT, path, flags);
                if (o.errno() == Errno.SUCCESS) {
                    guest.list(o.fd(), 0);
                    guest.call(WasiFunction.FD_SYNC, o.fd());
                    assertEquals(Errno.SUCCESS, guest.close(o.fd()));
                }
            }
            assertEquals(before, open(), path);
        }
        guest.close();
        assertEquals(0, open());
        Wasi.Builder one = Wasi.builder().preopen(inside, "/").preopen(inside.resolve("none"), "/none");
        assertThrows(NoSuchFileException.class, one::build);
        assertEquals(0, open());
    }

    /** Folders nested deeper than a look-up may hold open, and longer than the system's longest path. */
    @Test
    void veryDeepFolders() throws IOException {
        StringBuilder path = new StringBuilder("sub");
        int fd = Guest.ROOT + 1;
        for (int i = 0; i < 1100; i++) {
            assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_CREATE_DIRECTORY, fd, "deep"));
            int next = guest.open(fd, "deep", Flags.DIRECTORY).ok();
            if (fd != Guest.ROOT + 1) {
                guest.close(fd);
            }
            fd = next;
            if (i < 1000) {
                path.append("/deep");
            }
        }
        assertEquals(
                Errno.SUCCESS,
                guest.open(Guest.ROOT, path.toString(), Flags.DIRECTORY).errno());
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, 0, path + "/deep/../.."));
        path.append("/deep".repeat(100));
        assertEquals(
                Errno.NAMETOOLONG,
                guest.open(Guest.ROOT, path.toString(), Flags.DIRECTORY).errno());
        // Too deep for Java to delete, too.
        for (int i = 1100; i > 0; i--) {
            assertEquals(Errno.SUCCESS, guest.rename(Guest.ROOT + 1, "deep", Guest.ROOT, "rest"));
            if (guest.rename(Guest.ROOT, "rest/deep", Guest.ROOT + 1, "deep") == Errno.NOENT) {
                assertEquals(1, i);
            }
            assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_REMOVE_DIRECTORY, Guest.ROOT, "rest"));
        }
    }

    // ---- exchanges during a call

    /**
     * What lies at one name changes all the time, from one thing to the next; never between folders and files, where
     * the JDK's own file system closes a descriptor twice (UnixSecureDirectoryStream).
     */
    private Thread exchange(Path name, List<Path> things, AtomicBoolean stop) {
        Thread t = new Thread(() -> {
            try {
                for (int i = 0; !stop.get(); i++) {
                    Path thing = things.get(i % things.size());
                    Files.move(thing, name, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(name, thing, StandardCopyOption.ATOMIC_MOVE);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        t.start();
        return t;
    }

    private Path link(String name, Path target) throws IOException {
        return Files.createSymbolicLink(inside.resolve(name), target);
    }

    /** Opens what lies at the names as a file, as a folder, and below it, and uses what it has got. */
    private int openWhileExchanged(Guest g) {
        int opened = 0;
        for (int i = 0; i < ROUNDS; i++) {
            for (String path : List.of("y", "x/secret")) {
                int flags = Flags.TRUNCATE | (path.equals("y") ? Flags.CREATE : 0);
                Guest.Opened o = g.open(Guest.ROOT, path, 0, flags, Rights.FILE, 0);
                if (o.errno() == Errno.SUCCESS) {
                    g.write(o.fd(), "guest");
                    g.close(o.fd());
                    opened++;
                }
            }
            Guest.Opened o = g.open(Guest.ROOT, "x", 0, Flags.DIRECTORY, Rights.DIRECTORY, 0);
            if (o.errno() == Errno.SUCCESS) {
                // Null if it is not there any more: Java looks for its attributes.
                List<Guest.Entry> entries = g.list(o.fd(), 0);
                assertTrue(entries == null
                        || entries.stream().noneMatch(e -> e.name().equals("link")));
                g.close(o.fd());
                opened++;
            }
        }
        return opened;
    }

    private void exchangeDuring(Guest g) throws Exception {
        Path folder = Files.createDirectory(inside.resolve("folder"));
        Files.writeString(folder.resolve("secret"), "mine");
        List<Path> folders = List.of(folder, link("out", Path.of("../outside")), link("absolute", outside));
        List<Path> files = List.of(inside.resolve("file"), link("secret", outside.resolve("secret")));
        AtomicBoolean stop = new AtomicBoolean();
        Thread x = exchange(inside.resolve("x"), folders, stop);
        Thread y = exchange(inside.resolve("y"), files, stop);
        try {
            assertTrue(openWhileExchanged(g) > 0, "never met the moment at which something of the box's is there");
        } finally {
            stop.set(true);
            x.join();
            y.join();
        }
    }

    @Test
    void whatIsExchangedDuringACallLeadsNowhere() throws Exception {
        exchangeDuring(guest);
    }

    @Test
    void whatIsExchangedDuringACallLeadsNowhereOnOtherFileSystems() throws Exception {
        FdTable table = new FdTable();
        for (int i = 0; i <= Guest.ROOT; i++) {
            table.add(new Directory(PortableDirectory.open(inside), null, Rights.DIRECTORY, Rights.INHERITED, 0));
        }
        try (Guest g = new Guest(table)) {
            exchangeDuring(g);
        }
    }

    // ---- pipes

    private void makePipe() throws Exception {
        shell("mkfifo \"$1/pipe\"");
    }

    @Test
    void openingAPipeDoesNotWait() throws Exception {
        makePipe();
        assertEquals(
                Errno.NXIO,
                guest.open(Guest.ROOT, "sub/pipe", 0, 0, Rights.FD_WRITE, 0).errno());
        assertEquals(
                Errno.NXIO,
                guest.open(Guest.ROOT, "sub/pipe", 0, Flags.TRUNCATE, Rights.FD_WRITE, 0)
                        .errno());
        int in = guest.open(Guest.ROOT, "sub/pipe", 0, 0, Rights.FD_READ, Flags.NONBLOCK)
                .ok();
        assertEquals("", guest.read(in, 10), "nobody writes");
        int out = guest.open(Guest.ROOT, "sub/pipe", 0, 0, Rights.FD_WRITE, 0).ok();
        assertEquals(Errno.AGAIN, guest.tryRead(in, 10));
        assertEquals(5, guest.write(out, "hello"));
        assertEquals("hello", guest.read(in, 10));
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, 0, "sub/pipe"));
        assertEquals(FileType.UNKNOWN.code(), guest.stat(16));
    }

    @Test
    void readingAPipeWaitsForItsWriter() throws Exception {
        makePipe();
        int in = guest.open(Guest.ROOT, "sub/pipe", 0, 0, Rights.FD_READ, 0).ok();
        Thread writer = new Thread(() -> {
            try {
                Thread.sleep(50);
                Files.writeString(inside.resolve("sub/pipe"), "late");
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        writer.start();
        assertEquals("late", guest.read(in, 10));
        writer.join();
        assertEquals("", guest.read(in, 10), "the writer has closed it");
    }

    @Test
    void waitingForAPipeEndsWhenTheThreadIsInterrupted() throws Exception {
        makePipe();
        int in = guest.open(Guest.ROOT, "sub/pipe", 0, 0, Rights.FD_READ, 0).ok();
        Thread.currentThread().interrupt();
        Errno e = guest.tryRead(in, 10);
        assertTrue(Thread.interrupted());
        assertEquals(Errno.INTR, e);
    }
}
