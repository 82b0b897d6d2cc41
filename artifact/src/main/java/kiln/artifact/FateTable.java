package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

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

    /** @throws ArtifactException if the section is damaged */
    static List<List<Fate>> decode(MemorySegment bytes) {
        ByteSource in = new ByteSource(SECTION, bytes);
        List<List<Fate>> result = new ArrayList<>();
        for (int modules = in.count(4); modules > 0; modules--) {
            int n = in.count(1);
            List<Fate> fates = new ArrayList<>(n);
            for (int i = 0; i < n; i++) {
                Fate.Kind kind = in.choice(Fate.Kind.values(), "reason");
                fates.add(
                        switch (kind) {
                            case UNREACHABLE -> Fate.UNREACHABLE;
                            default -> new Fate(kind, in.varint32(), in.varint32() - 1);
                        });
            }
            result.add(List.copyOf(fates));
        }
        in.end();
        return result;
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
