package kiln.gradle;

import org.gradle.api.NamedDomainObjectContainer;
import org.gradle.api.file.DirectoryProperty;

/** What {@code kiln { ... }} in a build says. */
public interface KilnExtension {
    /** The modules; if none is named, all {@code .wasm} files in {@link #getSourceFolder}. */
    NamedDomainObjectContainer<KilnModule> getModules();

    /** Where {@code .wasm} files are looked for if no module is named: {@code src/main/wasm}. */
    DirectoryProperty getSourceFolder();

    /** The JDK 25 that compiles; if nothing is said, a toolchain of Gradle's. */
    DirectoryProperty getJdk();
}
