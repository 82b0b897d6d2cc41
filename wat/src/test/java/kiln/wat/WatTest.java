package kiln.wat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said about texts that are no modules, and that nothing else is ever thrown. */
class WatTest {
    private static byte[] encode(String text) {
        return Wat.encode("x.wat", text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "(module (func (i32.ad)))|x.wat:1:16: unknown operator i32.ad",
                "(module (func call $f))|x.wat:1:20: unknown func $f",
                "(module (func|x.wat:1:9: unclosed parenthesis: unexpected end of the text",
                "(module))|x.wat:1:9: unexpected token \")\"",
                "(module (memory 1) (func (drop (i32.load align=3 (i32.const 0)))))"
                        + "|x.wat:1:42: alignment must be a power of two",
                "(module (func i32.const 0x100000000 drop))|x.wat:1:25: constant out of range",
                "(module (func block $a end $b))|x.wat:1:28: mismatching label $b",
                "(module (func $f) (func $f))|x.wat:1:25: duplicate func $f",
                "(module (func) (import \"a\" \"b\" (func)))|x.wat:1:16: import after a definition: imports come first",
                "(; (; ;)|x.wat:1:1: unclosed comment",
                "(module (data \"\\zz\"))|x.wat:1:15: malformed escape in a string",
                "(module) (module)|x.wat:1:10: unexpected token (",
                "(module (func else))|x.wat:1:15: unexpected token else",
            })
    void mistakesAreNamedWithTheirPlace(String text, String message) {
        assertEquals(
                message, assertThrows(WatException.class, () -> encode(text)).getMessage());
    }

    @Test
    void theModuleNeedNotBeWritten() {
        assertArrayEquals(encode("(module (func $f (nop)))"), encode("(func $f nop)"));
        assertEquals(8, encode("").length);
    }

    @Test
    void namesOfFunctionsAreKept() {
        byte[] module = encode("(module $m (func $\"a b\") (func) (func $c))");
        String all = new String(module, StandardCharsets.ISO_8859_1);
        assertTrue(all.contains("a b") && all.endsWith("c") && all.contains("m"), all);
        Validator.validate(ModuleDecoder.decode(module, "x", Features.ALL));
    }

    @Test
    void nestingHasALimitThatIsSaid() {
        String deep = "(module (func " + "(block ".repeat(100_000) + ")".repeat(100_000) + "))";
        assertTrue(assertThrows(WatException.class, () -> encode(deep))
                .getMessage()
                .contains("nested deeper"));
        // What is not folded may nest as deep as it likes.
        encode("(module (func " + "block ".repeat(100_000) + "end ".repeat(100_000) + "))");
    }

    /** Tokens of real modules, exchanged, doubled and left out. */
    @Test
    void mutatedTextsAreModulesOrMistakes() throws IOException {
        Random random = new Random(7);
        List<Path> files;
        try (Stream<Path> all = Files.walk(SpecScriptsTest.scripts())) {
            files = all.filter(f -> f.toString().endsWith(".wast")).sorted().toList();
        }
        int accepted = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] text = Files.readAllBytes(files.get(random.nextInt(files.size())));
            if (text.length > 20_000) {
                continue;
            }
            for (int k = random.nextInt(4); k >= 0; k--) {
                int from = random.nextInt(text.length);
                int to = random.nextInt(text.length);
                int length = Math.min(random.nextInt(20), text.length - Math.max(from, to));
                System.arraycopy(text, from, text, to, length);
            }
            try {
                for (Wast.Command c : Wast.parse("x.wast", text)) {
                    if (c.module() != null) {
                        try {
                            c.module().encode();
                            accepted++;
                        } catch (WatException _) {
                            // As it may be.
                        }
                    }
                }
            } catch (WatException _) {
                // As it may be.
            }
        }
        assertTrue(accepted > 1000, () -> "too few modules are left to say anything");
    }
}
