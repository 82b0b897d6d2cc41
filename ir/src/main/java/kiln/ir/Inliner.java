package kiln.ir;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;

/**
 * Replaces calls by copies of what they call. A tail call in the copy becomes an ordinary call, unless the replaced
 * call was one itself. Where an INVOKE is replaced, calls in the copy become INVOKEs with landing pads of their own
 * that go on at the replaced one's, and what the copy throws out of itself is a jump there. Positions of copied
 * instructions lead back to the call through the caller's {@link InlineTable}.
 */
public final class Inliner {
    private final Function caller;
    private final Surroundings surroundings;
    private final List<Block> layout = new ArrayList<>();

    /** Decides about calls. */
    @FunctionalInterface
    public interface Choice {
        /**
         * What to put in the place of a CALL, INVOKE or RETURN_CALL, or null to keep it. It must not be the function
         * that the call stands in, but may be a copy of it; it is only read.
         */
        Function callee(Inst call);
    }

    /** What is known of functions of the program. */
    @FunctionalInterface
    public interface Surroundings {
        /** By module that a callee may be of: the bytes from the caller's VMContext to that module's. */
        int distance(int module);

        /** Whether a wasm function that a callee calls directly may be left by an exception. */
        default boolean mayThrow(@SuppressWarnings("unused") FuncKey function) {
            return true;
        }
    }

    private Inliner(Function caller, Surroundings surroundings) {
        this.caller = caller;
        this.surroundings = surroundings;
    }

    /**
     * Goes through the direct calls that a function has now and replaces those for which there is something to be
     * copied.
     *
     * @return how many calls were replaced
     */
    public static int run(Function caller, Choice choice, Surroundings surroundings) {
        Inliner inliner = new Inliner(caller, surroundings);
        int n = 0;
        for (Block block : caller.blocks()) {
            n += inliner.block(block, choice);
        }
        if (n > 0) {
            caller.blocks().clear();
            caller.blocks().addAll(inliner.layout);
        }
        return n;
    }

    private int block(Block block, Choice choice) {
        int n = 0;
        Block current = block;
        layout.add(current);
        for (Inst i = current.first(); i != null; ) {
            Inst next = i.next();
            if (i.opcode().isDirectCall()) {
                Function callee = choice.callee(i);
                if (callee != null) {
                    current = replace(current, i, callee);
                    n++;
                }
            }
            i = next;
        }
        return n;
    }

    /** Returns the block in which what followed the call is now. */
    private Block replace(Block block, Inst call, Function callee) {
        Copy copy = new Copy(callee, call);
        Value[] args = new Value[call.argCount()];
        for (int i = 0; i < args.length; i++) {
            args[i] = call.arg(i);
        }
        copy.mapEntry(block, args);
        if (call.opcode() == Opcode.INVOKE) {
            return replaceInvoke(block, call, copy);
        }
        boolean tail = call.opcode() == Opcode.RETURN_CALL;
        Inst last = callee.entry().terminator();
        if (tail || callee.blocks().size() == 1 && last.opcode() == Opcode.RETURN) {
            // Nothing follows, or the copy is one straight piece: it goes to where the call is.
            copy.run(block, call, null);
            if (!tail) {
                for (int i = 0; i < call.resultCount(); i++) {
                    call.result(i).replaceWith(copy.value(last.arg(i)));
                }
            }
            block.remove(call);
            return block;
        }
        Block rest = caller.newDetachedBlock();
        rest.setFrequency(block.frequency());
        block.splitAfter(call, rest);
        for (int i = 0; i < call.resultCount(); i++) {
            call.result(i).replaceWith(rest.addParam(call.result(i).type()));
        }
        block.remove(call);
        copy.run(block, null, rest);
        layout.add(rest);
        return rest;
    }

    /** The landing pad becomes a block that takes the exception as a parameter. */
    private Block replaceInvoke(Block block, Inst call, Copy copy) {
        Block pad = call.target(1).target();
        Inst caught = pad.first();
        caught.result().replaceWith(pad.addParam(Type.REF));
        pad.remove(caught);
        Block rest = caller.newDetachedBlock();
        rest.setFrequency(block.frequency());
        for (int i = 0; i < call.resultCount(); i++) {
            call.result(i).replaceWith(rest.addParam(call.result(i).type()));
        }
        block.remove(call);
        Edge[] on = {call.target(0)};
        rest.insertBefore(caller.newInst(Opcode.JUMP, null, 0, null, new Value[0], on, call.position()), null);
        copy.catches(pad);
        copy.run(block, null, rest);
        layout.add(rest);
        return rest;
    }

    /** One copy of a function. */
    private final class Copy {
        private final Function callee;
        private final InlineTable inlines;
        private final int site;
        /** From the caller's VMContext to the callee's. */
        private final int distance;
        /** By number of a value that is the callee's VMContext: the caller's. */
        private final Value[] contexts;

        private final int[] sites;
        private final Value[] values;
        /** Where what is thrown out of the copy goes, with the exception, or null if it leaves the caller. */
        private Block handler;

        private final Block[] blocks;

        Copy(Function callee, Inst call) {
            this.callee = callee;
            this.inlines = caller.inlines();
            this.site = inlines.addSite(callee.key(), call.position());
            this.distance = surroundings.distance(callee.key().payload());
            this.sites = copySites();
            this.values = new Value[callee.valueIdBound()];
            this.contexts = distance == 0 ? null : new Value[callee.valueIdBound()];
            this.blocks = new Block[callee.blockIdBound()];
        }

        private int[] copySites() {
            if (!callee.hasInlines()) {
                return new int[0];
            }
            InlineTable table = callee.inlines();
            int[] result = new int[table.siteCount()];
            for (int i = 0; i < result.length; i++) {
                // Sites around others are older, so they come first.
                int around = table.site(table.callPosition(i));
                int position =
                        inlines.position(table.wasmOffset(table.callPosition(i)), around < 0 ? site : result[around]);
                result[i] = inlines.addSite(table.callee(i), position);
            }
            return result;
        }

        private int position(int position) {
            if (position < 0) {
                return position;
            }
            if (position < InlineTable.FIRST) {
                return inlines.position(position, site);
            }
            InlineTable table = callee.inlines();
            return inlines.position(table.wasmOffset(position), sites[table.site(position)]);
        }

        void mapEntry(Block block, Value[] args) {
            Block entry = callee.entry();
            blocks[entry.id()] = block;
            for (int i = 0; i < args.length; i++) {
                values[entry.params().get(i).id()] = args[i];
            }
        }

        void catches(Block handler) {
            this.handler = handler;
        }

        Value value(Value original) {
            return values[original.id()];
        }

        /**
         * Copies all blocks; the entry's instructions go to {@code block}.
         *
         * @param before the instruction of {@code block} to insert before, or null for the end of the block
         * @param rest where to go on after a return; or null if returns stay returns or, where the copy has one block,
         *     vanish
         */
        void run(Block block, Inst before, Block rest) {
            for (Block original : callee.blocks()) {
                if (original != callee.entry()) {
                    Block copy = caller.newDetachedBlock();
                    copy.setFrequency(Frequency.within(block.frequency(), original.frequency()));
                    for (Value p : original.params()) {
                        values[p.id()] = copy.addParam(p.type());
                    }
                    blocks[original.id()] = copy;
                    layout.add(copy);
                }
            }
            boolean tail = before != null && before.opcode() == Opcode.RETURN_CALL;
            List<Inst> originals = new ArrayList<>();
            List<Inst> copies = new ArrayList<>();
            for (Block original : callee.blocks()) {
                Block to = blocks[original.id()];
                Inst place = to == block ? before : null;
                for (Inst i = original.first(); i != null; i = i.next()) {
                    Inst c = copy(i, to, place, tail, rest);
                    if (c != null) {
                        originals.add(i);
                        copies.add(c);
                        if (c.opcode().isInvoke() && !i.opcode().isTerminator()) {
                            to = c.target(0).target();
                        }
                    }
                }
            }
            // Operands last: a block may stand before those that define what it uses.
            for (int k = 0; k < copies.size(); k++) {
                fill(originals.get(k), copies.get(k));
            }
        }

        private Inst copy(Inst i, Block to, Inst place, boolean tail, Block rest) {
            Opcode op = i.opcode();
            if (op == Opcode.VMCTX && distance != 0) {
                context(i, to, place);
                return null;
            }
            if (handler != null && op == Opcode.THROW) {
                Inst jump = jump(handler, new Value[1], position(i.position()));
                to.insertBefore(jump, place);
                return jump;
            }
            if (tail || op != Opcode.RETURN && op != Opcode.RETURN_CALL && op != Opcode.RETURN_CALL_INDIRECT) {
                Inst c = handler != null && mayThrow(i) ? invoke(i, to) : instance(i, op);
                to.insertBefore(c, place);
                for (int r = 0; r < i.resultCount(); r++) {
                    values[i.result(r).id()] = c.result(r);
                }
                return c;
            }
            if (rest == null) {
                return null;
            }
            if (op == Opcode.RETURN) {
                Inst jump = jump(rest, new Value[i.argCount()], position(i.position()));
                to.insertBefore(jump, place);
                return jump;
            }
            boolean caught = handler != null && mayThrow(i);
            Inst call =
                    caught ? invoke(i, to) : instance(i, op == Opcode.RETURN_CALL ? Opcode.CALL : Opcode.CALL_INDIRECT);
            to.insertBefore(call, place);
            Value[] results = new Value[call.resultCount()];
            for (int r = 0; r < results.length; r++) {
                results[r] = call.result(r);
            }
            Block end = caught ? call.target(0).target() : to;
            end.insertBefore(jump(rest, results, call.position()), place);
            return call;
        }

        /** Whether a call that is no INVOKE may be left by an exception. */
        private boolean mayThrow(Inst i) {
            Opcode op = i.opcode();
            if (op == Opcode.CALL || op == Opcode.RETURN_CALL) {
                FuncKey key = i.call().key();
                return key.kind() == FuncKey.Kind.WASM_FUNCTION && surroundings.mayThrow(key);
            }
            return op == Opcode.CALL_INDIRECT || op == Opcode.RETURN_CALL_INDIRECT;
        }

        /** A call as an INVOKE, which goes on in new blocks. */
        private Inst invoke(Inst i, Block to) {
            Block next = caller.newDetachedBlock();
            next.setFrequency(to.frequency());
            Block pad = caller.newDetachedBlock();
            pad.setFrequency(Frequency.RARE);
            int position = position(i.position());
            Inst caught = caller.newInst(Opcode.CAUGHT, Type.REF, 0, null, new Value[0], Inst.NO_EDGES, position);
            pad.insertBefore(caught, null);
            pad.insertBefore(jump(handler, new Value[] {caught.result()}, position), null);
            layout.add(next);
            layout.add(pad);
            boolean direct = i.opcode() == Opcode.CALL || i.opcode() == Opcode.RETURN_CALL;
            return caller.newInst(
                    direct ? Opcode.INVOKE : Opcode.INVOKE_INDIRECT,
                    null,
                    0,
                    i.data(),
                    new Value[i.argCount()],
                    new Edge[] {new Edge(next), new Edge(pad)},
                    position);
        }

        /** To what follows the call, or to what handles an exception. */
        private Inst jump(Block rest, Value[] results, int position) {
            Edge[] targets = {new Edge(rest, results)};
            return caller.newInst(Opcode.JUMP, null, 0, null, new Value[0], targets, position);
        }

        private void context(Inst i, Block to, Inst place) {
            Inst own = address(Opcode.VMCTX, 0);
            Inst bytes = address(Opcode.ICONST, distance);
            Inst sum = address(Opcode.ADD, 0, own.result(), bytes.result());
            to.insertBefore(own, place);
            to.insertBefore(bytes, place);
            to.insertBefore(sum, place);
            contexts[i.result().id()] = own.result();
            values[i.result().id()] = sum.result();
        }

        private Inst address(Opcode op, long imm, Value... args) {
            return caller.newInst(op, Type.I64, imm, null, args, Inst.NO_EDGES, -1);
        }

        /** Whether an instruction accesses the callee's VMContext at a constant offset. */
        private boolean isContextAccess(Inst i) {
            return distance != 0
                    && (i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE)
                    && i.arg(0).is(Opcode.VMCTX);
        }

        private Inst instance(Inst i, Opcode op) {
            Value[] args = new Value[i.argCount()];
            long imm = isContextAccess(i) ? i.imm() + distance : i.imm();
            int position = position(i.position());
            Edge[] targets = i.targetCount() == 0 ? Inst.NO_EDGES : new Edge[i.targetCount()];
            for (int t = 0; t < targets.length; t++) {
                targets[t] = new Edge(
                        blocks[i.target(t).target().id()], new Value[i.target(t).argCount()]);
            }
            return caller.newInst(op, i.type(), imm, i.data(), args, targets, position);
        }

        private void fill(Inst from, Inst to) {
            if (to.opcode() == Opcode.JUMP && from.opcode() != Opcode.JUMP) {
                for (int a = 0; a < from.argCount(); a++) {
                    to.target(0).setArg(a, values[from.arg(a).id()]);
                }
                return;
            }
            for (int a = 0; a < from.argCount(); a++) {
                to.setArg(
                        a,
                        a == 0 && isContextAccess(from)
                                ? contexts[from.arg(a).id()]
                                : values[from.arg(a).id()]);
            }
            for (int t = 0; t < from.targetCount(); t++) {
                for (int a = 0; a < from.target(t).argCount(); a++) {
                    to.target(t).setArg(a, values[from.target(t).arg(a).id()]);
                }
            }
        }
    }

    /**
     * Forgets what was replaced: afterwards reading the function changes nothing in it, so that threads may do so at
     * the same time, and values that are no longer in it can be collected.
     */
    public static void compact(Function f) {
        if (f.hasInlines()) {
            f.inlines().trim();
        }
        f.invalidateGraph();
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                for (int a = 0; a < i.argCount(); a++) {
                    i.setArg(a, i.arg(a));
                }
                for (int t = 0; t < i.targetCount(); t++) {
                    Edge e = i.target(t);
                    for (int a = 0; a < e.argCount(); a++) {
                        e.setArg(a, e.arg(a));
                    }
                }
            }
        }
    }
}
