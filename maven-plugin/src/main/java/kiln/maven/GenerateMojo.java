package kiln.maven;

import java.io.File;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes a class for each module with a {@code className}: a Java method for each exported function, an interface for
 * imports. It needs kiln-runtime, and so a compiler for 25.
 */
@Mojo(name = "generate", defaultPhase = LifecyclePhase.GENERATE_SOURCES, threadSafe = true)
public final class GenerateMojo extends AbstractKilnMojo {
    /** A root of sources. */
    @Parameter(defaultValue = "${project.build.directory}/generated-sources/kiln")
    private File sources;

    @Override
    String goal() {
        return "generate";
    }

    @Override
    boolean ask(ModuleSpec m, Properties request) {
        if (m.className == null) {
            return false;
        }
        request.setProperty("sources", sources.getPath());
        request.setProperty("className", m.className);
        return true;
    }

    @Override
    Path made(ModuleSpec m) {
        return sources.toPath().resolve(m.className.replace('.', '/') + ".java");
    }

    @Override
    void register() {
        project.addCompileSourceRoot(sources.getPath());
    }
}
