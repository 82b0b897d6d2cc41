package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import kiln.artifact.api.ArtifactException;

/**
 * ELF64 as far as compiled files need it: constants (System V ABI, "Object Files") and a wary reader of the section
 * headers.
 */
final class Elf {
    static final int EHDR_BYTES = 64;
    static final int PHDR_BYTES = 56;
    static final int SHDR_BYTES = 64;
    static final int SYM_BYTES = 24;
    /** 0x7f E L F, 64-bit, little-endian, version 1. */
    static final long IDENT = 0x0001_0102_464c_457fL;

    static final int ET_DYN = 3;
    static final int PT_LOAD = 1;
    static final int PT_GNU_STACK = 0x6474e551;
    static final int PF_X = 1;
    static final int PF_W = 2;
    static final int PF_R = 4;
    static final int SHT_PROGBITS = 1;
    static final int SHT_SYMTAB = 2;
    static final int SHT_STRTAB = 3;
    static final int SHF_ALLOC = 2;
    static final int SHF_EXECINSTR = 4;
    static final int STT_FUNC = 2;

    /** Number of an architecture's machine. */
    static final Map<String, Integer> MACHINES = Map.of("x86_64", 62, "aarch64", 183);

    /** Fields of the ELF header: offset and bytes. */
    enum Header {
        IDENT(0, 8),
        TYPE(16, 2),
        MACHINE(18, 2),
        VERSION(20, 4),
        ENTRY(24, 8),
        PROGRAM_HEADERS(32, 8),
        SECTION_HEADERS(40, 8),
        FLAGS(48, 4),
        HEADER_BYTES(52, 2),
        PROGRAM_HEADER_BYTES(54, 2),
        PROGRAM_HEADER_COUNT(56, 2),
        SECTION_HEADER_BYTES(58, 2),
        SECTION_HEADER_COUNT(60, 2),
        NAME_SECTION(62, 2);

        final int offset;
        final int bytes;

        Header(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }

        /** A value of at most four bytes, or the bits of eight. */
        long of(MemorySegment file) {
            return read(file, offset, bytes);
        }
    }

    /** Fields of a section header: offset and bytes. */
    enum SectionHeader {
        NAME(0, 4),
        TYPE(4, 4),
        FLAGS(8, 8),
        ADDRESS(16, 8),
        OFFSET(24, 8),
        SIZE(32, 8),
        LINK(40, 4),
        INFO(44, 4),
        ALIGNMENT(48, 8),
        ENTRY_BYTES(56, 8);

        final int offset;
        final int bytes;

        SectionHeader(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }

        long of(MemorySegment file, long header) {
            return read(file, header + offset, bytes);
        }
    }

    private static long read(MemorySegment file, long at, int bytes) {
        return switch (bytes) {
            case 2 -> Le.u16(file, at);
            case 4 -> Le.u32(file, at);
            default -> Le.i64(file, at);
        };
    }

    /** Part of the file. */
    record Section(String name, long offset, long size) {}

    private Elf() {}

    /** Name of the architecture in the header; checks that this is an ELF file of our kind at all. */
    static String architecture(MemorySegment file) {
        if (file.byteSize() < EHDR_BYTES) {
            throw new ArtifactException("not a compiled WebAssembly file: only " + file.byteSize() + " bytes");
        }
        if (Le.i32(file, 0) == 0x6d736100) {
            throw new ArtifactException("this is a WebAssembly module, not a compiled file: compile it first");
        }
        if (Header.IDENT.of(file) != IDENT) {
            throw new ArtifactException("not a compiled WebAssembly file: no 64-bit little-endian ELF header");
        }
        if (Header.TYPE.of(file) != ET_DYN) {
            throw new ArtifactException("not a compiled WebAssembly file: ELF type " + Header.TYPE.of(file));
        }
        long machine = Header.MACHINE.of(file);
        for (Map.Entry<String, Integer> e : MACHINES.entrySet()) {
            if (e.getValue() == machine) {
                return e.getKey();
            }
        }
        throw new ArtifactException("compiled for an unknown machine: ELF number " + machine);
    }

    /** Where the table of section headers ends, as the ELF header says. */
    static long sectionHeadersEnd(MemorySegment header) {
        return Header.SECTION_HEADERS.of(header) + Header.SECTION_HEADER_COUNT.of(header) * SHDR_BYTES;
    }

    static Map<String, Section> sections(MemorySegment file) {
        long table = Header.SECTION_HEADERS.of(file);
        long count = Header.SECTION_HEADER_COUNT.of(file);
        long names = Header.NAME_SECTION.of(file);
        long size = file.byteSize();
        if (Header.SECTION_HEADER_BYTES.of(file) != SHDR_BYTES || names >= count) {
            throw new ArtifactException("damaged file: ELF header");
        }
        if (table < 0 || table > size || count * SHDR_BYTES > size - table) {
            throw new ArtifactException("truncated file: the section headers at " + Long.toUnsignedString(table)
                    + " lie beyond its end at " + size);
        }
        MemorySegment strings = slice(file, table, names);
        Map<String, Section> result = new LinkedHashMap<>();
        for (int i = 1; i < count; i++) {
            String name = name(strings, SectionHeader.NAME.of(file, table + (long) i * SHDR_BYTES));
            MemorySegment bytes = slice(file, table, i);
            if (result.put(name, new Section(name, bytes.address() - file.address(), bytes.byteSize())) != null) {
                throw new ArtifactException("damaged file: two sections " + Printable.name(name));
            }
        }
        return result;
    }

    private static MemorySegment slice(MemorySegment file, long table, long section) {
        long header = table + section * SHDR_BYTES;
        long offset = SectionHeader.OFFSET.of(file, header);
        long length = SectionHeader.SIZE.of(file, header);
        if (offset < 0 || length < 0 || offset > file.byteSize() || length > file.byteSize() - offset) {
            throw new ArtifactException(
                    "truncated or damaged file: section " + section + " lies beyond its end at " + file.byteSize());
        }
        return file.asSlice(offset, length);
    }

    private static String name(MemorySegment strings, long at) {
        int limit = 64;
        byte[] out = new byte[limit];
        for (int n = 0; n < limit && at + n < strings.byteSize(); n++) {
            byte b = (byte) Le.u8(strings, at + n);
            if (b == 0) {
                return new String(out, 0, n, StandardCharsets.ISO_8859_1);
            }
            out[n] = b;
        }
        throw new ArtifactException("damaged file: name of a section");
    }
}
