package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import kiln.compiler.CompilerOptions;
import kiln.component.BindingException;
import kiln.component.ComponentDecoder;
import kiln.component.ComponentType;
import kiln.component.JavaBindings;
import kiln.component.TypeWriter;
import kiln.component.UnsupportedComponentException;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.Wit;
import kiln.tests.ComponentBytes;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.wasm.Features;
import kiln.wasm.WasmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What is written for components is Java that compiles, and that the runtime binds. */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "the Java that is written is the same there")
class BindgenTest {
    @TempDir
    Path dir;

    private static Map<String, String> generate(byte[] wasm) {
        return JavaBindings.generate(ComponentDecoder.decode(wasm, "test", Features.ALL), "com.example");
    }

    /** Compiles without a single warning; returns what loads the classes. */
    private ClassLoader compile(Map<String, String> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((name, text) ->
                units.add(new SimpleJavaFileObject(URI.create("string:///" + name), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignore) {
                        return text;
                    }
                }));
        Path out = Files.createTempDirectory(dir, "classes");
        StringWriter said = new StringWriter();
        String path = Path.of(URI.create(Wit.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()))
                .toString();
        boolean done = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of("-d", out.toString(), "-cp", path, "-Xlint:all,-path", "-Werror", "-proc:none"),
                        null,
                        units)
                .call();
        assertTrue(done, () -> said + "\n" + sources);
        return new URLClassLoader(new URL[] {out.toUri().toURL()}, BindgenTest.class.getClassLoader());
    }

    @Test
    void componentsOfToolchains() throws IOException {
        try (Stream<Path> files = Files.list(Corpus.require().resolve("programs/components"))) {
            for (Path p :
                    files.filter(f -> f.toString().endsWith(".wasm")).sorted().toList()) {
                Map<String, String> sources = generate(Files.readAllBytes(p));
                assertEquals(sources, generate(Files.readAllBytes(p)));
                assertEquals(sources, throughItsType(Files.readAllBytes(p)));
                assertTrue(
                        sources.containsKey("com/example/wasi/cli/Run.java"),
                        sources.keySet().toString());
                compile(sources);
            }
        }
    }

    private static Map<String, String> throughItsType(byte[] wasm) {
        ComponentType type = ComponentDecoder.decode(wasm, "test", Features.ALL);
        return JavaBindings.generate(TypeWriter.read(TypeWriter.write(type), "test"), "com.example");
    }

    /** What a compiled file keeps of a component's type is all that bindings are made of. */
    @Test
    void typesOfTheSuites() throws IOException {
        int seen = 0;
        for (String suite : List.of(
                "component-model/json/values",
                "component-model/json/linking",
                "component-model/json/resources",
                "component-model/json/validation",
                "wasmtime/json/component-model")) {
            try (FileSystem zip = FileSystems.newFileSystem(Corpus.require().resolve("misc/" + suite + ".zip"));
                    Stream<Path> files = Files.walk(zip.getPath("/"))) {
                for (Path p : files.filter(f -> f.toString().endsWith(".wasm"))
                        .sorted()
                        .toList()) {
                    byte[] wasm = Files.readAllBytes(p);
                    Map<String, String> sources;
                    try {
                        sources = generate(wasm);
                    } catch (WasmException | UnsupportedComponentException | BindingException _) {
                        continue;
                    }
                    assertEquals(sources, throughItsType(wasm), p.toString());
                    seen++;
                }
            }
        }
        assertTrue(seen > 300, "seen: " + seen);
    }

    private static byte[] concat() throws IOException {
        Path zip = Corpus.require().resolve("misc/component-model/json/values.zip");
        try (ZipFile file = new ZipFile(zip.toFile())) {
            return file.getInputStream(file.getEntry("concat/concat.0.wasm")).readAllBytes();
        }
    }

    /** All functions of a component that has one for each kind of type are bound. */
    @Test
    void isBoundByTheRuntime() throws ReflectiveOperationException, IOException {
        Class<?> exports = compile(generate(concat())).loadClass("com.example.Exports");
        try (Engine engine = new Engine();
                Store store = new Store(engine);
                Component component = Component.load(
                        engine,
                        CrossCompiler.compile(
                                "concat", concat(), CompilerOptions.defaults().withJobs(1)))) {
            ComponentInstance instance = new ComponentLinker(engine).instantiate(store, component);
            Object bound = instance.bind("", exports);
            Method option = exports.getMethod("option", Optional.class);
            assertEquals("some5", option.invoke(bound, Optional.of(5)));
        }
    }

    /** Names that are words of Java, hide its classes, or are its objects' own. */
    @Test
    void awkwardNames() throws IOException {
        int string = 0x73;
        int u32 = 0x79;
        byte[] wasm = new ComponentBytes()
                .one(
                        ComponentBytes.TYPE,
                        ComponentBytes.bytes(0x42, 11),
                        ComponentBytes.bytes(1, 0x72, 3, "default", string, "get-class", u32, "x", string),
                        ComponentBytes.bytes(4, 0, "string", 3, 0, 0),
                        ComponentBytes.bytes(
                                1, 0x71, 4, "string", 1, string, 0, "list", 1, 1, 0, "awkward", 0, 0, "e", 0, 0),
                        ComponentBytes.bytes(4, 0, "e", 3, 0, 2),
                        ComponentBytes.bytes(1, 0x6a, 1, string, 1, 3),
                        ComponentBytes.bytes(1, 0x6f, 7, u32, u32, u32, string, string, u32, 3),
                        ComponentBytes.bytes(1, 0x40, 1, "class", 1, 0, 4),
                        ComponentBytes.bytes(4, 0, "wait", 1, 6),
                        ComponentBytes.bytes(1, 0x40, 0, 0, 5),
                        ComponentBytes.bytes(4, 0, "to-string", 1, 7),
                        ComponentBytes.bytes(4, 0, "optional", 3, 1))
                .one(ComponentBytes.IMPORT, 0, "import:int/awkward@1.0.0", 5, 0)
                .toArray();
        Map<String, String> sources = generate(wasm);
        String text = sources.get("com/example/import_/int_/Awkward.java");
        assertTrue(text.contains("@Wit(\"default\")"), text);
        compile(sources);
        assertTrue(JavaBindings.isPackage("com.example"));
        assertFalse(JavaBindings.isPackage("com.int"));
        assertFalse(JavaBindings.isPackage("com..x"));
    }

    private static String longest(Map<String, String> sources) {
        return sources.values().stream()
                .max(Comparator.comparingInt(String::length))
                .orElseThrow();
    }

    /** Names that are two in WIT and would be one in Java, and types that hide what is written for others. */
    @Test
    void collisions() throws IOException {
        int u32 = 0x79;
        byte[] instance = ComponentBytes.bytes(
                0x42,
                11,
                ComponentBytes.bytes(1, 0x72, 3, "a-1", u32, "a1", u32, "A-1-b", u32),
                ComponentBytes.bytes(4, 0, "a-1", 3, 0, 0),
                ComponentBytes.bytes(1, 0x71, 2, "a1", 0, 0, "a-1", 0, 0),
                ComponentBytes.bytes(4, 0, "a1", 3, 0, 2),
                ComponentBytes.bytes(4, 0, "override", 3, 1),
                ComponentBytes.bytes(4, 0, "auto-closeable", 3, 1),
                ComponentBytes.bytes(1, 0x40, 3, "a-1", u32, "a1", u32, "class", u32, 1, 0),
                ComponentBytes.bytes(4, 0, "f-1", 1, 6),
                ComponentBytes.bytes(4, 0, "f1", 1, 6),
                ComponentBytes.bytes(1, 0x40, 0, 1, 0),
                ComponentBytes.bytes(4, 0, "close", 1, 7));
        String[] interfaces = {
            "a-1", "a1", "imports", "exports", "tuple7", "x:y/a1", "x:y/a-1", "x:y/a1@1.0.0", "x:y/a1@2.0.0"
        };
        ComponentBytes c = new ComponentBytes().one(ComponentBytes.TYPE, (Object) instance);
        int n = 0;
        for (String name : interfaces) {
            c.one(ComponentBytes.IMPORT, 0, name, 5, 0);
        }
        for (String name : interfaces) {
            c.one(ComponentBytes.EXPORT, 0, name, 5, n++, 0);
        }
        c.one(ComponentBytes.TYPE, 0x40, 0, 1, 0).one(ComponentBytes.IMPORT, 0, "f", 1, 1);
        Map<String, String> sources = generate(c.toArray());
        assertEquals(2 * interfaces.length + 1, sources.size(), sources.keySet()::toString);
        assertEquals(
                sources.size(),
                sources.keySet().stream()
                        .map(k -> k.toLowerCase(Locale.ROOT))
                        .distinct()
                        .count());
        assertTrue(longest(sources).contains("@Wit("), longest(sources));
        compile(sources);
    }

    /** What could leave the folder or a comment is no name of a component's. */
    @Test
    void namesThatAreNone() {
        for (String name : new String[] {
            "../a", "a/../../b", "x:y/../z", "x:y/z@1.0.0/../..", "a*/class", "x:y/z@1.0.0-*/", "x:y/z@1.0.0+\\u002a",
            "a\u0000b", "a:b/c@../1.0.0", "\u00e4b", "/etc", "a.b", "x:y/z/w", ""
        }) {
            byte[] wasm = new ComponentBytes()
                    .one(ComponentBytes.TYPE, 0x42, 0)
                    .one(ComponentBytes.IMPORT, 0, name, 5, 0)
                    .toArray();
            assertThrows(WasmException.class, () -> generate(wasm), name);
        }
    }

    // ---- what class files have no room for

    /** A component that imports an interface with a type, and a function that takes it. */
    private static byte[] withType(String name, Object... type) {
        return new ComponentBytes()
                .one(
                        ComponentBytes.TYPE,
                        ComponentBytes.bytes(0x42, 4),
                        ComponentBytes.bytes(1, ComponentBytes.bytes(type)),
                        ComponentBytes.bytes(4, 0, name, 3, 0, 0),
                        ComponentBytes.bytes(1, 0x40, 1, "x", 1, 1, 0),
                        ComponentBytes.bytes(4, 0, "f", 1, 2))
                .one(ComponentBytes.IMPORT, 0, "a:b/c", 5, 0)
                .toArray();
    }

    private static Object[] record(int fields, int type) {
        List<Object> parts = new ArrayList<>(List.of(0x72, fields));
        for (int i = 0; i < fields; i++) {
            parts.add("f" + i);
            parts.add(type);
        }
        return parts.toArray();
    }

    private static String refused(byte[] wasm) {
        return assertThrows(BindingException.class, () -> generate(wasm)).getMessage();
    }

    @Test
    void recordsAreAsLargeAsJavaLetsThemBe() throws IOException {
        int u8 = 0x7d;
        int f64 = 0x75;
        compile(generate(withType("large", record(254, u8))));
        compile(generate(withType("large", record(127, f64))));
        assertEquals(
                "the record too-large has 255 values, which take 255 parameters of Java (a long or double takes two):"
                        + " there can be 254",
                refused(withType("too-large", record(255, u8))));
        assertTrue(refused(withType("too-large", record(128, f64))).startsWith("the record too-large has 128 values"));
    }

    @Test
    void enumsAreAsLargeAsJavaLetsThemBe() throws IOException {
        for (int count : new int[] {4000, 4001}) {
            List<Object> parts = new ArrayList<>(List.of(0x6d, count));
            for (int i = 0; i < count; i++) {
                parts.add("label" + i);
            }
            byte[] wasm = withType("numbers", parts.toArray());
            if (count == 4000) {
                compile(generate(wasm));
            } else {
                assertEquals("the enum numbers has 4001 labels: an enum of Java has room for 4000", refused(wasm));
            }
        }
    }

    @Test
    void functionsHaveAsManyParametersAsJavaLetsThemHave() throws IOException {
        for (int count : new int[] {254, 255}) {
            List<Object> parts = new ArrayList<>(List.of(0x40, count));
            for (int i = 0; i < count; i++) {
                parts.add("p" + i);
                parts.add(0x7d);
            }
            parts.addAll(List.of(1, 0));
            byte[] wasm = new ComponentBytes()
                    .one(ComponentBytes.TYPE, parts.toArray())
                    .one(ComponentBytes.IMPORT, 0, "many", 1, 0)
                    .toArray();
            if (count == 254) {
                compile(generate(wasm));
            } else {
                assertTrue(refused(wasm).startsWith("the function many has 255 values"), () -> refused(wasm));
            }
        }
    }

    /** A pair of a pair and the same again, and so on: text of 2^n names. */
    @Test
    void typesWithoutNamesThatWouldBeHuge() throws IOException {
        for (int depth : new int[] {8, 18}) {
            ComponentBytes c = new ComponentBytes().one(ComponentBytes.TYPE, 0x6f, 2, 0x73, 0x73);
            for (int i = 1; i < depth; i++) {
                c.one(ComponentBytes.TYPE, 0x6f, 2, i - 1, i - 1);
            }
            c.one(ComponentBytes.TYPE, 0x40, 1, "x", depth - 1, 1, 0).one(ComponentBytes.IMPORT, 0, "deep", 1, depth);
            if (depth == 8) {
                compile(generate(c.toArray()));
            } else {
                assertEquals(
                        "the function deep has a type of so many types within each other that class files have no room"
                                + " for it: parts of it need names, as records have",
                        refused(c.toArray()));
            }
        }
    }
}
