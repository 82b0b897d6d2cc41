package kiln.cli;

import java.io.IOException;
import java.nio.file.Path;

/** Runs what users run most, so that the JVM's ahead-of-time cache has its classes: started by the build. */
final class Training {
    private Training() {}

    /**
     * @param args folder of the examples; a scratch folder
     */
    public static void main(String[] args) throws IOException {
        Path hello = Path.of(args[0], "hello.wasm");
        Path raytrace = Path.of(args[0], "raytrace.wasm");
        String compiled = Path.of(args[1], "out.cwasm").toString();
        check(Main.run("compile", hello.toString(), "-o", compiled));
        check(Main.run("run", compiled));
        check(Main.run("run", "--no-cache", raytrace.toString(), "40", "20", "1"));
        check(Main.run("info", compiled));
    }

    private static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("training failed with status " + status);
        }
    }
}
