package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import kiln.artifact.Artifact;
import kiln.artifact.ExternType;
import kiln.artifact.FileSignature;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.api.SigningKeys;
import kiln.artifact.component.ComponentPlan;
import kiln.component.ComponentDecoder;
import kiln.component.WitPrinter;
import kiln.types.FuncType;
import kiln.types.TypeNames;
import kiln.types.ValType;
import kiln.wasm.Features;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        description =
                "Shows what a .cwasm file was made for and contains: target, imports, exports, sections, functions; "
                        + "of a .wasm or .wat file, what its .cwasm file would be.")
final class InfoCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The file: .cwasm, .wasm or .wat; - is standard input.")
    Path file;

    @Option(names = "--dropped", description = "List the functions that were left out of the file, and why.")
    boolean dropped;

    @Option(
            names = "--why",
            paramLabel = "FUNC",
            description = "Say what keeps a function (name, export or index) in the file.")
    String why;

    @Option(names = "--types", description = "List the types of modules that have structures or arrays.")
    boolean types;

    private final CompileOptions compile = CompileOptions.forFiles();

    static CommandLine commandLine() {
        InfoCommand command = new InfoCommand();
        CommandLine line = new CommandLine(command);
        command.compile.addTo(line.getCommandSpec());
        return line;
    }

    @Override
    public Integer call() throws IOException {
        file = InputFile.named(file);
        if (Files.isRegularFile(InputFile.check(file)) && ModuleFiles.isWebAssembly(file)) {
            byte[] wasm = ModuleFiles.read(file);
            if (ComponentDecoder.isComponent(wasm)) {
                System.out.print(WitPrinter.print(ComponentDecoder.decode(wasm, PathBytes.text(file), Features.ALL)));
                return 0;
            }
        }
        try (Artifact artifact = CompiledFile.open(file, compile)) {
            if (why != null || dropped) {
                FateReport report = new FateReport(artifact);
                if (why != null) {
                    report.why(why);
                }
                if (dropped) {
                    report.dropped();
                }
                return 0;
            }
            System.out.printf(
                    "file         %s, %,d bytes%s%n",
                    Printable.file(file),
                    artifact.file().byteSize(),
                    ModuleFiles.isWebAssembly(file) ? " when compiled" : "");
            System.out.printf(
                    "target       %s-linux%n", Printable.name(artifact.compat().architecture()));
            System.out.printf(
                    "cpu          baseline%s%n",
                    artifact.compat().cpuFeatures().isEmpty()
                            ? ""
                            : " + " + Printable.join(" + ", artifact.compat().cpuFeatures()));
            System.out.printf(
                    "compiler     %s (format %d)%n",
                    Printable.name(artifact.compat().compiler()),
                    artifact.compat().formatVersion());
            artifact.compat()
                    .options()
                    .forEach((name, value) ->
                            System.out.printf("%-12s %s%n", Printable.name(name), Printable.name(value)));
            System.out.printf("signature    %s%n", signature(artifact.signature()));
            if (artifact.component() != null) {
                component(artifact.component());
            }
            List<TypeNames> typeNames = artifact.typeNames();
            for (int i = 0; i < artifact.modules().size(); i++) {
                module(artifact, i);
                types(artifact.modules().get(i), typeNames.isEmpty() ? TypeNames.NONE : typeNames.get(i));
            }
            functions(artifact);
            System.out.println("sections");
            for (String name : artifact.sections()) {
                if (!name.isEmpty()) {
                    System.out.printf(
                            Locale.ROOT,
                            "  %-18s %,12d bytes%n",
                            Printable.name(name),
                            artifact.sectionBytes(name).byteSize());
                }
            }
            if (artifact.world() != null) {
                System.out.println();
                artifact.world().lines().forEach(line -> System.out.println(Printable.name(line)));
            }
        }
        return 0;
    }

    private static void component(ComponentPlan plan) {
        System.out.printf(
                "component    %d component instances, %d core instances, %d resources%n",
                plan.parents().size(), plan.instances().size(), plan.resources().size());
        for (ComponentPlan.ImportedFunc f : plan.imports()) {
            System.out.printf("  import     %s%n", Printable.join("#", f.path()));
        }
        for (ComponentPlan.ImportedModule m : plan.modules()) {
            System.out.printf("  import     %s (core module)%n", Printable.join("#", m.path()));
        }
        exports(plan, "", plan.exports());
    }

    private static void exports(ComponentPlan plan, String path, Map<String, ComponentPlan.Item> exports) {
        exports.forEach((name, item) -> {
            if (item instanceof ComponentPlan.InstanceItem i) {
                exports(plan, path + name + "#", i.exports());
            } else {
                String what = switch (item) {
                    case ComponentPlan.ModuleItem m -> " (core module, " + plan.exported(m) + ")";
                    case ComponentPlan.ImportedModuleItem _ -> " (core module that is imported)";
                    case ComponentPlan.ComponentItem _ -> " (component, a file within the file)";
                    default -> "";
                };
                System.out.printf("  export     %s%s%n", Printable.name(path + name), what);
            }
        });
    }

    private static String signature(FileSignature s) {
        if (s == null) {
            return "none";
        }
        String key = SigningKeys.fingerprint(s.publicKey());
        return s.matches() ? "Ed25519, by " + key : "DOES NOT MATCH the file; claims to be by " + key;
    }

    private static void module(Artifact artifact, int index) {
        ModuleInfo module = artifact.modules().get(index);
        System.out.printf(
                "module %d     %s%n", index, Printable.name(module.name()) + use(artifact.component(), index));
        if (!module.features().isEmpty()) {
            System.out.println("  uses       " + Printable.names(module.features()));
        }
        for (int number = 0; number < module.imports().size(); number++) {
            ModuleInfo.Import i = module.imports().get(number);
            String bound = i.link() == null
                    ? origin(artifact.component(), index, number)
                    : " (linked with module " + i.link().module() + ", "
                            + Printable.name(
                                    artifact.modules().get(i.link().module()).name()) + ")";
            System.out.printf(
                    "  import     %s.%s: %s%s%n",
                    Printable.name(i.module()), Printable.name(i.name()), type(module, i.type()), bound);
        }
        for (ModuleInfo.Export e : module.exports()) {
            System.out.printf("  export     %s: %s%n", Printable.name(e.name()), type(module, exported(module, e)));
        }
    }

    /** What a module of a component is there for, if not for an instance of itself. */
    private static String use(ComponentPlan plan, int module) {
        if (plan == null || module == 0) {
            return "";
        }
        if (module < plan.instantiated()) {
            ComponentPlan.CoreInstance i = plan.instances().get(module - 1);
            return i.isOfImport() ? " (instance of " + importedModule(plan, i.module()) + ")" : "";
        }
        int imported = module - plan.instantiated();
        return imported < plan.modules().size() ? " (type of " + importedModule(plan, imported) + ")" : " (exported)";
    }

    private static String importedModule(ComponentPlan plan, int number) {
        return Printable.join("#", plan.modules().get(number).path());
    }

    /** Where an import comes from that is not linked with a module of the file. */
    private static String origin(ComponentPlan plan, int module, int number) {
        if (plan == null || module == 0 || module >= plan.instantiated()) {
            return "";
        }
        return number < plan.instances().get(module - 1).imports().size()
                ? " (from the component)"
                : " (from the imported module)";
    }

    private void types(ModuleInfo module, TypeNames names) {
        TypeListing listing = new TypeListing(module.types(), names);
        if (listing.hasObjects()) {
            System.out.println("  types      " + listing.counts() + (types ? "" : " (--types lists them)"));
            if (types) {
                listing.lines().forEach(line -> System.out.println("  " + line));
            }
        }
    }

    private static ExternType exported(ModuleInfo module, ModuleInfo.Export e) {
        return switch (e.kind()) {
            case FUNC ->
                new ExternType.Func(module.funcRefs().type(module.funcRefs().slotOf(e.index())));
            case TABLE -> module.allTables().get(e.index());
            case MEMORY -> module.allMemories().get(e.index());
            case GLOBAL -> module.allGlobals().get(e.index());
            case TAG -> module.allTags().get(e.index());
        };
    }

    /** In the words that messages about linking use. */
    private static String type(ModuleInfo module, ExternType type) {
        return switch (type) {
            case ExternType.Func f -> "func " + signature(module, f.type());
            case ExternType.Table t ->
                "table " + limits(t.min(), t.max(), t.bounded()) + " of " + ValType.toString(t.element())
                        + (t.is64() ? ", 64-bit" : "");
            case ExternType.Memory m ->
                "memory " + limits(m.min(), m.max(), m.bounded()) + (m.pageShift() == 0 ? " pages of 1 byte" : " pages")
                        + (m.is64() ? ", 64-bit" : "");
            case ExternType.Global g -> "global " + (g.mutable() ? "mut " : "") + ValType.toString(g.type());
            case ExternType.Tag t -> "tag " + signature(module, t.type());
        };
    }

    private static String signature(ModuleInfo module, int type) {
        FuncType f = module.types().func(type);
        return Printable.name(list(f.params()) + " -> " + list(f.results()));
    }

    private static List<String> list(int[] types) {
        return Arrays.stream(types).mapToObj(ValType::toString).toList();
    }

    private static String limits(long min, long max, boolean bounded) {
        return Long.toUnsignedString(min) + (bounded ? " to " + Long.toUnsignedString(max) : " or more");
    }

    private static void functions(Artifact artifact) {
        Map<FuncKey.Kind, long[]> kinds = new TreeMap<>();
        for (int i = 0; i < artifact.index().entries(); i++) {
            if (artifact.index().length(i) > 0) {
                long[] sum = kinds.computeIfAbsent(
                        FuncKey.ofRaw(artifact.index().key(i)).kind(), _ -> new long[2]);
                sum[0]++;
                sum[1] += artifact.index().length(i);
            }
        }
        System.out.println("functions");
        kinds.forEach((kind, sum) -> System.out.printf(
                Locale.ROOT,
                "  %-18s %,8d, %,12d bytes%n",
                kind.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                sum[0],
                sum[1]));
    }
}
