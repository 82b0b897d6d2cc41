package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileType;
import kiln.wasi.host.Flags;
import kiln.wasi.host.Rights;
import kiln.wasi.host.StoppedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading, writing, positions, sizes, descriptors and listings. */
class FileTest {
    private static final int SET = 0;
    private static final int CURRENT = 1;
    private static final int END = 2;

    @TempDir
    Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Guest guest;

    @BeforeEach
    void start() {
        guest = new Guest(Wasi.builder()
                .preopen(folder, "/work")
                .stdin(new ByteArrayInputStream("input".getBytes(StandardCharsets.UTF_8)))
                .stdout(out));
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private int create(String name) {
        return guest.open(Guest.ROOT, name, Flags.CREATE).ok();
    }

    @Test
    void whatIsWrittenCanBeRead() throws IOException {
        int fd = create("f");
        assertEquals(10, guest.write(fd, "hello", "", " wor", "l"));
        assertEquals(10, guest.seek(fd, 0, CURRENT));
        assertEquals(9, guest.seek(fd, -1, END));
        assertEquals("l", guest.read(fd, 5));
        assertEquals("", guest.read(fd, 5));
        guest.seek(fd, 2, SET);
        assertEquals("llo wor", guest.read(fd, 3, 0, 4));
        assertEquals("hello worl", Files.readString(folder.resolve("f")));
    }

    @Test
    void manyBuffers() {
        int fd = create("f");
        String[] texts = new String[100];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "<" + i + ">";
        }
        String all = String.join("", texts);
        assertEquals(all.length(), guest.write(fd, texts));
        guest.seek(fd, 0, SET);
        int[] lengths = new int[100];
        java.util.Arrays.fill(lengths, 7);
        assertEquals(all, guest.read(fd, lengths));
    }

    /** They are gone over without doing anything; that can be stopped, too. */
    @Test
    void veryManyEmptyBuffers() {
        int fd = create("f");
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_WRITE, fd, 0, Guest.SIZE / 8, 0));
        guest.stop = true;
        assertThrows(StoppedException.class, () -> guest.call(WasiFunction.FD_WRITE, fd, 0, Guest.SIZE / 8, 0));
    }

    @Test
    void positions() {
        int fd = create("f");
        guest.write(fd, "12345");
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_SEEK, fd, -6, END, Guest.resultPointer()));
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_SEEK, fd, 0, 3, Guest.resultPointer()));
        assertEquals(Errno.OVERFLOW, guest.call(WasiFunction.FD_SEEK, fd, Long.MAX_VALUE, END, Guest.resultPointer()));
        assertEquals(100, guest.seek(fd, 100, SET));
        guest.write(fd, "x");
        assertEquals(101, guest.seek(fd, 0, END));
        assertEquals(Errno.SPIPE, guest.call(WasiFunction.FD_SEEK, 1, 0, CURRENT, Guest.resultPointer()));
        assertEquals(Errno.ISDIR, guest.call(WasiFunction.FD_SEEK, Guest.ROOT, 0, CURRENT, Guest.resultPointer()));
    }

    @Test
    void sizes() {
        int fd = create("f");
        guest.write(fd, "12345");
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FILESTAT_SET_SIZE, fd, 3));
        assertEquals(5, guest.seek(fd, 0, CURRENT), "truncating leaves the position");
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FILESTAT_SET_SIZE, fd, 1000));
        assertEquals(1000, guest.seek(fd, 0, END));
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_FILESTAT_SET_SIZE, fd, -1));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_ALLOCATE, fd, 900, 200));
        assertEquals(1100, guest.seek(fd, 0, END));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_ALLOCATE, fd, 0, 200));
        assertEquals(1100, guest.seek(fd, 0, END));
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_ALLOCATE, fd, 0, 0));
        assertEquals(Errno.FBIG, guest.call(WasiFunction.FD_ALLOCATE, fd, Long.MAX_VALUE, 1));
    }

    @Test
    void appending() {
        int fd = guest.open(Guest.ROOT, "f", 0, Flags.CREATE, Rights.FILE, Flags.APPEND)
                .ok();
        guest.write(fd, "one");
        guest.seek(fd, 0, SET);
        guest.write(fd, "two");
        guest.seek(fd, 0, SET);
        assertEquals("onetwo", guest.read(fd, 10));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FDSTAT_SET_FLAGS, fd, 0));
        guest.seek(fd, 0, SET);
        guest.write(fd, "ONE");
        guest.seek(fd, 0, SET);
        assertEquals("ONEtwo", guest.read(fd, 10));
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_FDSTAT_SET_FLAGS, fd, Flags.SYNC));
    }

    /** Each write goes to the end as it is then; a write with a place of its own goes there. */
    @Test
    void severalAppendToOneFile() throws Exception {
        int fd = guest.open(Guest.ROOT, "f", 0, Flags.CREATE, Rights.FILE, Flags.APPEND)
                .ok();
        try (Guest other = new Guest(Wasi.builder().preopen(folder, "/"))) {
            int second =
                    other.open(Guest.ROOT, "f", 0, 0, Rights.FILE, Flags.APPEND).ok();
            Thread t = new Thread(() -> {
                for (int i = 0; i < 1000; i++) {
                    other.write(second, "bb");
                }
            });
            t.start();
            for (int i = 0; i < 1000; i++) {
                guest.write(fd, "aa");
            }
            t.join();
        }
        String all = Files.readString(folder.resolve("f"));
        assertEquals(4000, all.length());
        assertEquals(2000, all.chars().filter(c -> c == 'a').count());
        guest.memory.putByte(Guest.BUFFER, 'x');
        guest.memory.putInt(Guest.vectors(), Guest.BUFFER);
        guest.memory.putInt(Guest.vectors() + 4, 1);
        assertEquals(
                Errno.SUCCESS, guest.call(WasiFunction.FD_PWRITE, fd, Guest.vectors(), 1, 0, Guest.resultPointer()));
        guest.write(fd, "end");
        all = Files.readString(folder.resolve("f"));
        assertEquals(4003, all.length());
        assertTrue(all.startsWith("x") && all.endsWith("end"));
    }

    /** Java's channels would close. */
    @Test
    void filesStayOpenWhenTheThreadIsInterrupted() {
        int fd = create("f");
        Thread.currentThread().interrupt();
        int written = guest.write(fd, "hello");
        guest.seek(fd, 0, SET);
        String read = guest.read(fd, 10);
        assertTrue(Thread.interrupted());
        assertEquals(5, written);
        assertEquals("hello", read);
    }

    @Test
    void readingAndWritingNeedRights() {
        create("f");
        int reader = guest.open(Guest.ROOT, "f", 0, 0, Rights.FD_READ, 0).ok();
        int writer = guest.open(Guest.ROOT, "f", 0, 0, Rights.FD_WRITE, 0).ok();
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_WRITE, reader, Guest.vectors(), 0, Guest.resultPointer()));
        assertEquals(Errno.BADF, guest.tryRead(writer, 1));
        assertEquals(
                Errno.NOTCAPABLE,
                guest.call(WasiFunction.FD_FDSTAT_SET_RIGHTS, reader, Rights.FD_READ | Rights.FD_WRITE, 0));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FDSTAT_SET_RIGHTS, reader, 0, 0));
        assertEquals(Errno.BADF, guest.tryRead(reader, 1));
    }

    @Test
    void addressesOutsideFail() {
        int fd = create("f");
        int v = Guest.vectors();
        int r = Guest.resultPointer();
        guest.memory.putInt(v, Guest.SIZE - 4);
        guest.memory.putInt(v + 4, 5);
        assertEquals(Errno.FAULT, guest.call(WasiFunction.FD_WRITE, fd, v, 1, r));
        guest.memory.putInt(v, -1);
        guest.memory.putInt(v + 4, -1);
        assertEquals(Errno.FAULT, guest.call(WasiFunction.FD_READ, fd, v, 1, r));
        assertEquals(Errno.FAULT, guest.call(WasiFunction.FD_WRITE, fd, v, -1, r), "four thousand million buffers");
        assertEquals(
                Errno.FAULT,
                guest.call(WasiFunction.FD_WRITE, fd, v, 0x2000_0000, r),
                "a number whose bytes wrap around");
        assertEquals(Errno.FAULT, guest.call(WasiFunction.FD_WRITE, fd, v, 0, Guest.SIZE - 3));
        assertEquals(Errno.FAULT, guest.call(WasiFunction.PATH_OPEN, 3, 0, Guest.SIZE - 1, 2, 0, 0, 0, 0, r));
        assertEquals(Errno.FAULT, guest.call(WasiFunction.FD_FILESTAT_GET, fd, Guest.SIZE - 63));
        assertEquals(Errno.FAULT, guest.call(WasiFunction.RANDOM_GET, 1, -1));
        assertEquals(Errno.FAULT, guest.call(WasiFunction.CLOCK_TIME_GET, 0, 0, -8));
    }

    @Test
    void failedOpeningsLeaveNothingOpen() {
        int next = create("f");
        guest.call(WasiFunction.FD_CLOSE, next);
        assertEquals(
                Errno.FAULT, guest.call(WasiFunction.PATH_OPEN, 3, 0, 0, 0, Flags.CREATE, 0, 0, 0, Guest.SIZE - 2));
        assertEquals(Errno.NOENT, guest.open(Guest.ROOT, "none", 0).errno());
        assertEquals(next, create("g"));
    }

    @Test
    void malformedPaths() {
        guest.memory.putInt(100, 0xff41_4243);
        assertEquals(Errno.ILSEQ, guest.call(WasiFunction.PATH_UNLINK_FILE, 3, 100, 4));
        assertEquals(Errno.ILSEQ, guest.path(WasiFunction.PATH_UNLINK_FILE, 3, "a\0b"));
        assertEquals(Errno.NAMETOOLONG, guest.path(WasiFunction.PATH_UNLINK_FILE, 3, "x".repeat(300)));
    }

    @Test
    void flagsThatDoNotExist() {
        assertEquals(Errno.INVAL, guest.open(Guest.ROOT, "f", 2, 0, 0, 0).errno());
        assertEquals(Errno.INVAL, guest.open(Guest.ROOT, "f", 0, 16, 0, 0).errno());
        assertEquals(Errno.INVAL, guest.open(Guest.ROOT, "f", 0, 0, 0, 32).errno());
        assertEquals(
                Errno.INVAL,
                guest.open(Guest.ROOT, "f", 0, Flags.CREATE | Flags.DIRECTORY, 0, 0)
                        .errno());
    }

    @Test
    void foldersAreNotFiles() throws IOException {
        Files.createDirectory(folder.resolve("d"));
        assertEquals(
                Errno.ISDIR,
                guest.open(Guest.ROOT, "d", 0, 0, Rights.FD_READ | Rights.FD_WRITE, 0)
                        .errno());
        assertEquals(
                Errno.ISDIR, guest.open(Guest.ROOT, "d", 0, Flags.CREATE, 0, 0).errno());
        assertEquals(
                Errno.ISDIR,
                guest.open(Guest.ROOT, "new/", 0, Flags.CREATE, 0, 0).errno());
        assertEquals(
                Errno.ISDIR,
                guest.tryRead(guest.open(Guest.ROOT, "d", Flags.DIRECTORY).ok(), 1));
        create("f");
        assertEquals(
                Errno.NOTDIR,
                guest.open(Guest.ROOT, "f", 0, Flags.DIRECTORY, 0, 0).errno());
    }

    @Test
    void hardLinks() {
        int fd = create("f");
        assertEquals(Errno.SUCCESS, guest.link(Guest.ROOT, 0, "f", Guest.ROOT, "g"));
        assertEquals(Errno.SUCCESS, guest.fdStat(fd));
        assertEquals(2, guest.stat(24));
        assertEquals(
                Errno.SUCCESS,
                guest.rename(Guest.ROOT, "f", Guest.ROOT, "g"),
                "two names of one file: nothing happens");
        assertEquals(Errno.SUCCESS, guest.stat(Guest.ROOT, 0, "f"));
    }

    @Test
    void numbers() {
        int f = create("f");
        int g = create("g");
        assertEquals(f + 1, g);
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_CLOSE, f));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_CLOSE, f));
        assertEquals(f, create("h"), "the lowest free number");
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_RENUMBER, f, 100));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_RENUMBER, 100, f));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_RENUMBER, f, f));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_RENUMBER, g, f));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_TELL, g, Guest.resultPointer()));
        assertEquals(g, create("i"));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_CLOSE, -1));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_CLOSE, Integer.MIN_VALUE));
    }

    @Test
    void openingWithoutEnd() {
        Errno e = Errno.SUCCESS;
        for (int i = 0; i < 20_000 && e == Errno.SUCCESS; i++) {
            e = guest.open(Guest.ROOT, ".", Flags.DIRECTORY).errno();
        }
        assertEquals(Errno.MFILE, e);
    }

    @Test
    void givenFoldersTellTheirNames() {
        int r = Guest.resultPointer();
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_PRESTAT_GET, 3, r));
        assertEquals(0, guest.memory.getInt(r));
        assertEquals(5, guest.memory.getInt(r + 4));
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_PRESTAT_DIR_NAME, 3, Guest.BUFFER, 5));
        assertEquals("/work", guest.bytes(Guest.BUFFER, 5));
        assertEquals(Errno.NAMETOOLONG, guest.call(WasiFunction.FD_PRESTAT_DIR_NAME, 3, Guest.BUFFER, 4));
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_PRESTAT_GET, 4, r));
        int sub = guest.open(Guest.ROOT, ".", Flags.DIRECTORY).ok();
        assertEquals(Errno.BADF, guest.call(WasiFunction.FD_PRESTAT_GET, sub, r));
    }

    @Test
    void standardStreams() throws IOException {
        assertEquals("in", guest.read(0, 2));
        assertEquals("put", guest.read(0, 3, 10));
        assertEquals("", guest.read(0, 10));
        assertEquals(7, guest.write(1, "one", " ", "two"));
        guest.wasi.flush();
        assertEquals("one two", out.toString(StandardCharsets.UTF_8));
        assertEquals(Errno.BADF, guest.tryRead(1, 1));
        assertEquals(Errno.NOTSOCK, guest.call(WasiFunction.SOCK_SHUTDOWN, 1, 0));
        assertEquals(Errno.BADF, guest.call(WasiFunction.SOCK_SHUTDOWN, 9, 0));
        String large = "x".repeat(30_000);
        int[] total = new int[1];
        for (int i = 0; i < 10; i++) {
            total[0] += guest.write(2, large);
        }
        assertEquals(300_000, total[0]);
    }

    @Test
    void outputOfManyKilobytesArrivesWhole() {
        int v = Guest.vectors();
        // 40 times the same 30,000 bytes, in one call.
        for (int i = 0; i < 30_000; i++) {
            guest.memory.putByte(Guest.BUFFER + i, 'a' + i % 26);
        }
        for (int i = 0; i < 40; i++) {
            guest.memory.putInt(v + 8 * i, Guest.BUFFER);
            guest.memory.putInt(v + 8 * i + 4, 30_000);
        }
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_WRITE, 1, v, 40, Guest.resultPointer()));
        assertEquals(1_200_000, guest.result());
        byte[] all = out.toByteArray();
        assertEquals(1_200_000, all.length);
        for (int i = 0; i < all.length; i++) {
            assertEquals('a' + i % 30_000 % 26, all[i]);
        }
    }

    // ---- listings

    private record Listed(long next, String name, int type) {}

    private List<Listed> list(int fd, int bufferSize, long cookie, boolean[] more) {
        assertEquals(
                Errno.SUCCESS,
                guest.call(WasiFunction.FD_READDIR, fd, Guest.BUFFER, bufferSize, cookie, Guest.resultPointer()));
        int used = guest.result();
        more[0] = used == bufferSize;
        List<Listed> entries = new ArrayList<>();
        for (int at = 0; at + 24 <= used; ) {
            int length = guest.memory.getInt(Guest.BUFFER + at + 16);
            if (at + 24 + length > used) {
                break;
            }
            entries.add(new Listed(
                    guest.memory.getLong(Guest.BUFFER + at),
                    guest.bytes(Guest.BUFFER + at + 24, length),
                    guest.memory.getByte(Guest.BUFFER + at + 20)));
            at += 24 + length;
        }
        return entries;
    }

    @Test
    void listingInPieces() throws IOException {
        List<String> expected = new ArrayList<>(List.of(".", ".."));
        for (int i = 0; i < 50; i++) {
            Files.createFile(folder.resolve("file-" + i));
            expected.add("file-" + i);
        }
        // Hosts whose locale has no UTF-8 have no such names.
        boolean all = Charset.forName(System.getProperty("sun.jnu.encoding"))
                .newEncoder()
                .canEncode('ß');
        String name = all ? "größe" : "size";
        Files.createDirectory(folder.resolve(name));
        expected.add(name);
        for (int size : new int[] {40, 64, 100, 1000, 20_000}) {
            List<String> names = new ArrayList<>();
            boolean[] more = {true};
            for (long cookie = 0; more[0]; ) {
                for (Listed e : list(Guest.ROOT, size, cookie, more)) {
                    names.add(e.name);
                    cookie = e.next;
                    assertEquals(
                            e.name.startsWith("file") ? FileType.REGULAR_FILE.code() : FileType.DIRECTORY.code(),
                            e.type);
                }
            }
            names.sort(null);
            expected.sort(null);
            assertEquals(expected, names, "buffer of " + size);
        }
    }

    @Test
    void listingGoesOnWhileFilesAreRemoved() throws IOException {
        for (int i = 0; i < 20; i++) {
            Files.createFile(folder.resolve("f" + i));
        }
        boolean[] more = {true};
        int removed = 0;
        for (long cookie = 0; more[0]; ) {
            for (Listed e : list(Guest.ROOT, 100, cookie, more)) {
                if (e.name.startsWith("f")) {
                    assertEquals(Errno.SUCCESS, guest.path(WasiFunction.PATH_UNLINK_FILE, Guest.ROOT, e.name));
                    removed++;
                }
                cookie = e.next;
            }
        }
        assertEquals(20, removed);
        assertEquals(2, list(Guest.ROOT, 1000, 0, more).size());
        assertTrue(list(Guest.ROOT, 1000, 1L << 40, more).isEmpty());
        assertTrue(list(Guest.ROOT, 1000, -1, more).isEmpty());
        assertEquals(
                Errno.NOTDIR,
                guest.call(WasiFunction.FD_READDIR, create("f"), Guest.BUFFER, 10, 0, Guest.resultPointer()));
    }

    @Test
    void times() {
        int fd = create("f");
        assertEquals(
                Errno.SUCCESS,
                guest.call(
                        WasiFunction.FD_FILESTAT_SET_TIMES,
                        fd,
                        1_000_000_001L,
                        2_000_000_002L,
                        Flags.ACCESSED | Flags.MODIFIED));
        assertEquals(Errno.SUCCESS, guest.fdStat(fd));
        assertEquals(1_000_000_001L, guest.stat(40));
        assertEquals(2_000_000_002L, guest.stat(48));
        assertEquals(
                Errno.INVAL,
                guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, fd, 1, 2, Flags.ACCESSED | Flags.ACCESSED_NOW));
        assertEquals(Errno.INVAL, guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, fd, 1, 2, 16));
        // The file system's clock may be some milliseconds late.
        long before = (System.currentTimeMillis() - 1000) * 1_000_000;
        assertEquals(Errno.SUCCESS, guest.call(WasiFunction.FD_FILESTAT_SET_TIMES, fd, 1, 2, Flags.MODIFIED_NOW));
        assertEquals(Errno.SUCCESS, guest.fdStat(fd));
        assertEquals(1_000_000_001L, guest.stat(40));
        assertTrue(guest.stat(48) >= before);
    }
}
