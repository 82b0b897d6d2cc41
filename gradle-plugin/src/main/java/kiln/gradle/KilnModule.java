package kiln.gradle;

import java.io.File;
import java.util.List;
import javax.inject.Inject;
import kiln.build.support.ModuleSpec;
import org.gradle.api.Named;
import org.gradle.api.file.ConfigurableFileCollection;
import org.gradle.api.file.RegularFileProperty;
import org.gradle.api.provider.ListProperty;
import org.gradle.api.provider.Property;
import org.gradle.api.tasks.Input;
import org.gradle.api.tasks.InputFile;
import org.gradle.api.tasks.InputFiles;
import org.gradle.api.tasks.Optional;
import org.gradle.api.tasks.PathSensitive;
import org.gradle.api.tasks.PathSensitivity;

/** One module as a build configures it. Its name is the one under which programs load it. */
public abstract class KilnModule implements Named {
    private final String name;

    /** Made by the build's container of modules. */
    @Inject
    @SuppressWarnings({"InjectOnConstructorOfAbstractClass", "this-escape"}) // Gradle writes the class
    public KilnModule(String name) {
        this.name = name;
        getTargets().convention(List.of(ModuleSpec.ALL_TARGETS.split(",")));
        getInterruptible().convention(true);
        getExplicitBounds().convention(false);
        getDebugInfo().convention(false);
        getOpt().convention(2);
        getStrip().convention("nothing");
        getNan().convention("any");
        getRelaxedSimd().convention("host");
        getEndive().convention(false);
    }

    @Input
    @Override
    public String getName() {
        return name;
    }

    /** The WebAssembly file. */
    @InputFile
    @PathSensitive(PathSensitivity.NAME_ONLY)
    public abstract RegularFileProperty getWasm();

    /** The class to write, with its package. */
    @Input
    @Optional
    public abstract Property<String> getClassName();

    /** Of a component: the package of the interfaces to write, and nothing else's. */
    @Input
    @Optional
    public abstract Property<String> getPackageName();

    /** For which machines. */
    @Input
    public abstract ListProperty<String> getTargets();

    /** Features that all processors have on which it is to run; each target takes its own. */
    @Input
    public abstract ListProperty<String> getCpu();

    /** Whether loops notice deadlines and interruptions. */
    @Input
    public abstract Property<Boolean> getInterruptible();

    /** Whether instructions check each access to memory, and guard pages none. */
    @Input
    public abstract Property<Boolean> getExplicitBounds();

    /** Whether to keep where each instruction comes from. */
    @Input
    public abstract Property<Boolean> getDebugInfo();

    /** How much to optimise: 0, 1 or 2. */
    @Input
    public abstract Property<Integer> getOpt();

    /** What to leave out: nothing, names, offsets or all. */
    @Input
    public abstract Property<String> getStrip();

    /** Which NaNs arithmetic makes: any or canonical. */
    @Input
    public abstract Property<String> getNan();

    /** Results of relaxed SIMD operations: host or deterministic. */
    @Input
    public abstract Property<String> getRelaxedSimd();

    /** Modules to link it with: it imports them by the names of their files, without the ending. */
    @InputFiles
    @PathSensitive(PathSensitivity.NAME_ONLY)
    public abstract ConfigurableFileCollection getLink();

    /** An Ed25519 private key, which signs what is compiled. */
    @InputFile
    @Optional
    @PathSensitive(PathSensitivity.NONE)
    public abstract RegularFileProperty getSignKey();

    /** Whether to compile it for programs that use Endive's interfaces, too. */
    @Input
    public abstract Property<Boolean> getEndive();

    ModuleSpec toSpec() {
        ModuleSpec m = new ModuleSpec();
        m.setName(name);
        m.setWasm(file(getWasm()));
        m.setClassName(getClassName().getOrNull());
        m.setPackageName(getPackageName().getOrNull());
        m.setTargets(String.join(",", getTargets().get()));
        m.setCpu(String.join(",", getCpu().get()));
        m.setInterruptible(getInterruptible().get());
        m.setExplicitBounds(getExplicitBounds().get());
        m.setDebugInfo(getDebugInfo().get());
        m.setOpt(getOpt().get());
        m.setStrip(getStrip().get());
        m.setNan(getNan().get());
        m.setRelaxedSimd(getRelaxedSimd().get());
        m.setLink(List.copyOf(getLink().getFiles()));
        m.setSignKey(file(getSignKey()));
        m.setEndive(getEndive().get());
        return m;
    }

    private static File file(RegularFileProperty p) {
        return p.isPresent() ? p.get().getAsFile() : null;
    }
}
