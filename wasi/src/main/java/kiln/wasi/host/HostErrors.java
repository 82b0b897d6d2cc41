package kiln.wasi.host;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.ProviderMismatchException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Map;
import kiln.loader.HostFileException;

/** Which error number an exception of the host's files becomes. */
public final class HostErrors {
    /**
     * The operating system's own words, all that other file systems of Java's hand on about errors without a class of
     * their own. In another language they are not recognised; so checks whose outcome programs rely on are made
     * beforehand, and this is for the rest.
     */
    private static final Map<String, Errno> WORDS = Map.ofEntries(
            Map.entry("Not a directory", Errno.NOTDIR),
            Map.entry("Is a directory", Errno.ISDIR),
            Map.entry("Directory not empty", Errno.NOTEMPTY),
            Map.entry("File exists", Errno.EXIST),
            Map.entry("No such file or directory", Errno.NOENT),
            Map.entry("Permission denied", Errno.ACCES),
            Map.entry("Operation not permitted", Errno.PERM),
            Map.entry("Too many levels of symbolic links", Errno.LOOP),
            Map.entry("File name too long", Errno.NAMETOOLONG),
            Map.entry("Invalid argument", Errno.INVAL),
            Map.entry("Invalid cross-device link", Errno.XDEV),
            Map.entry("Read-only file system", Errno.ROFS),
            Map.entry("No space left on device", Errno.NOSPC),
            Map.entry("Disk quota exceeded", Errno.DQUOT),
            Map.entry("File too large", Errno.FBIG),
            Map.entry("Too many open files", Errno.MFILE),
            Map.entry("Too many links", Errno.MLINK),
            Map.entry("Text file busy", Errno.TXTBSY),
            Map.entry("Device or resource busy", Errno.BUSY),
            Map.entry("No such device or address", Errno.NXIO),
            Map.entry("Broken pipe", Errno.PIPE),
            Map.entry("Bad file descriptor", Errno.BADF),
            Map.entry("Illegal seek", Errno.SPIPE),
            Map.entry("Operation not supported", Errno.NOTSUP));

    /**
     * Linux's error numbers from 0 to 40 (asm-generic/errno-base.h and errno.h); null is one that WASI does not know.
     */
    private static final Errno[] LINUX = {
        null,
        Errno.PERM,
        Errno.NOENT,
        Errno.SRCH,
        Errno.INTR,
        Errno.IO,
        Errno.NXIO,
        Errno.TOOBIG,
        Errno.NOEXEC,
        Errno.BADF,
        Errno.CHILD,
        Errno.AGAIN,
        Errno.NOMEM,
        Errno.ACCES,
        Errno.FAULT,
        null,
        Errno.BUSY,
        Errno.EXIST,
        Errno.XDEV,
        Errno.NODEV,
        Errno.NOTDIR,
        Errno.ISDIR,
        Errno.INVAL,
        Errno.NFILE,
        Errno.MFILE,
        Errno.NOTTY,
        Errno.TXTBSY,
        Errno.FBIG,
        Errno.NOSPC,
        Errno.SPIPE,
        Errno.ROFS,
        Errno.MLINK,
        Errno.PIPE,
        Errno.DOM,
        Errno.RANGE,
        Errno.DEADLK,
        Errno.NAMETOOLONG,
        Errno.NOLCK,
        Errno.NOSYS,
        Errno.NOTEMPTY,
        Errno.LOOP
    };

    private HostErrors() {}

    public static Errno errno(IOException e) {
        if (e instanceof HostFileException h) {
            return ofNumber(h.errno());
        }
        return switch (e) {
            case NoSuchFileException _ -> Errno.NOENT;
            case FileAlreadyExistsException _ -> Errno.EXIST;
            case DirectoryNotEmptyException _ -> Errno.NOTEMPTY;
            case AccessDeniedException _ -> Errno.ACCES;
            case NotDirectoryException _ -> Errno.NOTDIR;
            case FileSystemLoopException _ -> Errno.LOOP;
            case NotLinkException _ -> Errno.INVAL;
            case AtomicMoveNotSupportedException _ -> Errno.XDEV;
            case ClosedByInterruptException _ -> Errno.INTR;
            case InterruptedIOException _ -> Errno.INTR;
            case ClosedChannelException _ -> Errno.BADF;
            default -> ofWords(e.getMessage());
        };
    }

    /** Of a file system's own making, which says what it means by exceptions of any kind. */
    public static Errno errno(RuntimeException e) {
        return switch (e) {
            case ReadOnlyFileSystemException _ -> Errno.ROFS;
            case UnsupportedOperationException _ -> Errno.NOTSUP;
            case NonWritableChannelException _ -> Errno.BADF;
            case NonReadableChannelException _ -> Errno.BADF;
            case ProviderMismatchException _ -> Errno.XDEV;
            case InvalidPathException _ -> Errno.ILSEQ;
            case IllegalArgumentException _ -> Errno.INVAL;
            case SecurityException _ -> Errno.ACCES;
            case UncheckedIOException u -> errno(u.getCause());
            case DirectoryIteratorException d -> errno(d.getCause());
            default -> Errno.IO;
        };
    }

    private static Errno ofNumber(int number) {
        Errno e = number < LINUX.length ? LINUX[number] : null;
        return switch (number) {
            case 75 -> Errno.OVERFLOW;
            case 84 -> Errno.ILSEQ;
            case 95 -> Errno.NOTSUP;
            case 110 -> Errno.TIMEDOUT;
            case 116 -> Errno.STALE;
            case 122 -> Errno.DQUOT;
            default -> e == null ? Errno.IO : e;
        };
    }

    /** Messages are the words, perhaps with the path before and remarks of Java's behind them. */
    private static Errno ofWords(String message) {
        if (message != null) {
            for (Map.Entry<String, Errno> w : WORDS.entrySet()) {
                int at = message.lastIndexOf(w.getKey());
                if (at == 0 || at > 1 && message.startsWith(": ", at - 2)) {
                    return w.getValue();
                }
            }
        }
        return Errno.IO;
    }
}
