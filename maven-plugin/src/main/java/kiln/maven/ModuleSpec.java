package kiln.maven;

import java.io.File;

/** One module as a POM configures it. */
public final class ModuleSpec {
    /** The WebAssembly file. */
    File wasm;

    /** The name under which programs load it; the file's, without its ending, if nothing is said. */
    String name;

    /** The class that {@code generate} writes. */
    String className;

    /** For which machines. */
    String targets = "x86_64-linux,aarch64-linux";

    /** Whether loops notice deadlines and interruptions. */
    boolean interruptible = true;

    /** How much to optimise: 0, 1 or 2. */
    int opt = 2;

    /** What to leave out: nothing, names, offsets or all. */
    String strip = "nothing";

    /** Whether to compile it for programs that use Endive's interfaces, too. */
    boolean endive;

    String name() {
        if (name != null) {
            return name;
        }
        String file = wasm.getName();
        return file.endsWith(".wasm") ? file.substring(0, file.length() - ".wasm".length()) : file;
    }
}
