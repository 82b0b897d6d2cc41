package kiln.translate;

import java.util.List;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Code on handle tables, which lie in native memory ({@link ComponentContext}). What is rare is left to Java: growing a
 * table, and saying what is wrong with a handle.
 */
final class HandleCode extends ComponentCode {
    private static final int LOG2_ENTRY = Integer.numberOfTrailingZeros(ComponentContext.ENTRY_BYTES);

    private HandleCode(ComponentFunctions component, FuncKey key, Signature signature) {
        super(component, key, signature);
    }

    /** {@code (component instance, resource + 1, representation, kind) -> handle}. */
    static Function add(ComponentFunctions component, FuncKey key) {
        HandleCode c = new HandleCode(component, key, ComponentHelper.HANDLE_ADD.signature());
        Value part = c.part(c.param(0));
        Value free = c.word(part, ComponentContext.FREE);
        Value entries = c.b.load(Type.I64, CELL, part, ComponentContext.ENTRIES);
        Block reuse = c.label();
        Block append = c.label();
        Block full = c.rare();
        Block fresh = c.label();
        Block write = c.label(Type.I32);
        c.b.branch(free, reuse, append);
        c.begin(reuse);
        Value next = c.word(c.entry(entries, free), ComponentContext.ENTRY_REP);
        c.set(part, ComponentContext.FREE, next);
        c.b.jump(write, free);
        c.begin(append);
        Value used = c.word(part, ComponentContext.USED);
        Value capacity = c.word(part, ComponentContext.CAPACITY);
        c.b.branch(c.b.icmp(IntCond.UGE, used, capacity), full, fresh);
        c.begin(fresh);
        c.set(part, ComponentContext.USED, c.add(used, 1));
        c.b.jump(write, used);
        c.begin(write);
        Value handle = write.params().getFirst();
        Value entry = c.entry(entries, handle);
        c.set(entry, ComponentContext.ENTRY_RESOURCE, c.param(1));
        c.set(entry, ComponentContext.ENTRY_REP, c.param(2));
        c.set(entry, ComponentContext.ENTRY_LENDS, c.b.i32(0));
        c.set(entry, ComponentContext.ENTRY_KIND, c.param(3));
        c.b.ret(handle);
        c.begin(full);
        c.b.ret(c.call(Builtin.HANDLE_ADD, c.param(0), c.param(1), c.param(2), c.param(3))
                .result());
        return c.function;
    }

    /** {@code (component instance, handle, resource + 1) -> representation}: of a handle that stays. */
    static Function rep(ComponentFunctions component, FuncKey key) {
        HandleCode c = new HandleCode(component, key, ComponentHelper.HANDLE_REP.signature());
        Value entry = c.find(c.part(c.param(0)), c.param(0), c.param(1), c.param(2));
        c.b.ret(c.word(entry, ComponentContext.ENTRY_REP));
        return c.function;
    }

    /** {@code (component instance, handle, resource + 1) -> representation}: of one that owns, which goes. */
    static Function take(ComponentFunctions component, FuncKey key) {
        HandleCode c = new HandleCode(component, key, ComponentHelper.HANDLE_TAKE.signature());
        Value part = c.part(c.param(0));
        Value entry = c.find(part, c.param(0), c.param(1), c.param(2));
        Value kind = c.word(entry, ComponentContext.ENTRY_KIND);
        Value lends = c.word(entry, ComponentContext.ENTRY_LENDS);
        // OWN is 0, and nothing may be lent.
        Value rep = c.word(entry, ComponentContext.ENTRY_REP);
        c.requireZero(c.or(kind, lends), c.param(0), c.param(1), c.param(2));
        c.free(part, entry, c.param(1));
        c.b.ret(rep);
        return c.function;
    }

    /** {@code resource.new}. */
    static Function resourceNew(ComponentFunctions component, FuncKey key, ComponentPlan.ResourceNew canon) {
        HandleCode c = new HandleCode(component, key, new Signature(List.of(Type.I32), List.of(Type.I32)));
        c.checkMayLeave(canon.component());
        Inst call = ComponentHelper.HANDLE_ADD.call(
                c.b,
                c.b.i32(canon.component()),
                c.b.i32(canon.resource() + 1),
                c.param(0),
                c.b.i32(ComponentContext.OWN));
        c.b.ret(call.result());
        return c.function;
    }

    /** {@code resource.rep}. */
    static Function resourceRep(ComponentFunctions component, FuncKey key, ComponentPlan.ResourceRep canon) {
        HandleCode c = new HandleCode(component, key, new Signature(List.of(Type.I32), List.of(Type.I32)));
        Inst call = ComponentHelper.HANDLE_REP.call(
                c.b, c.b.i32(canon.component()), c.param(0), c.b.i32(canon.resource() + 1));
        c.b.ret(call.result());
        return c.function;
    }

    /**
     * {@code resource.drop}.
     *
     * @param destructor null if the component defines none
     */
    static Function resourceDrop(
            ComponentFunctions component, FuncKey key, ComponentPlan.ResourceDrop canon, Callee destructor) {
        HandleCode c = new HandleCode(component, key, new Signature(List.of(Type.I32), List.of()));
        int instance = canon.component();
        c.checkMayLeave(instance);
        Value handle = c.param(0);
        Value resource = c.b.i32(canon.resource() + 1);
        Value number = c.b.i32(instance);
        Value part = c.add(c.vmctx, c.distanceTo(instance));
        Value entry = c.find(part, number, handle, resource);
        c.requireZero(c.word(entry, ComponentContext.ENTRY_LENDS), number, handle, resource);
        Value kind = c.word(entry, ComponentContext.ENTRY_KIND);
        Value rep = c.word(entry, ComponentContext.ENTRY_REP);
        c.free(part, entry, handle);
        Block owned = c.label();
        Block borrowed = c.label();
        c.b.branch(kind, borrowed, owned);
        c.begin(borrowed);
        c.set(part, ComponentContext.BORROWS, c.add(c.word(part, ComponentContext.BORROWS), -1));
        c.b.ret();
        c.begin(owned);
        if (destructor != null) {
            c.call(destructor, rep);
        } else if (component.plan().resources().get(canon.resource()).component() < 0) {
            c.call(Builtin.RESOURCE_DROPPED, c.b.i32(canon.resource()), rep);
        }
        c.b.ret();
        return c.function;
    }

    private int distanceTo(int instance) {
        return component.distance(home(), 0) + component.context().component(instance);
    }

    /** The address of a component instance's part, in the component's own context. */
    private Value part(Value instance) {
        Value offset = b.binary(Opcode.MUL, wide(instance), b.i64(ComponentContext.COMPONENT_BYTES));
        return add(add(vmctx, component.context().component(0)), offset);
    }

    private Value entry(Value entries, Value handle) {
        return add(entries, shl(wide(handle), LOG2_ENTRY));
    }

    private Value word(Value record, int field) {
        return b.load(Type.I32, WORD, record, field);
    }

    private void set(Value record, int field, Value value) {
        b.store(WORD, record, field, value);
    }

    /** The entry of a handle, which must be one of the resource. */
    private Value find(Value part, Value instance, Value handle, Value resource) {
        Block inTable = label();
        Block bad = rare();
        Block found = label();
        Value used = word(part, ComponentContext.USED);
        b.branch(b.icmp(IntCond.ULT, handle, used), inTable, bad);
        begin(inTable);
        Value entry = entry(b.load(Type.I64, CELL, part, ComponentContext.ENTRIES), handle);
        Value actual = word(entry, ComponentContext.ENTRY_RESOURCE);
        b.branch(b.icmp(IntCond.EQ, actual, resource), new Edge(found), new Edge(bad));
        begin(bad);
        fail(instance, handle, resource);
        begin(found);
        return entry;
    }

    private void requireZero(Value x, Value instance, Value handle, Value resource) {
        Block bad = rare();
        Block good = label();
        b.branch(x, bad, good);
        begin(bad);
        fail(instance, handle, resource);
        begin(good);
    }

    private void fail(Value instance, Value handle, Value resource) {
        call(Builtin.HANDLE_FAILED, instance, handle, resource);
        b.trap(kiln.artifact.api.TrapCode.UNREACHABLE);
    }

    private void free(Value part, Value entry, Value handle) {
        set(entry, ComponentContext.ENTRY_RESOURCE, b.i32(0));
        set(entry, ComponentContext.ENTRY_REP, word(part, ComponentContext.FREE));
        set(part, ComponentContext.FREE, handle);
    }
}
