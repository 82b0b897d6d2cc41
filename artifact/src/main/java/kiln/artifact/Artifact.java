package kiln.artifact;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlanCodec;
import kiln.types.TypeNames;

/**
 * A compiled file, read in place: an ELF64 shared object that holds the machine code of one or several modules and what
 * the runtime needs to run it. Everything is checked when the file is opened; whatever its bytes, opening it either
 * succeeds or throws an {@link ArtifactException}. Safe for use by several threads.
 *
 * <pre>
 *   ELF header, program headers
 *   .kiln.compat  .kiln.modules  .kiln.index  .kiln.traps  .kiln.offsets*  .kiln.names*
 *   .kiln.inlines*  .kiln.stackmaps*  .kiln.fates*  .kiln.typenames*                       read only
 *   .text          at the start of a page                                                   read, execute
 *   .kiln.data     at the start of a page                                                   read only
 *   .symtab*  .strtab  .shstrtab, section headers                                           not loaded
 *   .kiln.digest   checksums of everything above
 *   .kiln.signature  room for a signature of everything above
 * </pre>
 *
 * Addresses in the file are file offsets, pages those of {@link Compat#pageBytes()}. Sections with a star are absent if
 * they were stripped, or are empty.
 */
public final class Artifact implements AutoCloseable {
    static final String TEXT = ".text";
    static final String DATA = ".kiln.data";
    static final String STRINGS = ".strtab";
    static final String WORLD = ".kiln.world";
    /** Of a component's file: its type for tools. */
    static final String COMPONENT_TYPE = ".kiln.type";

    /** How much of a file is compared with its checksums when it is opened; its structure is checked in any case. */
    public enum Check {
        /** Nothing, for files that were checked before and cannot have changed. */
        NONE,
        /** All bytes, by CRC-32C, which costs a fraction of a millisecond per megabyte from the first file on. */
        CHECKSUMS,
        /** All bytes, by CRC-32C and SHA-256; the first SHA-256 of a JVM alone takes about 100 ms. */
        DIGESTS
    }

    /**
     * How to open a file.
     *
     * @param signers Ed25519 keys, one of which must have signed the file; empty if nobody need have
     */
    public record OpenOptions(Check check, List<PublicKey> signers) {
        public static final OpenOptions DEFAULT = new OpenOptions(Check.CHECKSUMS, List.of());
        public static final OpenOptions SKIP_DIGEST = new OpenOptions(Check.NONE, List.of());
        public static final OpenOptions STRICT = new OpenOptions(Check.DIGESTS, List.of());

        public OpenOptions {
            signers = List.copyOf(signers);
        }

        /** The same, with a signature by one of these keys required, or none if there are no keys. */
        public OpenOptions signedBy(List<PublicKey> keys) {
            return new OpenOptions(check, keys);
        }

        /**
         * Whether the signature is checked. It is checked when the file is opened; a caller that asks for it gives
         * bytes that nobody else can change from then on.
         */
        public boolean requiresSignature() {
            return !signers.isEmpty();
        }
    }

    /** A JDK's channel copies through a buffer of this size that it keeps. */
    private static final long READ_BYTES = 1 << 20;

    private final Arena arena;
    private final MemorySegment file;
    private final Map<String, Elf.Section> sections;
    private final Compat compat;
    private final FileSignature signer;
    private final FunctionIndex index;
    private final TrapTable traps;
    private final OffsetTable offsets;
    private final InlineSites inlines;
    private final StackMaps stackMaps;
    private final NameTable names;
    /** Null before it is asked for, and if there is none. */
    private volatile SourceLines lines;

    private final List<ModuleInfo> modules;
    /** Null unless the file is a component's. */
    private final ComponentPlan component;

    private final LinkedContexts contexts;

    private Artifact(Arena arena, MemorySegment file, OpenOptions options) {
        this.arena = arena;
        this.file = file;
        String machine = Elf.architecture(file);
        if (options.requiresSignature()) {
            FileSignature.require(file, options.signers());
        }
        checkSize(file, file.byteSize());
        sections = Elf.sections(file);
        if (!sections.containsKey(Compat.SECTION)) {
            throw new ArtifactException("not a compiled WebAssembly file: no section " + Compat.SECTION);
        }
        compat = Compat.decode(bytes(Compat.SECTION));
        if (!machine.equals(compat.architecture())) {
            throw new ArtifactException("damaged file: the ELF header says " + machine + ", " + Compat.SECTION
                    + " says " + Printable.name(compat.architecture()));
        }
        Elf.Section digest = section(Digest.SECTION);
        Elf.Section signature = section(FileSignature.SECTION);
        if (digest.offset() + digest.size() != signature.offset()
                || digest.size() != Digest.size(digest.offset())
                || signature.offset() + FileSignature.BYTES != file.byteSize()
                || signature.size() != FileSignature.BYTES) {
            throw new ArtifactException("truncated or damaged file: " + Digest.SECTION + " and " + FileSignature.SECTION
                    + " are not at its end");
        }
        signer = FileSignature.of(file);
        if (options.check() != Check.NONE) {
            Digest.verifyChecksums(file, bytes(Digest.SECTION), digest.offset());
        }
        if (options.check() == Check.DIGESTS) {
            Digest.verifyDigests(file, bytes(Digest.SECTION), digest.offset());
        }
        if (textOffset() % compat.pageBytes() != 0 || textLength() > 0xffff_ffffL) {
            throw new ArtifactException("damaged file: .text is not aligned, or too large");
        }
        modules = ModuleCodec.decode(bytes(ModuleCodec.SECTION), bytes(References.SECTION), dataLength());
        checkImages();
        component = sections.containsKey(ComponentPlanCodec.SECTION)
                ? ComponentPlanCodec.decode(bytes(ComponentPlanCodec.SECTION), modules)
                : null;
        contexts = linkContexts();
        // These are followed without being looked at again.
        for (ModuleInfo m : modules) {
            References.check(m, textLength());
        }
        index = new FunctionIndex(bytes(FunctionIndex.SECTION), textLength());
        checkKeys();
        traps = new TrapTable(bytes(TrapTable.SECTION));
        offsets = sections.containsKey(OffsetTable.SECTION) ? new OffsetTable(bytes(OffsetTable.SECTION)) : null;
        inlines = sections.containsKey(InlineSites.SECTION) ? new InlineSites(bytes(InlineSites.SECTION)) : null;
        stackMaps = sections.containsKey(StackMaps.SECTION) ? new StackMaps(bytes(StackMaps.SECTION)) : null;
        names = sections.containsKey(NameTable.SECTION)
                ? new NameTable(bytes(NameTable.SECTION), bytes(STRINGS))
                : null;
    }

    private LinkedContexts linkContexts() {
        try {
            LinkedContexts all = LinkedContexts.NONE;
            for (ModuleInfo m : component == null ? modules : modules.subList(0, component.instantiated())) {
                all = component != null && m == modules.getFirst()
                        ? all.with(new ComponentContext(component).size())
                        : all.with(new VMContextLayout(m.counts()));
            }
            return all;
        } catch (ArithmeticException e) {
            throw new ArtifactException("damaged file: the modules' contexts would be larger than 2 GiB", e);
        }
    }

    /** A file has no functions but those of its modules, and start-up code where a module says so. */
    private void checkKeys() {
        index.checkKeys(modules);
        for (int m = 0; m < modules.size(); m++) {
            if (modules.get(m).startup() != index.find(FuncKey.startup(m).raw()) >= 0) {
                throw new ArtifactException("damaged file: start-up code of module " + m);
            }
        }
    }

    private void checkImages() {
        for (ModuleInfo m : modules) {
            for (ModuleInfo.MemoryImage i : m.images()) {
                if ((dataOffset() | i.memoryOffset() | i.start() | i.length()) % compat.pageBytes() != 0) {
                    throw new ArtifactException("damaged file: a memory image in " + DATA + " is not aligned");
                }
            }
        }
    }

    /**
     * Checks every entry of every table, and all bytes by SHA-256. Opening a file checks the modules, and heads and
     * counts of all tables; look-ups check the entries that they touch, but for those of function references, which are
     * checked on opening.
     *
     * @throws ArtifactException if anything is damaged
     */
    public void verify() {
        long length = section(Digest.SECTION).offset();
        Digest.verifyChecksums(file, bytes(Digest.SECTION), length);
        Digest.verifyDigests(file, bytes(Digest.SECTION), length);
        index.check();
        traps.check();
        if (offsets != null) {
            offsets.check();
        }
        if (inlines != null) {
            inlines.check();
        }
        lines();
        if (stackMaps != null) {
            stackMaps.check();
        }
        if (names != null) {
            names.check();
        }
        fates();
        typeNames();
    }

    /**
     * Opens a file, checking all of it.
     *
     * @throws ArtifactException if it is damaged or not for this version
     * @throws UncheckedIOException if it cannot be read
     */
    public static Artifact open(Path path) {
        return open(path, OpenOptions.DEFAULT);
    }

    /**
     * Opens a file. It is read into memory first, so that nothing that becomes of it later matters.
     *
     * @throws ArtifactException if it is damaged or not for this version
     * @throws UncheckedIOException if it cannot be read
     */
    public static Artifact open(Path path, OpenOptions options) {
        Arena arena = Arena.ofShared();
        try {
            return new Artifact(arena, read(path, arena).asReadOnly(), options);
        } catch (IOException e) {
            arena.close();
            throw new UncheckedIOException("cannot read " + Printable.file(path), e);
        } catch (ArtifactException e) {
            arena.close();
            throw new ArtifactException(Printable.file(path) + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** How much of a file {@link #checkStart} wants to see. */
    public static final int START_BYTES = Elf.EHDR_BYTES;

    /** Offsets in a file are 32 bits wide. */
    private static final long MAX_FILE = 1L << 32;

    /**
     * Checks by its first bytes and its size whether something can be a compiled file at all, so that nothing else that
     * is large is read into memory.
     *
     * @param start the first {@link #START_BYTES} bytes, or all if the file is shorter
     * @throws ArtifactException if it cannot
     */
    public static void checkStart(byte[] start, long size) {
        checkSize(MemorySegment.ofArray(start), size);
    }

    private static void checkSize(MemorySegment start, long size) {
        Elf.architecture(start);
        long end = Elf.sectionHeadersEnd(start);
        if (size > MAX_FILE) {
            throw new ArtifactException("not a compiled WebAssembly file: larger than 4 GiB");
        }
        // Only the checksums of all of that follow, and the room for a signature.
        if (end < 0 || end > size || size != end + Digest.size(end) + FileSignature.BYTES) {
            throw new ArtifactException("truncated or damaged file: it has " + size
                    + " bytes, but its section headers end at " + Long.toUnsignedString(end));
        }
    }

    /** What a file contains; of one that changes meanwhile, no more than its size at the beginning. */
    private static MemorySegment read(Path path, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            ByteBuffer start = ByteBuffer.allocate(START_BYTES);
            channel.read(start, 0);
            checkStart(Arrays.copyOf(start.array(), start.position()), size);
            MemorySegment bytes = arena.allocate(size, 8);
            for (long at = 0; at < bytes.byteSize(); ) {
                long part = Math.min(bytes.byteSize() - at, READ_BYTES);
                int n = channel.read(bytes.asSlice(at, part).asByteBuffer(), at);
                if (n < 0) {
                    return bytes.asSlice(0, at);
                }
                at += n;
            }
            return bytes;
        }
    }

    /**
     * A compiled file in memory; the bytes must not change.
     *
     * @throws ArtifactException if it is damaged or not for this version
     */
    public static Artifact of(MemorySegment file, OpenOptions options) {
        return new Artifact(null, file.asReadOnly(), options);
    }

    private Elf.Section section(String name) {
        Elf.Section s = sections.get(name);
        if (s == null) {
            throw new ArtifactException("damaged file: no section " + name);
        }
        return s;
    }

    private MemorySegment bytes(String name) {
        Elf.Section s = section(name);
        return file.asSlice(s.offset(), s.size());
    }

    /**
     * From which source lines it comes; null if it was compiled without debugging information.
     *
     * @throws ArtifactException if that is damaged
     */
    public SourceLines lines() {
        SourceLines known = lines;
        if (known == null && sections.containsKey(SourceLines.SECTION)) {
            known = new SourceLines(bytes(SourceLines.SECTION));
            lines = known;
        }
        return known;
    }

    /** All bytes of the file. */
    public MemorySegment file() {
        return file;
    }

    /** Names of the sections, in the file's order. */
    public List<String> sections() {
        return List.copyOf(sections.keySet());
    }

    /** Bytes of a section, or null if there is none of that name. */
    public MemorySegment sectionBytes(String name) {
        return sections.containsKey(name) ? bytes(name).asReadOnly() : null;
    }

    /** The signature in the file, or null if there is none. */
    public FileSignature signature() {
        return signer;
    }

    public Compat compat() {
        return compat;
    }

    /** Modules in the order of their numbers: a module's number is the payload of its functions' keys. */
    public List<ModuleInfo> modules() {
        return modules;
    }

    /** What the file's component comes to; null if it is a file of modules only. */
    public ComponentPlan component() {
        return component;
    }

    /** What the file's component imports and exports, in WIT; null if it is none, or that was stripped. */
    public String world() {
        return sections.containsKey(WORLD)
                ? new String(bytes(WORLD).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8)
                : null;
    }

    /**
     * What the file's component imports and exports, as a component of WebAssembly that exports this type; null if it
     * is none, or that was stripped, or is not known because several were put together.
     */
    public byte[] componentType() {
        return sections.containsKey(COMPONENT_TYPE) ? bytes(COMPONENT_TYPE).toArray(ValueLayout.JAVA_BYTE) : null;
    }

    /** Where the modules' contexts lie. */
    public LinkedContexts contexts() {
        return contexts;
    }

    public FunctionIndex index() {
        return index;
    }

    public TrapTable traps() {
        return traps;
    }

    /** The table of wasm offsets, or null if it was stripped. */
    public OffsetTable offsets() {
        return offsets;
    }

    /** Which code was copied from other functions, or null if none was, or it was stripped. */
    public InlineSites inlines() {
        return inlines;
    }

    /** Where frames hold references over calls, or null if none does. */
    public StackMaps stackMaps() {
        return stackMaps;
    }

    /** The names of functions, or null if they were stripped. */
    public NameTable names() {
        return names;
    }

    /**
     * What became of the functions that each module defines, in order; empty if that was stripped.
     *
     * @throws ArtifactException if the section is damaged
     */
    public List<List<Fate>> fates() {
        return sections.containsKey(FateTable.SECTION)
                ? FateTable.decode(bytes(FateTable.SECTION), modules)
                : List.of();
    }

    /**
     * The names of each module's types and their fields; empty if no module has types of objects with names, or they
     * were stripped.
     *
     * @throws ArtifactException if the section is damaged
     */
    public List<TypeNames> typeNames() {
        return sections.containsKey(TypeNameTable.SECTION)
                ? TypeNameTable.decode(bytes(TypeNameTable.SECTION), modules)
                : List.of();
    }

    /** Where the text lies in the file, a multiple of {@link Compat#pageBytes()}. */
    public long textOffset() {
        return section(TEXT).offset();
    }

    /** Bytes of text. */
    public long textLength() {
        return section(TEXT).size();
    }

    /** The machine code. */
    public MemorySegment text() {
        return bytes(TEXT);
    }

    /** Where the data lies in the file, a multiple of {@link Compat#pageBytes()} if there are memory images. */
    public long dataOffset() {
        return section(DATA).offset();
    }

    /** Bytes of data. */
    public long dataLength() {
        return section(DATA).size();
    }

    /** Data segments and images, see {@link ModuleInfo.DataSegment#start()}. */
    public MemorySegment data() {
        return bytes(DATA);
    }

    /** Releases the memory if {@link #open} read the file. */
    @Override
    public void close() {
        if (arena != null) {
            arena.close();
        }
    }
}
