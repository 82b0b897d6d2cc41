package kiln.gradle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kiln.build.support.BuildFailure;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.gradle.api.tasks.CacheableTask;

/** Compiles WebAssembly to machine code, for resources: {@code META-INF/kiln/NAME/TARGET.cwasm}. */
@CacheableTask
public abstract class KilnCompile extends KilnTask {
    @Override
    void work(Workshop workshop, List<ModuleSpec> specs, Path output) throws IOException, BuildFailure {
        workshop.compile(specs, output);
    }
}
