package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import kiln.artifact.Artifact;
import kiln.artifact.FileSignature;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.SigningKeys;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class SignedFilesTest {
    private static final KeyPair KEYS = SigningKeys.generate();

    @TempDir
    Path dir;

    private static byte[] wasm() throws IOException {
        try (InputStream in = SignedFilesTest.class.getResourceAsStream("values.wasm")) {
            return in.readAllBytes();
        }
    }

    private static byte[] compiled(Target target) throws IOException {
        return Compiler.compile(
                "m.wasm", wasm(), CompilerOptions.defaults().withTarget(target).withJobs(1));
    }

    private static void refused(String part, Executable load) {
        String message = assertThrows(ArtifactException.class, load).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void anEngineThatRequiresASignatureLoadsNothingElse() throws IOException {
        byte[] unsigned = compiled(Target.host());
        byte[] signed = unsigned.clone();
        FileSignature.sign(signed, KEYS);
        byte[] changed = signed.clone();
        changed[signed.length / 2] ^= 4;
        byte[] others = unsigned.clone();
        FileSignature.sign(others, SigningKeys.generate());
        Path file = dir.resolve("m.cwasm");
        try (Engine engine = Engine.requiringSignature(List.of(KEYS.getPublic()))) {
            Files.write(file, signed);
            CompiledModule.load(engine, file).close();
            CompiledModule.loadTrusted(engine, file).close();
            CompiledModule.load(engine, signed).close();
            refused("not signed", () -> CompiledModule.load(engine, unsigned));
            refused("another key", () -> CompiledModule.load(engine, others));
            refused("cannot be signed", () -> CompiledModule.load(engine, wasm()));
            Files.write(file, changed);
            refused("m.cwasm: the signature does not match", () -> CompiledModule.load(engine, file));
            refused("m.cwasm: the signature does not match", () -> CompiledModule.loadTrusted(engine, file));
            Files.write(file, wasm());
            refused("m.cwasm: this is WebAssembly", () -> CompiledModule.load(engine, file));
        }
        assertThrows(IllegalArgumentException.class, () -> Engine.requiringSignature(List.of()));
    }

    @Test
    void filesWithoutRequiredSignatureAreNotChecked() throws IOException {
        byte[] signed = compiled(Target.host());
        FileSignature.sign(signed, KEYS);
        try (Engine engine = new Engine()) {
            CompiledModule.load(engine, signed).close();
        }
    }

    @Test
    void filesForEitherMachineAreSigned() throws IOException {
        for (Target target : Target.values()) {
            Path file = Files.write(dir.resolve(target.label()), compiled(target));
            FileSignature.sign(file, KEYS);
            try (Artifact a = Artifact.open(file, Artifact.OpenOptions.STRICT.signedBy(List.of(KEYS.getPublic())))) {
                assertEquals(KEYS.getPublic(), a.signature().publicKey());
                assertTrue(a.signature().matches());
            }
        }
    }
}
