import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.DeadCodeOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.constant.ClassDesc;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Readies kiln.jar for the JVM's ahead-of-time cache, in place: the cache refuses classes of before Java 6, which have
 * no stack maps, so those get them. A second run changes nothing.
 *
 * <p>Usage: {@code java PackJar.java kiln.jar}
 */
final class PackJar {
    /** The oldest version that the cache takes is 50; from 51 on stack maps are obligatory. */
    private static final int TOO_OLD = 50;
    private static final int MODERN = ClassFile.JAVA_8_VERSION;
    /**
     * Picocli asks whether Groovy is there: to say no, the JVM must open the jar, which costs as much as running a
     * small program.
     */
    private static final String GROOVY_METHOD = "loadClosureClass";
    private static final int MAGIC = 0xCAFEBABE;

    private PackJar() {}

    public static void main(String[] args) throws IOException {
        Path jar = Path.of(args[0]);
        Map<String, byte[]> entries = new TreeMap<>();
        boolean[] changed = new boolean[1];
        try (ZipFile in = new ZipFile(jar.toFile())) {
            ClassFile classFile = ClassFile.of(
                    StackMapsOption.GENERATE_STACK_MAPS,
                    DeadCodeOption.PATCH_DEAD_CODE,
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver
                            .ofResourceParsing(name -> stream(in, name))
                            .orElse(ClassHierarchyResolver.defaultResolver())
                            .cached()));
            for (ZipEntry e : in.stream().filter(e -> !e.isDirectory()).toList()) {
                byte[] bytes = in.getInputStream(e).readAllBytes();
                if (e.getName().endsWith(".class") && isOld(bytes)) {
                    bytes = modern(classFile, bytes);
                    changed[0] = true;
                }
                entries.put(e.getName(), bytes);
            }
        }
        if (changed[0]) {
            Path made = jar.resolveSibling(jar.getFileName() + ".new");
            write(made, entries);
            Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static InputStream stream(ZipFile in, ClassDesc name) {
        String internal = name.descriptorString().substring(1, name.descriptorString().length() - 1);
        ZipEntry e = in.getEntry(internal + ".class");
        try {
            return e == null ? null : in.getInputStream(e);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    }

    private static boolean isOld(byte[] bytes) {
        ByteBuffer b = ByteBuffer.wrap(bytes);
        return b.getInt() == MAGIC && (b.getInt() & 0xFFFF) < TOO_OLD;
    }

    private static byte[] modern(ClassFile classFile, byte[] bytes) {
        // Every body is written anew, since one that is merely copied gets no stack maps.
        ClassTransform bodies = (cb, e) -> {
            if (e instanceof MethodModel m) {
                boolean groovy = m.methodName().equalsString(GROOVY_METHOD);
                cb.transformMethod(
                        m, MethodTransform.transformingCode(groovy ? returnNull() : (code, i) -> code.with(i)));
            } else {
                cb.with(e);
            }
        };
        ClassTransform version = ClassTransform.endHandler(cb -> cb.withVersion(MODERN, 0));
        return classFile.transformClass(classFile.parse(bytes), bodies.andThen(version));
    }

    /** Replaces a body. */
    private static CodeTransform returnNull() {
        return new CodeTransform() {
            @Override
            public void atStart(CodeBuilder code) {
                code.aconst_null().areturn();
            }

            @Override
            public void accept(CodeBuilder code, CodeElement e) {
                // Nothing of the old body stays.
            }
        };
    }

    private static void write(Path file, Map<String, byte[]> entries) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.setLevel(1);
            for (Map.Entry<String, byte[]> e : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(e.getKey());
                entry.setTime(0);
                out.putNextEntry(entry);
                out.write(e.getValue());
                out.closeEntry();
            }
        }
    }
}
