package kiln.tests.modules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** What embedders see: some packages, and in them no type that they do not see. */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "class files are the same there")
class PublicTypesTest {
    private final Set<String> packages = new HashSet<>(Modules.publicPackages());
    private final List<String> problems = new ArrayList<>();
    private int members;

    @Test
    void fewPackagesArePublic() {
        assertEquals(
                List.of(
                        "kiln.artifact.api",
                        "kiln.compiler",
                        "kiln.runtime",
                        "kiln.runtime.component",
                        "kiln.wasi",
                        "kiln.wasi.p2"),
                Modules.publicPackages());
    }

    @Test
    void publicSignaturesHoldNoInternalTypes() throws Exception {
        for (ModuleReference module : Modules.all()) {
            for (String name : classes(module)) {
                Class<?> c = Class.forName(name, false, getClass().getClassLoader());
                if (packages.contains(c.getPackageName()) && isVisible(c)) {
                    check(c);
                }
            }
        }
        assertTrue(members > 300, "only " + members + " members were looked at");
        assertTrue(problems.isEmpty(), () -> String.join("\n", problems));
    }

    private static List<String> classes(ModuleReference module) throws IOException {
        try (ModuleReader reader = module.open();
                Stream<String> names = reader.list()) {
            return names.filter(n -> n.endsWith(".class") && !n.equals("module-info.class") && !n.contains("META-INF"))
                    .map(n -> n.substring(0, n.length() - ".class".length()).replace('/', '.'))
                    .filter(n -> !n.endsWith("package-info"))
                    .toList();
        }
    }

    private static boolean isVisible(Class<?> c) {
        return isVisible(c.getModifiers()) && (c.getEnclosingClass() == null || isVisible(c.getEnclosingClass()));
    }

    private static boolean isVisible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private void check(Class<?> c) {
        if (c.getGenericSuperclass() != null) {
            look(c, "extends", c.getGenericSuperclass());
        }
        for (Type t : c.getGenericInterfaces()) {
            look(c, "implements", t);
        }
        for (Field f : c.getDeclaredFields()) {
            if (isVisible(f.getModifiers())) {
                look(c, f.getName(), f.getGenericType());
            }
        }
        for (Constructor<?> m : c.getDeclaredConstructors()) {
            check(c, m);
        }
        for (Method m : c.getDeclaredMethods()) {
            if (isVisible(m.getModifiers()) && !m.isSynthetic()) {
                look(c, m.getName(), m.getGenericReturnType());
            }
            check(c, m);
        }
    }

    private void check(Class<?> c, Executable m) {
        if (isVisible(m.getModifiers()) && !m.isSynthetic()) {
            for (Type t : m.getGenericParameterTypes()) {
                look(c, m.getName(), t);
            }
            for (Type t : m.getGenericExceptionTypes()) {
                look(c, m.getName(), t);
            }
        }
    }

    private void look(Class<?> c, String member, Type t) {
        members++;
        switch (t) {
            case Class<?> type -> {
                Class<?> element = type;
                while (element.isArray()) {
                    element = element.componentType();
                }
                String home = element.getPackageName();
                if (!home.startsWith("java.") && (!packages.contains(home) || !isVisible(element))) {
                    problems.add(c.getName() + "." + member + ": " + element.getName());
                }
            }
            case ParameterizedType type -> {
                look(c, member, type.getRawType());
                for (Type argument : type.getActualTypeArguments()) {
                    look(c, member, argument);
                }
            }
            case GenericArrayType type -> look(c, member, type.getGenericComponentType());
            case WildcardType type -> {
                for (Type bound : type.getUpperBounds()) {
                    look(c, member, bound);
                }
            }
            default -> {}
        }
    }
}
