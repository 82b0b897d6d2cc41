package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import kiln.types.TypeNames;

/**
 * The names of types and fields, of files some module of which has types of objects. Only tools read them, so they are
 * decoded as a whole when asked for.
 *
 * <pre>
 *   modules u32, then for each:
 *     types u32, and for each of these: type varint, name
 *     types u32, and for each of these: type varint, fields u32, and for each of these: field varint, name
 * </pre>
 */
final class TypeNameTable {
    static final String SECTION = ".kiln.typenames";

    private TypeNameTable() {}

    /**
     * @param modules of the file
     * @throws kiln.artifact.api.ArtifactException if the section is damaged
     */
    static List<TypeNames> decode(ByteSource in, List<ModuleInfo> modules) {
        List<TypeNames> result = new ArrayList<>();
        if (in.count(8) != modules.size()) {
            throw in.error("number of modules");
        }
        for (ModuleInfo module : modules) {
            int count = module.types().count();
            SortedMap<Integer, String> types = names(in, count);
            SortedMap<Integer, SortedMap<Integer, String>> fields = new TreeMap<>();
            for (int n = in.count(5); n > 0; n--) {
                int type = in.varint32();
                if (type >= count || module.types().struct(type) == null) {
                    throw in.error("no structure " + type);
                }
                fields.put(type, names(in, module.types().struct(type).fields().size()));
            }
            result.add(new TypeNames(types, fields));
        }
        in.end();
        return List.copyOf(result);
    }

    static List<TypeNames> decode(MemorySegment bytes, List<ModuleInfo> modules) {
        return decode(new ByteSource(SECTION, bytes), modules);
    }

    private static SortedMap<Integer, String> names(ByteSource in, int limit) {
        SortedMap<Integer, String> result = new TreeMap<>();
        for (int n = in.count(2); n > 0; n--) {
            int number = in.varint32();
            if (number >= limit) {
                throw in.error("name of nothing: " + number);
            }
            result.put(number, in.string());
        }
        return result;
    }

    static ByteSink encode(List<TypeNames> modules) {
        ByteSink out = new ByteSink().u32(modules.size());
        for (TypeNames m : modules) {
            names(out, m.types());
            out.u32(m.fields().size());
            for (Map.Entry<Integer, SortedMap<Integer, String>> e : m.fields().entrySet()) {
                out.varint(e.getKey());
                names(out, e.getValue());
            }
        }
        return out;
    }

    private static void names(ByteSink out, SortedMap<Integer, String> names) {
        out.u32(names.size());
        for (Map.Entry<Integer, String> e : names.entrySet()) {
            out.varint(e.getKey()).string(e.getValue());
        }
    }
}
