package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Files, folders, arguments and variables whose names are not UTF-8. */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "names of files are the same there")
class ForeignNamesTest {
    @TempDir
    Path dir;

    @BeforeEach
    void files() throws IOException {
        Files.write(dir.resolve("given.wasm"), Cli.resource("given.wasm"));
        Files.write(dir.resolve("commands.wasm"), Cli.resource("commands.wasm"));
    }

    @Test
    void filesAreFound() throws Exception {
        String script = """
                file=$(printf 'caf\\351 \\303\\251.wasm')
                mv commands.wasm "$file"
                kiln run --no-cache --invoke add "$file" 2 3
                kiln compile "$file"
                mv "$file" other.wasm
                kiln run --invoke add "${file%.wasm}.cwasm" 3 4
                kiln info "${file%.wasm}.cwasm" | grep '^file' | cut -d, -f1
                kiln compile other.wasm -o "$(printf 'out\\377')" --name "$(printf 'name\\376')"
                kiln keygen -o "$(printf 'key\\377')" | cut -d' ' -f1
                kiln sign "$(printf 'out\\377')" --key "$(printf 'key\\377.key')" | cut -d' ' -f1
                kiln run --require-signature "$(printf 'key\\377.pub')" --invoke add "$(printf 'out\\377')" 4 5
                kiln run "$file"
                """;
        String said = """
                5
                7
                file         caf\\xe9 é.cwasm
                key\\xff.key
                key\\xff.pub
                signed
                9
                kiln: caf\\xe9 é.wasm: no such file
                status 2
                """;
        assertEquals(said, Shell.run(dir, script, 8));
    }

    /** Java knows the folder that it was started in by a name that does not exist. */
    @Test
    void foldersAreFound() throws Exception {
        String script = """
                folder=$(printf 'f\\377')
                mkdir "$folder"
                cp commands.wasm "$folder"
                cd "$folder"
                kiln compile commands.wasm
                kiln run --invoke add commands.cwasm 2 3
                kiln run --no-cache --dir . ../given.wasm | tail -c 2
                cd ..
                kiln run --invoke add "$folder/commands.cwasm" 3 4
                """;
        assertEquals("5\n.\0007\n", Shell.run(dir, script, 5));
    }

    @Test
    void guestsGetTheBytes() throws Exception {
        String script = """
                file=$(printf 'g\\377.wasm')
                mv given.wasm "$file"
                mkdir "$(printf 'd\\376')"
                kiln run --no-cache --env "$(printf 'A\\377=\\302')" --env 'B=é' --dir "$(printf 'd\\376::/\\375')" \\
                    "$file" "$(printf '\\377\\342\\202')" é "$(printf '\\355\\240\\200')" "" >out
                """;
        assertEquals("", Shell.run(dir, script, 2));
        assertEquals(
                "g\u00ff.wasm|\u00ff\u00e2\u0082|\u00c3\u00a9|\u00ed\u00a0\u0080||"
                        + "A\u00ff=\u00c2|B=\u00c3\u00a9|/\u00fd|",
                new String(Files.readAllBytes(dir.resolve("out")), StandardCharsets.ISO_8859_1).replace('\0', '|'));
    }
}
