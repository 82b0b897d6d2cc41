package kiln.wasm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Source lines of a module's code out of its section {@code .debug_line} (DWARF 2 to 5, section 6.2 of its
 * specification). Addresses in there count from the start of the code section's contents.
 *
 * <p>Debugging information is for people: what cannot be read of it is left out, and never makes a module unusable.
 */
public final class DwarfLines {
    private static final String LINES = ".debug_line";
    private static final String LINE_STRINGS = ".debug_line_str";
    private static final String STRINGS = ".debug_str";
    private static final int CODE_SECTION = 10;
    /** Of parts of paths: names may lie in each other, so that all of them would be out of proportion. */
    private static final int MAX_NAME = 4096;
    /**
     * Bytes of all paths, and more for each byte of the sections: entries of few bytes may each name a long string, the
     * same one even. What compilers write comes to a tenth of that.
     */
    private static final long FEW_PATHS = 1 << 20;

    private static final long PATHS_OF_A_BYTE = 64;

    // Standard opcodes.
    private static final int COPY = 1;
    private static final int ADVANCE_PC = 2;
    private static final int ADVANCE_LINE = 3;
    private static final int SET_FILE = 4;
    private static final int SET_COLUMN = 5;
    private static final int CONST_ADD_PC = 8;
    private static final int FIXED_ADVANCE_PC = 9;
    private static final int SET_ISA = 12;
    // Extended opcodes.
    private static final int END_SEQUENCE = 1;
    private static final int SET_ADDRESS = 2;
    // Contents and forms of entries in version 5.
    private static final int CONTENT_PATH = 1;
    private static final int CONTENT_DIRECTORY = 2;
    private static final int FORM_BLOCK2 = 0x03;
    private static final int FORM_BLOCK4 = 0x04;
    private static final int FORM_DATA2 = 0x05;
    private static final int FORM_DATA4 = 0x06;
    private static final int FORM_DATA8 = 0x07;
    private static final int FORM_STRING = 0x08;
    private static final int FORM_BLOCK = 0x09;
    private static final int FORM_BLOCK1 = 0x0A;
    private static final int FORM_DATA1 = 0x0B;
    private static final int FORM_STRP = 0x0E;
    private static final int FORM_UDATA = 0x0F;
    private static final int FORM_DATA16 = 0x1E;
    private static final int FORM_LINE_STRP = 0x1F;

    /** Receives the rows of the table. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Code from a place on comes from a line, as far as the next row or the end of its sequence.
         *
         * @param offset in the module
         * @param file path as far as the compiler named it; null from where on nothing is known
         * @param line from 1; 0 if the code belongs to none
         */
        void row(int offset, String file, int line);
    }

    private final WasmModule module;
    private final Visitor visitor;
    private final ByteBuffer lineStrings;
    private final ByteBuffer strings;
    private final int codeStart;
    private final int codeEnd;
    /** How much of what all paths may take is left. */
    private long pathBytes;

    private record Entry(String path, int directory) {}

    private DwarfLines(WasmModule module, Visitor visitor) {
        this.module = module;
        this.visitor = visitor;
        lineStrings = section(LINE_STRINGS);
        strings = section(STRINGS);
        pathBytes = FEW_PATHS
                + PATHS_OF_A_BYTE * ((long) section(LINES).capacity() + lineStrings.capacity() + strings.capacity());
        int[] code = codeSection(module.bytes());
        codeStart = code[0];
        codeEnd = code[1];
    }

    /** Whether a module says where it comes from. */
    public static boolean isIn(WasmModule module) {
        return module.customSections().stream().anyMatch(s -> s.name().equals(LINES));
    }

    /** Reads all rows: in the order of the section, in which those of a sequence ascend. */
    public static void read(WasmModule module, Visitor visitor) {
        new DwarfLines(module, visitor).read();
    }

    private ByteBuffer section(String name) {
        for (CustomSection s : module.customSections()) {
            if (s.name().equals(name)) {
                return ByteBuffer.wrap(module.bytes(), s.offset(), s.length())
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        return ByteBuffer.allocate(0);
    }

    /** Start and end of the code section's contents, in a module that was decoded. */
    private static int[] codeSection(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        in.position(8);
        while (in.hasRemaining()) {
            int id = in.get();
            int size = (int) unsigned(in);
            if (id == CODE_SECTION) {
                return new int[] {in.position(), in.position() + size};
            }
            in.position(in.position() + size);
        }
        return new int[] {0, 0};
    }

    private void read() {
        ByteBuffer all = section(LINES);
        while (all.remaining() > 4) {
            long length = Integer.toUnsignedLong(all.getInt());
            // 64-bit DWARF has another mark here; no compiler makes it for WebAssembly.
            if (length > all.remaining()) {
                return;
            }
            ByteBuffer unit = all.slice(all.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
            all.position(all.position() + (int) length);
            try {
                unit(unit);
            } catch (RuntimeException _) {
                // Damaged, or of a kind that is not known: the next unit may be good.
                visitor.row(codeEnd, null, 0);
            }
        }
    }

    private void unit(ByteBuffer in) {
        int version = in.getShort();
        if (version < 2 || version > 5) {
            return;
        }
        if (version >= 5) {
            in.getShort(); // sizes of addresses and selectors
        }
        int headerLength = in.getInt();
        int program = in.position() + headerLength;
        int unitBytes = in.get() & 0xff;
        if (version >= 4) {
            in.get(); // operations an instruction: 1
        }
        in.get(); // whether lines are statements at first
        int lineBase = in.get();
        int lineRange = in.get() & 0xff;
        int opcodeBase = in.get() & 0xff;
        int[] operands = new int[opcodeBase];
        for (int i = 1; i < opcodeBase; i++) {
            operands[i] = in.get();
        }
        List<String> files = version >= 5 ? files5(in) : files4(in);
        in.position(program);
        run(in, new Header(unitBytes, lineBase, lineRange, opcodeBase, operands, files, version >= 5 ? 0 : 1));
    }

    /** @param firstFile number of the first file */
    private record Header(
            int unitBytes,
            int lineBase,
            int lineRange,
            int opcodeBase,
            int[] operands,
            List<String> files,
            int firstFile) {
        String file(long number) {
            long index = number - firstFile;
            return index >= 0 && index < files.size() ? files.get((int) index) : "?";
        }
    }

    private List<String> files4(ByteBuffer in) {
        List<String> directories = new ArrayList<>();
        directories.add("");
        for (String s = string(in); !s.isEmpty(); s = string(in)) {
            directories.add(s);
        }
        List<String> files = new ArrayList<>();
        for (String s = string(in); !s.isEmpty(); s = string(in)) {
            files.add(path(directories, new Entry(s, (int) unsigned(in))));
            unsigned(in); // time
            unsigned(in); // length
        }
        return files;
    }

    private List<String> files5(ByteBuffer in) {
        List<String> directories = new ArrayList<>();
        for (Entry e : entries(in)) {
            directories.add(e.path());
        }
        List<String> files = new ArrayList<>();
        for (Entry e : entries(in)) {
            files.add(path(directories, e));
        }
        return files;
    }

    /** The folder in which was compiled, number 0, is left out: it is of another machine. */
    private String path(List<String> directories, Entry e) {
        boolean named = e.directory() > 0 && e.directory() < directories.size();
        String path = e.path().startsWith("/") || !named ? e.path() : directories.get(e.directory()) + "/" + e.path();
        pathBytes -= path.length();
        if (pathBytes < 0) {
            throw new IllegalArgumentException("paths out of proportion to the file");
        }
        return path;
    }

    private List<Entry> entries(ByteBuffer in) {
        int formats = in.get() & 0xff;
        long[] content = new long[formats];
        long[] form = new long[formats];
        for (int i = 0; i < formats; i++) {
            content[i] = unsigned(in);
            form[i] = unsigned(in);
        }
        long count = unsigned(in);
        List<Entry> entries = new ArrayList<>();
        for (long i = 0; i < count && formats > 0; i++) {
            String path = "";
            long directory = 0;
            for (int k = 0; k < formats; k++) {
                if (content[k] == CONTENT_PATH) {
                    path = text(in, form[k]);
                } else {
                    long value = number(in, form[k]);
                    directory = content[k] == CONTENT_DIRECTORY ? value : directory;
                }
            }
            entries.add(new Entry(path, (int) directory));
        }
        return entries;
    }

    private String text(ByteBuffer in, long form) {
        return switch ((int) form) {
            case FORM_STRING -> string(in);
            case FORM_LINE_STRP -> string(lineStrings.duplicate().position(in.getInt()));
            case FORM_STRP -> string(strings.duplicate().position(in.getInt()));
            default -> throw new IllegalArgumentException("form " + form);
        };
    }

    /** What is no number is skipped. */
    private static long number(ByteBuffer in, long form) {
        return switch ((int) form) {
            case FORM_UDATA -> unsigned(in);
            case FORM_DATA1 -> in.get() & 0xff;
            case FORM_DATA2 -> in.getShort() & 0xffff;
            case FORM_DATA4, FORM_STRP, FORM_LINE_STRP -> in.getInt();
            case FORM_DATA8 -> in.getLong();
            case FORM_DATA16 -> skip(in, 16);
            case FORM_BLOCK -> skip(in, unsigned(in));
            case FORM_BLOCK1 -> skip(in, in.get() & 0xff);
            case FORM_BLOCK2 -> skip(in, in.getShort() & 0xffff);
            case FORM_BLOCK4 -> skip(in, in.getInt());
            case FORM_STRING -> {
                string(in);
                yield 0;
            }
            default -> throw new IllegalArgumentException("form " + form);
        };
    }

    /** Never back: a file that leads to itself would be read for ever. */
    private static long skip(ByteBuffer in, long bytes) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw new IllegalArgumentException(bytes + " bytes to skip");
        }
        in.position(in.position() + (int) bytes);
        return 0;
    }

    private void run(ByteBuffer in, Header h) {
        long address = 0;
        long file = 1;
        long line = 1;
        Map<Long, String> names = new HashMap<>();
        while (in.hasRemaining()) {
            int opcode = in.get() & 0xff;
            boolean row = false;
            if (opcode >= h.opcodeBase) {
                int adjusted = opcode - h.opcodeBase;
                address += (long) adjusted / h.lineRange * h.unitBytes;
                line += h.lineBase + adjusted % h.lineRange;
                row = true;
            } else if (opcode == 0) {
                long length = unsigned(in);
                int start = in.position();
                int extended = in.get();
                if (extended == END_SEQUENCE) {
                    emit(address, null, 0);
                    address = 0;
                    file = 1;
                    line = 1;
                } else if (extended == SET_ADDRESS) {
                    address = Integer.toUnsignedLong(in.getInt());
                }
                in.position(start);
                skip(in, length);
            } else {
                switch (opcode) {
                    case COPY -> row = true;
                    case ADVANCE_PC -> address += unsigned(in) * h.unitBytes;
                    case ADVANCE_LINE -> line += signed(in);
                    case SET_FILE -> file = unsigned(in);
                    case SET_COLUMN, SET_ISA -> unsigned(in);
                    case CONST_ADD_PC -> address += (long) (255 - h.opcodeBase) / h.lineRange * h.unitBytes;
                    case FIXED_ADVANCE_PC -> address += in.getShort() & 0xffff;
                    default -> {
                        for (int i = 0; i < h.operands[opcode]; i++) {
                            unsigned(in);
                        }
                    }
                }
            }
            if (row) {
                emit(address, names.computeIfAbsent(file, h::file), line);
            }
        }
    }

    /** Linkers give functions that they dropped addresses outside of the code. */
    private void emit(long address, String file, long line) {
        if (address > 0 && address <= codeEnd - codeStart) {
            visitor.row(codeStart + (int) address, file, line < 0 || line > Integer.MAX_VALUE ? 0 : (int) line);
        }
    }

    private static String string(ByteBuffer in) {
        int start = in.position();
        while (in.get() != 0 && in.position() - start <= MAX_NAME) {
            // Up to the zero.
        }
        if (in.position() - start > MAX_NAME) {
            throw new IllegalArgumentException("a name of " + (in.position() - start) + " bytes");
        }
        byte[] bytes = new byte[in.position() - 1 - start];
        in.duplicate().position(start).get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static long unsigned(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            if (shift < Long.SIZE) {
                value |= (long) (b & 0x7f) << shift;
            }
            if (b >= 0) {
                return value;
            }
        }
    }

    private static long signed(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; ) {
            byte b = in.get();
            if (shift < Long.SIZE) {
                value |= (long) (b & 0x7f) << shift;
            }
            shift += 7;
            if (b >= 0) {
                return shift < Long.SIZE && (b & 0x40) != 0 ? value | -1L << shift : value;
            }
        }
    }
}
