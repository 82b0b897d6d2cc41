package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlanCodec;

/**
 * Every field of a compiled file, as its readers find them: the ELF header and section headers, and the numbers of all
 * sections that are read. For tools and tests that look at or damage single fields; code and the contents of memories
 * are no fields.
 */
public final class FileFields {
    /**
     * Numbers of the same meaning, one after the other.
     *
     * @param section name of the section, or "ELF header", or "section header of" one
     * @param offset of the first, in the file
     * @param bytes of each
     * @param count how many there are, at least one
     */
    public record Field(String section, String name, long offset, int bytes, long count) {}

    private final List<Field> fields = new ArrayList<>();
    private final Artifact artifact;

    private FileFields(Artifact artifact) {
        this.artifact = artifact;
    }

    /**
     * The fields of an intact file, in the file's order within each section.
     *
     * @throws ArtifactException if it is damaged
     */
    public static List<Field> of(MemorySegment file) {
        FileFields f = new FileFields(Artifact.of(file, Artifact.OpenOptions.DEFAULT));
        f.elf(file.asReadOnly());
        f.decoded();
        f.tables();
        return List.copyOf(f.fields);
    }

    private void elf(MemorySegment file) {
        for (Elf.Header h : Elf.Header.values()) {
            fields.add(new Field("ELF header", h.name(), h.offset, h.bytes, 1));
        }
        long table = Elf.Header.SECTION_HEADERS.of(file);
        List<String> names = artifact.sections();
        for (int i = 0; i <= names.size(); i++) {
            String section = "section header of " + (i == 0 ? "nothing" : names.get(i - 1));
            for (Elf.SectionHeader h : Elf.SectionHeader.values()) {
                long at = table + (long) i * Elf.SHDR_BYTES + h.offset;
                fields.add(new Field(section, h.name(), at, h.bytes, 1));
            }
        }
    }

    /** What is decoded as a whole notes what it reads. */
    private void decoded() {
        TableLayout compat = new TableLayout();
        Compat.decode(new ByteSource(Compat.SECTION, artifact.sectionBytes(Compat.SECTION), compat));
        add(Compat.SECTION, compat);
        TableLayout modules = new TableLayout();
        ModuleCodec.decode(
                new ByteSource(ModuleCodec.SECTION, artifact.sectionBytes(ModuleCodec.SECTION), modules),
                artifact.sectionBytes(References.SECTION),
                artifact.dataLength());
        add(ModuleCodec.SECTION, modules);
        MemorySegment component = artifact.sectionBytes(ComponentPlanCodec.SECTION);
        if (component != null) {
            TableLayout layout = new TableLayout();
            ComponentPlanCodec.decode(
                    new ByteSource(ComponentPlanCodec.SECTION, component, layout), artifact.modules());
            add(ComponentPlanCodec.SECTION, layout);
        }
        MemorySegment fates = artifact.sectionBytes(FateTable.SECTION);
        if (fates != null) {
            TableLayout layout = new TableLayout();
            FateTable.decode(new ByteSource(FateTable.SECTION, fates, layout), artifact.modules());
            add(FateTable.SECTION, layout);
        }
        MemorySegment types = artifact.sectionBytes(TypeNameTable.SECTION);
        if (types != null) {
            TableLayout layout = new TableLayout();
            TypeNameTable.decode(new ByteSource(TypeNameTable.SECTION, types, layout), artifact.modules());
            add(TypeNameTable.SECTION, layout);
        }
    }

    private void tables() {
        add(References.SECTION, References.layout(artifact.modules()));
        add(FunctionIndex.SECTION, artifact.index().layout());
        add(TrapTable.SECTION, artifact.traps().layout());
        if (artifact.offsets() != null) {
            add(OffsetTable.SECTION, artifact.offsets().layout());
        }
        if (artifact.inlines() != null) {
            add(InlineSites.SECTION, artifact.inlines().layout());
        }
        if (artifact.stackMaps() != null) {
            add(StackMaps.SECTION, artifact.stackMaps().layout());
        }
        if (artifact.names() != null) {
            add(NameTable.SECTION, artifact.names().layout());
        }
        add(FileSignature.SECTION, FileSignature.layout());
    }

    private void add(String section, TableLayout layout) {
        MemorySegment bytes = artifact.sectionBytes(section);
        if (layout.end() != bytes.byteSize()) {
            throw new IllegalStateException(
                    section + " has " + bytes.byteSize() + " bytes, its fields " + layout.end());
        }
        long start = bytes.address() - artifact.file().address();
        for (TableLayout.Column c : layout.columns()) {
            if (c.count() > 0) {
                fields.add(new Field(section, c.name(), start + c.start(), c.bytesEach(), c.count()));
            }
        }
    }

    /** Makes the checksums of a file fit what it contains, as if it had been written so. */
    public static void seal(byte[] file) {
        MemorySegment bytes = MemorySegment.ofArray(file);
        long end = Elf.sectionHeadersEnd(bytes);
        if (end < 0 || end > file.length || Digest.size(end) > file.length - end) {
            return;
        }
        byte[] digest = Digest.compute(bytes, end);
        System.arraycopy(digest, 0, file, (int) end, digest.length);
    }
}
