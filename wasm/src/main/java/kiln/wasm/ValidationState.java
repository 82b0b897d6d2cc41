package kiln.wasm;

import java.util.Arrays;
import kiln.types.FuncType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * The state of the validation algorithm (appendix "Validation Algorithm"): operand stack, control frames, locals and
 * which of them are initialised. All of it lives in arrays that are kept from function to function.
 *
 * <p>Frames are named by label depth: 0 is the innermost.
 */
public abstract class ValidationState extends BodyCursor {
    /** Bounds memory use on hostile input; real code stays far below. */
    private static final int MAX_OPERANDS = 1 << 22;

    private static final int MAX_FRAMES = 1 << 18;

    final TypeSpace types;

    private int[] stack = new int[256];
    private int height;
    private int heightBefore;

    /** The operands the current instruction has popped, top first. */
    private int[] popped = new int[64];

    private int poppedCount;

    private FrameKind[] kinds = new FrameKind[64];
    private FuncType[] frameTypes = new FuncType[64];
    private int[] frameHeights = new int[64];
    private int[] frameInits = new int[64];
    private boolean[] frameUnreachable = new boolean[64];
    private int frames;
    /** Height and reachability of the innermost frame. */
    private int base;

    private boolean unreachable;
    private boolean unreachableBefore;

    private FrameKind endedKind;
    private FuncType endedType;
    private int endedHeight;

    private int[] locals = new int[64];
    private int localCount;
    /** Whether some local has no default value, so that initialisation must be tracked. */
    private boolean tracksInit;

    private boolean[] initialised = new boolean[64];
    private int[] initLog = new int[16];
    private int initCount;

    ValidationState(ByteReader in, Features features, TypeSpace types) {
        super(in, features, types);
        this.types = types;
    }

    /** Checks that data segment {@code i} exists. */
    abstract void checkData(int i);

    /** Element segment {@code i}, which must exist. */
    abstract ElemSegment checkElem(int i);

    /** Operands on the stack now, after the current instruction. */
    public final int stackHeight() {
        return height;
    }

    /** Operands on the stack before the current instruction. */
    public final int stackHeightBefore() {
        return heightBefore;
    }

    /** The {@link ValType} of the operand {@code i} places below the top, after the current instruction. */
    public final int stackType(int i) {
        return stack[height - 1 - i];
    }

    /**
     * The {@link ValType} of an operand that the current instruction took, 0 being the topmost; {@link ValType#BOT}
     * where the code is unreachable and the stack had none.
     */
    public final int operandType(int i) {
        return popped[i];
    }

    /** How many operands the current instruction took (branches that fall through give theirs back). */
    public final int operandCount() {
        return poppedCount;
    }

    /** Whether the code after the current instruction is unreachable. */
    public final boolean isUnreachable() {
        return unreachable;
    }

    /** Whether the current instruction itself is unreachable. */
    public final boolean wasUnreachable() {
        return unreachableBefore;
    }

    /** Open control frames; 0 after the function's last end. */
    public final int controlDepth() {
        return frames;
    }

    public final FrameKind frameKind(int depth) {
        return kinds[frames - 1 - depth];
    }

    /** Operands below the frame's own, its parameters not counted. */
    public final int frameHeight(int depth) {
        return frameHeights[frames - 1 - depth];
    }

    /** Parameters and results of the frame's block. */
    public final FuncType frameType(int depth) {
        return frameTypes[frames - 1 - depth];
    }

    /** Whether the rest of the frame at that depth is unreachable. */
    public final boolean frameUnreachable(int depth) {
        return depth == 0 ? unreachable : frameUnreachable[frames - 1 - depth];
    }

    /** How many values a branch to the label takes along. */
    public final int labelArity(int depth) {
        return labelTypes(depth).length;
    }

    /** The {@link ValType} of value {@code i} that a branch to the label takes along. */
    public final int labelType(int depth, int i) {
        return labelTypes(depth)[i];
    }

    /** The kind of the frame that the current end, else, catch, catch_all or delegate closed. */
    public final FrameKind endedKind() {
        return endedKind;
    }

    /** The block type of that frame. */
    public final FuncType endedType() {
        return endedType;
    }

    /** The {@link #frameHeight} of that frame. */
    public final int endedHeight() {
        return endedHeight;
    }

    /** Parameters and declared locals. */
    public final int localCount() {
        return localCount;
    }

    /** The {@link ValType} of a local, parameters first. */
    public final int localType(int i) {
        return locals[i];
    }

    /** Where a branch target's values come from: parameters of a loop, results of everything else. */
    final int[] labelTypes(int depth) {
        int frame = frames - 1 - depth;
        return kinds[frame] == FrameKind.LOOP ? frameTypes[frame].params() : frameTypes[frame].results();
    }

    final WasmException mismatch(String detail) {
        return in.invalid("type mismatch: " + detail + " at " + op.text(), offset);
    }

    private WasmException mismatch(int expected, int found) {
        return mismatch("expected " + ValType.toString(expected) + ", found " + ValType.toString(found));
    }

    // The operand stack.

    final void startInstruction() {
        poppedCount = 0;
        heightBefore = height;
        unreachableBefore = unreachable;
    }

    final void push(int type) {
        if (height == stack.length) {
            growStack(height + 1);
        }
        stack[height++] = type;
    }

    final void pushAll(int[] list) {
        int n = list.length;
        if (n > stack.length - height) {
            growStack(height + n);
        }
        for (int i = 0; i < n; i++) {
            stack[height + i] = list[i];
        }
        height += n;
    }

    private void growStack(int atLeast) {
        if (atLeast > MAX_OPERANDS) {
            throw in.invalid("more than " + MAX_OPERANDS + " operands on the stack", offset);
        }
        stack = Arrays.copyOf(stack, Math.max(atLeast, stack.length * 2));
    }

    /** Takes the topmost operand, whatever its type. */
    final int pop() {
        int type;
        if (height > base) {
            type = stack[--height];
        } else if (unreachable) {
            type = ValType.BOT;
        } else {
            throw mismatch("expected an operand, found none");
        }
        if (poppedCount == popped.length) {
            popped = Arrays.copyOf(popped, poppedCount * 2);
        }
        popped[poppedCount++] = type;
        return type;
    }

    /** Takes the topmost operand, which must be of a subtype of {@code expected}; returns its own type. */
    final int pop(int expected) {
        if (height == base && !unreachable) {
            throw mismatch("expected " + ValType.toString(expected) + ", found no operand");
        }
        int type = pop();
        if (type != expected && !types.isSubtype(type, expected)) {
            throw mismatch(expected, type);
        }
        return type;
    }

    /** Takes an operand of any reference type; {@link ValType#BOT} if it is of unknown type. */
    final int popRef() {
        int type = pop();
        if (type != ValType.BOT && !ValType.isRef(type)) {
            throw mismatch("expected a reference, found " + ValType.toString(type));
        }
        return type;
    }

    final void popAll(int[] list) {
        for (int i = list.length - 1; i >= 0; i--) {
            pop(list[i]);
        }
    }

    /** Takes the operands of the first {@code n} types and gives them back with exactly these types. */
    final void keep(int[] list, int n) {
        for (int i = n - 1; i >= 0; i--) {
            pop(list[i]);
        }
        for (int i = 0; i < n; i++) {
            push(list[i]);
        }
    }

    /** Checks the topmost operands without taking them. */
    final void checkTop(int[] list) {
        int at = height - 1;
        for (int i = list.length - 1; i >= 0; i--, at--) {
            if (at < base) {
                if (unreachable) {
                    return;
                }
                throw mismatch("expected " + ValType.toString(list[i]) + ", found no operand");
            }
            int type = stack[at];
            if (type != list[i] && !types.isSubtype(type, list[i])) {
                throw mismatch(list[i], type);
            }
        }
    }

    /** The rest of the innermost frame cannot be reached: its stack becomes polymorphic. */
    final void setUnreachable() {
        height = base;
        unreachable = true;
    }

    // Control frames.

    final void openFrame(FrameKind kind, FuncType type) {
        if (frames == kinds.length) {
            growFrames();
        }
        if (frames > 0) {
            frameUnreachable[frames - 1] = unreachable;
        }
        kinds[frames] = kind;
        frameTypes[frames] = type;
        frameHeights[frames] = height;
        frameInits[frames] = initCount;
        frames++;
        base = height;
        unreachable = false;
    }

    private void growFrames() {
        if (frames >= MAX_FRAMES) {
            throw in.invalid("blocks nested more than " + MAX_FRAMES + " deep", offset);
        }
        int n = frames * 2;
        kinds = Arrays.copyOf(kinds, n);
        frameTypes = Arrays.copyOf(frameTypes, n);
        frameHeights = Arrays.copyOf(frameHeights, n);
        frameInits = Arrays.copyOf(frameInits, n);
        frameUnreachable = Arrays.copyOf(frameUnreachable, n);
    }

    /** Closes the innermost frame: exactly its results must be on the stack, and they are taken. */
    final void closeFrame() {
        int top = frames - 1;
        FuncType type = frameTypes[top];
        popAll(type.results());
        if (height != base) {
            throw mismatch("values remaining on stack at end of block");
        }
        endedKind = kinds[top];
        endedType = type;
        endedHeight = base;
        if (tracksInit) {
            forgetInits(frameInits[top]);
        }
        frames = top;
        if (top > 0) {
            base = frameHeights[top - 1];
            unreachable = frameUnreachable[top - 1];
        }
    }

    /** Opens the next part of the frame just closed: else, catch, catch_all. */
    final void reopenFrame(FrameKind kind) {
        openFrame(kind, endedType);
    }

    final void checkLabel(int depth) {
        if (depth >= frames) {
            throw in.invalid("unknown label " + Integer.toUnsignedString(depth), offset);
        }
    }

    // Locals.

    final void resetFor(FuncType type) {
        height = 0;
        frames = 0;
        base = 0;
        unreachable = false;
        localCount = 0;
        tracksInit = false;
        initCount = 0;
        for (int p : type.params()) {
            addLocals(1, p);
        }
    }

    final void addLocals(int n, int type) {
        if (localCount + n > locals.length) {
            int size = Math.max(localCount + n, locals.length * 2);
            locals = Arrays.copyOf(locals, size);
            initialised = Arrays.copyOf(initialised, size);
        }
        Arrays.fill(locals, localCount, localCount + n, type);
        localCount += n;
    }

    /** To be called once all locals are known: notes which have a value already. */
    final void startTrackingInit(int params) {
        for (int i = params; i < localCount && !tracksInit; i++) {
            tracksInit = !ValType.isDefaultable(locals[i]);
        }
        if (tracksInit) {
            for (int i = 0; i < localCount; i++) {
                initialised[i] = i < params || ValType.isDefaultable(locals[i]);
            }
        }
    }

    final int checkLocal(int i) {
        if (i >= localCount) {
            throw in.invalid("unknown local " + Integer.toUnsignedString(i), offset);
        }
        return locals[i];
    }

    final void checkInitialised(int i) {
        if (tracksInit && !initialised[i]) {
            throw in.invalid("uninitialized local " + i, offset);
        }
    }

    final void setInitialised(int i) {
        if (tracksInit && !initialised[i]) {
            initialised[i] = true;
            if (initCount == initLog.length) {
                initLog = Arrays.copyOf(initLog, initCount * 2);
            }
            initLog[initCount++] = i;
        }
    }

    private void forgetInits(int downTo) {
        while (initCount > downTo) {
            initialised[initLog[--initCount]] = false;
        }
    }
}
