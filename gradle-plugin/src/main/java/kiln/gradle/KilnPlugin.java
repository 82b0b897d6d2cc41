package kiln.gradle;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import org.gradle.api.Plugin;
import org.gradle.api.Project;
import org.gradle.api.artifacts.Configuration;
import org.gradle.api.attributes.Usage;
import org.gradle.api.file.DirectoryProperty;
import org.gradle.api.plugins.JavaPlugin;
import org.gradle.api.plugins.JavaPluginExtension;
import org.gradle.api.tasks.SourceSet;
import org.gradle.api.tasks.TaskProvider;

/**
 * The plugin {@code dev.kiln}: tasks {@code kilnCompile} and {@code kilnGenerate}; what they make belongs to the main
 * source set.
 */
public class KilnPlugin implements Plugin<Project> {
    @Override
    public void apply(Project project) {
        // The service that finds JDKs comes with it, whatever the project is written in.
        project.getPluginManager().apply("jvm-toolchains");
        KilnExtension kiln = project.getExtensions().create("kiln", KilnExtension.class);
        kiln.getSourceFolder()
                .convention(project.getLayout().getProjectDirectory().dir("src/main/wasm"));
        // Nothing that tasks keep may refer to the project: with a cached configuration there is none.
        kiln.getJdk()
                .convention(project.getLayout()
                        .getProjectDirectory()
                        .dir(project.getProviders().gradleProperty("kiln.jdk")));
        Configuration tool = tool(project);
        DirectoryProperty build = project.getLayout().getBuildDirectory();
        TaskProvider<KilnCompile> compile = project.getTasks().register("kilnCompile", KilnCompile.class, t -> {
            t.setDescription("Compiles WebAssembly to machine code for the jar.");
            t.getOutput().convention(build.dir("generated/resources/kiln"));
        });
        TaskProvider<KilnGenerate> generate = project.getTasks().register("kilnGenerate", KilnGenerate.class, t -> {
            t.setDescription("Writes a class for each WebAssembly module that names one.");
            t.getOutput().convention(build.dir("generated/sources/kiln"));
        });
        project.getTasks().withType(KilnTask.class).configureEach(t -> {
            t.setGroup("build");
            t.getModules().addAll(project.provider(kiln::getModules));
            t.getFound().from(kiln.getSourceFolder().map(d -> d.getAsFileTree().matching(f -> f.include("*.wasm"))));
            t.getTool().from(tool);
            t.getJdk().convention(kiln.getJdk());
        });
        project.getPlugins().withType(JavaPlugin.class, java -> {
            SourceSet main = project.getExtensions()
                    .getByType(JavaPluginExtension.class)
                    .getSourceSets()
                    .getByName(SourceSet.MAIN_SOURCE_SET_NAME);
            main.getResources().srcDir(compile.flatMap(KilnTask::getOutput));
            main.getJava().srcDir(generate.flatMap(KilnTask::getOutput));
        });
    }

    /**
     * The compiler, from the build's repositories. It is no part of the plugin's own class path: its classes are for a
     * JVM that Gradle need not run on.
     */
    private static Configuration tool(Project project) {
        return project.getConfigurations().create("kilnTool", c -> {
            c.setDescription("Kiln's compiler");
            c.setVisible(false);
            c.setCanBeConsumed(false);
            c.getAttributes()
                    .attribute(Usage.USAGE_ATTRIBUTE, project.getObjects().named(Usage.class, Usage.JAVA_RUNTIME));
            c.defaultDependencies(d -> d.add(project.getDependencies().create("dev.kiln:kiln-build:" + version())));
        });
    }

    private static String version() {
        Properties p = new Properties();
        try (InputStream in = KilnPlugin.class.getResourceAsStream("/kiln/gradle/plugin.properties")) {
            p.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return p.getProperty("version");
    }
}
