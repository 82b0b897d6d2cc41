package kiln.endive;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.MutabilityType;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.ValType;

/**
 * Puts Kiln under a program that is written for Endive:
 *
 * <pre>{@code
 * Instance instance = KilnEndive.use(Instance.builder(module).withImportValues(imports), wasm).build();
 * }</pre>
 *
 * <p>The call comes last before {@code build()} and takes the place of what was set before as machine, memory, table
 * and global factory. Where Kiln cannot run (another system, an older JDK, no access to native code, a module with
 * instructions that Kiln does not have) it does nothing, so that those factories, or Endive's interpreter, do the work;
 * {@link #isNative} tells, and the logger {@code kiln.endive} says why at level INFO.
 */
public final class KilnEndive {
    private static final int JDK = 25;

    /** What stands behind it, looked for once. */
    private static final class Found {
        static final Door DOOR;
        static final String WHY_NOT;

        static {
            Door door = null;
            String whyNot = unsuitable();
            if (whyNot == null) {
                try {
                    door = (Door) Class.forName("kiln.endive.NativeDoor")
                            .getDeclaredConstructor()
                            .newInstance();
                } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
                    whyNot = "it does not start here: " + reason(e);
                }
            }
            DOOR = door;
            WHY_NOT = whyNot;
            if (whyNot != null) {
                log(whyNot);
            }
        }

        /** What says what to do about it, if anything does. */
        private static String reason(Throwable e) {
            if (e instanceof UnsupportedOperationException || e.getCause() == null) {
                return e instanceof UnsupportedOperationException ? e.getMessage() : e.toString();
            }
            return reason(e.getCause());
        }
    }

    private KilnEndive() {}

    private static String unsuitable() {
        String os = System.getProperty("os.name", "");
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        int jdk = Runtime.version().feature();
        if (Boolean.getBoolean("kiln.endive.off")) {
            return "it was switched off with -Dkiln.endive.off=true";
        } else if (jdk < JDK) {
            return "it needs Java " + JDK + ", not " + jdk;
        } else if (!os.equals("Linux")) {
            return "it needs Linux, not " + os;
        } else if (!arch.equals("amd64") && !arch.equals("x86_64") && !arch.equals("aarch64")) {
            return "it needs x86-64 or AArch64, not " + arch;
        }
        return null;
    }

    private static void log(String whyNot) {
        System.getLogger("kiln.endive").log(System.Logger.Level.INFO, "Kiln is not used: " + whyNot);
    }

    /** Why Kiln cannot run in this process, or null if it can. */
    public static String whyNot() {
        return Found.WHY_NOT;
    }

    /**
     * Makes a builder's instances run on Kiln.
     *
     * @param code the module that the builder is for: WebAssembly, compiled when it is seen for the first time, or what
     *     {@code kiln compile} made of it, which is native code and must come from somebody who is trusted
     * @return the builder
     * @throws IllegalArgumentException if the code is neither
     */
    public static Instance.Builder use(Instance.Builder builder, byte[] code) {
        return use(Found.DOOR, null, builder, code);
    }

    /**
     * As {@link #use(Instance.Builder, byte[])}, with a file, whose name backtraces show.
     *
     * @throws IOException if the file cannot be read
     */
    public static Instance.Builder use(Instance.Builder builder, Path code) throws IOException {
        return use(Found.DOOR, null, builder, code);
    }

    /**
     * As {@link #use(Instance.Builder, byte[])}, with what kiln-maven-plugin put into a jar or folder with {@code
     * <endive>true</endive>}. If there is no code for this machine, it does nothing.
     *
     * @param owner a class out of that jar or folder
     * @param name the module's, as the plugin was told it
     */
    public static Instance.Builder use(Instance.Builder builder, Class<?> owner, String name) {
        Objects.requireNonNull(builder, "builder");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(name, "name");
        if (Found.DOOR != null) {
            logIfNot(Found.DOOR.use(null, builder, owner, name));
        }
        return builder;
    }

    static Instance.Builder use(Door door, Object group, Instance.Builder builder, byte[] code) {
        Objects.requireNonNull(builder, "builder");
        Objects.requireNonNull(code, "code");
        if (door != null) {
            logIfNot(door.use(group, builder, code));
        }
        return builder;
    }

    static Instance.Builder use(Door door, Object group, Instance.Builder builder, Path code) throws IOException {
        Objects.requireNonNull(builder, "builder");
        Objects.requireNonNull(code, "code");
        if (door != null) {
            logIfNot(door.use(group, builder, code));
        }
        return builder;
    }

    private static void logIfNot(String whyNot) {
        if (whyNot != null) {
            log(whyNot);
        }
    }

    /** Whether an instance runs on Kiln. */
    public static boolean isNative(Instance instance) {
        return Found.DOOR != null && Found.DOOR.isNative(instance);
    }

    /** A group for instances that are to be linked with each other. */
    public static KilnGroup group() {
        return new KilnGroup(Found.DOOR);
    }

    /**
     * A memory of the host's that instances import, in place of {@code new ByteArrayMemory(limits)}. It belongs to the
     * group of the first instance that imports it.
     */
    public static Memory memory(MemoryLimits limits) {
        return loose().memory(limits);
    }

    /** A table of the host's that instances import, in place of {@code new TableInstance(...)}. */
    public static TableInstance table(Table table, int initialValue) {
        return loose().table(table, initialValue);
    }

    /** A global of the host's that instances import, in place of one that {@code GlobalInstance.builder()} makes. */
    public static GlobalInstance global(long value, ValType type, MutabilityType mutability) {
        return loose().global(value, type, mutability);
    }

    private static KilnGroup loose() {
        return Loose.GROUP;
    }

    /** What makes things that have no group yet. */
    private static final class Loose {
        static final KilnGroup GROUP = new KilnGroup(Found.DOOR, null);
    }
}
