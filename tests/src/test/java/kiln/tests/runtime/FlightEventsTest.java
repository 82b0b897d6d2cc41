package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.wat.Wat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the JVM's flight recorder is told. */
class FlightEventsTest {
    private static final String MODULE = """
            (module $guest (memory 1)
              (func $inner (result i32) (memory.grow (i32.const 2)))
              (func (export "grow") (result i32) (call $inner))
              (func $fail (unreachable))
              (func (export "trap") (call $fail) (nop)))
            """;

    @Test
    void compilationsLoadsInstancesTrapsAndGrowth(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("events.jfr");
        byte[] wasm = Wat.encode("guest.wat", MODULE.getBytes(StandardCharsets.UTF_8));
        try (Recording recording = new Recording()) {
            for (String name : List.of("Compile", "Load", "Instantiate", "Trap", "MemoryGrow")) {
                recording.enable("kiln." + name).withoutThreshold();
            }
            recording.start();
            byte[] compiled = Compiler.compile(
                    "guest.wasm", wasm, CompilerOptions.defaults().withInlining(false));
            try (Engine engine = new Engine();
                    CompiledModule module = CompiledModule.load(engine, compiled);
                    Instance instance = Instance.create(module, StoreLimits.DEFAULT.withMemoryBytes(4 << 16))) {
                assertEquals(1, (int) instance.func("grow").call());
                assertEquals(-1, (int) instance.func("grow").call());
                assertThrows(TrapException.class, () -> instance.func("trap").call());
            }
            recording.stop();
            recording.dump(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("kiln."))
                .sorted(java.util.Comparator.comparing(RecordedEvent::getStartTime))
                .toList();
        assertEquals(
                List.of(
                        "kiln.Compile",
                        "kiln.Load",
                        "kiln.Instantiate",
                        "kiln.MemoryGrow",
                        "kiln.MemoryGrow",
                        "kiln.Trap"),
                events.stream().map(e -> e.getEventType().getName()).toList());
        assertEquals("guest.wasm", events.get(0).getString("module"));
        assertEquals(wasm.length, events.get(0).getLong("bytes"));
        assertEquals("guest", events.get(1).getString("module"));
        assertEquals("guest", events.get(2).getString("module"));
        RecordedEvent grown = events.get(3);
        assertEquals(1 << 16, grown.getLong("before"));
        assertEquals(3 << 16, grown.getLong("after"));
        assertEquals("guest.inner", grown.getString("function"));
        assertTrue(
                grown.getString("frames").matches("guest\\.inner@0x[0-9a-f]+\nguest\\.grow@0x[0-9a-f]+\n"),
                grown.getString("frames"));
        RecordedEvent refused = events.get(4);
        assertEquals(3 << 16, refused.getLong("after"));
        assertEquals(5 << 16, refused.getLong("asked"));
        RecordedEvent trap = events.get(5);
        assertEquals("UNREACHABLE", trap.getString("code"));
        assertEquals("guest.fail", trap.getString("function"));
        assertTrue(trap.getString("frames").contains("\nguest.trap@0x"), trap.getString("frames"));
    }
}
