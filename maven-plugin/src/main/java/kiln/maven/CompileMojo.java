package kiln.maven;

import java.io.File;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.maven.model.Resource;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/** Compiles WebAssembly to machine code and makes it resources of the project: {@code META-INF/kiln/NAME/TARGET.cwasm}. */
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
    boolean ask(ModuleSpec m, Properties request) {
        request.setProperty("resources", output.getPath());
        request.setProperty("targets", m.targets.replace(" ", ""));
        request.setProperty("interruptible", Boolean.toString(m.interruptible));
        request.setProperty("opt", Integer.toString(m.opt));
        request.setProperty("strip", m.strip);
        request.setProperty("endive", Boolean.toString(m.endive));
        return true;
    }

    @Override
    Path made(ModuleSpec m) {
        return output.toPath().resolve("META-INF/kiln").resolve(m.name());
    }

    @Override
    void register() {
        Resource r = new Resource();
        r.setDirectory(output.getPath());
        project.addResource(r);
    }
}
