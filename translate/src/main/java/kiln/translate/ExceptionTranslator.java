package kiln.translate;

import java.util.Arrays;
import java.util.function.IntFunction;
import kiln.artifact.Builtin;
import kiln.artifact.ExceptionLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.IntCond;
import kiln.ir.MemoryOp;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.types.FuncType;
import kiln.wasm.CatchKind;

/**
 * What throws and what catches. Exceptions of calls come to the dispatch block of the innermost {@link Handler}, which
 * compares their tag with its own; what is thrown in the same function, and can only be caught by one clause, is a
 * jump to the clause's label, and needs no exception unless the label takes it along.
 */
final class ExceptionTranslator {
    private static final Region HEAP = new Region(Region.Kind.HEAP, 0);
    private static final MemoryOp FIELD = MemoryOp.of(Type.I64, HEAP);
    private static final int CELL = 8;

    private final Emission e;
    private final Builder b;
    private final OperandStack stack;
    private final BuiltinCalls builtins;

    ExceptionTranslator(Emission e, BuiltinCalls builtins) {
        this.e = e;
        this.b = e.b;
        this.stack = e.stack;
        this.builtins = builtins;
    }

    /** The handlers of the try_table that begins, or those around it if it has none. */
    Handler tryTable(IntFunction<Frame> labels) {
        int n = e.validator.catchCount();
        if (n == 0) {
            return e.handler;
        }
        Handler.Clause[] clauses = new Handler.Clause[n];
        for (int i = 0; i < n; i++) {
            CatchKind kind = e.validator.catchKind(i);
            int tag = kind.hasTag() ? e.validator.catchTag(i) : -1;
            clauses[i] = new Handler.Clause(kind, tag, labels.apply(e.validator.catchLabel(i)));
        }
        return new Handler(e.handler, clauses);
    }

    /** What a throw instruction does. */
    void throwTag(int tag) {
        Value[] payload = stack.pop(e.env.wasm().tagType(tag).paramCount());
        Handler h = e.handler;
        while (h != null && h.clauses != null) {
            for (Handler.Clause c : h.clauses) {
                int same = c.kind().hasTag() ? e.env.sameTag(c.tag(), tag) : 1;
                if (same > 0) {
                    leave(c, c.kind().hasTag() ? payload : new Value[0], tag, payload);
                    return;
                } else if (same == 0) {
                    raise(h, make(tag, payload));
                    return;
                }
            }
            h = h.outer;
        }
        raise(h, make(tag, payload));
    }

    private void leave(Handler.Clause c, Value[] caught, int tag, Value[] payload) {
        branch(c.label(), c.kind().hasRef() ? append(caught, make(tag, payload)) : caught);
    }

    /** @param nullable whether the reference on the stack may be null */
    void throwRef(boolean nullable) {
        Value exception = stack.pop();
        if (nullable) {
            b.trapIfZero(TrapCode.NULL_REFERENCE, exception);
        }
        raise(e.handler, exception);
    }

    /** Goes on with the handlers, or leaves the function. */
    void raise(Handler handler, Value exception) {
        if (handler == null) {
            b.throw_(exception);
        } else {
            b.jump(handler.dispatch(e.function), exception);
        }
    }

    /** Code of the clauses of a try_table whose body has ended. */
    void dispatch(Handler h) {
        Value exception = begin(h.dispatch());
        Value tag = null;
        for (Handler.Clause c : h.clauses) {
            if (!c.kind().hasTag()) {
                branch(c.label(), c.kind().hasRef() ? new Value[] {exception} : new Value[0]);
                return;
            }
            tag = tag == null ? tagOf(exception) : tag;
            Block next = test(tag, c.tag());
            Value[] payload = payload(exception, c.tag());
            branch(c.label(), c.kind().hasRef() ? append(payload, exception) : payload);
            e.function.blocks().add(next);
            e.startSealed(next);
        }
        raise(h.outer, exception);
    }

    /** Continues in a dispatch block, to which all edges exist; its exception. */
    Value begin(Block dispatch) {
        e.function.blocks().add(dispatch);
        e.startSealed(dispatch);
        return dispatch.params().getFirst();
    }

    /**
     * Begins a handler of a legacy try: pushes the payload of the exception if the tag is that.
     *
     * @return where it goes on if it is another
     */
    Block beginCatch(Value exception, int tag) {
        Block next = test(tagOf(exception), tag);
        for (Value v : payload(exception, tag)) {
            stack.push(v);
        }
        return next;
    }

    private Value tagOf(Value exception) {
        return b.load(Type.I64, FIELD, exception, ExceptionLayout.TAG);
    }

    /** Continues where the tag is {@code expected}; returns where it goes on otherwise. */
    private Block test(Value tag, int expected) {
        Block match = e.function.newBlock();
        Block next = e.function.newDetachedBlock();
        b.branch(b.icmp(IntCond.EQ, tag, e.env.tagAddress(b, e.vmctx, expected)), match, next);
        e.startSealed(match);
        return next;
    }

    private void branch(Frame label, Value[] args) {
        stack.handOver(args.length);
        if (label.kind == Frame.Kind.FUNCTION) {
            b.ret(args);
        } else {
            b.jump(label.target, args);
        }
    }

    private static Value[] append(Value[] values, Value last) {
        Value[] all = Arrays.copyOf(values, values.length + 1);
        all[values.length] = last;
        return all;
    }

    /** A new exception. */
    private Value make(int tag, Value[] payload) {
        int bytes = 0;
        for (Value v : payload) {
            bytes += bytes(v.type());
        }
        int size = ExceptionLayout.size(bytes);
        Value exception = builtins.call(Builtin.EXCEPTION_ALLOCATE, b.i32(size));
        b.store(FIELD, exception, ExceptionLayout.TAG, e.env.tagAddress(b, e.vmctx, tag));
        // Together with the flags, which are 0.
        b.store(FIELD, exception, ExceptionLayout.SIZE, b.i64(size));
        int at = ExceptionLayout.PAYLOAD;
        for (Value v : payload) {
            b.store(MemoryOp.of(v.type(), HEAP), exception, at, v);
            at += bytes(v.type());
        }
        return exception;
    }

    private Value[] payload(Value exception, int tag) {
        FuncType type = e.env.wasm().tagType(tag);
        Value[] values = new Value[type.paramCount()];
        int at = ExceptionLayout.PAYLOAD;
        for (int i = 0; i < values.length; i++) {
            Type t = IrTypes.of(e.env.wasm().types(), type.param(i));
            values[i] = b.load(t, MemoryOp.of(t, HEAP), exception, at);
            at += bytes(t);
        }
        stack.handOver(values.length);
        return values;
    }

    private static int bytes(Type type) {
        return Math.max(CELL, type.bytes());
    }
}
