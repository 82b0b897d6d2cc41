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
    private final Iterator<DirectoryEntry> entries;

    DirectoryEntries(Directory directory) throws IOException {
        super(null);
        entries = directory.handle().entries().iterator();
    }

    /** The next record directory-entry, if there is one. */
    Optional<Object> next() {
        if (!entries.hasNext()) {
            return Optional.empty();
        }
        DirectoryEntry e = entries.next();
        return Optional.of(List.of(FileCodes.type(e.type()), text(e.name())));
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
