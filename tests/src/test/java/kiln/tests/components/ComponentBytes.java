package kiln.tests.components;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import kiln.wat.Wat;

/** Writes the binary of a small component, definition by definition; each method returns the index of what it makes. */
final class ComponentBytes {
    /** A memory with an allocator that never frees. */
    static final String MEMORY = """
            (module
              (memory (export "memory") 16)
              (global $next (mut i32) (i32.const 8192))
              (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32)
                  (result i32)
                (local $at i32)
                (local.set $at (i32.and
                  (i32.sub (i32.add (global.get $next) (local.get $align)) (i32.const 1))
                  (i32.sub (i32.const 0) (local.get $align))))
                (global.set $next (i32.add (local.get $at) (local.get $new)))
                (memory.copy (local.get $at) (local.get $old)
                  (select (local.get $size) (local.get $new) (i32.lt_u (local.get $size) (local.get $new))))
                (local.get $at)))
            """;

    static final int U32 = 0x79;
    static final int STRING = 0x73;
    /** In place of a result: there is none. */
    static final int NONE = -1;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int modules;
    private int coreTypes;
    private int components;
    private int instances;
    private int coreInstances;
    private int coreFuncs;
    private int memories;
    private int types;
    private int funcs;

    /** Number of the encoding of strings. */
    private final int encoding;

    ComponentBytes() {
        this(0);
    }

    /** @param encoding of strings: 0 is UTF-8, 1 UTF-16, 2 Latin-1 or UTF-16 */
    ComponentBytes(int encoding) {
        this.encoding = encoding;
        out.writeBytes(new byte[] {0, 'a', 's', 'm', 0x0D, 0, 1, 0});
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void section(int id, byte[] contents) {
        out.write(id);
        number(out, contents.length);
        out.writeBytes(contents);
    }

    private static void number(ByteArrayOutputStream to, int n) {
        int rest = n;
        while (rest >= 0x80) {
            to.write(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        to.write(rest);
    }

    private static void name(ByteArrayOutputStream to, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        number(to, bytes.length);
        to.writeBytes(bytes);
    }

    private static void signed(ByteArrayOutputStream to, int n) {
        int rest = n;
        while (rest < -64 || rest > 63) {
            to.write(rest & 0x7F | 0x80);
            rest >>= 7;
        }
        to.write(rest & 0x7F);
    }

    /** One definition of a section: numbers, and names as they are. */
    private void define(int section, Object... parts) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        for (Object p : parts) {
            if (p instanceof String s) {
                name(to, s);
            } else {
                number(to, (Integer) p);
            }
        }
        section(section, to.toByteArray());
    }

    /** A core module's type: {@code entries} in the binary format, as {@link #coreImport} and the others write them. */
    int coreModuleType(byte[]... entries) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        to.write(0x50);
        number(to, entries.length);
        for (byte[] e : entries) {
            to.writeBytes(e);
        }
        section(3, to.toByteArray());
        return coreTypes++;
    }

    /** What a core module's type imports; {@code type} is the binary form of what is imported. */
    static byte[] coreImport(String module, String name, int... type) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        to.write(0);
        name(to, module);
        name(to, name);
        return bytes(to, type);
    }

    /** What a core module's type exports. */
    static byte[] coreExport(String name, int... type) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        to.write(3);
        name(to, name);
        return bytes(to, type);
    }

    /** A type that entries behind it refer to by its number. */
    static byte[] coreType(int... type) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        to.write(1);
        return bytes(to, type);
    }

    private static byte[] bytes(ByteArrayOutputStream to, int... rest) {
        for (int b : rest) {
            to.write(b);
        }
        return to.toByteArray();
    }

    int importModule(String name, int type) {
        define(10, 0, name, 0, 0x11, type);
        return modules++;
    }

    void exportModule(String name, int module) {
        define(11, 0, name, 0, 0x11, module, 0);
        modules++;
    }

    int exportComponent(String name, int component) {
        define(11, 0, name, 4, component, 0);
        return components++;
    }

    /** What the component {@code count} levels out has under this index among its components. */
    int outerComponent(int count, int index) {
        define(6, 4, 2, count, index);
        return components++;
    }

    /** What the component {@code count} levels out has under this index among its core modules. */
    int outerModule(int count, int index) {
        define(6, 0, 0x11, 2, count, index);
        return modules++;
    }

    int module(String text) {
        section(1, Wat.encode("module", text.getBytes(StandardCharsets.UTF_8)));
        return modules++;
    }

    /** An instance whose exports are core functions. */
    int coreExports(Map<String, Integer> functions) {
        Object[] parts = new Object[2 + 3 * functions.size()];
        parts[0] = 1;
        parts[1] = functions.size();
        int i = 2;
        for (Map.Entry<String, Integer> e : functions.entrySet()) {
            parts[i++] = e.getKey();
            parts[i++] = 0;
            parts[i++] = e.getValue();
        }
        define(2, parts);
        return coreInstances++;
    }

    /** An instance of a module, which imports from one instance called "" if that is not negative. */
    int instantiate(int module, int imports) {
        if (imports < 0) {
            define(2, 0, module, 0);
        } else {
            define(2, 0, module, 1, "", 0x12, imports);
        }
        return coreInstances++;
    }

    /** An instance of a module; what it imports from, by name. */
    int instantiate(int module, Map<String, Integer> given) {
        List<Object> parts = new ArrayList<>(List.of(0, module, given.size()));
        given.forEach((name, instance) -> parts.addAll(List.of(name, 0x12, instance)));
        define(2, parts.toArray());
        return coreInstances++;
    }

    int coreFunc(int instance, String name) {
        define(6, 0, 0, 1, instance, name);
        return coreFuncs++;
    }

    int memory(int instance, String name) {
        define(6, 0, 2, 1, instance, name);
        return memories++;
    }

    /** A function's type, with a result or {@link #NONE}. */
    int funcType(int result, int... params) {
        Object[] parts = new Object[4 + 2 * params.length];
        parts[0] = 0x40;
        parts[1] = params.length;
        for (int i = 0; i < params.length; i++) {
            parts[2 + 2 * i] = "p" + i;
            parts[3 + 2 * i] = params[i];
        }
        parts[parts.length - 2] = result == NONE ? 1 : 0;
        parts[parts.length - 1] = result == NONE ? 0 : result;
        define(7, parts);
        return types++;
    }

    /** A function's type with parameters and a result as the binary has types of values. */
    int function(List<Integer> params, int result) {
        return function("p0", params, result);
    }

    /** As {@link #function(List, int)}, with the name of the first parameter: methods have one called self. */
    int function(String first, List<Integer> params, int result) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        number(to, 0x40);
        number(to, params.size());
        for (int i = 0; i < params.size(); i++) {
            name(to, i == 0 ? first : "p" + i);
            signed(to, params.get(i));
        }
        number(to, 0);
        signed(to, result);
        section(7, to.toByteArray());
        return types++;
    }

    int own(int resource) {
        define(7, 0x69, resource);
        return types++;
    }

    int borrow(int resource) {
        define(7, 0x68, resource);
        return types++;
    }

    /** A resource type of the component's, with a destructor if that is not negative. */
    int resource(int destructor) {
        if (destructor < 0) {
            define(7, 0x3F, 0x7F, 0);
        } else {
            define(7, 0x3F, 0x7F, 1, destructor);
        }
        return types++;
    }

    /**
     * A type that is made of others; types of values are given as the binary has them: an index, or a negative number.
     *
     * @param start bytes in front of the types; a negative number is the place of the next type
     */
    int type(List<Integer> start, List<Integer> values) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        int next = 0;
        for (int b : start) {
            if (b < 0) {
                signed(to, values.get(next++));
            } else {
                number(to, b);
            }
        }
        section(7, to.toByteArray());
        return types++;
    }

    /** Bytes in front of a type that is optional, and the type; see {@link #named}. */
    record Payload(boolean isThere, int type) {}

    static Payload none() {
        return new Payload(false, 0);
    }

    static Payload some(int type) {
        return new Payload(true, type);
    }

    /**
     * A type with a name, which functions of imports and exports may have: it is imported.
     *
     * @param parts names; bytes; in records, a type after each name, in variants a {@link Payload}
     */
    int named(String name, int kind, int count, Object... parts) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        number(to, kind);
        number(to, count);
        for (Object p : parts) {
            switch (p) {
                case String s -> name(to, s);
                case Payload(boolean isThere, int type) -> {
                    number(to, isThere ? 1 : 0);
                    if (isThere) {
                        signed(to, type);
                    }
                    number(to, 0);
                }
                default -> signed(to, (Integer) p);
            }
        }
        section(7, to.toByteArray());
        define(10, 0, name, 3, 0, types++);
        return types++;
    }

    /**
     * An instance that is imported, with functions of one type.
     *
     * @param names of the functions
     * @return its number as an instance
     */
    int importInstance(String name, List<String> names, int... params) {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        number(to, 1);
        number(to, 0x42);
        number(to, 1 + names.size());
        number(to, 1);
        number(to, 0x40);
        number(to, params.length);
        for (int i = 0; i < params.length; i++) {
            name(to, "p" + i);
            signed(to, params[i]);
        }
        number(to, 0);
        signed(to, -7);
        for (String n : names) {
            number(to, 4);
            number(to, 0);
            name(to, n);
            number(to, 1);
            number(to, 0);
        }
        section(7, to.toByteArray());
        define(10, 0, name, 5, types++);
        return instances++;
    }

    /** An instance that is exported, with these functions. */
    void exportInstance(String name, Map<String, Integer> functions) {
        Object[] parts = new Object[2 + 4 * functions.size()];
        parts[0] = 1;
        parts[1] = functions.size();
        int i = 2;
        for (Map.Entry<String, Integer> e : functions.entrySet()) {
            parts[i++] = 0;
            parts[i++] = e.getKey();
            parts[i++] = 1;
            parts[i++] = e.getValue();
        }
        define(5, parts);
        define(11, 0, name, 5, instances++, 0);
        instances++;
    }

    /** A component in this one. */
    int component(ComponentBytes inner) {
        section(4, inner.bytes());
        return components++;
    }

    /** An instance of a component, which imports at most one function. */
    int instance(int component, String imported, int func) {
        if (imported == null) {
            define(5, 0, component, 0);
        } else {
            define(5, 0, component, 1, imported, 1, func);
        }
        return instances++;
    }

    /** An instance of a component; the functions and core modules that it imports, by name. */
    int instance(int component, Map<String, Integer> funcs, Map<String, Integer> coreModules) {
        List<Object> parts = new ArrayList<>(List.of(0, component, funcs.size() + coreModules.size()));
        funcs.forEach((name, func) -> parts.addAll(List.of(name, 1, func)));
        coreModules.forEach((name, module) -> parts.addAll(List.of(name, 0, 0x11, module)));
        define(5, parts.toArray());
        return instances++;
    }

    /** A function that an instance exports. */
    int func(int instance, String name) {
        define(6, 1, 0, instance, name);
        return funcs++;
    }

    int importFunc(String name, int type) {
        define(10, 0, name, 1, type);
        return funcs++;
    }

    int importResource(String name) {
        define(10, 0, name, 3, 1);
        return types++;
    }

    /**
     * Lifts a core function.
     *
     * @param options numbers of options with their indices, as the binary has them, without the encoding
     */
    int lift(int coreFunc, int type, List<Integer> options) {
        define(8, canon(List.of(0, 0, coreFunc), options, List.of(type)));
        return funcs++;
    }

    int lower(int func, List<Integer> options) {
        define(8, canon(List.of(1, 0, func), options, List.of()));
        return coreFuncs++;
    }

    private Object[] canon(List<Integer> start, List<Integer> options, List<Integer> end) {
        List<Object> parts = new ArrayList<>(start);
        parts.add(options.isEmpty() ? 0 : 1 + options.size() / 2);
        if (!options.isEmpty()) {
            parts.add(encoding);
        }
        parts.addAll(options);
        parts.addAll(end);
        return parts.toArray();
    }

    static List<Integer> memoryOption(int memory) {
        return List.of(3, memory);
    }

    static List<Integer> options(int memory, int realloc) {
        return List.of(3, memory, 4, realloc);
    }

    static List<Integer> options(int memory, int realloc, int postReturn) {
        return List.of(3, memory, 4, realloc, 5, postReturn);
    }

    int resourceNew(int resource) {
        define(8, 2, resource);
        return coreFuncs++;
    }

    int resourceDrop(int resource) {
        define(8, 3, resource);
        return coreFuncs++;
    }

    int resourceRep(int resource) {
        define(8, 4, resource);
        return coreFuncs++;
    }

    void exportFunc(String name, int func) {
        define(11, 0, name, 1, func, 0);
        funcs++;
    }

    int exportType(String name, int type) {
        define(11, 0, name, 3, type, 0);
        return types++;
    }

    /**
     * Makes it a component whose {@code f} calls a function that it imports and returns what that returns, of one
     * parameter and a result of the same type.
     *
     * @param imported the function's name
     * @param core the parameter's core types
     * @param result the core type of a result that is not in memory, or null
     */
    ComponentBytes echo(String imported, int type, String core, String result) {
        int f = function(List.of(type), type);
        int called = importFunc(imported, f);
        int memory = instantiate(module(MEMORY), -1);
        List<Integer> options = options(memory(memory, "memory"), coreFunc(memory, "realloc"));
        StringBuilder get = new StringBuilder();
        for (int i = 0; i < core.split(" ").length; i++) {
            get.append("(local.get ").append(i).append(')');
        }
        int code = instantiate(
                module(result == null ? """
                        (module
                          (import "" "g" (func $g (param %s i32)))
                          (func (export "f") (param %1$s) (result i32) (call $g %s (i32.const 64)) (i32.const 64)))
                        """.formatted(core, get) : """
                        (module
                          (import "" "g" (func $g (param %s) (result %s)))
                          (func (export "f") (param %1$s) (result %2$s) (call $g %s)))
                        """.formatted(core, result, get)),
                coreExports(Map.of("g", lower(called, options))));
        exportFunc("f", lift(coreFunc(code, "f"), f, options));
        return this;
    }
}
