package kiln.tests.cli;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

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
        Bytes out = new Bytes();
        out.raw(0, 'a', 's', 'm', 1, 0, 0, 0);
        out.section(1, new Bytes().raw(3, 0x60, 0, 0, 0x60, 1, I32, 0, STRUCT, 1, I32, 1));
        Bytes importSection = new Bytes().number(imports.size());
        imports.forEach(i -> importSection.text(i.module).text(i.name).raw(0, 0));
        out.section(2, importSection);
        out.section(3, new Bytes().raw(4, 0, 0, 0, 0));
        out.section(4, new Bytes().raw(1, FUNCREF, 0, 1));
        out.section(5, new Bytes().raw(1, 0, 1));
        out.section(6, new Bytes().raw(1, I32, 0, 0x41, 0, 0x0b));
        Bytes exportSection = new Bytes().number(5 * exports.size());
        for (String e : exports) {
            exportSection.text(e).raw(0).number(first + 1).text(e + "!").raw(0).number(first + 2);
            exportSection
                    .text(e + "m")
                    .raw(2, 0)
                    .text(e + "t")
                    .raw(1, 0)
                    .text(e + "g")
                    .raw(3, 0);
        }
        out.section(7, exportSection);
        Bytes code = new Bytes().number(4);
        code.body(body);
        code.body(new Bytes().raw(0x10).number(first).toByteArray());
        code.body(imports.isEmpty() ? new byte[0] : new byte[] {0x10, 0});
        code.body(new byte[0]);
        out.section(10, code);
        out.section(0, new Bytes().text(name).raw(1, 2, 3));
        out.section(0, names(first + 4));
        return out.toByteArray();
    }

    private Bytes names(int functions) {
        Bytes section = new Bytes().text("name");
        section.section(0, new Bytes().text(name));
        Bytes names = new Bytes().number(functions);
        for (int i = 0; i < functions; i++) {
            names.number(i).text(name);
        }
        section.section(1, names);
        // The structure and its field, and what is not there.
        section.section(4, new Bytes().number(2).number(2).text(name).number(3).text(name));
        section.section(
                10,
                new Bytes()
                        .number(2)
                        .number(1)
                        .raw(0)
                        .number(2)
                        .number(2)
                        .number(0)
                        .text(name)
                        .number(1)
                        .text(name));
        return section;
    }

    private static final class Bytes extends ByteArrayOutputStream {
        Bytes raw(int... bytes) {
            for (int b : bytes) {
                write(b);
            }
            return this;
        }

        Bytes number(int n) {
            int rest = n;
            for (; rest >>> 7 != 0; rest >>>= 7) {
                write(rest & 0x7f | 0x80);
            }
            write(rest);
            return this;
        }

        Bytes text(String text) {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            number(utf8.length).writeBytes(utf8);
            return this;
        }

        void section(int id, Bytes content) {
            raw(id).number(content.size()).writeBytes(content.toByteArray());
        }

        void body(byte[] instructions) {
            number(instructions.length + 2).raw(0).writeBytes(instructions);
            write(0x0b);
        }
    }
}
