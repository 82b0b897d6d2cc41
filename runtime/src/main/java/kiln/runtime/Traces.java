package kiln.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.ModuleInfo;
import kiln.artifact.SourceLines;
import kiln.artifact.StoreLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.LoadedArtifact;
import kiln.loader.Native;
import kiln.loader.StoreMemory;
import kiln.loader.Upcalls;

/**
 * Makes trap exceptions whose stack trace has WebAssembly frames where they belong between Java's. Innermost first, a
 * stack with calls within calls looks so:
 *
 * <pre>
 *   wasm frames of the innermost activation   from the backtrace buffer (a trap) or its exit frame (a builtin)
 *   Java: entry ... host function ... upcall
 *   wasm frames of the next activation        along the frame bases, from its exit frame to the entry stub's frame
 *   Java: entry ...
 * </pre>
 */
final class Traces {
    /**
     * The most functions that a trace names of one activation, inlined ones counted: as many as Java itself keeps of
     * its frames. After a stack overflow nobody needs them all.
     */
    private static final int MAX_FRAMES = 1024;

    private static final String UPCALL_CLASS = Upcalls.class.getName();
    private static final String UPCALL_METHOD = "dispatch";
    /** Classes that are only mechanism: their frames say nothing to a reader of the trace. */
    private static final Set<String> HIDDEN = Set.of(
            Traces.class.getName(),
            Dispatch.class.getName(),
            Builtins.class.getName(),
            HostBinding.class.getName(),
            HostAdapter.class.getName(),
            HostAdapter.class.getName() + "$Raw",
            HostAdapter.class.getName() + "$OnDemand",
            TypedHost.class.getName(),
            UPCALL_CLASS,
            "kiln.loader.Entry");

    private Traces() {}

    /** A page of a mapped file has gone; on both architectures. */
    private static final int SIGBUS = 7;

    /** The exception for a trap that has just left generated code of this store. */
    static Throwable ofNative(Store store) {
        StoreMemory memory = store.block().memory();
        long pc = memory.trapPc();
        int signal = memory.trapSignal();
        long address = memory.trapAddress();
        if (signal == SIGBUS) {
            return new WasmException("a part of a compiled file cannot be read any more, at address 0x"
                    + Long.toHexString(address) + ": the file was truncated while it was in use, or its disk failed");
        }
        LoadedArtifact artifact = LoadedArtifact.find(signal == 0 ? pc - 1 : pc);
        TrapCode code = artifact == null ? null : artifact.trapAt(pc);
        List<WasmFrame> frames = captured(memory, signal == 0 ? pc - 1 : pc);
        if (code == null) {
            return bug(pc, signal, address, artifact, frames);
        }
        if (code == TrapCode.STACK_CHECK && memory.clearInterrupt()) {
            code = TrapCode.INTERRUPTED;
        }
        TrapException t = new TrapException(code, code.message(), frames);
        t.setIncomplete(!rewrite(t, store, frames, false));
        Events.trap(t, frames);
        return t;
    }

    /** The exception for one of WebAssembly's that has just left generated code of this store. */
    static ThrownException uncaught(Store store, ExnRef e) {
        StoreMemory memory = store.block().memory();
        List<WasmFrame> frames = captured(memory, memory.trapPc() - 1);
        ThrownException t = new ThrownException(e, frames);
        rewrite(t, store, frames, false);
        return t;
    }

    /** The frames that a stub has captured, from the one with {@code pc} on. */
    private static List<WasmFrame> captured(StoreMemory memory, long pc) {
        List<WasmFrame> frames = new ArrayList<>();
        addFrames(frames, pc, MAX_FRAMES);
        long[] backtrace = memory.backtrace();
        for (int i = 0; i < backtrace.length && frames.size() < MAX_FRAMES; i++) {
            addFrames(frames, backtrace[i] - 1, MAX_FRAMES);
        }
        return frames;
    }

    /** The exception for a trap that the runtime raises on behalf of generated code that called it. */
    static TrapException ofHost(Store store, TrapCode code) {
        return ofHost(store, code, code.message());
    }

    /** As {@link #ofHost(Store, TrapCode)}, with a message of its own. */
    static TrapException ofHost(Store store, TrapCode code, String message) {
        List<WasmFrame> frames = waiting(store);
        TrapException t = new TrapException(code, message, frames);
        t.setIncomplete(!rewrite(t, store, null, true));
        Events.trap(t, frames);
        return t;
    }

    /** The frames of the store's generated code that waits for a call of the runtime's; empty if none does. */
    static List<WasmFrame> waiting(Store store) {
        return waiting(store, MAX_FRAMES);
    }

    /** As {@link #waiting(Store)}, but so many at most, the innermost. */
    static List<WasmFrame> waiting(Store store, int limit) {
        List<WasmFrame> frames = new ArrayList<>();
        long context = store.block().memory().address();
        long activation = Native.getLong(context + StoreLayout.ACTIVATION);
        if (activation != 0) {
            walk(frames, Native.getLong(context + StoreLayout.EXIT_FRAME), activation, limit);
        }
        return frames;
    }

    /**
     * Adds this store's WebAssembly frames to the trace of a trap that is about to leave a host function of the store,
     * if it lacks any: the host function raised it itself, or called into another store, which knows nothing of this
     * one.
     */
    static void locate(TrapException t, Store store) {
        if (t.incomplete()) {
            t.setIncomplete(!rewrite(t, store, null, false));
        }
    }

    private static KilnBug bug(long pc, int signal, long address, LoadedArtifact artifact, List<WasmFrame> frames) {
        String where = artifact == null
                ? "in no loaded code"
                : "at text+0x" + Long.toHexString(pc - artifact.textBase()) + " in " + artifact.functionAt(pc - 1);
        String what = signal == 0
                ? "explicit trap"
                : "signal " + signal + " (data address 0x" + Long.toHexString(address) + ")";
        return new KilnBug("generated code stopped where no trap is possible: " + what + " at pc 0x"
                + Long.toHexString(pc) + ", " + where + "; frames: " + frames.subList(0, Math.min(frames.size(), 20)));
    }

    /**
     * Puts this store's WebAssembly frames where they belong in a stack trace.
     *
     * @return whether it is complete, or has frames of other stores to be filled in
     */
    private static boolean rewrite(Throwable t, Store store, List<WasmFrame> innermost, boolean fromUpcall) {
        List<StackTraceElement> result = new ArrayList<>();
        if (innermost != null) {
            addElements(result, innermost);
        }
        long context = store.block().memory().address();
        long activation = Native.getLong(context + StoreLayout.ACTIVATION);
        long exitFrame = Native.getLong(context + StoreLayout.EXIT_FRAME);
        boolean started = !fromUpcall;
        boolean complete = true;
        for (StackTraceElement e : t.getStackTrace()) {
            if (e.getClassName().equals(UPCALL_CLASS) && e.getMethodName().equals(UPCALL_METHOD)) {
                started = true;
                if (activation != 0) {
                    List<WasmFrame> frames = new ArrayList<>();
                    walk(frames, exitFrame, activation, MAX_FRAMES);
                    addElements(result, frames);
                    exitFrame = Native.getLong(activation + StoreLayout.ACTIVATION_EXIT_FRAME);
                    activation = Native.getLong(activation + StoreLayout.ACTIVATION_PREVIOUS);
                } else {
                    // An upcall from another store, whose host function will add what belongs here.
                    result.add(e);
                    complete = false;
                }
            } else if (started && !hidden(e)) {
                result.add(e);
            }
        }
        t.setStackTrace(result.toArray(StackTraceElement[]::new));
        return complete;
    }

    private static boolean hidden(StackTraceElement e) {
        String c = e.getClassName();
        return HIDDEN.contains(c)
                || c.equals("kiln.runtime.Store")
                        && (e.getMethodName().equals("enter")
                                || e.getMethodName().equals("failure")
                                || e.getMethodName().equals("uncaught"))
                || c.equals("kiln.runtime.Func") && e.getMethodName().equals("enter");
    }

    private static void addElements(List<StackTraceElement> result, List<WasmFrame> frames) {
        for (WasmFrame f : frames) {
            result.add(f.toStackTraceElement());
        }
    }

    /** Adds the frames of an activation that is waiting for an upcall, until there are {@code limit}. */
    private static void walk(List<WasmFrame> frames, long exitFrame, long activation, int limit) {
        long end = Native.getLong(activation + StoreLayout.ACTIVATION_FP);
        long frame = exitFrame;
        while (frames.size() < limit && frame != 0 && frame != end) {
            addFrames(frames, Native.getLong(frame + 8) - 1, limit);
            frame = Native.getLong(frame);
        }
    }

    /** Adds the functions that {@code pc} lies in, unless it is a stub or the like, until there are {@code limit}. */
    private static void addFrames(List<WasmFrame> frames, long pc, int limit) {
        LoadedArtifact artifact = LoadedArtifact.find(pc);
        if (artifact == null) {
            return;
        }
        for (LoadedArtifact.ActiveFunction active : artifact.activeAt(pc)) {
            if (frames.size() >= limit) {
                return;
            }
            FuncKey key = active.function();
            if (key.kind() == FuncKey.Kind.WASM_FUNCTION
                    && key.payload() < artifact.modules().size()) {
                frames.add(frame(artifact, key, active.wasmOffset()));
            } else if (artifact.artifact().component() != null && CanonFrames.isCanon(key)) {
                frames.add(CanonFrames.frame(artifact, key));
            }
        }
    }

    private static WasmFrame frame(LoadedArtifact artifact, FuncKey key, int wasmOffset) {
        ModuleInfo info = artifact.modules().get(key.payload());
        int function = key.index() + info.imported(ExternType.Kind.FUNC);
        String name = artifact.functionName(key.payload(), function);
        SourceLines lines = artifact.artifact().lines();
        SourceLines.Line line = lines == null ? null : lines.find(key.payload(), wasmOffset);
        return new WasmFrame(
                artifact.moduleName(key.payload()),
                name == null || name.isEmpty() ? "func[" + function + "]" : name,
                function,
                wasmOffset,
                line == null ? null : line.file(),
                line == null ? 0 : line.line());
    }
}
