package kiln.gradle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import kiln.build.support.BuildFailure;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.gradle.api.tasks.CacheableTask;

/** Writes a class for each module that names one. It needs kiln-runtime, and so a compiler for 25. */
@CacheableTask
public abstract class KilnGenerate extends KilnTask {
    @Override
    void work(Workshop workshop, List<ModuleSpec> specs, Path output) throws IOException, BuildFailure {
        workshop.generate(specs, output);
    }
}
