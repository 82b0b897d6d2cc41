package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.Flags;
import kiln.wasi.host.PortableDirectory;
import kiln.wasi.host.Rights;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests that open, remove, rename and link folders and files at random in one box, from several threads, each with
 * folders that lie in one another, while somebody on the host exchanges folders for links. Beside the box lies what
 * none of them may change or get to see: not its content, its names, its attributes, its inode numbers, or the times at
 * which it was read.
 */
class FolderStormTest {
    private static final long SEED = Long.getLong("kiln.seed", 1);
    /** Each with a new box, since after a while too much of one is gone for most calls to do anything. */
    private static final int ROUNDS = Boolean.getBoolean("kiln.whole") ? 1_000 : 10;

    /** Of each guest in a round. */
    private static final int CALLS = Boolean.getBoolean("kiln.emulated") ? 500 : 4_000;

    private static final int GUESTS = 3;
    private static final int MOST_OPEN = 12;
    /** In names and contents that the guests have from nowhere else. */
    private static final String MARK = "canary";

    private static final String[] NAMES = {"a", "b", "c", "d"};
    private static final int[] OPEN_FLAGS = {
        0,
        0,
        Flags.DIRECTORY,
        Flags.DIRECTORY,
        Flags.DIRECTORY,
        Flags.CREATE,
        Flags.CREATE,
        Flags.CREATE | Flags.EXCLUSIVE,
        Flags.CREATE | Flags.TRUNCATE,
        Flags.TRUNCATE
    };
    private static final String[] TARGETS = {
        "..",
        "../..",
        "../../..",
        "../outside",
        "../../outside",
        "../../../outside",
        "../outside/file",
        "../../outside/folder",
        "../secret",
        "../box/a",
        "a",
        "b/c",
        "../a/b",
        "./d",
        "c/../../outside",
        "../outside/none"
    };

    @TempDir
    Path host;

    private Path box;
    private List<Path> canaries;
    private final Set<Long> inodes = new HashSet<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private Map<String, Object> before;

    @BeforeEach
    void build() throws IOException {
        box = host.resolve("box");
        Path outside = Files.createDirectory(host.resolve("outside"));
        Files.createDirectory(outside.resolve("folder"));
        Files.writeString(outside.resolve("folder/canary-below"), "canary");
        Files.writeString(outside.resolve("file"), "canary");
        Files.createSymbolicLink(outside.resolve("canary-link"), Path.of("canary-text"));
        Files.writeString(outside.resolve("canary-file"), "canary");
        // Names that the guests use, too.
        Files.createDirectory(outside.resolve("a"));
        Files.writeString(outside.resolve("b"), "canary");
        Files.writeString(host.resolve("secret"), "canary");
        canaries = new ArrayList<>(List.of(host.resolve("secret")));
        try (Stream<Path> all = Files.walk(outside)) {
            all.forEach(canaries::add);
        }
        // Older than the last change, so that the next reading is noted even where the system notes few.
        for (Path p : canaries) {
            Files.getFileAttributeView(p, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setTimes(FileTime.fromMillis(2_000_000), FileTime.fromMillis(1_000_000), null);
        }
        before = attributes();
        for (Path p : canaries) {
            inodes.add(inode(p));
        }
        for (Path p = host; p != null; p = p.getParent()) {
            inodes.add(inode(p));
        }
    }

    private static long inode(Path p) throws IOException {
        return (long) Files.getAttribute(p, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    /** Asking for them reads nothing, so that it changes none of them. */
    private Map<String, Object> attributes() throws IOException {
        Map<String, Object> all = new TreeMap<>();
        for (Path p : canaries) {
            all.put(
                    p.toString(),
                    new TreeMap<>(Files.readAttributes(
                            p,
                            "unix:dev,ino,mode,nlink,uid,gid,size,lastAccessTime,lastModifiedTime,ctime",
                            LinkOption.NOFOLLOW_LINKS)));
        }
        return all;
    }

    /** Only at the end: looking changes the times at which things were read. */
    private void nothingHasChanged() throws IOException {
        try (Stream<Path> all = Files.walk(host.resolve("outside"))) {
            assertEquals(canaries.size() - 1, all.count());
        }
        for (Path p : canaries) {
            if (Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)) {
                assertEquals("canary", Files.readString(p));
            }
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private Thread start(Body body) {
        Thread t = new Thread(() -> {
            try {
                body.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        });
        t.start();
        return t;
    }

    /**
     * Somebody on the host, who exchanges what lies directly in the box. The box itself stays, so that this goes
     * nowhere else by itself.
     */
    private void exchange(Random random, Thread[] guests) {
        while (Stream.of(guests).anyMatch(Thread::isAlive)) {
            Path one = box.resolve(NAMES[random.nextInt(NAMES.length)]);
            Path other = box.resolve(NAMES[random.nextInt(NAMES.length)]);
            try {
                switch (random.nextInt(8)) {
                    case 0 -> Files.createSymbolicLink(one, host.resolve("outside"));
                    case 1 -> Files.createSymbolicLink(one, Path.of("../outside"));
                    case 2 -> Files.createSymbolicLink(one, host.resolve("outside/file"));
                    case 3 -> Files.createDirectory(one);
                    case 4 -> Files.createFile(one);
                    case 5 -> Files.delete(one);
                    default -> Files.move(one, other);
                }
            } catch (IOException _) {
                // Something else is there now, or nothing.
            }
        }
    }

    private void makeBox() throws IOException {
        if (Files.exists(box)) {
            try (Stream<Path> all = Files.walk(box)) {
                for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(p);
                }
            }
        }
        Files.createDirectories(box.resolve("a/b/c"));
        Files.createDirectories(box.resolve("d"));
        Files.createFile(box.resolve("a/d"));
    }

    private interface GuestMaker {
        Guest make() throws IOException;
    }

    /** Returns how often each function has succeeded. */
    private Map<WasiFunction, Integer> storm(int rounds, int guests, GuestMaker maker) throws Exception {
        Map<WasiFunction, Integer> succeeded = new EnumMap<>(WasiFunction.class);
        for (int round = 0; round < rounds; round++) {
            makeBox();
            List<Driver> drivers = new ArrayList<>();
            long seed = SEED + 1000L * round;
            for (int i = 1; i <= guests; i++) {
                drivers.add(new Driver(maker.make(), new Random(seed + i)));
            }
            Thread[] threads = drivers.stream().map(d -> start(d::run)).toArray(Thread[]::new);
            Thread enemy = start(() -> exchange(new Random(seed), threads));
            for (Thread t : threads) {
                t.join();
            }
            enemy.join();
            for (Throwable t : failures) {
                throw new AssertionError("seed " + SEED + ", round " + round, t);
            }
            assertEquals(before, attributes(), "seed " + SEED + ", round " + round);
            for (Driver d : drivers) {
                d.succeeded.forEach((f, n) -> succeeded.merge(f, n, Integer::sum));
                d.guest.close();
            }
        }
        nothingHasChanged();
        return succeeded;
    }

    @Test
    void guestsStayInTheirBox() throws Exception {
        Map<WasiFunction, Integer> succeeded = storm(
                ROUNDS,
                GUESTS,
                () -> new Guest(Wasi.builder()
                        .preopen(box, "/")
                        .preopen(box.resolve("a"), "/a")
                        .preopen(box.resolve("a/b"), "/b")));
        // A storm in which a function always fails shows nothing about it.
        for (WasiFunction f : Driver.USED) {
            assertTrue(succeeded.getOrDefault(f, 0) > 0, f + " never succeeded: " + succeeded);
        }
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            assertEquals(
                    List.of(),
                    all.map(this::target).filter(t -> t.startsWith(host)).toList(),
                    "left open");
        }
    }

    private Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException e) {
            return Path.of("closed");
        }
    }

    /**
     * One guest only: where a folder becomes a file while it is opened, the JDK's own file system closes a descriptor
     * twice.
     */
    @Test
    void guestsStayInTheirBoxOnOtherFileSystems() throws Exception {
        Map<WasiFunction, Integer> succeeded = storm(ROUNDS, 1, () -> {
            FdTable table = new FdTable();
            // In the places of the standard streams, too.
            for (Path p : new Path[] {box, box, box, box, box.resolve("a"), box.resolve("a/b")}) {
                table.add(new Directory(PortableDirectory.open(p), null, Rights.DIRECTORY, Rights.INHERITED, 0));
            }
            return new Guest(table);
        });
        for (WasiFunction f :
                List.of(WasiFunction.PATH_OPEN, WasiFunction.PATH_RENAME, WasiFunction.PATH_UNLINK_FILE)) {
            assertTrue(succeeded.getOrDefault(f, 0) > 0, f + " never succeeded: " + succeeded);
        }
    }

    /** One guest, which calls at random. */
    private final class Driver {
        /** What the storm consists of. */
        static final List<WasiFunction> USED = List.of(
                WasiFunction.PATH_OPEN,
                WasiFunction.PATH_CREATE_DIRECTORY,
                WasiFunction.PATH_REMOVE_DIRECTORY,
                WasiFunction.PATH_UNLINK_FILE,
                WasiFunction.PATH_RENAME,
                WasiFunction.PATH_LINK,
                WasiFunction.PATH_SYMLINK,
                WasiFunction.PATH_READLINK,
                WasiFunction.PATH_FILESTAT_GET,
                WasiFunction.PATH_FILESTAT_SET_TIMES,
                WasiFunction.FD_READDIR,
                WasiFunction.FD_READ,
                WasiFunction.FD_WRITE,
                WasiFunction.FD_FILESTAT_GET,
                WasiFunction.FD_FILESTAT_SET_TIMES,
                WasiFunction.FD_FILESTAT_SET_SIZE,
                WasiFunction.FD_SYNC,
                WasiFunction.FD_RENUMBER,
                WasiFunction.FD_CLOSE);

        final Guest guest;
        final Map<WasiFunction, Integer> succeeded = new EnumMap<>(WasiFunction.class);
        private final Random random;
        private final List<Integer> open = new ArrayList<>(List.of(Guest.ROOT, Guest.ROOT + 1, Guest.ROOT + 2));

        Driver(Guest guest, Random random) {
            this.guest = guest;
            this.random = random;
        }

        void run() {
            for (int i = 0; i < CALLS; i++) {
                WasiFunction f = USED.get(random.nextInt(USED.size()));
                Errno e = call(f);
                assertTrue(e != Errno.IO && e != Errno.FAULT, () -> f + ": " + e);
                if (e == Errno.SUCCESS) {
                    succeeded.merge(f, 1, Integer::sum);
                }
            }
        }

        private String path() {
            StringBuilder path = new StringBuilder();
            for (int i = Math.max(0, random.nextInt(6) - 3); i >= 0; i--) {
                int kind = random.nextInt(16);
                path.append(kind == 0 ? ".." : kind == 1 ? "." : name());
                path.append(i > 0 || random.nextInt(16) == 0 ? "/" : "");
            }
            return path.toString();
        }

        /** Mostly one of those that all use, so that they meet. */
        private String name() {
            return random.nextInt(3) > 0 ? NAMES[random.nextInt(NAMES.length)] : "n" + random.nextInt(12);
        }

        private int fd() {
            return open.get(random.nextInt(open.size()));
        }

        private int follow() {
            return random.nextInt(2);
        }

        private Errno call(WasiFunction f) {
            return switch (f) {
                case PATH_OPEN -> opening();
                case PATH_RENAME -> guest.rename(fd(), path(), fd(), path());
                case PATH_LINK -> guest.link(fd(), follow(), path(), fd(), path());
                case PATH_SYMLINK -> guest.symlink(TARGETS[random.nextInt(TARGETS.length)], fd(), path());
                case PATH_READLINK -> {
                    String text = guest.readLink(fd(), path());
                    assertFalse(text != null && text.startsWith(MARK), text);
                    yield guest.lastErrno;
                }
                case PATH_FILESTAT_GET -> seen(guest.stat(fd(), follow(), path()));
                case PATH_FILESTAT_SET_TIMES -> guest.setTimes(fd(), follow(), path(), random.nextInt());
                case FD_FILESTAT_GET -> seen(guest.fdStat(fd()));
                case FD_FILESTAT_SET_TIMES ->
                    guest.call(f, fd(), random.nextInt(), random.nextInt(), Flags.ACCESSED | Flags.MODIFIED);
                case FD_FILESTAT_SET_SIZE -> guest.call(f, fd(), random.nextInt(1000));
                case FD_READDIR -> listing();
                case FD_READ -> reading();
                case FD_WRITE -> writing();
                case FD_RENUMBER -> renumbering();
                case FD_CLOSE -> closing(3 + random.nextInt(MOST_OPEN));
                case FD_SYNC -> random.nextInt(100) == 0 ? guest.call(f, fd()) : Errno.AGAIN;
                default -> guest.path(f, fd(), path());
            };
        }

        private Errno seen(Errno e) {
            assertFalse(e == Errno.SUCCESS && inodes.contains(guest.stat(8)), "an inode outside");
            return e;
        }

        private Errno opening() {
            int flags = OPEN_FLAGS[random.nextInt(OPEN_FLAGS.length)];
            if (open.size() > MOST_OPEN) {
                closing(open.getLast());
            }
            long rights = (flags & Flags.DIRECTORY) != 0 ? Rights.DIRECTORY : Rights.FILE;
            int append = random.nextInt(8) == 0 ? Flags.APPEND : 0;
            Guest.Opened o = guest.open(fd(), path(), follow(), flags, rights, append);
            if (o.errno() == Errno.SUCCESS) {
                open.add(o.fd());
            }
            return o.errno();
        }

        private Errno closing(int fd) {
            // The first ones are what the guest was given; without them it could do nothing.
            if (fd < Guest.ROOT + 3 || !open.remove((Integer) fd)) {
                return Errno.BADF;
            }
            return guest.close(fd);
        }

        private Errno renumbering() {
            int from = fd();
            int to = fd();
            if (from < Guest.ROOT + 3 || to < Guest.ROOT + 3 || from == to) {
                return Errno.BADF;
            }
            open.remove((Integer) from);
            return guest.call(WasiFunction.FD_RENUMBER, from, to);
        }

        private Errno listing() {
            List<Guest.Entry> entries = guest.list(fd(), 0);
            if (entries != null) {
                for (Guest.Entry e : entries) {
                    assertFalse(e.name().startsWith(MARK), e.name());
                    assertFalse(inodes.contains(e.inode()), "an inode outside");
                }
            }
            return guest.lastErrno;
        }

        private Errno reading() {
            Errno e = guest.tryRead(fd(), 100);
            if (e == Errno.SUCCESS) {
                assertFalse(guest.bytes(Guest.BUFFER, guest.result()).contains(MARK));
            }
            return e;
        }

        private Errno writing() {
            guest.memory.putBytes(Guest.BUFFER, "guest".getBytes(StandardCharsets.UTF_8), 0, 5);
            guest.memory.putInt(Guest.vectors(), Guest.BUFFER);
            guest.memory.putInt(Guest.vectors() + 4, 5);
            return guest.call(WasiFunction.FD_WRITE, fd(), Guest.vectors(), 1, Guest.resultPointer());
        }
    }
}
