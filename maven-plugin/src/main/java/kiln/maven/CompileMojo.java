package kiln.maven;

import java.io.File;
import java.io.IOException;
import java.util.List;
import kiln.build.support.BuildFailure;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.apache.maven.model.Resource;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/** Compiles WebAssembly to machine code and makes it resources: {@code META-INF/kiln/NAME/TARGET.cwasm}. */
@Mojo(name = "compile", defaultPhase = LifecyclePhase.GENERATE_RESOURCES, threadSafe = true)
public final class CompileMojo extends AbstractKilnMojo {
    /** A root of resources. */
    @Parameter(defaultValue = "${project.build.directory}/generated-resources/kiln")
    private File output;

    @Override
    String goal() {
        return "compile";
    }

    @Override
    void work(Workshop workshop, List<ModuleSpec> specs) throws IOException, BuildFailure {
        workshop.compile(specs, output.toPath());
    }

    @Override
    void register() {
        Resource r = new Resource();
        r.setDirectory(output.getPath());
        project.addResource(r);
    }
}
