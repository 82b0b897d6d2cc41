package kiln.runtime.component;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.WitTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values as text: what is read, how it is written again, what is refused. */
class WaveTest {
    private static InterfaceType type(String wit) {
        return WitTypes.function("func(p: " + wit + ")").type().params().getFirst();
    }

    /** Rows: type, text, the text that is written; the same if it is missing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bool | true |",
                "s8 | -128 |",
                "u8 | 255 |",
                "s64 | -9223372036854775808 |",
                "u64 | 18446744073709551615 |",
                "f32 | 0.1 |",
                "f32 | -0 |",
                "f64 | 1.5e3 | 1500",
                "f64 | 1e-7 | 0.0000001",
                "f64 | 100 |",
                "f64 | nan |",
                "f32 | -inf |",
                "char | 'a' |",
                "char | '\\'' |",
                "char | '\"' |",
                "char | '\\u{1F600}' | '\uD83D\uDE00'",
                "string | \"a\\\\\\n\\\"'\" |",
                "string | \"\\u{202e}\\u{1b}\" |",
                "list<u8> | [1,2, 3,] | [1, 2, 3]",
                "list<string> | [] |",
                "list<u8, 2> | [1, 2] |",
                "tuple<u8, string> | ( 1 , \"x\" ) | (1, \"x\")",
                "map<string, u8> | [(\"a\", 1)] |",
                "record { a: u8, b: option<u8> } | {b: 2, a: 1} | {a: 1, b: some(2)}",
                "record { a: u8, b: option<u8> } | {a: 1} | {a: 1, b: none}",
                "record { a: option<u8> } | {:} | {a: none}",
                "flags { a, b, c } | {c, a} |",
                "flags { a } | {} |",
                "enum { red, none } | red |",
                "enum { red, none } | %none |",
                "variant { a, b(list<u8>) } | b([1]) |",
                "variant { a, b(list<u8>) } | a // the first | a",
                "option<string> | \"x\" | some(\"x\")",
                "option<enum { x }> | x | some(x)",
                "option<enum { x }> | none |",
                "option<option<u8>> | some(none) |",
                "result<u8, string> | 1 | ok(1)",
                "result<u8, string> | err(\"no\") |",
                "result | ok |",
                "result<_, u8> | ok |",
            })
    void values(String type, String text, String written) {
        InterfaceType t = type(type);
        Object value = WaveParser.value(t, text);
        assertEquals(written == null ? text : written, WaveWriter.text(t, value));
    }

    @Test
    void stringsOfLines() {
        InterfaceType string = type("string");
        assertEquals("a\n  b", WaveParser.value(string, "\"\"\"\n  a\n    b\n  \"\"\""));
        assertEquals("\\", WaveParser.value(string, "\"\"\"\n\\\\\n\"\"\""));
        assertEquals("", WaveParser.value(string, "\"\"\"\n\"\"\""));
    }

    /** Rows: type, text, the start of the problem, and where it is. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "bool | yes | a bool is true or false | 1",
                "u8 | 256 | 256 is no u8 | 1",
                "u8 | -1 | -1 is no u8 | 1",
                "s8 | 128 | 128 is no s8 | 1",
                "u32 | 1.5 | a number of type u32 | 1",
                "f32 | 1e39 | the number is too large for an f32 | 1",
                "f64 | 0x10 | a number of type f64 | 1",
                "char | 'ab' | a char is one character | 3",
                "char | '' | a character is missing | 2",
                "char | '\\u{d800}' | this escape is no character | 4",
                "string | \"a | the text ends too early | 3",
                "string | \"\\x\" | unknown escape | 3",
                "string | a | '\"' is expected | 1",
                "list<u8> | [1 2] | ']' is expected | 4",
                "list<u8, 2> | [1] | a list of 2 values is needed | 1",
                "tuple<u8, u8> | (1) | ',' is expected | 3",
                "record { a: u8 } | {b: 1} | there is no b in this record, which has a | 2",
                "record { a: u8 } | {a: 1, a: 2} | the field a is there twice | 8",
                "record { a: u8 } | {:} | the field a is missing | 4",
                "enum { red, ok } | ok | there is no ok in this enum, which has red, ok; with a percent sign | 1",
                "enum { red } | | a name is expected in this enum, which has red | 1",
                "variant { a(u8) } | a | '(' is expected | 2",
                "option<option<u8>> | 1 | an option is none or some | 1",
                "result | 1 | a result is ok or err | 1",
                "u8 | 1 2 | nothing more is expected here | 3",
            })
    void mistakes(String type, String text, String problem, int place) {
        String given = text == null ? "" : text;
        String message = assertThrows(IllegalArgumentException.class, () -> WaveParser.value(type(type), given))
                .getMessage();
        assertTrue(message.startsWith(problem) && message.endsWith(" (at character " + place + ")"), message);
    }

    @Test
    void argumentsOfCalls() {
        FunctionType f = WitTypes.function("func(a: u8, b: option<string>)").type();
        assertArrayEquals(new Object[] {(byte) 1, Optional.of("x")}, WaveParser.arguments(f, "(1, \"x\")"));
        assertArrayEquals(new Object[] {(byte) 1, Optional.empty()}, WaveParser.arguments(f, " ( 1 , ) "));
        for (String text : List.of("", "()", "(1", "(1, none, 2)", "(1) x", "(x)")) {
            assertThrows(IllegalArgumentException.class, () -> WaveParser.arguments(f, text), text);
        }
    }

    /** Nesting follows the type, however deep the text is. */
    @Test
    void deepTextIsRefused() {
        String deep = "[".repeat(1_000_000);
        assertThrows(IllegalArgumentException.class, () -> WaveParser.value(type("list<list<u8>>"), deep));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        Random random = new Random(16);
        for (int i = 0; i < 3000; i++) {
            InterfaceType t = ReferenceAbi.type(random, 3);
            Object value = ReferenceAbi.value(random, t);
            String text = WaveWriter.text(t, value);
            assertTrue(ReferenceAbi.same(value, WaveParser.value(t, text)), text);
        }
    }
}
