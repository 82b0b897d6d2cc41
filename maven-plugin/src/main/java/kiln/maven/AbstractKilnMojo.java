package kiln.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import kiln.build.support.BuildFailure;
import kiln.build.support.Jdk;
import kiln.build.support.ModuleSpec;
import kiln.build.support.Workshop;
import org.apache.maven.artifact.Artifact;
import org.apache.maven.execution.MavenSession;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Component;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.apache.maven.toolchain.ToolchainManager;

/** What both goals share: which modules there are, and where the JVM is that does the work. */
@SuppressWarnings("deprecation") // the annotation that every Maven 3 knows
abstract class AbstractKilnMojo extends AbstractMojo {
    /** The modules; if none is named, all files in {@link #sourceFolder}. */
    @Parameter
    private List<ModuleSpec> modules;

    /** Where {@code .wasm} files are looked for if no module is named. */
    @Parameter(defaultValue = "${project.basedir}/src/main/wasm")
    private File sourceFolder;

    /** The JDK 25 that compiles, if there is no toolchain. */
    @Parameter(property = "kiln.jdk")
    private File jdk;

    /** Skips everything. */
    @Parameter(property = "kiln.skip", defaultValue = "false")
    private boolean skip;

    @Parameter(defaultValue = "${project}", readonly = true)
    MavenProject project;

    @Parameter(defaultValue = "${session}", readonly = true)
    private MavenSession session;

    @Parameter(defaultValue = "${plugin.artifacts}", readonly = true)
    private List<Artifact> pluginArtifacts;

    @Component
    private ToolchainManager toolchains;

    /** The name of the goal, for the state that is kept. */
    abstract String goal();

    /** Does what the goal does. */
    abstract void work(Workshop workshop, List<ModuleSpec> specs) throws IOException, BuildFailure;

    /** Makes Maven use what was made. */
    abstract void register();

    @Override
    public void execute() throws MojoExecutionException, MojoFailureException {
        if (skip) {
            getLog().info("skipped (kiln.skip)");
            return;
        }
        try {
            Path state = Path.of(project.getBuild().getDirectory(), "kiln", goal());
            work(new Workshop(this::java, tool(), state, getLog()::info), specs());
        } catch (BuildFailure e) {
            throw new MojoFailureException(e.getMessage());
        } catch (IOException e) {
            throw new MojoExecutionException(e.toString(), e);
        }
        register();
    }

    private List<ModuleSpec> specs() throws IOException {
        if (modules != null && !modules.isEmpty()) {
            return modules;
        }
        List<ModuleSpec> found = Workshop.modulesIn(sourceFolder.toPath());
        if (found.isEmpty()) {
            getLog().info("no modules: none are configured, and there is no .wasm file in " + sourceFolder);
        }
        return found;
    }

    private Path java() throws BuildFailure {
        var found = toolchains.getToolchains(session, "jdk", Map.of("version", "[25,)"));
        if (found != null && !found.isEmpty()) {
            String tool = found.get(0).findTool("java");
            if (tool != null) {
                return Path.of(tool);
            }
        }
        return Jdk.find("Maven", jdk == null ? null : jdk.toPath(), "a JDK toolchain of version 25 or later (none)");
    }

    /** Kiln's own files among the plugin's. */
    private List<File> tool() {
        List<File> files = new ArrayList<>();
        for (Artifact a : pluginArtifacts) {
            if (a.getGroupId().equals("dev.kiln") && a.getFile() != null) {
                files.add(a.getFile());
            }
        }
        return files;
    }
}
