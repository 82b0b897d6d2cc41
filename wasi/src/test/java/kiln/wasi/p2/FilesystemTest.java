package kiln.wasi.p2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import kiln.runtime.component.Variant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wasi:filesystem}: what works, and what a guest must not get at. */
class FilesystemTest {
    private static final Set<String> NONE = Set.of();
    private static final Set<String> FOLLOW = Set.of("symlink-follow");

    @TempDir
    Path dir;

    private Path inside;
    private Host host;
    private Descriptor root;

    @BeforeEach
    void open() throws IOException {
        inside = Files.createDirectory(dir.resolve("inside"));
        Files.writeString(dir.resolve("secret"), "secret");
        host = new Host(Wasi2.builder().preopen(inside, "/w"));
        root = host.root();
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Object on(Object descriptor, String function, Object... args) {
        Object[] all = new Object[args.length + 1];
        all[0] = descriptor;
        System.arraycopy(args, 0, all, 1, args.length);
        return host.call("filesystem/types#[method]descriptor." + function, all);
    }

    private Object openAt(Object base, String path, Set<String> how, Set<String> flags) {
        return on(base, "open-at", FOLLOW, path, how, flags);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void filesAreWrittenAndRead() throws IOException {
        Object f = Host.ok(openAt(root, "f", Set.of("create"), Set.of("read", "write")));
        assertEquals(5L, Host.<Long>ok(on(f, "write", bytes("hello"), 0L)));
        Object out = Host.ok(on(f, "write-via-stream", 5L));
        Host.ok(host.out("blocking-write-and-flush", out, bytes(", you")));
        Object append = Host.ok(on(f, "append-via-stream"));
        Host.ok(host.out("blocking-write-and-flush", append, bytes("!")));
        // Appending leaves what has a position alone.
        Host.ok(host.out("blocking-write-and-flush", out, bytes("?")));
        Host.ok(on(f, "write", bytes("H"), 0L));
        assertEquals("Hello, you?", Files.readString(inside.resolve("f")));
        Object in = Host.ok(on(f, "read-via-stream", 7L));
        // Streams outlive their descriptor.
        host.drop(f);
        assertArrayEquals(bytes("you?"), Host.<byte[]>ok(host.in("blocking-read", in, 100L)));
        assertEquals("closed", Host.error(host.in("read", in, 100L)));
        host.drop(in);
        host.drop(out);
        host.drop(append);
    }

    @Test
    void readingTellsTheEnd() throws IOException {
        Files.writeString(inside.resolve("f"), "abc");
        Object f = Host.ok(openAt(root, "f", NONE, Set.of("read")));
        List<?> part = Host.ok(on(f, "read", 2L, 0L));
        assertArrayEquals(bytes("ab"), (byte[]) part.get(0));
        assertEquals(false, part.get(1));
        List<?> rest = Host.ok(on(f, "read", 2L, 2L));
        assertArrayEquals(bytes("c"), (byte[]) rest.get(0));
        assertEquals(true, rest.get(1));
        assertEquals("bad-descriptor", Host.error(on(f, "write", bytes("x"), 0L)));
        assertEquals("not-permitted", Host.error(on(f, "set-size", 0L)));
        assertEquals("invalid", Host.error(on(f, "read", 1L, -1L)));
    }

    @Test
    void foldersAreListed() throws IOException {
        for (String name : List.of("a", "b", "ü")) {
            Files.writeString(inside.resolve(name), name);
        }
        Files.createDirectory(inside.resolve("d"));
        Object stream = Host.ok(on(root, "read-directory"));
        List<String> names = new ArrayList<>();
        while (true) {
            Optional<?> e =
                    Host.ok(host.call("filesystem/types#[method]directory-entry-stream.read-directory-entry", stream));
            if (e.isEmpty()) {
                break;
            }
            names.add(((List<?>) e.get()).get(1) + ":" + ((List<?>) e.get()).get(0));
        }
        names.sort(null);
        assertEquals(List.of("a:regular-file", "b:regular-file", "d:directory", "ü:regular-file"), names);
    }

    @Test
    void namesAreMadeChangedAndRemoved() {
        Host.ok(on(root, "create-directory-at", "d"));
        assertEquals("exist", Host.error(on(root, "create-directory-at", "d")));
        host.drop(Host.ok(openAt(root, "d/f", Set.of("create"), Set.of("write"))));
        assertEquals("not-empty", Host.error(on(root, "remove-directory-at", "d")));
        assertEquals("is-directory", Host.error(on(root, "unlink-file-at", "d")));
        Host.ok(on(root, "link-at", NONE, "d/f", root, "g"));
        Host.ok(on(root, "symlink-at", "d/f", "s"));
        assertEquals("d/f", Host.ok(on(root, "readlink-at", "s")));
        assertEquals("not-permitted", Host.error(on(root, "symlink-at", "/etc", "e")));
        List<?> link = Host.ok(on(root, "stat-at", NONE, "s"));
        assertEquals("symbolic-link", link.get(0));
        List<?> file = Host.ok(on(root, "stat-at", FOLLOW, "s"));
        assertEquals(List.of("regular-file", 2L, 0L), file.subList(0, 3));
        Object sub = Host.ok(openAt(root, "d", Set.of("directory"), Set.of("read")));
        Host.ok(on(root, "rename-at", "g", sub, "h"));
        assertEquals("no-entry", Host.error(on(root, "stat-at", NONE, "g")));
        Host.ok(on(sub, "unlink-file-at", "h"));
        Host.ok(on(sub, "unlink-file-at", "f"));
        Host.ok(on(root, "remove-directory-at", "d"));
    }

    @Test
    void objectsAreKnownAgain() {
        Object a = Host.ok(openAt(root, "a", Set.of("create"), Set.of("write")));
        Object again = Host.ok(openAt(root, "a", NONE, Set.of("read")));
        Object b = Host.ok(openAt(root, "b", Set.of("create"), Set.of("write")));
        assertTrue((Boolean) on(a, "is-same-object", again));
        assertFalse((Boolean) on(a, "is-same-object", b));
        Object hash = Host.ok(on(a, "metadata-hash"));
        Host.ok(on(a, "write", bytes("changed"), 0L));
        assertEquals(hash, Host.ok(on(root, "metadata-hash-at", NONE, "a")));
        assertNotEquals(hash, Host.ok(on(b, "metadata-hash")));
        assertEquals(Set.of("write"), Host.ok(on(a, "get-flags")));
        assertEquals(Set.of("read", "mutate-directory"), Host.ok(on(root, "get-flags")));
    }

    @Test
    void timesAreSet() {
        Object a = Host.ok(openAt(root, "a", Set.of("create"), Set.of("write")));
        Variant keep = new Variant("no-change", null);
        Host.ok(on(a, "set-times", keep, new Variant("timestamp", List.of(1000L, 500_000_000))));
        List<?> status = Host.ok(on(a, "stat"));
        assertEquals(Optional.of(List.of(1000L, 500_000_000)), status.get(4));
        assertEquals(
                "invalid", Host.error(on(a, "set-times", keep, new Variant("timestamp", List.of(1L, 1_000_000_000)))));
        assertEquals("overflow", Host.error(on(a, "set-times", keep, new Variant("timestamp", List.of(-1L, 0)))));
    }

    @Test
    void nothingOutsideIsReached() throws IOException {
        Files.createSymbolicLink(inside.resolve("out"), dir);
        Files.createSymbolicLink(inside.resolve("absolute"), dir.resolve("secret"));
        for (String path : List.of("../secret", "/etc/passwd", "out/secret", "absolute", "x/../../secret")) {
            Files.createDirectories(inside.resolve("x"));
            assertEquals("not-permitted", Host.error(openAt(root, path, NONE, Set.of("read"))), path);
            assertEquals("not-permitted", Host.error(on(root, "stat-at", FOLLOW, path)), path);
        }
        assertEquals("not-permitted", Host.error(on(root, "rename-at", "x", root, "../y")));
        assertEquals("not-permitted", Host.error(on(root, "link-at", NONE, "../secret", root, "z")));
        assertEquals("not-permitted", Host.error(on(root, "readlink-at", "absolute")));
        assertEquals("illegal-byte-sequence", Host.error(on(root, "stat-at", NONE, "a\0b")));
    }

    /** Rights of a folder hold whichever function is used: other hosts forgot truncating, hard links and renaming. */
    @Test
    void aReadOnlyFolderStaysAsItIs() throws IOException {
        Files.writeString(inside.resolve("f"), "kept");
        Path writable = Files.createDirectory(dir.resolve("writable"));
        try (Host h = new Host(Wasi2.builder().preopenReadOnly(inside, "/ro").preopen(writable, "/rw"))) {
            List<?> all = (List<?>) h.call("filesystem/preopens#get-directories");
            Object ro = ((List<?>) all.get(0)).get(0);
            Object rw = ((List<?>) all.get(1)).get(0);
            assertEquals("/ro", ((List<?>) all.get(0)).get(1));
            assertEquals(Set.of("read"), Host.ok(on(ro, "get-flags")));
            assertEquals("read-only", Host.error(openAt(ro, "f", Set.of("truncate"), Set.of("read"))));
            assertEquals("read-only", Host.error(openAt(ro, "f", NONE, Set.of("write"))));
            assertEquals("read-only", Host.error(openAt(ro, "g", Set.of("create"), Set.of("read"))));
            assertEquals("read-only", Host.error(openAt(ro, ".", NONE, Set.of("mutate-directory"))));
            assertEquals("not-permitted", Host.error(on(ro, "link-at", NONE, "f", rw, "f")));
            assertEquals("not-permitted", Host.error(on(ro, "rename-at", "f", rw, "f")));
            assertEquals("not-permitted", Host.error(on(rw, "rename-at", "f", ro, "g")));
            assertEquals("not-permitted", Host.error(on(ro, "unlink-file-at", "f")));
            assertEquals("not-permitted", Host.error(on(ro, "create-directory-at", "d")));
            assertEquals("not-permitted", Host.error(on(ro, "symlink-at", "f", "s")));
            Variant now = new Variant("now", null);
            assertEquals("not-permitted", Host.error(on(ro, "set-times-at", NONE, "f", now, now)));
            Object f = Host.ok(openAt(ro, "f", NONE, Set.of("read")));
            assertEquals("not-permitted", Host.error(on(f, "set-size", 0L)));
            assertEquals("not-permitted", Host.error(on(f, "set-times", now, now)));
            assertEquals("bad-descriptor", Host.error(on(f, "append-via-stream")));
        }
        assertEquals("kept", Files.readString(inside.resolve("f")));
    }
}
