package kiln.tests.cli;

import java.util.ArrayList;
import java.util.List;
import kiln.wasm.ByteWriter;

/** A small module that names everything that can be named, as the caller likes. */
final class NamedModule {
    private static final int I32 = 0x7f;
    private static final int FUNCREF = 0x70;
    private static final int STRUCT = 0x5f;

    /** A module and a name of an import; all are functions without parameters. */
    record Import(String module, String name) {}

    private final String name;
    private final List<Import> imports = new ArrayList<>();
    private final List<String> exports = new ArrayList<>();
    private byte[] body = {0x00};

    /** @param name of all that has one and is no import or export */
    NamedModule(String name) {
        this.name = name;
    }

    NamedModule imports(String module, String field) {
        imports.add(new Import(module, field));
        return this;
    }

    /**
     * Exports the function that calls the function with the body, which stops by a trap if {@link #body} says nothing
     * else.
     */
    NamedModule exports(String field) {
        exports.add(field);
        return this;
    }

    /** Replaces the instructions of the innermost function. */
    NamedModule body(int... instructions) {
        body = new byte[instructions.length];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) instructions[i];
        }
        return this;
    }

    /**
     * The binary. Functions after the imports: the one with the body; one that calls it and is exported; one that calls
     * the first import, if there is any, and is exported as the others with "!" after it; one that nothing refers to.
     */
    byte[] toBytes() {
        int first = imports.size();
        ByteWriter out = new ByteWriter();
        out.u8s(0, 'a', 's', 'm', 1, 0, 0, 0);
        out.section(1, new ByteWriter().u8s(3, 0x60, 0, 0, 0x60, 1, I32, 0, STRUCT, 1, I32, 1));
        ByteWriter importSection = new ByteWriter().u(imports.size());
        imports.forEach(i -> importSection.name(i.module).name(i.name).u8s(0, 0));
        out.section(2, importSection);
        out.section(3, new ByteWriter().u8s(4, 0, 0, 0, 0));
        out.section(4, new ByteWriter().u8s(1, FUNCREF, 0, 1));
        out.section(5, new ByteWriter().u8s(1, 0, 1));
        out.section(6, new ByteWriter().u8s(1, I32, 0, 0x41, 0, 0x0b));
        ByteWriter exportSection = new ByteWriter().u(5 * exports.size());
        for (String e : exports) {
            exportSection.name(e).u8s(0).u(first + 1).name(e + "!").u8s(0).u(first + 2);
            exportSection
                    .name(e + "m")
                    .u8s(2, 0)
                    .name(e + "t")
                    .u8s(1, 0)
                    .name(e + "g")
                    .u8s(3, 0);
        }
        out.section(7, exportSection);
        ByteWriter code = new ByteWriter().u(4);
        body(code, body);
        body(code, new ByteWriter().u8s(0x10).u(first).toArray());
        body(code, imports.isEmpty() ? new byte[0] : new byte[] {0x10, 0});
        body(code, new byte[0]);
        out.section(10, code);
        out.section(0, new ByteWriter().name(name).u8s(1, 2, 3));
        out.section(0, names(first + 4));
        return out.toArray();
    }

    private ByteWriter names(int functions) {
        ByteWriter section = new ByteWriter().name("name");
        section.section(0, new ByteWriter().name(name));
        ByteWriter names = new ByteWriter().u(functions);
        for (int i = 0; i < functions; i++) {
            names.u(i).name(name);
        }
        section.section(1, names);
        // The structure and its field, and what is not there.
        section.section(4, new ByteWriter().u(2).u(2).name(name).u(3).name(name));
        section.section(
                10,
                new ByteWriter().u(2).u(1).u8s(0).u(2).u(2).u(0).name(name).u(1).name(name));
        return section;
    }

    private static void body(ByteWriter code, byte[] instructions) {
        code.u(instructions.length + 2).u8(0).raw(instructions).u8(0x0b);
    }
}
