package kiln.maven;

import java.io.File;
import java.io.IOException;
import java.util.List;
import kiln.build.support.BuildFailure;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Writes a class for each module with a {@code className}: a Java method for each exported function, an interface for
 * imports. For each component with a {@code packageName}, interfaces for what it imports and exports. They need
 * kiln-runtime, and so a compiler for 25.
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
    void work(Workshop workshop, List<ModuleSpec> specs) throws IOException, BuildFailure {
        workshop.generate(specs, sources.toPath());
    }

    @Override
    void register() {
        project.addCompileSourceRoot(sources.getPath());
    }
}
