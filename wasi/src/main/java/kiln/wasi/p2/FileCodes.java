package kiln.wasi.p2;

import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Variant;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileStatus;
import kiln.wasi.host.FileTimes;
import kiln.wasi.host.FileType;
import kiln.wasi.host.Flags;

/** What error numbers, types, times and attributes of files are called in {@code wasi:filesystem/types}. */
final class FileCodes {
    private static final long NANOS = 1_000_000_000;

    private FileCodes() {}

    static String error(Errno e) {
        return switch (e) {
            case ACCES -> "access";
            case AGAIN -> "would-block";
            case ALREADY -> "already";
            case BADF -> "bad-descriptor";
            case BUSY -> "busy";
            case DEADLK -> "deadlock";
            case DQUOT -> "quota";
            case EXIST -> "exist";
            case FBIG -> "file-too-large";
            case ILSEQ -> "illegal-byte-sequence";
            case INPROGRESS -> "in-progress";
            case INTR -> "interrupted";
            case INVAL -> "invalid";
            case ISDIR -> "is-directory";
            case LOOP -> "loop";
            case MLINK -> "too-many-links";
            case MSGSIZE -> "message-size";
            case NAMETOOLONG -> "name-too-long";
            case NODEV -> "no-device";
            case NOENT -> "no-entry";
            case NOLCK -> "no-lock";
            // There is no word for too many open files.
            case NOMEM, MFILE, NFILE -> "insufficient-memory";
            case NOSPC -> "insufficient-space";
            case NOTDIR -> "not-directory";
            case NOTEMPTY -> "not-empty";
            case NOTRECOVERABLE -> "not-recoverable";
            case NOTSUP, NOSYS -> "unsupported";
            case NOTTY -> "no-tty";
            case NXIO -> "no-such-device";
            case OVERFLOW -> "overflow";
            case PERM, NOTCAPABLE -> "not-permitted";
            case PIPE -> "pipe";
            case ROFS -> "read-only";
            case SPIPE -> "invalid-seek";
            case TXTBSY -> "text-file-busy";
            case XDEV -> "cross-device";
            default -> "io";
        };
    }

    static String type(FileType t) {
        return switch (t) {
            case UNKNOWN -> "unknown";
            case BLOCK_DEVICE -> "block-device";
            case CHARACTER_DEVICE -> "character-device";
            case DIRECTORY -> "directory";
            case REGULAR_FILE -> "regular-file";
            case SOCKET_DGRAM, SOCKET_STREAM -> "socket";
            case SYMBOLIC_LINK -> "symbolic-link";
        };
    }

    /** A record descriptor-stat. */
    static List<Object> status(FileStatus s) {
        return List.of(type(s.type()), s.links(), s.size(), time(s.accessed()), time(s.modified()), time(s.changed()));
    }

    /** There are no words for times before 1970. */
    private static Optional<Object> time(long nanos) {
        return nanos < 0 ? Optional.empty() : Optional.of(ClocksAndRandom.datetime(nanos));
    }

    /**
     * A record metadata-hash-value: of what tells the file from others. That it is modified does not change the value,
     * since C libraries take it for the file's number.
     */
    static List<Object> hash(FileStatus s) {
        long lower = mix(s.inode() ^ mix(s.device()));
        return List.of(lower, mix(lower + s.device()));
    }

    /** A bijection whose bits all depend on all (the finaliser of MurmurHash3). */
    private static long mix(long x) {
        long y = (x ^ x >>> 33) * 0xff51afd7ed558ccdL;
        y = (y ^ y >>> 33) * 0xc4ceb9fe1a85ec53L;
        return y ^ y >>> 33;
    }

    /** From two variants new-timestamp. */
    static FileTimes times(Object accessed, Object modified) {
        Variant a = (Variant) accessed;
        Variant m = (Variant) modified;
        int flags = flags(a, Flags.ACCESSED, Flags.ACCESSED_NOW) | flags(m, Flags.MODIFIED, Flags.MODIFIED_NOW);
        return new FileTimes(nanos(a), nanos(m), flags);
    }

    private static int flags(Variant v, int given, int now) {
        return switch (v.label()) {
            case "no-change" -> 0;
            case "now" -> now;
            default -> given;
        };
    }

    private static long nanos(Variant v) {
        if (!(v.payload() instanceof List<?> datetime)) {
            return 0;
        }
        long seconds = (Long) datetime.get(0);
        int nanos = (Integer) datetime.get(1);
        if (nanos < 0 || nanos >= NANOS) {
            throw Errno.INVAL.error();
        }
        if (seconds < 0 || seconds > (Long.MAX_VALUE - nanos) / NANOS) {
            throw Errno.OVERFLOW.error();
        }
        return seconds * NANOS + nanos;
    }
}
