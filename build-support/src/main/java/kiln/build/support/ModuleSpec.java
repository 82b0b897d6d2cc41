package kiln.build.support;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/** One module as a build configures it. Build tools set the fields by their names. */
public final class ModuleSpec {
    /** For which machines, if nothing is said. */
    public static final String ALL_TARGETS = "x86_64-linux,aarch64-linux";

    private File wasm;
    private String name;
    private String className;
    private String packageName;
    private String targets = ALL_TARGETS;
    private String cpu = "";
    private boolean interruptible = true;
    private boolean explicitBounds;
    private boolean debugInfo;
    private int opt = 2;
    private String strip = "nothing";
    private String nan = "any";
    private String relaxedSimd = "host";
    private List<File> link = new ArrayList<>();
    private File signKey;
    private boolean endive;

    /** The WebAssembly file. */
    public void setWasm(File wasm) {
        this.wasm = wasm;
    }

    public File wasm() {
        return wasm;
    }

    /** The name under which programs load it; the file's, without its ending, if nothing is said. */
    public void setName(String name) {
        this.name = name;
    }

    /** The name under which programs load it. */
    public String name() {
        return name != null ? name : stem(wasm);
    }

    /** The class to write, with its package; none if nothing is said. */
    public void setClassName(String className) {
        this.className = className;
    }

    public String className() {
        return className;
    }

    /** Of a component: the package of the interfaces to write, and nothing else's; none if nothing is said. */
    public void setPackageName(String packageName) {
        this.packageName = packageName;
    }

    public String packageName() {
        return packageName;
    }

    /** For which machines, joined by commas. */
    public void setTargets(String targets) {
        this.targets = targets;
    }

    /** Features that all processors have on which it is to run, joined by commas; each target takes its own. */
    public void setCpu(String cpu) {
        this.cpu = cpu;
    }

    /** Whether loops notice deadlines and interruptions. */
    public void setInterruptible(boolean interruptible) {
        this.interruptible = interruptible;
    }

    /** Whether instructions check each access to memory, and guard pages none. */
    public void setExplicitBounds(boolean explicitBounds) {
        this.explicitBounds = explicitBounds;
    }

    /** Whether to keep where each instruction comes from. */
    public void setDebugInfo(boolean debugInfo) {
        this.debugInfo = debugInfo;
    }

    /** How much to optimise: 0, 1 or 2. */
    public void setOpt(int opt) {
        this.opt = opt;
    }

    /** What to leave out: nothing, names, offsets or all. */
    public void setStrip(String strip) {
        this.strip = strip;
    }

    /** Which NaNs arithmetic makes: any or canonical. */
    public void setNan(String nan) {
        this.nan = nan;
    }

    /** Results of relaxed SIMD operations: host or deterministic. */
    public void setRelaxedSimd(String relaxedSimd) {
        this.relaxedSimd = relaxedSimd;
    }

    /** Modules to link it with: it imports them by the names of their files, without the ending. */
    public void setLink(List<File> link) {
        this.link = List.copyOf(link);
    }

    /** An Ed25519 private key, which signs what is compiled. */
    public void setSignKey(File signKey) {
        this.signKey = signKey;
    }

    /** Whether to compile it for programs that use Endive's interfaces, too. */
    public void setEndive(boolean endive) {
        this.endive = endive;
    }

    /** All files that the result depends on. */
    List<File> files() {
        List<File> all = new ArrayList<>();
        all.add(wasm);
        all.addAll(link);
        if (signKey != null) {
            all.add(signKey);
        }
        return all;
    }

    /**
     * @param taken names of other modules, to which this one's is added
     * @return this
     * @throws BuildFailure if something is missing or cannot be
     */
    ModuleSpec check(Set<String> taken) throws BuildFailure {
        if (wasm == null) {
            throw new BuildFailure("a module has no \"wasm\", which names its file");
        }
        for (File f : files()) {
            if (!f.isFile()) {
                throw new BuildFailure("module \"" + name() + "\": there is no file " + f);
            }
        }
        String unfit = name();
        if (unfit.isEmpty() || unfit.contains("/") || unfit.contains("\\") || unfit.startsWith(".")) {
            throw new BuildFailure("\"" + unfit + "\" is no name for a module: it names a folder of the jar");
        }
        if (!taken.add(unfit)) {
            throw new BuildFailure("two modules have the name \"" + unfit + "\"");
        }
        return this;
    }

    /** What says how to compile, apart from where things are. */
    Properties compilation() {
        Properties p = new Properties();
        p.setProperty("targets", spaceless(targets));
        p.setProperty("cpu", spaceless(cpu));
        p.setProperty("interruptible", Boolean.toString(interruptible));
        p.setProperty("explicitBounds", Boolean.toString(explicitBounds));
        p.setProperty("debugInfo", Boolean.toString(debugInfo));
        p.setProperty("opt", Integer.toString(opt));
        p.setProperty("strip", strip);
        p.setProperty("nan", nan);
        p.setProperty("relaxedSimd", relaxedSimd);
        p.setProperty("endive", Boolean.toString(endive));
        return p;
    }

    /** Where the input is. */
    Properties places() {
        Properties p = new Properties();
        p.setProperty("wasm", wasm.getAbsolutePath());
        p.setProperty("link", link.stream().map(File::getAbsolutePath).collect(Collectors.joining(File.pathSeparator)));
        if (signKey != null) {
            p.setProperty("signKey", signKey.getAbsolutePath());
        }
        return p;
    }

    /** The folder of the module's code in a root of resources. */
    Path codeIn(Path resources) {
        return resources.resolve("META-INF/kiln").resolve(name());
    }

    /** The class's file in a root of sources; of a component, the folder of its package. Null if none is asked for. */
    Path sourceIn(Path sources) {
        if (packageName != null) {
            return sources.resolve(packageName.replace('.', '/'));
        }
        return className == null ? null : sources.resolve(className.replace('.', '/') + ".java");
    }

    private static String spaceless(String list) {
        return list.replaceAll("\\s+", "");
    }

    private static String stem(File file) {
        String n = file.getName();
        return n.endsWith(".wasm") ? n.substring(0, n.length() - ".wasm".length()) : n;
    }
}
