package kiln.cli;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import kiln.artifact.PathBytes;

/** Starts the command again in this process's place, so that who waits for it, or stops it, notices nothing. */
final class Relaunch {
    private static final Linker LINKER = Linker.nativeLinker();

    private Relaunch() {}

    /**
     * Runs the launcher with these arguments, and has it ask no server.
     *
     * <p>Returns only if that cannot be done, such as without a launcher.
     */
    static void withoutServer(String[] given) {
        String launcher = System.getProperty("kiln.launcher");
        if (launcher == null) {
            return;
        }
        String[] args = Arguments.exact(given);
        System.out.flush();
        System.err.flush();
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle set = function("setenv", ADDRESS, ADDRESS, JAVA_INT);
            MemorySegment locale = string(arena, "LC_ALL");
            String before = System.getProperty(Environment.LOCALE_PROPERTY);
            int _ = (int) set.invokeExact(string(arena, "KILN_SERVER"), string(arena, "off"), 1);
            if (before == null || before.isEmpty()) {
                int _ = (int) function("unsetenv", ADDRESS).invokeExact(locale);
            } else {
                int _ = (int) set.invokeExact(locale, string(arena, before), 1);
            }
            MemorySegment argv = arena.allocate(ADDRESS, args.length + 2L);
            argv.setAtIndex(ADDRESS, 0, string(arena, launcher));
            for (int i = 0; i < args.length; i++) {
                argv.setAtIndex(ADDRESS, i + 1L, string(arena, args[i]));
            }
            int _ = (int) function("execv", ADDRESS, ADDRESS).invokeExact(string(arena, launcher), argv);
        } catch (Throwable _) {
            // The caller goes on.
        }
    }

    private static MethodHandle function(String name, MemoryLayout... parameters) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().find(name).orElseThrow(), FunctionDescriptor.of(JAVA_INT, parameters));
    }

    private static MemorySegment string(Arena arena, String text) {
        byte[] bytes = PathBytes.encode(text);
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }
}
