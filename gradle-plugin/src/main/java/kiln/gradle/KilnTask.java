package kiln.gradle;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.inject.Inject;
import kiln.build.support.BuildFailure;
import kiln.build.support.Jdk;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.gradle.api.DefaultTask;
import org.gradle.api.GradleException;
import org.gradle.api.file.ConfigurableFileCollection;
import org.gradle.api.file.DirectoryProperty;
import org.gradle.api.provider.ListProperty;
import org.gradle.api.tasks.Classpath;
import org.gradle.api.tasks.IgnoreEmptyDirectories;
import org.gradle.api.tasks.InputFiles;
import org.gradle.api.tasks.Internal;
import org.gradle.api.tasks.Nested;
import org.gradle.api.tasks.OutputDirectory;
import org.gradle.api.tasks.PathSensitive;
import org.gradle.api.tasks.PathSensitivity;
import org.gradle.api.tasks.TaskAction;
import org.gradle.jvm.toolchain.JavaLanguageVersion;
import org.gradle.jvm.toolchain.JavaToolchainService;

/** What both tasks share: which modules there are, and where the JVM is that does the work. */
public abstract class KilnTask extends DefaultTask {
    private static final int JDK = 25;

    /** The modules. */
    @Nested
    public abstract ListProperty<KilnModule> getModules();

    /** The modules, if none is named. */
    @InputFiles
    @IgnoreEmptyDirectories
    @PathSensitive(PathSensitivity.NAME_ONLY)
    public abstract ConfigurableFileCollection getFound();

    /** kiln-build and what it needs. */
    @Classpath
    public abstract ConfigurableFileCollection getTool();

    /** The JDK that compiles. Whichever does, the result is the same: it is no input. */
    @Internal
    public abstract DirectoryProperty getJdk();

    /** What the task makes. */
    @OutputDirectory
    public abstract DirectoryProperty getOutput();

    /** Finds a JDK if none is named. */
    @Inject
    @SuppressWarnings("JavaxInjectOnAbstractMethod") // Gradle writes the method
    protected abstract JavaToolchainService getToolchains();

    abstract void work(Workshop workshop, List<ModuleSpec> specs, Path output) throws IOException, BuildFailure;

    /** Does the work. */
    @TaskAction
    public void make() {
        Path state = getTemporaryDir().toPath();
        try {
            Workshop workshop = new Workshop(this::java, getTool().getFiles(), state, getLogger()::lifecycle);
            work(workshop, specs(), getOutput().get().getAsFile().toPath());
        } catch (BuildFailure e) {
            throw new GradleException(e.getMessage());
        } catch (IOException e) {
            throw new GradleException(e.toString(), e);
        }
    }

    private List<ModuleSpec> specs() {
        List<ModuleSpec> specs = new ArrayList<>();
        for (KilnModule m : getModules().get()) {
            specs.add(m.toSpec());
        }
        if (specs.isEmpty()) {
            for (File f : getFound().getFiles().stream().sorted().toList()) {
                ModuleSpec m = new ModuleSpec();
                m.setWasm(f);
                specs.add(m);
            }
        }
        return specs;
    }

    private Path java() throws BuildFailure {
        if (getJdk().isPresent()) {
            return Jdk.find("Gradle", getJdk().get().getAsFile().toPath(), "toolchains (not asked: a JDK is named)");
        }
        try {
            var launcher = getToolchains()
                    .launcherFor(spec -> spec.getLanguageVersion().set(JavaLanguageVersion.of(JDK)));
            return launcher.get().getExecutablePath().getAsFile().toPath();
        } catch (GradleException e) {
            return Jdk.find("Gradle", null, "a toolchain for Java " + JDK + " (none)");
        }
    }
}
