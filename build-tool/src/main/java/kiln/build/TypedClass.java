package kiln.build;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.lang.model.SourceVersion;
import kiln.artifact.Printable;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.ValType;
import kiln.wasm.Export;
import kiln.wasm.ExternKind;
import kiln.wasm.ExternType;
import kiln.wasm.Import;
import kiln.wasm.WasmModule;

/** Writes the class by which a Java program uses a module: a method for each export, an interface for imports. */
final class TypedClass {
    /** What the class has itself, or every object has. */
    private static final Set<String> TAKEN = Set.of(
            "close",
            "instance",
            "load",
            "module",
            "instantiate",
            "getClass",
            "hashCode",
            "equals",
            "clone",
            "toString",
            "notify",
            "notifyAll",
            "wait",
            "finalize");

    /** A function: its name in WebAssembly, in Java, and its type. */
    private record Method(String module, String name, String javaName, FuncType type) {}

    private final String packageName;
    private final String simpleName;
    private final String resource;
    private final String file;
    private final List<Method> exports = new ArrayList<>();
    private final List<Method> imports = new ArrayList<>();
    private final List<String> memories = new ArrayList<>();
    private final List<String> memoryNames = new ArrayList<>();
    private final boolean onlyFunctions;

    /**
     * @param modules that are linked; the last is the one whose exports the class has
     * @param linked the names by which they are imported
     * @param resource the name under which the code is found
     */
    TypedClass(List<WasmModule> modules, List<String> linked, String className, String resource) {
        if (!SourceVersion.isName(className)) {
            throw new IllegalArgumentException(Printable.name(className) + " is no name of a class");
        }
        int dot = className.lastIndexOf('.');
        this.packageName = dot < 0 ? "" : className.substring(0, dot);
        this.simpleName = className.substring(dot + 1);
        this.resource = resource;
        WasmModule main = modules.getLast();
        requireMain(modules);
        this.file = main.fileName();
        Set<String> names = new HashSet<>(TAKEN);
        for (Export e : main.exports()) {
            if (e.kind() == ExternKind.FUNC) {
                exports.add(new Method(null, e.name(), javaName(e.name(), names), main.funcType(e.index())));
            } else if (e.kind() == ExternKind.MEMORY) {
                memories.add(e.name());
                memoryNames.add(javaName(e.name(), names));
            }
        }
        Set<String> importNames = new HashSet<>(TAKEN);
        boolean functions = true;
        Map<List<String>, FuncType> seen = new HashMap<>();
        for (WasmModule module : modules) {
            int func = 0;
            for (Import i : module.imports()) {
                FuncType type = i.type() instanceof ExternType.Func ? module.funcType(func++) : null;
                if (linked.contains(i.module())) {
                    continue;
                }
                functions &= type != null;
                // What is imported twice is one function, and so one method.
                if (type != null && !type.equals(seen.put(List.of(i.module(), i.name()), type))) {
                    imports.add(new Method(i.module(), i.name(), javaName(i.name(), importNames), type));
                }
            }
        }
        onlyFunctions = functions;
    }

    /** A file's exports are those of the last module that has a {@code _start}, or, if none has, of the last. */
    private static void requireMain(List<WasmModule> modules) {
        WasmModule main = modules.getLast();
        for (WasmModule m : modules) {
            if (m != main && isCommand(m) && !isCommand(main)) {
                throw new IllegalArgumentException("linked with " + m.fileName()
                        + ", which has a _start, the file has that one's exports: leave out className");
            }
        }
    }

    private static boolean isCommand(WasmModule m) {
        return m.exports().stream()
                .anyMatch(e -> e.kind() == ExternKind.FUNC && e.name().equals("_start"));
    }

    private static String javaName(String name, Set<String> taken) {
        StringBuilder b = new StringBuilder();
        name.codePoints().forEach(c -> {
            if (b.isEmpty() && Character.isJavaIdentifierPart(c) && !Character.isJavaIdentifierStart(c)) {
                b.append('_');
            }
            b.appendCodePoint(Character.isJavaIdentifierPart(c) && !Character.isIdentifierIgnorable(c) ? c : '_');
        });
        String base = b.isEmpty() ? "_" : b.toString();
        String result = SourceVersion.isKeyword(base) || base.equals("_") || taken.contains(base) ? base + "_" : base;
        for (int n = 2; !taken.add(result); n++) {
            result = base + n;
        }
        return result;
    }

    String text() {
        StringBuilder out = new StringBuilder();
        if (!packageName.isEmpty()) {
            out.append("package ").append(packageName).append(";\n\n");
        }
        out.append("""
                import java.lang.invoke.MethodHandle;
                import java.lang.invoke.MethodHandles;
                import java.lang.invoke.MethodType;
                import java.util.List;
                import kiln.runtime.Caller;
                import kiln.runtime.CompiledModule;
                import kiln.runtime.Engine;
                import kiln.runtime.FuncType;
                import kiln.runtime.Instance;
                import kiln.runtime.Linker;
                import kiln.runtime.Memory;
                import kiln.runtime.Store;
                import kiln.runtime.ValType;

                /** An instance of the module %s. Written by Kiln. */
                @SuppressWarnings({"all", "unchecked"})
                public final class %s implements AutoCloseable {
                    private static final class Code {
                        static final Engine ENGINE = new Engine();
                        static final CompiledModule MODULE = CompiledModule.resource(ENGINE, %s.class, %s);
                    }

                    private final Store store;
                    private final Instance instance;
                """.formatted(comment(file), simpleName, simpleName, literal(resource)));
        for (Method m : exports) {
            out.append("    private final MethodHandle ").append(handle(m)).append(";\n");
        }
        out.append("\n    private ").append(simpleName).append("(Store store, Instance instance, boolean owns) {\n");
        out.append("        this.store = owns ? store : null;\n        this.instance = instance;\n");
        for (Method m : exports) {
            out.append("        ")
                    .append(handle(m))
                    .append(" = instance.func(")
                    .append(literal(m.name))
                    .append(").handle();\n");
        }
        out.append("    }\n");
        imports(out);
        out.append("""

                    /** The compiled module, which is loaded once. */
                    public static CompiledModule module() {
                        return Code.MODULE;
                    }

                    /** An instance in a store, of the engine of {@link #module}, with what a linker has. */
                    public static %1$s instantiate(Store store, Linker linker) {
                        return new %1$s(store, linker.instantiate(store, Code.MODULE), false);
                    }

                    /** The instance, for what has no method here. */
                    public Instance instance() {
                        return instance;
                    }
                """.formatted(simpleName));
        for (int i = 0; i < memories.size(); i++) {
            out.append("\n    /** The memory that is exported as ")
                    .append(comment(memories.get(i)))
                    .append(". */\n");
            out.append("    public Memory ")
                    .append(memoryNames.get(i))
                    .append("() {\n        return instance.memory(")
                    .append(literal(memories.get(i)))
                    .append(");\n    }\n");
        }
        for (Method m : exports) {
            export(out, m);
        }
        out.append("""

                    /** Frees the instance, unless it lives in a store of somebody else's. */
                    @Override
                    public void close() {
                        if (store != null) {
                            store.close();
                        }
                    }

                    private static <T extends Throwable> RuntimeException sneak(Throwable t) throws T {
                        throw (T) t;
                    }
                }
                """);
        return out.toString();
    }

    private void imports(StringBuilder out) {
        if (!imports.isEmpty()) {
            out.append(
                    "\n    /** What the module imports: functions of the host. */\n    public interface Imports {\n");
            for (Method m : imports) {
                out.append("        /** ")
                        .append(comment(m.module + "." + m.name))
                        .append(" */\n        ")
                        .append(result(m.type))
                        .append(' ')
                        .append(m.javaName)
                        .append("(Caller caller");
                for (int i = 0; i < m.type.paramCount(); i++) {
                    out.append(", ").append(java(m.type.param(i))).append(" p").append(i);
                }
                out.append(");\n");
            }
            out.append("""
                        }

                        /** Defines the imports in a linker. */
                        public static Linker define(Linker linker, Imports imports) {
                            try {
                                MethodHandles.Lookup lookup = MethodHandles.lookup();
                    """);
            for (Method m : imports) {
                out.append("            linker.func(")
                        .append(literal(m.module))
                        .append(", ")
                        .append(literal(m.name))
                        .append(", new FuncType(")
                        .append(types(m.type.params()))
                        .append(", ")
                        .append(types(m.type.results()))
                        .append("),\n                    lookup.findVirtual(Imports.class, ")
                        .append(literal(m.javaName))
                        .append(", MethodType.methodType(")
                        .append(result(m.type))
                        .append(".class, Caller.class");
                for (int i = 0; i < m.type.paramCount(); i++) {
                    out.append(", ").append(java(m.type.param(i))).append(".class");
                }
                out.append(")).bindTo(imports));\n");
            }
            out.append("            return linker;\n        } catch (ReflectiveOperationException e) {\n");
            out.append("            throw new AssertionError(e);\n        }\n    }\n");
        }
        if (onlyFunctions) {
            String parameter = imports.isEmpty() ? "" : "Imports imports";
            String linker = imports.isEmpty() ? "new Linker(Code.ENGINE)" : "define(new Linker(Code.ENGINE), imports)";
            out.append("\n    /** An instance in a store of its own. */\n    public static ")
                    .append(simpleName)
                    .append(" load(")
                    .append(parameter)
                    .append(") {\n        Store store = new Store(Code.ENGINE);\n        try {\n")
                    .append("            return new ")
                    .append(simpleName)
                    .append("(store, ")
                    .append(linker)
                    .append(".instantiate(store, Code.MODULE), true);\n        } catch (Throwable t) {\n")
                    .append("            store.close();\n            throw t;\n        }\n    }\n");
        }
    }

    private static void export(StringBuilder out, Method m) {
        String result = result(m.type);
        out.append("\n    /** The function that is exported as ")
                .append(comment(m.name))
                .append(". */\n    public ")
                .append(result)
                .append(' ')
                .append(m.javaName)
                .append('(');
        StringBuilder args = new StringBuilder();
        for (int i = 0; i < m.type.paramCount(); i++) {
            out.append(i == 0 ? "" : ", ")
                    .append(java(m.type.param(i)))
                    .append(" p")
                    .append(i);
            args.append(i == 0 ? "" : ", ").append('p').append(i);
        }
        out.append(") {\n        try {\n            ");
        if (!result.equals("void")) {
            out.append("return (").append(result).append(") ");
        }
        out.append(handle(m))
                .append(".invokeExact(")
                .append(args)
                .append(");\n        } catch (Throwable t) {\n")
                .append("            throw sneak(t);\n        }\n    }\n");
    }

    private static String handle(Method m) {
        return "call_" + m.javaName;
    }

    // ---- types

    private static String result(FuncType t) {
        return switch (t.resultCount()) {
            case 0 -> "void";
            case 1 -> java(t.result(0));
            default -> "long[]";
        };
    }

    private static String java(int type) {
        return switch (type) {
            case ValType.I32 -> "int";
            case ValType.I64 -> "long";
            case ValType.F32 -> "float";
            case ValType.F64 -> "double";
            case ValType.V128 -> "kiln.runtime.V128";
            default ->
                switch (ValType.isRef(type) ? ValType.heap(type) : HeapType.EXTERN) {
                    case HeapType.FUNC -> "kiln.runtime.Func";
                    case HeapType.EXN -> "kiln.runtime.ExnRef";
                    case HeapType.EXTERN -> "Object";
                    default ->
                        throw new IllegalArgumentException("a function has the type " + ValType.toString(type)
                                + ", for which there is no Java type: leave out className");
                };
        };
    }

    private static String types(int[] list) {
        StringBuilder out = new StringBuilder("List.of(");
        for (int i = 0; i < list.length; i++) {
            out.append(i == 0 ? "" : ", ")
                    .append("ValType.")
                    .append(
                            switch (list[i]) {
                                case ValType.I32 -> "I32";
                                case ValType.I64 -> "I64";
                                case ValType.F32 -> "F32";
                                case ValType.F64 -> "F64";
                                case ValType.V128 -> "V128";
                                case ValType.FUNCREF -> "FUNCREF";
                                case ValType.EXTERNREF -> "EXTERNREF";
                                case ValType.EXNREF -> "EXNREF";
                                default ->
                                    throw new IllegalArgumentException(
                                            "an import has the type " + ValType.toString(list[i])
                                                    + ", for which there is no Java type: leave out className");
                            });
        }
        return out.append(")").toString();
    }

    // ---- texts

    private static String literal(String s) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    /** A name as it may stand in a comment, whatever is in it. */
    private static String comment(String s) {
        StringBuilder out = new StringBuilder("{@code ");
        for (char c : s.toCharArray()) {
            out.append(c > ' ' && c <= '~' && "*/\\{}@<>&".indexOf(c) < 0 ? c : '_');
        }
        return out.append('}').toString();
    }
}
