package kiln.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.ConstantBytes;
import kiln.ir.V128;

/**
 * The growing machine code of one function with everything recorded beside it: labels and the places that refer to
 * them, relocations, trap sites, source positions, constants, and cold code that is emitted after the body.
 */
public final class CodeBuffer {
    /** Fills in the distance to a label that is now bound. */
    @FunctionalInterface
    public interface Patcher {
        /**
         * @param at offset of the field to patch
         * @param target offset of the label
         * @return false if the distance does not fit
         */
        boolean patch(CodeBuffer buffer, int at, int target);
    }

    /** What emits code into the buffer. */
    @FunctionalInterface
    public interface Emitter {
        /** Told that a field does not reach its label: a longer form is needed, in which all is emitted once more. */
        void lengthen();
    }

    private record Fixup(int at, Label label, Patcher patcher, Emitter emitter) {}

    private byte[] bytes = new byte[256];
    private int size;
    private final List<Fixup> fixups = new ArrayList<>();
    private final List<Relocation> relocations = new ArrayList<>();
    /** Ordinals of {@link TrapCode}. */
    private final OffsetList traps = new OffsetList();

    /** Numbers of {@link #stackMaps}. */
    private final OffsetList references = new OffsetList();

    private final List<int[]> stackMaps = new ArrayList<>();
    private int[] lastReferences;
    private final SourceMap sources = new SourceMap();
    private final Map<Object, Label> constants = new HashMap<>();
    private final Map<Object, Label> shared = new IdentityHashMap<>();
    private final List<Runnable> coldCode = new ArrayList<>();
    private final List<Relaxation.Span> spans = new ArrayList<>();
    private final List<Label> bound = new ArrayList<>();
    private boolean allPositions;
    private Object machineState;
    private int machineStateAt = -1;
    private Emitter emitter;
    private Object encoder;

    /** What a back end encodes its instructions with, kept for the next one; null at first. */
    public Object encoder() {
        return encoder;
    }

    /** Keeps what {@link #encoder()} gives. */
    public void setEncoder(Object encoder) {
        this.encoder = encoder;
    }

    /** Says who emits the code from here on, or null if nobody has a longer form. */
    public void emitter(Emitter emitter) {
        this.emitter = emitter;
    }

    /** Offset of the next byte. */
    public int size() {
        return size;
    }

    private void ensure(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }

    public void put1(int b) {
        if (size == bytes.length) {
            ensure(1);
        }
        bytes[size++] = (byte) b;
    }

    public void put2(int v) {
        put1(v);
        put1(v >> 8);
    }

    public void put4(int v) {
        ensure(4);
        set4(size, v);
        size += 4;
    }

    public void put8(long v) {
        ensure(8);
        set4(size, (int) v);
        set4(size + 4, (int) (v >>> 32));
        size += 8;
    }

    public int get1(int at) {
        return bytes[at] & 0xff;
    }

    public int get4(int at) {
        return get1(at) | get1(at + 1) << 8 | get1(at + 2) << 16 | get1(at + 3) << 24;
    }

    public void set1(int at, int v) {
        bytes[at] = (byte) v;
    }

    public void set4(int at, int v) {
        bytes[at] = (byte) v;
        bytes[at + 1] = (byte) (v >> 8);
        bytes[at + 2] = (byte) (v >> 16);
        bytes[at + 3] = (byte) (v >> 24);
    }

    /** Pads with {@code fill} to a multiple of {@code alignment}. */
    public void align(int alignment, int fill) {
        while (size % alignment != 0) {
            put1(fill);
        }
    }

    public void bind(Label label) {
        label.bind(size);
        bound.add(label);
        machineStateAt = -1;
    }

    /** Records what is known of the machine's state behind the code so far, for whatever is emitted next. */
    public void machineState(Object machineState) {
        this.machineState = machineState;
        machineStateAt = size;
    }

    /** What was recorded right here, or null: code appended or a label bound since then makes it void. */
    public Object machineState() {
        return machineStateAt == size ? machineState : null;
    }

    /**
     * A branch to {@code target} that is {@code shortOpcode} and a distance of one byte if that reaches, else
     * {@code longOpcode} and four bytes. Everything recorded beside the code moves along when its size is settled, in
     * {@link #emitConstants()}.
     */
    public void branch(Label target, int shortOpcode, int... longOpcode) {
        spans.add(new Relaxation.Branch(size, target, shortOpcode, longOpcode));
        for (int b : longOpcode) {
            put1(b);
        }
        put4(0);
    }

    /** Pads to a multiple of {@code alignment} between branches of unsettled size. */
    public void padding(int alignment, IntConsumer filler) {
        spans.add(new Relaxation.Padding(size, alignment, filler));
        for (int i = 0; i < alignment; i++) {
            put1(0);
        }
    }

    /** Records that the field at offset {@code at} depends on {@code label}. */
    public void refer(int at, Label label, Patcher patcher) {
        fixups.add(new Fixup(at, label, patcher, emitter));
    }

    public void relocate(int at, Relocation.Kind kind, FuncKey target, int addend) {
        relocations.add(new Relocation(at, kind, target, addend));
    }

    /**
     * Records that the code at the current offset may trap: the instruction that starts here, or the call that ended
     * here.
     */
    public void trapSite(TrapCode code) {
        traps.add(size, code.ordinal());
    }

    /** Whether the last thing here is a call that traps, whose return address the next function's start must not be. */
    boolean endsWithTrapSite() {
        return traps.size() > 0 && traps.offset(traps.size() - 1) == size;
    }

    /** Records that a call ended here. */
    public void returnAddress() {
        sources.returnAddress(size);
    }

    /**
     * Records that over the call that ended here these words of the spill area hold references, and those of the frame
     * that always do.
     */
    void references(int[] words, FrameLayout frame) {
        if (words != lastReferences) {
            lastReferences = words;
            int[] inFrame = new int[words.length + frame.references()];
            for (int i = 0; i < words.length; i++) {
                inFrame[i] = frame.word(words[i]);
            }
            for (int i = 0; i < frame.references(); i++) {
                inFrame[words.length + i] = frame.firstReference() + i;
            }
            stackMaps.add(inFrame);
        }
        references.add(size, stackMaps.size() - 1);
    }

    /** Says where the code from here on comes from; -1 means nowhere. */
    public void position(int wasmOffset) {
        sources.position(size, wasmOffset);
    }

    /** A label of eight (or with 4-byte type, four) bytes of constant data behind the code. */
    public Label constant4(int bits) {
        return constants.computeIfAbsent(bits, _ -> new Label());
    }

    public Label constant8(long bits) {
        return constants.computeIfAbsent(bits, _ -> new Label());
    }

    public Label constant16(V128 bits) {
        return constants.computeIfAbsent(bits, _ -> new Label());
    }

    /** Has {@code code} emitted after the body, in order of registration. */
    public void later(Runnable code) {
        coldCode.add(code);
    }

    /** As {@link #later}, but only the first time for each {@code owner}; gives the label of that code. */
    public Label onceLater(Object owner, Consumer<Label> code) {
        Label known = shared.get(owner);
        if (known != null) {
            return known;
        }
        Label label = new Label();
        shared.put(owner, label);
        later(() -> {
            position(-1);
            bind(label);
            code.accept(label);
        });
        return label;
    }

    /** The label of constant bytes behind the body, whose length is made a multiple of four. */
    public Label data(ConstantBytes bytes) {
        return onceLater(bytes, _ -> {
            for (int i = 0; i < (bytes.length() + 3 & ~3); i++) {
                put1(i < bytes.length() ? bytes.get(i) : 0);
            }
        });
    }

    /** As {@link #later}, for a rare case of what is emitted now: the code comes from the same position. */
    public void rarely(Runnable code) {
        int position = sources.last();
        Emitter by = emitter;
        later(() -> {
            position(position);
            emitter = by;
            code.run();
        });
    }

    /** As {@link #rarely}; gives the label of that code, for branches to it. */
    public Label rarelyAt(Runnable code) {
        Label label = new Label();
        rarely(() -> {
            bind(label);
            code.run();
        });
        return label;
    }

    /** Emits everything registered with {@link #later}, which may register more. */
    public void emitColdCode() {
        for (int i = 0; i < coldCode.size(); i++) {
            coldCode.get(i).run();
        }
        coldCode.clear();
    }

    /** Lays out the constants: 16-byte ones first, each naturally aligned. */
    public void emitConstants() {
        relaxBranches();
        if (constants.isEmpty()) {
            return;
        }
        emitConstants(V128.class, 16);
        emitConstants(Long.class, 8);
        emitConstants(Integer.class, 4);
    }

    private void emitConstants(Class<?> type, int width) {
        // Sorted, so that the bytes do not depend on hash order.
        List<Map.Entry<Object, Label>> entries = constants.entrySet().stream()
                .filter(e -> type.isInstance(e.getKey()))
                .sorted((a, b) -> compare(a.getKey(), b.getKey()))
                .toList();
        if (entries.isEmpty()) {
            return;
        }
        align(width, 0);
        for (Map.Entry<Object, Label> e : entries) {
            bind(e.getValue());
            if (e.getKey() instanceof Integer i) {
                put4(i);
            } else if (e.getKey() instanceof Long l) {
                put8(l);
            } else {
                V128 v = (V128) e.getKey();
                put8(v.low());
                put8(v.high());
            }
        }
    }

    /** Gives every branch its final size and moves what lies behind it. */
    private void relaxBranches() {
        if (spans.isEmpty()) {
            return;
        }
        Relaxation r = new Relaxation(spans);
        List<Fixup> branches = new ArrayList<>(spans.size());
        byte[] old = bytes;
        int oldSize = size;
        bytes = new byte[size];
        size = 0;
        int from = 0;
        for (int i = 0; i < spans.size(); i++) {
            Relaxation.Span span = spans.get(i);
            int length = r.newLength(i);
            copy(old, from, span.at());
            from = span.at() + span.length();
            if (span instanceof Relaxation.Padding p) {
                p.filler().accept(length);
                continue;
            }
            Relaxation.Branch b = (Relaxation.Branch) span;
            if (length == b.length()) {
                for (int o : b.longOpcode()) {
                    put1(o);
                }
                branches.add(new Fixup(size, b.target(), CodeBuffer::patchLong, null));
                put4(0);
            } else {
                put1(b.shortOpcode());
                branches.add(new Fixup(size, b.target(), CodeBuffer::patchShort, null));
                put1(0);
            }
        }
        copy(old, from, oldSize);
        spans.clear();
        bound.forEach(l -> l.rebind(r.offset(l.offset())));
        fixups.replaceAll(f -> new Fixup(r.offset(f.at), f.label, f.patcher, f.emitter));
        fixups.addAll(branches);
        relocations.replaceAll(x -> new Relocation(r.offset(x.offset()), x.kind(), x.target(), x.addend()));
        traps.move(r);
        references.move(r);
        sources.move(r);
    }

    private void copy(byte[] from, int start, int end) {
        ensure(end - start);
        System.arraycopy(from, start, bytes, size, end - start);
        size += end - start;
    }

    private static boolean patchShort(CodeBuffer buffer, int at, int target) {
        int distance = target - at - 1;
        buffer.set1(at, distance);
        return (byte) distance == distance;
    }

    private static boolean patchLong(CodeBuffer buffer, int at, int target) {
        buffer.set4(at, target - at - 4);
        return true;
    }

    private static int compare(Object a, Object b) {
        if (a instanceof V128 v) {
            V128 w = (V128) b;
            return v.low() != w.low() ? Long.compare(v.low(), w.low()) : Long.compare(v.high(), w.high());
        }
        return a instanceof Integer i ? Integer.compare(i, (Integer) b) : Long.compare((Long) a, (Long) b);
    }

    /**
     * Patches every reference.
     *
     * @throws IllegalStateException if a label is unbound or out of reach
     */
    public void resolveLabels() {
        if (!tryResolveLabels()) {
            throw new IllegalStateException("label out of reach");
        }
    }

    /**
     * Patches every reference, and tells the emitter of each that does not reach its label.
     *
     * @return false if there is one
     * @throws IllegalStateException if a label is unbound
     */
    public boolean tryResolveLabels() {
        boolean all = true;
        for (Fixup f : fixups) {
            if (!f.patcher.patch(this, f.at, f.label.offset())) {
                all = false;
                if (f.emitter != null) {
                    f.emitter.lengthen();
                }
            }
        }
        fixups.clear();
        return all;
    }

    public CompiledFunction finish(FuncKey key, int alignment, int frameBytes) {
        return finish(key, alignment, 0, frameBytes);
    }

    /** The function, whose code begins {@code phase} bytes behind a multiple of {@code alignment}. */
    CompiledFunction finish(FuncKey key, int alignment, int phase, int frameBytes) {
        return new CompiledFunction(
                key,
                Arrays.copyOf(bytes, size),
                alignment,
                phase,
                List.copyOf(relocations),
                traps.toList(CompiledFunction.TrapSite::of),
                allPositions ? sources.all() : sources.ofStops(traps),
                references.size() == 0 ? List.of() : stackMaps(),
                frameBytes);
    }

    private List<CompiledFunction.StackMap> stackMaps() {
        return references.toList((offset, map) -> new CompiledFunction.StackMap(offset, stackMaps.get(map)));
    }

    /** Whether data follows the code, whose place may matter. */
    boolean hasConstants() {
        return !constants.isEmpty();
    }

    /** Keeps positions of all instructions. */
    void keepAllPositions() {
        allPositions = true;
    }

    /** The code so far. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }
}
