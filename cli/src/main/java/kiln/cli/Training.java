package kiln.cli;

import java.nio.file.Path;

/** Runs what users run most, so that the JVM's ahead-of-time caches have its classes: started by the build. */
final class Training {
    private Training() {}

    /**
     * @param args what to train: {@code all}, beside the server that a property names, or, after that, {@code run};
     *     folder of the examples; a scratch folder; a program to compile that has a little of everything
     */
    public static void main(String[] args) {
        Path hello = Path.of(args[1], "hello.wasm");
        Path raytrace = Path.of(args[1], "raytrace.wasm");
        String compiled = Path.of(args[2], "hello.cwasm").toString();
        String component = Path.of(args[2], "hello.component.cwasm").toString();
        if (args[0].equals("all")) {
            check(Main.run(
                    "compile",
                    "--no-server",
                    args[3],
                    "-o",
                    Path.of(args[2], "training.cwasm").toString()));
            check(Main.run("compile", "--no-server", hello.toString(), "-o", compiled));
            check(Main.run("compile", hello.toString(), "-o", compiled));
            check(Main.run(
                    "compile",
                    "--no-server",
                    Path.of(args[1], "hello.component.wasm").toString(),
                    "-o",
                    component));
            check(Main.run("run", "--no-cache", "--no-server", raytrace.toString(), "40", "20", "1"));
            check(Main.run("info", compiled));
            check(Main.run("--help"));
        }
        check(Main.run("run", compiled));
        check(Main.run("run", component));
    }

    private static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("training failed with status " + status);
        }
    }
}
