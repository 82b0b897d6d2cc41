package kiln.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import kiln.artifact.Artifact;
import kiln.artifact.ExternType;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.artifact.Printable;

/** Tells why functions are in a compiled file, or why they are not. */
final class FateReport {
    private final Artifact artifact;
    private final ArtifactNames names;
    private final List<List<Fate>> fates;

    /** @throws UserError if the file does not say */
    FateReport(Artifact artifact) {
        this.artifact = artifact;
        this.names = new ArtifactNames(artifact);
        this.fates = artifact.fates();
        if (fates.size() != artifact.modules().size()) {
            throw new UserError("the file does not say why functions are in it: compile without --strip");
        }
    }

    /** Lists what was dropped. */
    void dropped() {
        int all = 0;
        int count = 0;
        for (int m = 0; m < fates.size(); m++) {
            for (int i = 0; i < fates.get(m).size(); i++) {
                all++;
                if (!fates.get(m).get(i).isKept()) {
                    count++;
                    String reason = fates.get(m).get(i).kind() == Fate.Kind.INLINED
                            ? "inlined into every caller"
                            : "nothing that can run refers to it";
                    System.out.println(describe(FuncKey.wasmFunction(m, i)) + ": " + reason);
                }
            }
        }
        System.out.printf(Locale.ROOT, "%,d of %,d functions dropped%n", count, all);
    }

    /** Prints the chain from a function to what is visible from outside. */
    void why(String wanted) {
        List<FuncKey> found = find(wanted);
        if (found.isEmpty()) {
            throw new UserError("there is no function " + Printable.name(wanted) + " in "
                    + (fates.size() == 1 ? "the module" : "any of the modules"));
        }
        for (FuncKey key : found) {
            why(key);
        }
    }

    private void why(FuncKey start) {
        Set<FuncKey> seen = new HashSet<>();
        FuncKey key = start;
        String indent = "";
        while (seen.add(key)) {
            Fate fate = fates.get(key.payload()).get(key.index());
            System.out.println(indent + describe(key) + ": " + reason(key, fate));
            if (fate.function() < 0) {
                return;
            }
            key = names.key(key.payload(), fate.function());
            indent += "  ";
        }
    }

    private List<FuncKey> find(String wanted) {
        List<FuncKey> found = new ArrayList<>();
        for (int m = 0; m < fates.size(); m++) {
            for (int i = 0; i < fates.get(m).size(); i++) {
                FuncKey key = FuncKey.wasmFunction(m, i);
                int index = names.functionIndex(key);
                if (names.isNamed(key, wanted) || Integer.toString(index).equals(wanted) || isExportedAs(key, wanted)) {
                    found.add(key);
                }
            }
        }
        return found;
    }

    private boolean isExportedAs(FuncKey key, String name) {
        for (ModuleInfo.Export e : artifact.modules().get(key.payload()).exports()) {
            if (e.kind() == ExternType.Kind.FUNC
                    && e.index() == names.functionIndex(key)
                    && (e.name().equals(name) || Printable.name(e.name()).equals(name))) {
                return true;
            }
        }
        return false;
    }

    private String describe(FuncKey key) {
        int index = names.functionIndex(key);
        String name = names.of(key);
        String text = name.equals("func[" + index + "]") ? name : name + " (func[" + index + "])";
        return fates.size() == 1 ? text : moduleName(key.payload()) + ": " + text;
    }

    private String moduleName(int module) {
        String name = artifact.modules().get(module).name();
        return name.isEmpty() ? "module " + module : Printable.name(name);
    }

    private String reason(FuncKey key, Fate fate) {
        String other = fate.function() < 0 ? null : names.of(names.key(key.payload(), fate.function()));
        return switch (fate.kind()) {
            case UNREACHABLE -> "dropped, because nothing that can run refers to it";
            case INLINED ->
                "dropped, because it was inlined into every caller" + (other == null ? "" : ", such as " + other);
            case EXPORT ->
                "exported as \""
                        + Printable.name(artifact.modules()
                                .get(key.payload())
                                .exports()
                                .get(fate.item())
                                .name())
                        + "\"";
            case START -> "the start function";
            case TABLE ->
                "in a table (element segment " + fate.item() + ") "
                        + (other == null ? "that can be seen from outside" : "through which " + other + " calls");
            case GLOBAL ->
                "in global " + fate.item()
                        + (other == null ? ", which can be seen from outside" : ", which " + other + " reads");
            case REFERENCE -> other + " refers to it";
            case CALL -> (other == null ? "a function of another module" : other) + " calls it";
            case REQUEST -> "kept by --keep-all";
        };
    }
}
