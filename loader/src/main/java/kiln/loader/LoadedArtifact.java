package kiln.loader;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.artifact.Artifact;
import kiln.artifact.Compat;
import kiln.artifact.FuncKey;
import kiln.artifact.InlineSites;
import kiln.artifact.ModuleInfo;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.api.TrapCode;

/**
 * A compiled file whose code is mapped executable in this process. Look-ups read the file in place and are safe for use
 * by several threads; {@link #close} is for when no code of the file runs any more.
 */
public final class LoadedArtifact implements AutoCloseable {
    /** Of files in memory, for those who list a process's mappings. */
    private static final String FILE_NAME = "kiln.cwasm";

    private final Host host;
    private final int file;
    private final long mapping;
    private final long mappingLength;
    private final Artifact artifact;
    private final long textBase;
    private final long textEnd;
    private final Map<Long, MemoryTemplate> templates = new HashMap<>();
    private volatile String label = "wasm";
    private boolean closed;

    private LoadedArtifact(Host host, int file, String name, Artifact.OpenOptions options) {
        this.host = host;
        this.file = file;
        mappingLength = host.fileSize(file);
        if (mappingLength == 0) {
            throw new ArtifactException(Printable.name(name) + ": not a compiled WebAssembly file: empty");
        }
        mapping = host.mapFile(file, 0, mappingLength);
        try {
            artifact = Artifact.of(Native.segment(mapping, mappingLength), options);
            checkMachine(artifact.compat());
            long length = artifact.textLength();
            textBase = length == 0 ? 0 : CodeArena.get().mapText(file, artifact.textOffset(), length);
            textEnd = textBase + length;
        } catch (ArtifactException e) {
            host.release(mapping, mappingLength);
            throw new ArtifactException(Printable.name(name) + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            host.release(mapping, mappingLength);
            throw e;
        }
        List<ModuleInfo> modules = artifact.modules();
        for (int m = 0; m < modules.size(); m++) {
            for (int i = 0; i < modules.get(m).memories().size(); i++) {
                addTemplate(m, i, modules.get(m));
            }
        }
        LoadedCode.add(this);
    }

    private void addTemplate(int module, int memory, ModuleInfo info) {
        List<MemoryTemplate.Range> ranges = new ArrayList<>();
        for (ModuleInfo.MemoryImage i : info.images()) {
            if (i.memory() == memory && i.length() > 0) {
                ranges.add(new MemoryTemplate.Range(i.memoryOffset(), artifact.dataOffset() + i.start(), i.length()));
            }
        }
        if (!ranges.isEmpty()) {
            templates.put(templateKey(module, memory), new MemoryTemplate(file, ranges));
        }
    }

    private static long templateKey(int module, int memory) {
        return (long) module << 32 | memory;
    }

    /**
     * Loads a file from a copy in memory that nobody can change, so that whatever becomes of the file during and after
     * loading does nothing.
     *
     * @throws ArtifactException if it is damaged, of another version or for another machine, or lacks a required
     *     signature
     * @throws HostException if the system refuses to read or map it
     */
    public static LoadedArtifact load(Path path, Artifact.OpenOptions options) {
        Host host = Host.current();
        int file = host.openFile(path);
        int copy;
        Extraction extraction = Extraction.current();
        try {
            Artifact.checkStart(host.readStart(file, Artifact.START_BYTES), host.fileSize(file));
            copy = extraction != null ? extraction.open(host, path) : host.memoryFile(FILE_NAME, file);
        } catch (ArtifactException e) {
            throw new ArtifactException(Printable.file(path) + ": " + e.getMessage(), e);
        } finally {
            host.closeFile(file);
        }
        return open(host, copy, PathBytes.text(path), options);
    }

    /**
     * Maps a file itself, so that processes share its pages and those that nobody needs are never read. It must not
     * change while it is mapped (it may be replaced by renaming another one over it): where pages are lost, generated
     * code ends with a trap by signal, but anything else that needs them ends the process; where they change, anything
     * may happen.
     *
     * @param options which require no signature
     * @throws ArtifactException if it is damaged, of another version or for another machine
     * @throws HostException if the system refuses to open or map it
     */
    public static LoadedArtifact map(Path path, Artifact.OpenOptions options) {
        if (options.requiresSignature()) {
            throw new IllegalArgumentException("what a signature is checked of must not change: load it");
        }
        Host host = Host.current();
        return open(host, host.openFile(path), PathBytes.text(path), options);
    }

    /**
     * Maps a compiled file that is in memory; the bytes are copied.
     *
     * @throws ArtifactException if it is damaged, of another version or for another machine
     * @throws HostException if the system refuses to map it
     */
    public static LoadedArtifact load(MemorySegment bytes, Artifact.OpenOptions options) {
        Host host = Host.current();
        Extraction extraction = Extraction.current();
        int copy = extraction != null ? extraction.open(host, bytes) : host.memoryFile(FILE_NAME, bytes);
        return open(host, copy, "compiled module", options);
    }

    private static LoadedArtifact open(Host host, int file, String name, Artifact.OpenOptions options) {
        try {
            return new LoadedArtifact(host, file, name, options);
        } catch (RuntimeException | Error e) {
            host.closeFile(file);
            throw e;
        }
    }

    private void checkMachine(Compat compat) {
        // Finding out the features takes longer than all the rest of loading a small file.
        boolean baseline = compat.cpuFeatures().isEmpty();
        checkMachine(compat, baseline ? new HostCpu(host.architecture(), Set.of()) : HostCpu.current());
    }

    /** Checks that the code can run on {@code cpu}. */
    static void checkMachine(Compat compat, HostCpu cpu) {
        if (!compat.architecture().equals(cpu.architecture())) {
            throw new ArtifactException("compiled for " + Printable.name(compat.architecture())
                    + ", but this machine is " + cpu.architecture());
        }
        List<String> missing = new ArrayList<>(compat.cpuFeatures());
        missing.removeAll(cpu.features());
        if (!missing.isEmpty()) {
            throw new ArtifactException("the code needs CPU features " + Printable.names(missing)
                    + ", which this machine (" + cpu.architecture() + ") does not have: compile for the baseline");
        }
    }

    /** The file's contents. */
    public Artifact artifact() {
        return artifact;
    }

    public List<ModuleInfo> modules() {
        return artifact.modules();
    }

    /** Address of the first byte of the text: what {@code VMContext.textBase} holds. */
    public long textBase() {
        return textBase;
    }

    /** Whether {@code pc} lies in this file's text. */
    public boolean contains(long pc) {
        return pc >= textBase && pc < textEnd;
    }

    /** Code address of a function, or 0 if the file has no such function. */
    public long code(FuncKey key) {
        return code(key.raw());
    }

    /**
     * Code address of the function with this raw key ({@link FuncKey#raw()}), or 0 if the file has no such function.
     */
    public long code(long key) {
        int entry = artifact.index().find(key);
        return entry < 0 ? 0 : textBase + artifact.index().start(entry);
    }

    /** The function whose code contains {@code pc}, or null (padding, another file's code). */
    public FuncKey functionAt(long pc) {
        int entry = contains(pc) ? artifact.index().entryAt(pc - textBase) : -1;
        return entry < 0 ? null : FuncKey.ofRaw(artifact.index().key(entry));
    }

    /** Why code stopped at {@code pc} (see {@link StoreMemory#trapPc()}), or null if that is no trap site. */
    public TrapCode trapAt(long pc) {
        int code = contains(pc - 1) ? artifact.traps().find(pc - textBase) : -1;
        return code < 0 || code >= TRAP_CODES.length ? null : TRAP_CODES[code];
    }

    private static final TrapCode[] TRAP_CODES = TrapCode.values();

    /**
     * Byte offset in the wasm file of the instruction at {@code pc}, or -1 if it is not known. For a return address
     * pass the address less one, which belongs to the call.
     */
    public int wasmOffset(long pc) {
        if (!contains(pc) || artifact.offsets() == null) {
            return -1;
        }
        int entry = artifact.index().entryAt(pc - textBase);
        return entry < 0
                ? -1
                : artifact.offsets().find(pc - textBase, artifact.index().start(entry));
    }

    /**
     * A function that is active at an address.
     *
     * @param wasmOffset byte offset in its wasm file of where it is, or -1 if it is not known
     */
    public record ActiveFunction(FuncKey function, int wasmOffset) {}

    /**
     * The functions that are active where the code at {@code pc} runs: those whose code was copied into another one,
     * innermost first, then the one whose code this is. Empty for padding and code of other files. For a return address
     * pass the address less one.
     */
    public List<ActiveFunction> activeAt(long pc) {
        FuncKey function = functionAt(pc);
        if (function == null) {
            return List.of();
        }
        int wasmOffset = wasmOffset(pc);
        InlineSites inlines = artifact.inlines();
        int site = inlines == null ? -1 : inlines.find(pc - textBase);
        if (site < 0) {
            return List.of(new ActiveFunction(function, wasmOffset));
        }
        List<ActiveFunction> result = new ArrayList<>();
        while (site >= 0) {
            InlineSites.Site s = inlines.site(site);
            result.add(new ActiveFunction(s.callee(), wasmOffset));
            wasmOffset = s.wasmOffset();
            site = s.around();
        }
        result.add(new ActiveFunction(function, wasmOffset));
        return result;
    }

    /**
     * Name of a function, or null if it has none.
     *
     * @param function index in the module's function space, imports first
     */
    public String functionName(int module, int function) {
        return artifact.names() == null ? null : artifact.names().find(module, function);
    }

    /** Says what a module without a name of its own is called; "wasm" until then. */
    public void label(String name) {
        label = name;
    }

    /** Name of a module: its own, or else the file's label. */
    public String moduleName(int module) {
        String name = artifact.modules().get(module).name();
        return name.isEmpty() ? label : name;
    }

    /** What a memory defined by a module contains at first, or null for zeros. */
    public MemoryTemplate memoryTemplate(int module, int memory) {
        return templates.get(templateKey(module, memory));
    }

    /** The file whose text contains {@code pc}, or null. */
    public static LoadedArtifact find(long pc) {
        return LoadedCode.find(pc);
    }

    /** Address after the last byte of the text. */
    public long textEnd() {
        return textEnd;
    }

    /**
     * Unmaps code and file: nothing of it runs, and nothing will; its look-ups must not be used any more. Idempotent.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        LoadedCode.remove(this);
        if (textBase != 0) {
            CodeArena.get().release(textBase, textEnd - textBase);
        }
        host.release(mapping, mappingLength);
        for (MemoryTemplate t : templates.values()) {
            t.close();
            MemoryPool.shared().forget(t);
        }
        host.closeFile(file);
    }
}
