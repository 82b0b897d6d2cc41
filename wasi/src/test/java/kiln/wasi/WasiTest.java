package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.Errno;
import kiln.wasi.host.Flags;
import kiln.wasi.host.HostErrors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What guests are given, and that nothing they do makes a function throw. */
class WasiTest {
    @Test
    void errorNumbersAreTheSpecifications() {
        assertEquals(0, Errno.SUCCESS.code());
        assertEquals(2, Errno.ACCES.code());
        assertEquals(8, Errno.BADF.code());
        assertEquals(20, Errno.EXIST.code());
        assertEquals(21, Errno.FAULT.code());
        assertEquals(28, Errno.INVAL.code());
        assertEquals(29, Errno.IO.code());
        assertEquals(31, Errno.ISDIR.code());
        assertEquals(32, Errno.LOOP.code());
        assertEquals(44, Errno.NOENT.code());
        assertEquals(52, Errno.NOSYS.code());
        assertEquals(54, Errno.NOTDIR.code());
        assertEquals(58, Errno.NOTSUP.code());
        assertEquals(63, Errno.PERM.code());
        assertEquals(70, Errno.SPIPE.code());
        assertEquals(76, Errno.NOTCAPABLE.code());
    }

    @Test
    void exceptionsBecomeErrorNumbers() {
        assertEquals(Errno.NOENT, HostErrors.errno(new NoSuchFileException("x")));
        assertEquals(Errno.NOSPC, HostErrors.errno(new IOException("No space left on device")));
        assertEquals(
                Errno.ISDIR, HostErrors.errno(new java.nio.file.FileSystemException("/a/b", null, "Is a directory")));
        assertEquals(
                Errno.LOOP,
                HostErrors.errno(new IOException("Too many levels of symbolic links (NOFOLLOW_LINKS specified)")));
        assertEquals(
                Errno.IO,
                HostErrors.errno(new java.nio.file.FileSystemException("/Is a directory", null, "Unheard of")));
        assertEquals(Errno.IO, HostErrors.errno(new IOException()));
        assertEquals(Errno.INTR, HostErrors.errno(new java.nio.channels.ClosedByInterruptException()));
    }

    @Test
    void argumentsAndVariables() {
        Wasi.Builder given = Wasi.builder()
                .args("prog", "", "zwei ä")
                .env("A", "b")
                .env("C", "")
                .env("A", "x=y");
        try (Guest g = new Guest(given)) {
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.ARGS_SIZES_GET, 0, 4));
            assertEquals(3, g.memory.getInt(0));
            assertEquals(5 + 1 + 8, g.memory.getInt(4));
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.ARGS_GET, 100, 200));
            assertEquals("prog\0\0zwei ä\0", g.bytes(200, 14));
            assertEquals(206, g.memory.getInt(108));
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.ENVIRON_SIZES_GET, 0, 4));
            assertEquals(2, g.memory.getInt(0));
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.ENVIRON_GET, 100, 200));
            assertEquals("A=x=y\0C=\0", g.bytes(200, g.memory.getInt(4)));
            assertEquals(Errno.FAULT, g.call(WasiFunction.ARGS_GET, Guest.SIZE - 8, 200));
            assertEquals(Errno.FAULT, g.call(WasiFunction.ARGS_GET, 0, Guest.SIZE - 13));
        }
    }

    @Test
    void nothingIsGivenUnasked() {
        try (Guest g = new Guest(Wasi.builder())) {
            g.call(WasiFunction.ARGS_SIZES_GET, 0, 4);
            assertEquals(0, g.memory.getInt(0));
            g.call(WasiFunction.ENVIRON_SIZES_GET, 0, 4);
            assertEquals(0, g.memory.getInt(0));
            assertEquals(Errno.BADF, g.call(WasiFunction.FD_PRESTAT_GET, 3, 0));
            assertEquals("", g.read(0, 10));
            assertEquals(3, g.write(1, "abc"));
        }
    }

    @Test
    void whatCannotBeGiven(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("f"));
        assertThrows(
                IOException.class,
                () -> Wasi.builder().preopen(folder.resolve("none"), "/").build());
        assertThrows(
                NotDirectoryException.class,
                () -> Wasi.builder().preopen(file, "/").build());
        assertThrows(
                IllegalArgumentException.class,
                () -> Wasi.builder().args("a\0b").build());
        assertThrows(
                IllegalArgumentException.class,
                () -> Wasi.builder().env("a", "\0").build());
        assertThrows(IllegalArgumentException.class, () -> Wasi.builder().env("a=b", "c"));
    }

    @Test
    void clocks() {
        try (Guest g = new Guest(Wasi.builder())) {
            for (int id = 0; id < 4; id++) {
                assertEquals(Errno.SUCCESS, g.call(WasiFunction.CLOCK_RES_GET, id, 0));
                assertTrue(g.memory.getLong(0) > 0);
                assertEquals(Errno.SUCCESS, g.call(WasiFunction.CLOCK_TIME_GET, id, 0, 8));
                assertTrue(g.memory.getLong(8) > 0);
            }
            assertEquals(Errno.INVAL, g.call(WasiFunction.CLOCK_RES_GET, 4, 0));
            assertEquals(Errno.INVAL, g.call(WasiFunction.CLOCK_TIME_GET, -1, 0, 8));
            long before = System.currentTimeMillis();
            g.call(WasiFunction.CLOCK_TIME_GET, Clocks.REALTIME, 0, 8);
            long told = g.memory.getLong(8) / 1_000_000;
            assertTrue(before <= told && told <= System.currentTimeMillis(), told + " is not between then and now");
        }
    }

    @Test
    void randomNumbers() {
        try (Guest g = new Guest(Wasi.builder());
                Guest seeded = new Guest(Wasi.builder().random(new Random(7)))) {
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.RANDOM_GET, 0, 0));
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.RANDOM_GET, 0, Guest.SIZE));
            assertNotEquals(g.memory.getLong(0), g.memory.getLong(Guest.SIZE - 8));
            assertEquals(Errno.SUCCESS, seeded.call(WasiFunction.RANDOM_GET, 0, 8));
            byte[] expected = new byte[8];
            new Random(7).nextBytes(expected);
            assertEquals(expected[3], seeded.memory.getByte(3));
        }
    }

    @Test
    void exiting() {
        try (Guest g = new Guest(Wasi.builder())) {
            assertEquals(
                    42,
                    assertThrows(ExitException.class, () -> g.call(WasiFunction.PROC_EXIT, 42))
                            .code());
            assertEquals(Errno.NOTSUP, g.call(WasiFunction.PROC_RAISE, 6));
            assertEquals(Errno.SUCCESS, g.call(WasiFunction.SCHED_YIELD));
        }
    }

    /** Seeded: arguments at random, half of them near what makes sense. */
    @Test
    void noArgumentsMakeAFunctionThrow(@TempDir Path host) throws IOException {
        Path folder = Files.createDirectories(host.resolve("inside"));
        Path outside = Files.writeString(host.resolve("outside"), "untouched");
        Files.createDirectories(folder.resolve("a/b"));
        Files.createSymbolicLink(folder.resolve("l"), Path.of("../outside"));
        Random random = new Random(20240229);
        try (Guest g = new Guest(Wasi.builder().preopen(folder, "/"))) {
            byte[] names = "a/b../l././a//..\0f\u00ff".getBytes(StandardCharsets.UTF_8);
            Set<WasiFunction> left = Set.of(
                    WasiFunction.PROC_EXIT,
                    WasiFunction.POLL_ONEOFF,
                    WasiFunction.FD_ALLOCATE,
                    WasiFunction.FD_FILESTAT_SET_SIZE,
                    WasiFunction.FD_PWRITE,
                    WasiFunction.FD_SEEK);
            for (int i = 0; i < 60_000; i++) {
                if (i % 1000 == 0) {
                    for (int at = 0; at + names.length < 4096; at += names.length) {
                        g.memory.putBytes(at, names, 0, names.length);
                    }
                    g.open(Guest.ROOT, "f", Flags.CREATE);
                    g.open(Guest.ROOT, "a", Flags.DIRECTORY);
                }
                WasiFunction f = WasiFunction.values()[random.nextInt(WasiFunction.values().length)];
                long[] args = new long[f.type().params().size()];
                for (int k = 0; k < args.length; k++) {
                    args[k] = switch (random.nextInt(5)) {
                        case 0, 1 -> random.nextInt(8);
                        case 2 -> random.nextInt(4096);
                        case 3 -> random.nextInt(Guest.SIZE - 64, Guest.SIZE + 64);
                        default -> random.nextLong();
                    };
                }
                // Waiting and filling the disk are for other tests; closing the folder would end this one.
                if (!left.contains(f) && !(f == WasiFunction.FD_CLOSE || f == WasiFunction.FD_RENUMBER)
                        || i % 100 == 99 && f == WasiFunction.FD_CLOSE && (int) args[0] != Guest.ROOT) {
                    g.call(f, args);
                }
            }
        }
        assertEquals("untouched", Files.readString(outside));
        try (Stream<Path> left = Files.list(host)) {
            assertFalse(left.anyMatch(p -> !p.equals(outside) && !p.equals(folder)));
        }
    }
}
