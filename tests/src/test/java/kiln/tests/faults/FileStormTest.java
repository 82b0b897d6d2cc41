package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import kiln.compiler.CompilerOptions;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever others do to a compiled file while it is loaded and while its code runs: it is refused, or it runs as it
 * was.
 */
class FileStormTest {
    private static final int LOADS = Corpus.SAMPLED ? 5 : Corpus.EMULATED ? 20 : Corpus.WHOLE ? 1000 : 100;

    @TempDir
    Path dir;

    private final Random random = new Random(4);

    @Test
    void filesThatChangeWhileTheyAreLoadedAndUsed() throws Exception {
        byte[] bytes = CrossCompiler.compile("pages.wasm", FileStorm.wasm(), CompilerOptions.defaults());
        Path file = dir.resolve("pages.cwasm");
        Files.write(file, bytes);
        Path input = Files.createDirectory(dir.resolve("folder")).resolve("input");
        byte[] text = new byte[300_000];
        Files.write(input, text);
        Path output = dir.resolve("output");
        Process p = ChildJvm.start(
                output,
                List.of("-XX:ErrorFile=" + dir.resolve("crash.log")),
                FileStorm.class.getName(),
                List.of(file.toString(), input.getParent().toString(), Integer.toString(LOADS)));
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw");
                RandomAccessFile in = new RandomAccessFile(input.toFile(), "rw")) {
            while (p.isAlive() && !Files.readString(output).contains("READY")) {
                Thread.sleep(10);
            }
            Thread storm = Thread.ofPlatform().start(() -> {
                while (p.isAlive()) {
                    try {
                        change(f, bytes);
                        change(in, text);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
            });
            boolean ended = ChildJvm.ends(p, 5);
            storm.join();
            String said = Files.readString(output);
            assertTrue(
                    ended && p.exitValue() == 0 && said.contains("STORM "),
                    () -> (ended ? "status " + p.exitValue() : "does not end") + ": " + said);
            System.out.print(said);
        }
    }

    /** Damages a file in place, and makes it good again for as long as it takes to read it. */
    private void change(RandomAccessFile f, byte[] good) throws IOException {
        int at = random.nextInt(good.length);
        if (random.nextBoolean()) {
            f.setLength(at);
        } else {
            byte[] junk = new byte[random.nextInt(good.length - at)];
            random.nextBytes(junk);
            f.seek(at);
            f.write(junk);
        }
        pause();
        f.seek(0);
        f.write(good);
        pause();
    }

    private void pause() {
        try {
            Thread.sleep(random.nextInt(Corpus.EMULATED ? 200 : 20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
