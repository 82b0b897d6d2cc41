package kiln.wasm;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import kiln.types.StructType;
import kiln.types.TypeNames;
import kiln.types.TypeSpace;

/**
 * The name section (appendix "Custom Sections"). A malformed section is no error: what came before the problem counts,
 * the rest is left out. Local names are decoded when asked for.
 */
public final class Names {
    private static final int MODULE = 0;
    private static final int FUNCTIONS = 1;
    private static final int LOCALS = 2;
    private static final int TYPES = 4;
    private static final int FIELDS = 10;
    /** Parameters and locals a function can have. */
    private static final int MAX_LOCAL = 51_000;

    private final ByteReader in;
    private final int end;
    private String moduleName;
    private final String[] functions;
    /** Where the name map of each function's locals starts. */
    private final Map<Integer, Integer> locals = new HashMap<>();

    private final TypeSpace space;
    private final TypeNames types = new TypeNames(new TreeMap<>(), new TreeMap<>());

    private Names(WasmModule module, int end) {
        this.in = new ByteReader(module.bytes(), module.fileName());
        this.end = end;
        this.functions = new String[module.funcCount()];
        this.space = module.types();
    }

    static Names decode(WasmModule module) {
        for (CustomSection section : module.customSections()) {
            if (section.name().equals("name")) {
                Names names = new Names(module, section.offset() + section.length());
                names.in.seek(section.offset(), names.end);
                try {
                    names.readSubsections();
                } catch (WasmException e) {
                    // Names only serve people: a damaged section must not reject the module.
                }
                return names;
            }
        }
        return new Names(module, 0);
    }

    private void readSubsections() {
        while (in.remaining() > 0) {
            int id = in.u8();
            int size = in.count();
            int next = in.pos + size;
            in.limit = next;
            switch (id) {
                case MODULE -> moduleName = in.name();
                case FUNCTIONS -> {
                    int n = in.count();
                    for (int i = 0; i < n; i++) {
                        int func = in.index();
                        String name = in.name();
                        if (func < functions.length) {
                            functions[func] = name;
                        }
                    }
                }
                case LOCALS -> {
                    int n = in.count();
                    for (int i = 0; i < n; i++) {
                        locals.put(in.index(), in.pos);
                        skipNameMap();
                    }
                }
                case TYPES -> {
                    int n = in.count();
                    for (int i = 0; i < n; i++) {
                        int type = in.index();
                        String name = in.name();
                        if (type < space.count()) {
                            types.types().put(type, name);
                        }
                    }
                }
                case FIELDS -> {
                    int n = in.count();
                    for (int i = 0; i < n; i++) {
                        readFields(in.index());
                    }
                }
                default -> {}
            }
            in.seek(next, end);
        }
    }

    private void readFields(int type) {
        StructType struct = type < space.count() ? space.struct(type) : null;
        int n = in.count();
        for (int i = 0; i < n; i++) {
            int field = in.index();
            String name = in.name();
            if (struct != null && field < struct.fields().size()) {
                types.fields().computeIfAbsent(type, _ -> new TreeMap<>()).put(field, name);
            }
        }
    }

    private void skipNameMap() {
        int n = in.count();
        for (int i = 0; i < n; i++) {
            in.index();
            in.skip(in.count());
        }
    }

    /** The module's own name, or null. */
    public String module() {
        return moduleName;
    }

    /** The name of a function, or null. */
    public String function(int func) {
        return func < functions.length ? functions[func] : null;
    }

    /** The names of types and of fields that there are. */
    public TypeNames types() {
        return types;
    }

    /** The names of a function's locals, null where there is none; the last ones may be missing. */
    public synchronized String[] locals(int func) {
        Integer at = locals.get(func);
        String[] names = {};
        if (at == null) {
            return names;
        }
        in.seek(at, end);
        try {
            int n = in.count();
            for (int i = 0; i < n; i++) {
                int local = in.index();
                String name = in.name();
                if (local >= MAX_LOCAL) {
                    continue;
                }
                if (local >= names.length) {
                    names = Arrays.copyOf(names, local + 1);
                }
                names[local] = name;
            }
        } catch (WasmException e) {
            // As above.
        }
        return names;
    }
}
