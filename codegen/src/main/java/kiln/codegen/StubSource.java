package kiln.codegen;

import java.util.Base64;

/**
 * Writes the loader's stubs as a Java class. Not as a resource: to read one, the JVM must open the jar file in Java,
 * which costs a process that has just started a tenth of all the CPU time that it needs for a small program.
 */
public final class StubSource {
    private static final int LINE = 100;

    private StubSource() {}

    /** The source of class {@code kiln.loader.NAME}, whose constant IMAGE is {@code image}. */
    public static String of(String name, String architecture, byte[] image) {
        String base64 = Base64.getEncoder().encodeToString(image);
        StringBuilder s = new StringBuilder("package kiln.loader;\n\n");
        s.append("/** The stubs for ").append(architecture);
        s.append(": written by the back end's {@code Stubs}, not by hand. */\n");
        s.append("final class ").append(name).append(" {\n    /** In Base64; docs/abi.md, \"Stubs\". */\n");
        s.append("    static final String IMAGE = \"\"");
        for (int i = 0; i < base64.length(); i += LINE) {
            s.append("\n            + \"")
                    .append(base64, i, Math.min(i + LINE, base64.length()))
                    .append('"');
        }
        return s.append(";\n\n    private ").append(name).append("() {}\n}\n").toString();
    }
}
