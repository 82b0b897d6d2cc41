package kiln.artifact;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Names of files, arguments and variables as Linux has them: bytes, which need not be UTF-8. In strings each byte that
 * is not part of valid UTF-8 is the lone surrogate U+DC80 to U+DCFF that ends in it, which valid UTF-8 never gives
 * (Python's PEP 383 does the same), so that {@link #decode} loses nothing. Java's own conversions put U+FFFD in the
 * place of all such bytes.
 */
public final class PathBytes {
    /** What Java puts where it could not decode. */
    private static final char LOST = '\ufffd';

    private static final String HEX = "0123456789ABCDEF";

    private PathBytes() {}

    /** Whether a character stands for a byte that is not part of valid UTF-8. */
    public static boolean isByte(int c) {
        return c >= 0xdc80 && c <= 0xdcff;
    }

    /** Whether Java may have lost bytes when it made this string. */
    public static boolean isLossy(String text) {
        return text.indexOf(LOST) >= 0;
    }

    /** The bytes as a string, from which {@link #encode} makes them again. */
    public static String decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        return isLossy(text) ? decodeExactly(bytes) : text;
    }

    private static String decodeExactly(byte[] bytes) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < bytes.length; ) {
            int length = sequence(bytes, at);
            if (length == 0) {
                out.append((char) (0xdc00 | bytes[at++] & 0xff));
            } else {
                out.append(new String(bytes, at, length, StandardCharsets.UTF_8));
                at += length;
            }
        }
        return out.toString();
    }

    /** Length in bytes of the valid sequence at a place, or 0. */
    private static int sequence(byte[] bytes, int at) {
        int lead = bytes[at] & 0xff;
        int length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (length > bytes.length - at) {
            return 0;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return length;
        } catch (CharacterCodingException _) {
            return 0;
        }
    }

    /** The bytes of a string, UTF-8 but for those that {@link #decode} found to be something else. */
    public static byte[] encode(String text) {
        if (!hasBytes(text)) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isLoneByte(text, i)) {
                out.writeBytes(text.substring(from, i).getBytes(StandardCharsets.UTF_8));
                out.write(text.charAt(i));
                from = i + 1;
            }
        }
        out.writeBytes(text.substring(from).getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    private static boolean hasBytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isLoneByte(text, i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isLoneByte(String text, int at) {
        return isByte(text.charAt(at)) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    /**
     * The file of a name that {@link #decode} made.
     *
     * @throws InvalidPathException if it contains a zero
     */
    public static Path path(String text) {
        if (!hasBytes(text)) {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                // Either there is a zero in it, or the locale has no such character, but the file system does.
                if (text.indexOf('\0') >= 0) {
                    throw e;
                }
            }
        }
        byte[] bytes = encode(text);
        boolean absolute = bytes[0] == '/';
        // A URI is the one way of Java's to give a path as bytes.
        StringBuilder uri = new StringBuilder(absolute ? "file://" : "file:///");
        for (byte b : bytes) {
            if (b != '/') {
                uri.append('%').append(HEX.charAt(b >> 4 & 15)).append(HEX.charAt(b & 15));
            } else if (uri.charAt(uri.length() - 1) != '/' || uri.length() == "file://".length()) {
                uri.append('/');
            }
        }
        Path path = Path.of(URI.create(uri.toString()));
        return absolute ? path : path.getRoot().relativize(path);
    }

    /** A file's name in the form of {@link #decode}. */
    public static String text(Path path) {
        String text = path.toString();
        return isLossy(text) && isOfSystem(path) ? decode(of(path)) : text;
    }

    /** A file's name as the system knows it. */
    public static byte[] of(Path path) {
        String text = path.toString();
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length == text.length() || !isOfSystem(path)) {
            return utf8;
        }
        // A URI is absolute; a relative path would be made so against a folder whose own name may be of this kind.
        boolean absolute = path.isAbsolute();
        byte[] bytes =
                unescape((absolute ? path : Path.of("/").resolve(path)).toUri().getRawPath());
        // It ends in a slash where there is a folder of this name.
        int end = bytes.length - (bytes.length > 1 && bytes[bytes.length - 1] == '/' ? 1 : 0);
        return Arrays.copyOfRange(bytes, absolute ? 0 : 1, end);
    }

    /** Not within an archive, say. */
    private static boolean isOfSystem(Path path) {
        return path.getFileSystem() == FileSystems.getDefault();
    }

    private static byte[] unescape(String raw) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                out.write(Character.digit(raw.charAt(i + 1), 16) << 4 | Character.digit(raw.charAt(i + 2), 16));
                i += 2;
            } else {
                out.write(c);
            }
        }
        return out.toByteArray();
    }
}
