package kiln.codegen;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import kiln.codegen.regalloc.RegisterAllocator;

/** The steps of one function through a back end: lowering, register allocation, emission. */
public final class FunctionCompiler {
    private static final int FUNCTION_ALIGNMENT = 16;
    /** What hot loops are aligned to. */
    public static final int LOOP_ALIGNMENT = 32;
    /** Each round lengthens branches only, and two or three rounds do; the limit is against mistakes. */
    private static final int MAX_ROUNDS = 50;

    /** How many instructions may stand in front of a jump through a table that is copied. */
    private static final int MAX_DISPATCH = 12;

    private final LoweringContext lowering;
    private final RegisterFile registers;
    private final Consumer<String> after;
    private MachFunction function;
    private FrameLayout frame;

    /**
     * A compiler for the function that {@code lowering} was made for.
     *
     * @param registers what may be allocated
     * @param after is told the name of each step when it is done
     */
    public FunctionCompiler(LoweringContext lowering, RegisterFile registers, Consumer<String> after) {
        this.lowering = lowering;
        this.registers = registers;
        this.after = after;
    }

    /** Compiles the function; to be called once. */
    public CompiledFunction compile() {
        lower();
        allocate();
        return emit();
    }

    /** The first step: machine instructions over virtual registers. */
    public MachFunction lower() {
        function = new Lowering(lowering).run();
        after.accept("lowering");
        return function;
    }

    /** The second step: the same function over physical registers. */
    public MachFunction allocate() {
        int words = RegisterAllocator.allocate(function, registers, lowering.insts, lowering.options, after);
        frame = new FrameLayout(lowering.savesContext(), words, lowering.stackBytes(), function.stackReferences());
        return function;
    }

    /**
     * The last step: bytes. An instruction that could not reach a label takes a longer form from then on (see
     * {@link CodeBuffer#refer}), and everything is emitted again.
     */
    public CompiledFunction emit() {
        List<MachBlock> blocks = withoutEmptyBlocks();
        for (int round = 1; round < MAX_ROUNDS; round++) {
            CodeBuffer buffer = new CodeBuffer();
            if (lowering.options.allPositions()) {
                buffer.keepAllPositions();
            }
            CompiledFunction result = emit(blocks, buffer);
            if (result != null) {
                after.accept("emission");
                return result;
            }
            blocks.forEach(b -> b.label().unbind());
        }
        throw new IllegalStateException("branches out of reach in " + function.key());
    }

    /** One try; null if a label was out of reach. */
    private CompiledFunction emit(List<MachBlock> blocks, CodeBuffer buffer) {
        boolean aligned = false;
        boolean fallsIntoHeader = false;
        float[] following = followingFrequencies(blocks);
        for (int i = 0; i < blocks.size(); i++) {
            MachBlock block = blocks.get(i);
            MachBlock next = i + 1 < blocks.size() ? blocks.get(i + 1) : null;
            EmitContext context = new EmitContext(buffer, frame, next, lowering.options.features());
            if (i == 0) {
                buffer.position(-1);
                buffer.emitter(lowering::lengthenPrologue);
                lowering.emitPrologue(context);
            }
            boolean isBackEdge = next != null && isBackEdgeInto(block, next);
            Object state = i > 0 && fallsThroughOnly(blocks.get(i - 1), block) ? buffer.machineState() : null;
            if (!fallsIntoHeader && isWorthAligning(isBackEdge ? next : block, following[i])) {
                aligned = true;
                lowering.emitPadding(buffer, -buffer.size() & LOOP_ALIGNMENT - 1);
            }
            fallsIntoHeader = isBackEdge;
            buffer.bind(block.label());
            if (state != null) {
                buffer.machineState(state);
            }
            MachBlock dispatch = dispatchBehind(block, next);
            int count = block.insts().size() - (dispatch != null ? 1 : 0);
            emit(block.insts(), count, context);
            if (dispatch != null) {
                emit(dispatch.insts(), dispatch.insts().size(), context);
            }
        }
        Label end = new Label();
        buffer.bind(end);
        buffer.emitColdCode();
        buffer.emitConstants();
        if (buffer.endsWithTrapSite() && buffer.size() % FUNCTION_ALIGNMENT == 0) {
            lowering.emitPadding(buffer, 4);
        }
        if (!buffer.tryResolveLabels()) {
            return null;
        }
        int alignment = aligned ? LOOP_ALIGNMENT : FUNCTION_ALIGNMENT;
        boolean straight = blocks.size() == 1 && !lowering.makesCalls() && !buffer.hasConstants();
        int phase = straight ? phase(end.offset()) : 0;
        return buffer.finish(function.key(), alignment, phase, lowering.frameBytes(frame));
    }

    /**
     * Where a function without branches is to begin that ends with its return at {@code end}. For calls that are
     * predicted by what ran before, some processors (AMD's Zen 4) know such functions apart by bits 2 and 3 of where
     * they return from alone. Methods that override each other are often of one length; so those bits are made the
     * function's number.
     */
    private int phase(int end) {
        return (function.key().index() - (end - 1 >>> 2) & 3) << 2;
    }

    private static void emit(List<MachInst> insts, int count, EmitContext context) {
        for (int k = 0; k < count; k++) {
            MachInst inst = insts.get(k);
            context.buffer().position(inst.position());
            context.buffer().emitter(inst);
            inst.emit(context);
        }
    }

    /**
     * A short block that ends in a jump through a table and that {@code block} jumps to, to be copied in place of that
     * jump; else null. An interpreter's cases so go to the next case by a jump of their own, whose targets are easier
     * to predict than those of a single one for all.
     */
    private MachBlock dispatchBehind(MachBlock block, MachBlock next) {
        if (block.successors().size() != 1
                || block.isCold()
                || !block.insts().getLast().isJump()) {
            return null;
        }
        MachBlock to = block.successors().getFirst().target().resolve();
        boolean fits = to != next
                && to.insts().size() <= MAX_DISPATCH
                && to.insts().getLast().isTableJump()
                && lowering.options.optLevel() == 2;
        return fits ? to : null;
    }

    /** Leaves out blocks that only jump, which are the edges that needed no move after all. */
    private List<MachBlock> withoutEmptyBlocks() {
        List<MachBlock> result = new ArrayList<>();
        for (MachBlock b : function.blocks()) {
            if (b.index() != 0 && b.insts().size() == 1 && b.successors().size() == 1) {
                MachBlock target = b.successors().getFirst().target();
                // A ring of empty blocks keeps one of them: the endless loop.
                if (target.resolve() != b) {
                    b.forwardTo(target.resolve());
                    continue;
                }
            }
            result.add(b);
        }
        return result;
    }

    /**
     * Whether control reaches {@code block} from the end of {@code before} alone, which is right in front of it; edges
     * may have been empty blocks on the way.
     */
    private static boolean fallsThroughOnly(MachBlock before, MachBlock block) {
        MachBlock b = block;
        while (b.predecessors().size() == 1) {
            b = b.predecessors().getFirst();
            if (b == before || b.resolve() == b) {
                return b == before;
            }
        }
        return false;
    }

    /** Whether {@code block} lies on a back edge of the loop behind it and falls into that: turns begin there. */
    private static boolean isBackEdgeInto(MachBlock block, MachBlock next) {
        return next.isLoopHeader()
                && block.successors().size() == 1
                && block.successors().getFirst().target().resolve() == next
                && block.predecessors().size() == 1
                && block.predecessors().getFirst().index() > block.index();
    }

    /**
     * Loops are aligned for the sake of instruction fetch, if they are innermost (the others are not where the time
     * goes) and optimised at all.
     */
    private boolean isWorthAligning(MachBlock header, float following) {
        return header.isLoopHeader()
                && !header.isCold()
                && lowering.options.optLevel() != 0
                && following <= header.frequency();
    }

    /** Behind each block, the frequency of the next one whose frequency is another; 0 if there is none. */
    private static float[] followingFrequencies(List<MachBlock> blocks) {
        float[] result = new float[blocks.size()];
        for (int i = result.length - 2; i >= 0; i--) {
            float next = blocks.get(i + 1).frequency();
            result[i] = next == blocks.get(i).frequency() ? result[i + 1] : next;
        }
        return result;
    }
}
