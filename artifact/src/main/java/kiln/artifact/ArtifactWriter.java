package kiln.artifact;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlanCodec;
import kiln.types.TypeNames;

/**
 * Writes a compiled file, see {@link Artifact}. The same calls give the same bytes. Functions, trap sites and
 * positions are added in ascending order. Not safe for use by several threads.
 */
public final class ArtifactWriter {
    /** What may be left out. */
    public enum Strip {
        /**
         * Names: .kiln.names, .kiln.typenames, .kiln.fates and the symbol table; and a component's .kiln.world
         * and .kiln.type.
         */
        NAMES,
        /** Where code comes from: .kiln.offsets, .kiln.inlines and .kiln.lines. */
        OFFSETS
    }

    private final Compat compat;
    private final List<ModuleInfo> modules = new ArrayList<>();
    private final FunctionIndexBuilder functions = new FunctionIndexBuilder();
    private final TrapTable.Builder traps = new TrapTable.Builder();
    private final OffsetTable.Builder offsets = new OffsetTable.Builder();
    private final InlineSites.Builder inlines = new InlineSites.Builder();
    private final StackMaps.Builder stackMaps = new StackMaps.Builder();
    private final List<TreeMap<Integer, String>> names = new ArrayList<>();
    private final List<List<Fate>> fates = new ArrayList<>();
    private final List<TypeNames> typeNames = new ArrayList<>();
    private final List<SourceLines.Builder> lines = new ArrayList<>();
    private final DataSection data;
    private MemorySegment text = MemorySegment.ofArray(new byte[0]);
    private ComponentPlan component;
    private byte[] componentType;
    private List<byte[]> components = List.of();
    private String world;
    private boolean stripNames;
    private boolean stripOffsets;

    public ArtifactWriter(Compat compat) {
        if (!Elf.MACHINES.containsKey(compat.architecture())) {
            throw new IllegalArgumentException("unknown architecture: " + compat.architecture());
        }
        this.compat = compat;
        data = new DataSection(compat.pageBytes());
    }

    /** Leaves something out. */
    public ArtifactWriter strip(Strip what) {
        switch (what) {
            case NAMES -> stripNames = true;
            case OFFSETS -> stripOffsets = true;
        }
        return this;
    }

    /** The laid-out machine code, relocated. It is not copied before the file is written. */
    public ArtifactWriter text(MemorySegment code) {
        text = code;
        return this;
    }

    /**
     * Adds a function; keys and starts ascend.
     *
     * @param start text offset of the first byte
     * @param length bytes of code, positive, padding not counted
     * @throws IllegalArgumentException if it is out of order or overlaps the one before
     */
    public ArtifactWriter function(FuncKey key, long start, long length) {
        functions.add(key.raw(), start, length);
        inlines.add(start, -1);
        return this;
    }

    /**
     * Adds a trap site; offsets ascend.
     *
     * @param offset text offset of the faulting instruction, or the return address of the call to the trap stub
     * @throws IllegalArgumentException if it is out of order
     */
    public ArtifactWriter trap(long offset, TrapCode code) {
        traps.add(offset, code.ordinal());
        return this;
    }

    /**
     * Says where a frame holds references while it waits for a call; offsets ascend.
     *
     * @param returnAddress text offset of the call's end
     * @param words of the frame, ascending, at least one, see {@link StackMaps}
     * @throws IllegalArgumentException if it is out of order
     */
    public ArtifactWriter stackMap(long returnAddress, int[] words) {
        stackMaps.add(returnAddress, words);
        return this;
    }

    /**
     * Says that code from text offset {@code offset} on, as far as the next position or the function's end, comes from
     * byte {@code wasmOffset} of the wasm file (or, if -1, from nowhere). Offsets ascend.
     *
     * @throws IllegalArgumentException if it is out of order
     */
    public ArtifactWriter position(long offset, int wasmOffset) {
        offsets.add(offset, wasmOffset);
        return this;
    }

    /**
     * Adds a call that was replaced by a copy of its callee; returns its number.
     *
     * @param wasmOffset of the call, in the wasm file of the function that it stood in
     * @param around number of the site that the call itself belongs to, or -1
     */
    public int inlineSite(FuncKey callee, int wasmOffset, int around) {
        return inlines.addSite(callee, wasmOffset, around);
    }

    /**
     * Says that code from text offset {@code offset} on, as far as the next call of this method or the function's end,
     * belongs to a site (or, if -1, to none). Offsets ascend.
     */
    public ArtifactWriter inlined(long offset, int site) {
        inlines.add(offset, site);
        return this;
    }

    /** Adds a module; its number is the number of modules before it. */
    public ArtifactWriter module(ModuleInfo module) {
        modules.add(module);
        return this;
    }

    /**
     * Says that the file is a component's; its modules are the one that stands for it and those of the plan.
     *
     * @param wit what the component imports and exports, for people
     * @param type the same for tools, in the binary format; may be null
     * @param nested the compiled files of components that it exports, by number
     */
    public ArtifactWriter component(ComponentPlan plan, String wit, byte[] type, List<byte[]> nested) {
        component = plan;
        componentType = type;
        world = wit;
        components = List.copyOf(nested);
        return this;
    }

    /**
     * Names a function.
     *
     * @param module the module's number
     * @param function index in the module's function space, imports first
     */
    public ArtifactWriter name(int module, int function, String name) {
        while (names.size() <= module) {
            names.add(new TreeMap<>());
        }
        names.get(module).put(function, name);
        return this;
    }

    /** Says what became of the functions that the next module defines, in order; may be left out for all modules. */
    public ArtifactWriter fates(List<Fate> ofModule) {
        fates.add(List.copyOf(ofModule));
        return this;
    }

    /** Names the types of the next module; to be called for all modules, or none. */
    public ArtifactWriter typeNames(TypeNames ofModule) {
        typeNames.add(ofModule);
        return this;
    }

    /** Says from which source lines the next module comes; may be left out for all modules. */
    public ArtifactWriter lines(SourceLines.Builder ofModule) {
        lines.add(ofModule);
        return this;
    }

    /** Where data segments and memory images are collected; their offsets go into {@link ModuleInfo}. */
    public DataSection data() {
        return data;
    }

    /** The file in memory. */
    public byte[] toBytes() {
        Layout layout = layout();
        byte[] bytes = new byte[Math.toIntExact(layout.fileSize)];
        layout.write(MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Writes the file where {@code path} says, as {@link OutputFile} has it: whole or not at all. */
    public void write(Path path) throws IOException {
        Layout layout = layout();
        // A copy in memory: a mapped file on a full disk would be a fault instead of an error. The digests of a large
        // file are computed by several threads.
        try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(layout.fileSize, 8);
            layout.write(bytes);
            OutputFile.write(path, bytes);
        }
    }

    private Layout layout() {
        Layout l = new Layout(compat);
        References references = new References(functions::startOf);
        l.add(Compat.SECTION, compat.encode(), 8);
        l.add(ModuleCodec.SECTION, ModuleCodec.encode(modules, references), 8);
        l.add(References.SECTION, references.bytes(), 8);
        if (component != null) {
            l.add(ComponentPlanCodec.SECTION, new ByteSink().bytes(ComponentPlanCodec.encode(component)), 8);
            for (int i = 0; i < components.size(); i++) {
                l.add(ComponentPlanCodec.nested(i), new ByteSink().bytes(components.get(i)), 8);
            }
        }
        l.add(FunctionIndex.SECTION, functions.build(text.byteSize()), 16);
        l.add(TrapTable.SECTION, traps.build(), 8);
        if (!stripOffsets) {
            l.add(OffsetTable.SECTION, offsets.build(), 8);
            if (!inlines.isEmpty()) {
                l.add(InlineSites.SECTION, inlines.build(), 8);
            }
        }
        if (!stripOffsets && !lines.stream().allMatch(SourceLines.Builder::isEmpty)) {
            l.add(SourceLines.SECTION, SourceLines.encode(lines), 8);
        }
        if (!stackMaps.isEmpty()) {
            l.add(StackMaps.SECTION, stackMaps.build(), 8);
        }
        ByteSink strtab = new ByteSink().u8(0);
        if (!stripNames && world != null) {
            l.add(Artifact.WORLD, new ByteSink().bytes(world.getBytes(StandardCharsets.UTF_8)), 1);
        }
        if (!stripNames && componentType != null) {
            l.add(Artifact.COMPONENT_TYPE, new ByteSink().bytes(componentType), 1);
        }
        if (!stripNames) {
            l.add(NameTable.SECTION, nameTable(strtab), 8);
            if (!typeNames.stream().allMatch(TypeNames::isEmpty)) {
                l.add(TypeNameTable.SECTION, TypeNameTable.encode(typeNames), 8);
            }
            if (!fates.isEmpty()) {
                l.add(FateTable.SECTION, FateTable.encode(fates), 8);
            }
        }
        l.endLoad(Elf.PF_R);
        int textSection = l.add(
                Artifact.TEXT, Elf.SHT_PROGBITS, Elf.SHF_ALLOC | Elf.SHF_EXECINSTR, text, compat.pageBytes(), 0, 0, 0);
        l.endLoad(Elf.PF_R | Elf.PF_X);
        l.add(
                Artifact.DATA,
                Elf.SHT_PROGBITS,
                Elf.SHF_ALLOC,
                data.bytes(),
                data.hasImages() ? compat.pageBytes() : Layout.PAGE,
                0,
                0,
                0);
        l.endLoad(Elf.PF_R);
        if (!stripNames) {
            ByteSink symtab = symbols(strtab, textSection, l.address(textSection));
            int strings = l.sections() + 1;
            l.add(".symtab", Elf.SHT_SYMTAB, 0, segment(symtab), 8, strings, functions.count() + 1, Elf.SYM_BYTES);
            l.add(Artifact.STRINGS, Elf.SHT_STRTAB, 0, segment(strtab), 1, 0, 0, 0);
        }
        l.finish();
        return l;
    }

    private static MemorySegment segment(ByteSink s) {
        return MemorySegment.ofArray(s.toArray());
    }

    private ByteSink nameTable(ByteSink strtab) {
        int count = 0;
        ByteSink first = new ByteSink().u32(0);
        ByteSink function = new ByteSink();
        ByteSink string = new ByteSink();
        for (Map<Integer, String> module : names) {
            for (Map.Entry<Integer, String> e : module.entrySet()) {
                function.u32(e.getKey());
                string.u32(strtab.size());
                strtab.bytes(e.getValue().getBytes(StandardCharsets.UTF_8)).u8(0);
                count++;
            }
            first.u32(count);
        }
        string.u32(strtab.size());
        return new ByteSink()
                .u32(names.size())
                .u32(count)
                .bytes(first.toArray())
                .bytes(function.toArray())
                .bytes(string.toArray());
    }

    /** Every function has a symbol: the function's name if it has one, else its key. */
    private ByteSink symbols(ByteSink strtab, int textSection, long textAddress) {
        List<Map<Integer, Integer>> named = new ArrayList<>();
        int at = 1;
        for (TreeMap<Integer, String> module : names) {
            Map<Integer, Integer> places = new TreeMap<>();
            for (Map.Entry<Integer, String> e : module.entrySet()) {
                places.put(e.getKey(), at);
                at += e.getValue().getBytes(StandardCharsets.UTF_8).length + 1;
            }
            named.add(places);
        }
        ByteSink symtab = new ByteSink().u64(0).u64(0).u64(0);
        for (int i = 0; i < functions.count(); i++) {
            FuncKey key = FuncKey.ofRaw(functions.key(i));
            Integer place = null;
            if (isWasmFunction(key) && key.payload() < named.size()) {
                int imported = modules.get(key.payload()).imported(ExternType.Kind.FUNC);
                place = named.get(key.payload()).get(imported + key.index());
            }
            if (place == null) {
                place = strtab.size();
                strtab.bytes(key.toString().getBytes(StandardCharsets.UTF_8)).u8(0);
            }
            symtab.u32(place).u8(Elf.STT_FUNC).u8(0).u8(textSection).u8(textSection >>> 8);
            symtab.u64(textAddress + functions.start(i)).u64(functions.length(i));
        }
        return symtab;
    }

    private boolean isWasmFunction(FuncKey key) {
        return key.namespace() >>> 28 == FuncKey.Kind.WASM_FUNCTION.ordinal() && key.payload() < modules.size();
    }

    /** Gives sections their places and writes them with the ELF headers. */
    private static final class Layout {
        private static final int PROGRAM_HEADERS = 4;
        private static final int PAGE = 1 << 12;

        private record Placed(
                int name,
                int type,
                int flags,
                MemorySegment bytes,
                long offset,
                int align,
                int link,
                int info,
                int entry) {}

        private record Load(int flags, long start, long end) {}

        private final int machine;
        private final int pageBytes;
        private final List<Placed> placed = new ArrayList<>();
        private final List<Load> loads = new ArrayList<>();
        private final ByteSink sectionNames = new ByteSink().u8(0);
        private long at = Elf.EHDR_BYTES + PROGRAM_HEADERS * Elf.PHDR_BYTES;
        private long headersAt;
        private long digestAt;
        private int nameSection;
        long fileSize;

        Layout(Compat compat) {
            machine = Elf.MACHINES.get(compat.architecture());
            pageBytes = compat.pageBytes();
        }

        int add(String name, ByteSink bytes, int align) {
            return add(name, Elf.SHT_PROGBITS, Elf.SHF_ALLOC, segment(bytes), align, 0, 0, 0);
        }

        /** Returns the section's number. */
        int add(String name, int type, int flags, MemorySegment bytes, int align, int link, int info, int entry) {
            at = at + align - 1 & -align;
            placed.add(new Placed(name(name), type, flags, bytes, at, align, link, info, entry));
            at += bytes.byteSize();
            return placed.size();
        }

        private int name(String name) {
            int place = sectionNames.size();
            sectionNames.bytes(name.getBytes(StandardCharsets.US_ASCII)).u8(0);
            return place;
        }

        int sections() {
            return placed.size() + 1;
        }

        long address(int section) {
            return placed.get(section - 1).offset;
        }

        /** Ends a loaded segment; the next one starts on another page. */
        void endLoad(int flags) {
            Placed last = placed.getLast();
            long start = loads.isEmpty() ? 0 : last.offset;
            loads.add(new Load(flags, start, at));
        }

        void finish() {
            name(".shstrtab");
            int digestName = name(Digest.SECTION);
            int signatureName = name(FileSignature.SECTION);
            nameSection = placed.size() + 1;
            int place = digestName - ".shstrtab".length() - 1;
            MemorySegment names = segment(sectionNames);
            placed.add(new Placed(place, Elf.SHT_STRTAB, 0, names, at, 1, 0, 0, 0));
            at += names.byteSize();
            headersAt = at + 7 & -8;
            digestAt = headersAt + (placed.size() + 3L) * Elf.SHDR_BYTES;
            MemorySegment room = MemorySegment.ofArray(new byte[Math.toIntExact(Digest.size(digestAt))]);
            placed.add(new Placed(digestName, Elf.SHT_PROGBITS, 0, room, digestAt, 8, 0, 0, 0));
            MemorySegment signature = MemorySegment.ofArray(new byte[FileSignature.BYTES]);
            long signatureAt = digestAt + room.byteSize();
            placed.add(new Placed(signatureName, Elf.SHT_PROGBITS, 0, signature, signatureAt, 4, 0, 0, 0));
            fileSize = signatureAt + signature.byteSize();
        }

        /** Writes to memory that is zero. */
        void write(MemorySegment out) {
            new ByteSink()
                    .u64(Elf.IDENT)
                    .u64(0)
                    .u8(Elf.ET_DYN)
                    .u8(0)
                    .u8(machine)
                    .u8(0)
                    .u32(1)
                    .u64(0)
                    .u64(Elf.EHDR_BYTES)
                    .u64(headersAt)
                    .u32(0)
                    .u8(Elf.EHDR_BYTES)
                    .u8(0)
                    .u8(Elf.PHDR_BYTES)
                    .u8(0)
                    .u8(PROGRAM_HEADERS)
                    .u8(0)
                    .u8(Elf.SHDR_BYTES)
                    .u8(0)
                    .u8(placed.size() + 1)
                    .u8(0)
                    .u8(nameSection)
                    .u8(0)
                    .copyTo(out, 0);
            ByteSink programs = new ByteSink();
            for (Load l : loads) {
                programs.u32(Elf.PT_LOAD).u32(l.flags).u64(l.start).u64(l.start).u64(l.start);
                programs.u64(l.end - l.start).u64(l.end - l.start);
                programs.u64(l.start % pageBytes == 0 ? pageBytes : PAGE);
            }
            programs.u32(Elf.PT_GNU_STACK)
                    .u32(Elf.PF_R | Elf.PF_W)
                    .u64(0)
                    .u64(0)
                    .u64(0)
                    .u64(0)
                    .u64(0)
                    .u64(16);
            programs.copyTo(out, Elf.EHDR_BYTES);
            ByteSink headers = new ByteSink().bytes(new byte[Elf.SHDR_BYTES]);
            for (Placed p : placed) {
                MemorySegment.copy(p.bytes, 0, out, p.offset, p.bytes.byteSize());
                headers.u32(p.name).u32(p.type).u64(p.flags);
                headers.u64((p.flags & Elf.SHF_ALLOC) != 0 ? p.offset : 0)
                        .u64(p.offset)
                        .u64(p.bytes.byteSize());
                headers.u32(p.link).u32(p.info).u64(p.align).u64(p.entry);
            }
            headers.copyTo(out, headersAt);
            byte[] digest = Digest.compute(out, digestAt);
            MemorySegment.copy(MemorySegment.ofArray(digest), 0, out, digestAt, digest.length);
        }
    }
}
