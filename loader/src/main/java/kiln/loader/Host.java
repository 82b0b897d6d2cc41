package kiln.loader;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Everything that the loader asks of the operating system. Addresses and lengths are bytes; those given to mapping
 * calls are multiples of {@link #pageSize()}. Failures are {@link HostException}s. Implementations are safe for use by
 * several threads.
 */
public interface Host {
    /** What may be done with a page. Nothing is ever writable and executable at once. */
    enum Protection {
        NONE,
        READ,
        READ_WRITE,
        READ_EXECUTE
    }

    /**
     * The machine that this JVM runs on.
     *
     * @throws UnsupportedOperationException if the loader has no implementation for it, or the JVM does not let it
     *     call native code
     */
    static Host current() {
        return CurrentHost.get();
    }

    /** Name of the instruction set as in compiled files: {@code x86_64} or {@code aarch64}. */
    String architecture();

    /** Bytes of a page of the host. */
    long pageSize();

    /** How many mappings a process can have. */
    int maxMappings();

    /** Reserves address space without access that costs no memory. */
    long reserve(long length);

    /** Zero pages to read and write, which cost nothing until they are touched. */
    long mapZero(long length);

    /** Gives back what {@link #reserve}, {@link #mapZero(long)} or {@link #mapFile(int, long, long)} gave. */
    void release(long address, long length);

    /** Says that a mapping from one of those stays even when the class loader of these classes goes. */
    void keep(long address);

    /** Whether all pages in [address, address + length) are mapped; the address is one of a page. */
    boolean isMapped(long address, long length);

    /**
     * Says that the handler's range whose end lies at this address is to be emptied when the class loader of these
     * classes goes, before its mappings are released.
     */
    void ownsCodeRange(long endAddress);

    /** A number that other processes do not have, as far as can be told. */
    long processIdentity();

    /** Replaces pages by fresh zero pages with this access. */
    void mapZero(long address, long length, Protection protection);

    /** Replaces pages by a private, copy-on-write view of a file. */
    void mapFile(long address, long length, int file, long offset, Protection protection);

    /** A private read-only view of a file at an address of the system's choice. */
    long mapFile(int file, long offset, long length);

    void protect(long address, long length, Protection protection);

    /** Forgets what was written to private pages: zero pages read zero again, file pages as the file. */
    void discard(long address, long length);

    /**
     * Makes pages that can be written take up memory now, as the first write to each would; does nothing where the
     * system cannot.
     */
    void populate(long address, long length);

    /** Whether the page at an address takes up memory. */
    boolean isResident(long address);

    /** Has a touched page take up itself and no large page around it, whatever the system does otherwise. */
    void smallPages(long address, long length);

    /** Overwrites with zeros those pages from {@link #mapZero(long)} that take up memory; they go on doing so. */
    void clear(long address, long length);

    /** Opens a file for reading; the number is given back with {@link #closeFile}. */
    int openFile(Path path);

    /** A nameless file in memory with these bytes, which nobody can change. */
    int memoryFile(String name, MemorySegment bytes);

    /**
     * A nameless file in memory with the bytes that a file has now, which nobody can change. If the file changes
     * meanwhile, the copy has something of both states; no more than the size at the beginning is read.
     */
    int memoryFile(String name, int file);

    long fileSize(int file);

    /** The first bytes of a file: fewer than asked for if it has no more. */
    byte[] readStart(int file, int length);

    void closeFile(int file);

    /** What there is to do with files beyond these; looked up when first asked for. */
    HostFiles files();

    /** Zeroed memory of the C heap, aligned to 16. */
    long allocate(long length);

    void free(long address);

    /** Address of a function of the C library. */
    long symbol(String name);

    /** The present handler of a signal: an address, or 0 (default) or 1 (ignore). */
    long signalHandler(int signal);

    /** Makes machine code the handler of a signal and returns the one before. */
    long installSignalHandler(int signal, long handler);

    /** Flushes the instruction cache with what the system offers, if anything: the stubs' own code needs it. */
    void flushInstructionCache(long address, long length);

    /** A word of the auxiliary vector, or 0. */
    long auxiliary(long type);
}
