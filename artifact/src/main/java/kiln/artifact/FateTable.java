package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.api.ArtifactException;

/**
 * The {@link Fate} of every function that the modules of a file define. Only tools read it, so it is decoded as a whole
 * when asked for.
 *
 * <pre>
 *   modules u32, then for each: functions u32, and for each of these:
 *     kind u8; unless unreachable: item varint, function + 1 varint
 * </pre>
 */
final class FateTable {
    static final String SECTION = ".kiln.fates";

    private FateTable() {}

    /**
     * @param modules of the file
     * @throws ArtifactException if the section is damaged
     */
    static List<List<Fate>> decode(MemorySegment bytes, List<ModuleInfo> modules) {
        return decode(new ByteSource(SECTION, bytes), modules);
    }

    static List<List<Fate>> decode(ByteSource in, List<ModuleInfo> modules) {
        List<List<Fate>> result = new ArrayList<>();
        if (in.count(4) != modules.size()) {
            throw in.error("number of modules");
        }
        for (ModuleInfo module : modules) {
            int n = in.count(1);
            if (n != module.definedFunctions()) {
                throw in.error("number of functions");
            }
            int imported = module.imported(ExternType.Kind.FUNC);
            List<Fate> fates = new ArrayList<>(n);
            for (int i = 0; i < n; i++) {
                Fate.Kind kind = in.choice(Fate.Kind.values(), "reason");
                fates.add(
                        switch (kind) {
                            case UNREACHABLE -> Fate.UNREACHABLE;
                            default -> fate(in, kind, module, imported);
                        });
            }
            result.add(List.copyOf(fates));
        }
        in.end();
        return result;
    }

    private static Fate fate(ByteSource in, Fate.Kind kind, ModuleInfo module, int imported) {
        Fate fate = new Fate(kind, in.varint32(), in.varint32() - 1);
        if (kind == Fate.Kind.EXPORT && fate.item() >= module.exports().size()) {
            throw in.error("no export " + fate.item());
        }
        int defined = fate.function() - imported;
        if (fate.function() >= 0 && (defined < 0 || defined >= module.definedFunctions())) {
            throw in.error("no function " + fate.function());
        }
        return fate;
    }

    static ByteSink encode(List<List<Fate>> modules) {
        ByteSink out = new ByteSink().u32(modules.size());
        for (List<Fate> fates : modules) {
            out.u32(fates.size());
            for (Fate f : fates) {
                out.u8(f.kind().ordinal());
                if (f.kind() != Fate.Kind.UNREACHABLE) {
                    out.varint(f.item()).varint(f.function() + 1);
                }
            }
        }
        return out;
    }
}
