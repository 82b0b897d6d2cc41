package kiln.tests.linking;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.Artifact;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;

/** Modules compiled from the resources of this package, and what is in the files. */
abstract class LinkingFixture {
    protected static final CompilerOptions OPTIONS =
            CompilerOptions.defaults().withJobs(1).withCheck(true);

    protected static byte[] wasm(String name) {
        try (InputStream in = LinkingFixture.class.getResourceAsStream(name + ".wasm")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    protected static byte[] compile(String name, CompilerOptions options) {
        return Compiler.compile(name + ".wasm", wasm(name), options);
    }

    protected static Artifact open(byte[] file) {
        Artifact artifact = Artifact.of(MemorySegment.ofArray(file), Artifact.OpenOptions.DEFAULT);
        artifact.verify();
        return artifact;
    }

    /** Names of the wasm functions that have code in the file. */
    protected static Set<String> functions(Artifact artifact) {
        Set<String> names = new TreeSet<>();
        for (FuncKey key : keys(artifact)) {
            if (key.kind() == FuncKey.Kind.WASM_FUNCTION) {
                ModuleInfo module = artifact.modules().get(key.payload());
                int function = key.index() + module.imported(ExternType.Kind.FUNC);
                String name = artifact.names().find(key.payload(), function);
                names.add(name == null ? "func[" + function + "]" : name);
            }
        }
        return names;
    }

    /** Keys of everything that has code in the file. */
    protected static List<FuncKey> keys(Artifact artifact) {
        List<FuncKey> keys = new ArrayList<>();
        for (int i = 0; i < artifact.index().entries(); i++) {
            if (artifact.index().length(i) > 0) {
                keys.add(FuncKey.ofRaw(artifact.index().key(i)));
            }
        }
        return keys;
    }
}
