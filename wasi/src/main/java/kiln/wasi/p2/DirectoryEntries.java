package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import kiln.wasi.host.Directory;
import kiln.wasi.host.DirectoryEntry;
import kiln.wasi.host.Errno;

/** The names in a folder at one moment, which the guest gets one by one. */
final class DirectoryEntries extends Resource {
    /** What an entry counts besides its name. */
    private static final int ENTRY_BYTES = 64;

    private final HeldBytes held;
    private final Iterator<DirectoryEntry> entries;
    private long bytes;

    DirectoryEntries(HeldBytes held, Directory directory) throws IOException {
        super(null);
        this.held = held;
        List<DirectoryEntry> all = directory.handle().entries();
        for (DirectoryEntry e : all) {
            bytes += e.name().length + ENTRY_BYTES;
        }
        held.take(bytes);
        entries = all.iterator();
    }

    /** The next record directory-entry, if there is one. */
    Optional<Object> next() {
        if (!entries.hasNext()) {
            return Optional.empty();
        }
        DirectoryEntry e = entries.next();
        return Optional.of(List.of(FileCodes.type(e.type()), text(e.name())));
    }

    @Override
    void close() {
        held.take(-bytes);
    }

    /** Strings are of Unicode's characters; names are of any bytes. */
    static String text(byte[] name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Errno.ILSEQ.error();
        }
    }
}
