package kiln.runtime;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/**
 * Events of the flight recorder's. It knows no frames but Java's; so those of WebAssembly, which stand before them, are
 * in a field.
 */
final class FlightEvents {
    private static final String CATEGORY = "WebAssembly";
    private static final String FRAMES = "WebAssembly frames, innermost first, one a line";
    private static final int MAX_FRAMES = 64;

    private FlightEvents() {}

    @Name("kiln.Load")
    @Label("Module Load")
    @Category(CATEGORY)
    static final class Load extends Event {
        @Label("Module")
        String module;

        @Label("File Size")
        @DataAmount
        long bytes;

        @Label("Mapped")
        @Description("Whether the file is mapped, not copied")
        boolean mapped;
    }

    @Name("kiln.Instantiate")
    @Label("Instantiation")
    @Category(CATEGORY)
    static final class Instantiate extends Event {
        @Label("Module")
        String module;
    }

    @Name("kiln.Trap")
    @Label("Trap")
    @Category(CATEGORY)
    static final class Trap extends Event {
        @Label("Code")
        String code;

        @Label("Message")
        String message;

        @Label("Function")
        String function;

        @Label("Frames")
        @Description(FRAMES)
        String frames;
    }

    @Name("kiln.MemoryGrow")
    @Label("Memory Growth")
    @Category(CATEGORY)
    static final class MemoryGrow extends Event {
        @Label("Size Before")
        @DataAmount
        long before;

        @Label("Size After")
        @Description("As before if the memory could not grow")
        @DataAmount
        long after;

        @Label("Size Asked For")
        @DataAmount
        long asked;

        @Label("Function")
        String function;

        @Label("Frames")
        @Description(FRAMES)
        String frames;
    }

    static Object beginLoad() {
        Load e = new Load();
        e.begin();
        return e;
    }

    static void endLoad(Object event, String module, long bytes, boolean mapped) {
        Load e = (Load) event;
        if (e.shouldCommit()) {
            e.module = module;
            e.bytes = bytes;
            e.mapped = mapped;
            e.commit();
        }
    }

    static Object beginInstantiate() {
        Instantiate e = new Instantiate();
        e.begin();
        return e;
    }

    static void endInstantiate(Object event, String module) {
        Instantiate e = (Instantiate) event;
        if (e.shouldCommit()) {
            e.module = module;
            e.commit();
        }
    }

    static void trap(TrapException t, List<WasmFrame> frames) {
        Trap e = new Trap();
        if (e.shouldCommit()) {
            e.code = t.code().name();
            e.message = t.getMessage();
            e.function = function(frames);
            e.frames = text(frames);
            e.commit();
        }
    }

    static void grow(Store store, long before, long after, long asked) {
        MemoryGrow e = new MemoryGrow();
        if (e.shouldCommit()) {
            // Not all of a deep stack: a program may grow its memory in each of many nested calls.
            List<WasmFrame> frames = Traces.waiting(store, MAX_FRAMES);
            e.before = before;
            e.after = after;
            e.asked = asked;
            e.function = function(frames);
            e.frames = text(frames);
            e.commit();
        }
    }

    private static String function(List<WasmFrame> frames) {
        return frames.isEmpty()
                ? null
                : frames.getFirst().module() + "." + frames.getFirst().function();
    }

    private static String text(List<WasmFrame> frames) {
        StringBuilder text = new StringBuilder();
        for (WasmFrame f : frames.subList(0, Math.min(frames.size(), MAX_FRAMES))) {
            text.append(f).append('\n');
        }
        return text.toString();
    }
}
