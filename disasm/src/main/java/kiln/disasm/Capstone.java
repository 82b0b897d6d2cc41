package kiln.disasm;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;

/**
 * The Capstone library as it was found, versions 4 and 5; see {@code capstone/capstone.h} for the functions and
 * {@code cs_insn}.
 */
final class Capstone {
    private static final String HINT = "install Capstone 4 or 5 (Debian, Ubuntu: libcapstone4 or libcapstone5; "
            + "Fedora: capstone; macOS: brew install"
            + " capstone) or name the library with -Dkiln.capstone=/path/to/libcapstone.so";
    private static final int MNEMONIC_CHARS = 32;

    private static Capstone instance;
    private static CapstoneMissingException failure;

    private final Function open;
    private final Function close;
    private final Function disasm;
    private final Function free;
    private final int insnBytes;
    private final int mnemonicOffset;

    private Capstone(NativeLibrary library) {
        open = library.getFunction("cs_open");
        close = library.getFunction("cs_close");
        disasm = library.getFunction("cs_disasm");
        free = library.getFunction("cs_free");
        int version = library.getFunction("cs_version").invokeInt(new Object[] {Pointer.NULL, Pointer.NULL});
        // id u32, address u64, size u16, bytes u8[16 or 24], mnemonic char[32], operands char[160], detail ptr.
        switch (version >>> 8) {
            case 4 -> {
                mnemonicOffset = 34;
                insnBytes = 240;
            }
            case 5 -> {
                mnemonicOffset = 42;
                insnBytes = 248;
            }
            default ->
                throw new CapstoneMissingException("Capstone " + (version >>> 8) + " is not supported: " + HINT, null);
        }
    }

    /**
     * The library, loaded on first use.
     *
     * @throws CapstoneMissingException if there is none
     */
    static synchronized Capstone load() {
        if (failure != null) {
            throw failure;
        }
        if (instance == null) {
            try {
                instance = new Capstone(find());
            } catch (CapstoneMissingException e) {
                failure = e;
                throw e;
            } catch (LinkageError e) {
                failure = new CapstoneMissingException("Capstone cannot be loaded: " + HINT, e);
                throw failure;
            }
        }
        return instance;
    }

    private static NativeLibrary find() {
        String named = System.getProperty("kiln.capstone");
        // Distributions install only the versioned name unless development files are there too.
        String[] names = named != null
                ? new String[] {named}
                : new String[] {"libcapstone.so.5", "libcapstone.so.4", "capstone"};
        UnsatisfiedLinkError last = null;
        for (String name : names) {
            try {
                return NativeLibrary.getInstance(name);
            } catch (UnsatisfiedLinkError e) {
                last = e;
            }
        }
        throw last;
    }

    /** Opens a handle for {@code isa}. */
    long open(Isa isa) {
        try (Memory handle = new Memory(8)) {
            int error = open.invokeInt(new Object[] {isa.arch(), isa.mode(), handle});
            if (error != 0) {
                throw new IllegalStateException("Capstone was built without " + isa + " (error " + error + ")");
            }
            return handle.getLong(0);
        }
    }

    void close(long handle) {
        try (Memory m = new Memory(8)) {
            m.setLong(0, handle);
            close.invokeInt(new Object[] {m});
        }
    }

    /** Receives what was decoded. */
    interface Sink {
        void accept(long address, int size, String mnemonic, String operands);
    }

    /** Decodes from {@code offset} until the end or until something cannot be decoded. */
    void decode(long handle, Memory code, long offset, long address, Sink sink) {
        try (Memory out = new Memory(8)) {
            Object[] args = {handle, code.share(offset), code.size() - offset, address, 0L, out};
            long count = disasm.invokeLong(args);
            if (count == 0) {
                return;
            }
            Pointer insns = out.getPointer(0);
            try {
                for (long i = 0; i < count; i++) {
                    long at = i * insnBytes;
                    sink.accept(
                            insns.getLong(at + 8),
                            insns.getShort(at + 16),
                            insns.getString(at + mnemonicOffset, "US-ASCII"),
                            insns.getString(at + mnemonicOffset + MNEMONIC_CHARS, "US-ASCII"));
                }
            } finally {
                free.invokeVoid(new Object[] {insns, count});
            }
        }
    }
}
