package kiln.wat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import kiln.wasm.ByteWriter;

/** Modules in the text format ({@code .wat}). */
public final class Wat {
    private Wat() {}

    /**
     * Encodes a module: {@code (module ...)}, or its fields without that. What is well-formed only, or even valid, is
     * for a decoder and validator to say; names that nothing has are found here.
     *
     * @param file name of the text, for messages
     * @param text UTF-8
     * @return the module in the binary format, with the names of its functions
     * @throws WatException at the first mistake; the message says where it is
     */
    public static byte[] encode(String file, byte[] text) {
        Tokens tokens = tokens(file, text);
        Reader r = new Reader(tokens, 0);
        if (!r.opens("module")) {
            int last = 0;
            while (tokens.kind(last) == Tokens.Kind.OPEN) {
                last = tokens.match(last) + 1;
            }
            return ModuleParser.encode(r, last(tokens, last), null);
        }
        int end = tokens.match(0);
        r.acceptOpen("module");
        byte[] module = module(r, end, file);
        r.close();
        if (r.kind() != Tokens.Kind.END) {
            throw r.unexpected();
        }
        return module;
    }

    private static int last(Tokens tokens, int end) {
        if (tokens.kind(end) != Tokens.Kind.END) {
            throw tokens.errorAt(end, "unexpected token " + tokens.text(end));
        }
        return end;
    }

    /** What stands behind {@code (module}, up to the parenthesis {@code end}. */
    static byte[] module(Reader r, int end, String file) {
        String name = r.optionalId();
        if (r.accept("binary")) {
            return strings(r, end).toArray();
        }
        if (r.accept("quote")) {
            return encode(file, strings(r, end).toArray());
        }
        return ModuleParser.encode(r, end, name);
    }

    private static ByteWriter strings(Reader r, int end) {
        ByteWriter out = new ByteWriter();
        while (r.at() != end) {
            out.raw(r.string());
        }
        return out;
    }

    static Tokens tokens(String file, byte[] text) {
        try {
            return new Tokens(
                    file,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(text))
                            .toString());
        } catch (CharacterCodingException _) {
            throw new WatException(file + ": malformed UTF-8 encoding");
        }
    }
}
