package kiln.tests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kiln.loader.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Programs that take a process's place. */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "the emulator leaves programs to the system, which has none for that machine")
class ExecuteTest {
    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** Run in a process of its own. */
    public static void main(String[] args) {
        List<byte[]> program = Stream.of("/bin/sh", "-c", "echo $1-$KEPT-$SET-$GONE", "sh", args[0])
                .map(ExecuteTest::bytes)
                .toList();
        Map<String, byte[]> environment = new HashMap<>();
        environment.put("SET", bytes("new"));
        environment.put("GONE", null);
        Host.current().execute(program, environment);
    }

    @Test
    void aProgramTakesOverWithItsArgumentsAndEnvironment() throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(ChildJvm.command(List.of(), ExecuteTest.class.getName(), List.of("a b")));
        builder.environment().putAll(Map.of("KEPT", "kept", "SET", "old", "GONE", "old"));
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor());
        assertEquals("a b-kept-new-\n", output);
    }

    @Test
    void whatCannotBeRunReturns() {
        Host.current().execute(List.of(bytes("/nonexistent/program")), Map.of());
    }
}
