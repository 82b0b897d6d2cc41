package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

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
        if (Le.i64(file, 0) != IDENT) {
            throw new ArtifactException("not a compiled WebAssembly file: no 64-bit little-endian ELF header");
        }
        if (Le.u16(file, 16) != ET_DYN) {
            throw new ArtifactException("not a compiled WebAssembly file: ELF type " + Le.u16(file, 16));
        }
        int machine = Le.u16(file, 18);
        for (Map.Entry<String, Integer> e : MACHINES.entrySet()) {
            if (e.getValue() == machine) {
                return e.getKey();
            }
        }
        throw new ArtifactException("compiled for an unknown machine: ELF number " + machine);
    }

    /** Where the table of section headers ends, as the ELF header says. */
    static long sectionHeadersEnd(MemorySegment header) {
        return Le.i64(header, 40) + (long) Le.u16(header, 60) * SHDR_BYTES;
    }

    static Map<String, Section> sections(MemorySegment file) {
        long table = Le.i64(file, 40);
        int count = Le.u16(file, 60);
        int names = Le.u16(file, 62);
        long size = file.byteSize();
        if (Le.u16(file, 58) != SHDR_BYTES || names >= count) {
            throw new ArtifactException("damaged file: ELF header");
        }
        if (table < 0 || table > size || (long) count * SHDR_BYTES > size - table) {
            throw new ArtifactException("truncated file: the section headers at " + Long.toUnsignedString(table)
                    + " lie beyond its end at " + size);
        }
        MemorySegment strings = slice(file, table, names);
        Map<String, Section> result = new LinkedHashMap<>();
        for (int i = 1; i < count; i++) {
            String name = name(strings, Le.u32(file, table + (long) i * SHDR_BYTES));
            MemorySegment bytes = slice(file, table, i);
            if (result.put(name, new Section(name, bytes.address() - file.address(), bytes.byteSize())) != null) {
                throw new ArtifactException("damaged file: two sections " + Printable.name(name));
            }
        }
        return result;
    }

    private static MemorySegment slice(MemorySegment file, long table, int section) {
        long header = table + (long) section * SHDR_BYTES;
        long offset = Le.i64(file, header + 24);
        long length = Le.i64(file, header + 32);
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
