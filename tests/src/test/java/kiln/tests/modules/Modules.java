package kiln.tests.modules;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Kiln's modules, as they lie on this process's class path. */
final class Modules {
    private Modules() {}

    /** Folders and jars with libraries: what a user would put on the module path. */
    static String path() {
        List<String> found = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":", -1)) {
            Path p = Path.of(entry);
            boolean jar = entry.endsWith(".jar") && !entry.endsWith("-tests.jar");
            if (jar || Files.exists(p.resolve("module-info.class"))) {
                found.add(entry);
            }
        }
        return String.join(":", found);
    }

    static List<ModuleReference> all() {
        Path[] path = Stream.of(path().split(":", -1))
                .map(Path::of)
                .filter(p -> Files.isDirectory(p) || p.getFileName().toString().startsWith("kiln-"))
                .toArray(Path[]::new);
        return ModuleFinder.of(path).findAll().stream()
                .filter(m -> m.descriptor().name().startsWith("kiln."))
                .toList();
    }

    /** Names of the packages that everybody sees. */
    static List<String> publicPackages() {
        return all().stream()
                .flatMap(m -> m.descriptor().exports().stream())
                .filter(e -> !e.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .sorted()
                .collect(Collectors.toList());
    }
}
