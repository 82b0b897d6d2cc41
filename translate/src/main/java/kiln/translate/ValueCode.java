package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;
import kiln.ir.Block;
import kiln.ir.CallTarget;
import kiln.ir.Edge;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Code that copies values of the component model from one component to another: as core values, or from memory to
 * memory. Both sides have the same layout and the same core values; what differs is where strings and lists lie, how
 * strings are encoded, and what handles are called.
 *
 * <p>Code stands inline as long as the function's budget lasts; then each type has a function of its own, shared by all
 * that copy it in the same way. So the code is linear in the size of the types, whatever parts they share.
 */
class ValueCode extends ComponentCode {
    /** Values larger than this are worth a call of memmove. */
    private static final int MAX_INLINE = 64;
    /** What an adapter may hold before types become functions of their own, and what each of these may hold. */
    private static final int BUDGET = 200;

    private static final int HELPER_BUDGET = 50;
    /** What a list costs; a field costs 1. */
    private static final int POINTER_COST = 40;

    private final MemoryAccess access;
    private ComponentSide from;
    private ComponentSide to;
    private int budget;

    ValueCode(ComponentFunctions component, FuncKey key, Signature signature) {
        super(component, key, signature);
        access = new MemoryAccess(b, vmctx, false);
        budget = key.kind() == FuncKey.Kind.COMPONENT_HELPER ? HELPER_BUDGET : BUDGET;
    }

    /** From now on values go from one side to the other. */
    final void direction(ComponentSide source, ComponentSide target) {
        from = source;
        to = target;
    }

    final ComponentSide source() {
        return from;
    }

    final ComponentSide target() {
        return to;
    }

    // Functions for types.

    /**
     * A function that copies values of one type, or strings.
     *
     * @param type null for a string
     * @param flat whether it takes and returns core values, else {@code (from, to)}, both addresses
     */
    record Helper(int home, InterfaceType type, boolean flat, ComponentSide from, ComponentSide to) {
        Signature signature() {
            if (type == null) {
                return new Signature(List.of(Type.I32, Type.I32), List.of(Type.I32, Type.I32));
            }
            List<Type> values = IrTypes.of(type.layout().flat());
            return flat ? new Signature(values, values) : new Signature(List.of(Type.I32, Type.I32), List.of());
        }
    }

    /** The code of a helper. */
    static Function translate(ComponentFunctions component, FuncKey key, Helper helper) {
        if (helper.type == null) {
            StringCode c = new StringCode(component, key, helper.signature());
            c.direction(helper.from, helper.to);
            c.translate();
            return c.function;
        }
        ValueCode c = new ValueCode(component, key, helper.signature());
        c.direction(helper.from, helper.to);
        if (helper.flat) {
            Value[] args = c.function.entry().params().toArray(Value[]::new);
            c.b.ret(c.flatHere(helper.type, args));
        } else {
            c.memoryHere(helper.type, c.param(0), 0, c.param(1), 0);
            c.b.ret();
        }
        return c.function;
    }

    private CallTarget helper(InterfaceType type, boolean flat) {
        Helper h = new Helper(home(), type, flat, from, to);
        return new CallTarget(component.helper(h), h.signature());
    }

    /** Whether the value is to be copied by a function of its own; if not, it is paid for. */
    private boolean isOutlined(InterfaceType type) {
        int cost = switch (type.kind()) {
            case LIST, MAP -> POINTER_COST;
            case RECORD, TUPLE -> type.children().size();
            case VARIANT, OPTION, RESULT -> 2 * type.cases();
            // Strings are a call in any case, and so are handles.
            default -> 0;
        };
        if (cost > budget) {
            return true;
        }
        budget -= cost;
        return false;
    }

    // Core values.

    /** Copies a value that is passed as core values. */
    final Value[] flat(InterfaceType type, Value[] values) {
        if (isOutlined(type)) {
            var call = b.call(helper(type, true), values);
            Value[] results = new Value[call.resultCount()];
            for (int i = 0; i < results.length; i++) {
                results[i] = call.result(i);
            }
            return results;
        }
        return flatHere(type, values);
    }

    private Value[] flatHere(InterfaceType type, Value[] values) {
        return switch (type.kind()) {
            case STRING -> string(values[0], values[1]);
            case LIST, MAP -> list(type, values[0], values[1]);
            case RECORD, TUPLE -> flatFields(type, values);
            case VARIANT, OPTION, RESULT -> flatVariant(type, values);
            default -> new Value[] {scalar(type, values[0])};
        };
    }

    private Value[] flatFields(InterfaceType type, Value[] values) {
        List<Value> results = new ArrayList<>();
        int at = 0;
        for (InterfaceType field : type.children()) {
            int count = field.layout().flat().size();
            Value[] part = new Value[count];
            for (int i = 0; i < count; i++) {
                part[i] = values[at++];
            }
            results.addAll(List.of(flat(field, part)));
        }
        return results.toArray(Value[]::new);
    }

    /** The places of all cases are shared; each has the type that holds it in every case. */
    private Value[] flatVariant(InterfaceType type, Value[] values) {
        List<Type> joined = IrTypes.of(type.layout().flat());
        Value discriminant = values[0];
        b.trapIf(TrapCode.INVALID_DISCRIMINANT, is(IntCond.UGE, discriminant, type.cases()));
        Block done = label(joined.subList(1, joined.size()).toArray(Type[]::new));
        Edge[] edges = new Edge[type.cases()];
        List<Block> cases = new ArrayList<>();
        for (int i = 0; i < edges.length; i++) {
            if (type.payload(i) == null) {
                edges[i] = new Edge(done, zeros(joined));
                cases.add(null);
            } else {
                Block block = label();
                cases.add(block);
                edges[i] = new Edge(block);
            }
        }
        b.switch_(discriminant, edges);
        for (int i = 0; i < edges.length; i++) {
            InterfaceType payload = type.payload(i);
            if (payload != null) {
                begin(cases.get(i));
                List<Type> own = IrTypes.of(payload.layout().flat());
                Value[] part = new Value[own.size()];
                for (int k = 0; k < part.length; k++) {
                    part[k] = cast(values[k + 1], own.get(k));
                }
                Value[] copied = flat(payload, part);
                Value[] results = zeros(joined);
                for (int k = 0; k < copied.length; k++) {
                    results[k] = cast(copied[k], joined.get(k + 1));
                }
                b.jump(done, results);
            }
        }
        begin(done);
        Value[] results = new Value[joined.size()];
        results[0] = discriminant;
        for (int k = 1; k < results.length; k++) {
            results[k] = done.params().get(k - 1);
        }
        return results;
    }

    private Value[] zeros(List<Type> joined) {
        Value[] zeros = new Value[joined.size() - 1];
        for (int i = 0; i < zeros.length; i++) {
            zeros[i] = b.zero(joined.get(i + 1));
        }
        return zeros;
    }

    /** Bits of one type as another, which may be wider. */
    private Value cast(Value x, Type type) {
        if (x.type() == type) {
            return x;
        }
        Value bits = switch (x.type()) {
            case F32 -> b.convert(Opcode.BITCAST, Type.I32, x);
            case F64 -> b.convert(Opcode.BITCAST, Type.I64, x);
            default -> x;
        };
        Type target = switch (type) {
            case F32 -> Type.I32;
            case F64 -> Type.I64;
            default -> type;
        };
        if (bits.type() != target) {
            bits = target == Type.I64 ? wide(bits) : narrow(bits);
        }
        return target == type ? bits : b.convert(Opcode.BITCAST, type, bits);
    }

    /** A value that is one core value, checked or with bits that mean nothing left out. */
    private Value scalar(InterfaceType type, Value x) {
        return switch (type.kind()) {
            case BOOL -> is(IntCond.NE, x, 0);
            case U8 -> and(x, 0xff);
            case U16 -> and(x, 0xffff);
            case S8 -> b.convert(Opcode.SEXT8, Type.I32, x);
            case S16 -> b.convert(Opcode.SEXT16, Type.I32, x);
            case S32, U32, S64, U64, F32, F64 -> x;
            case CHAR -> checkedChar(x);
            case ENUM -> {
                b.trapIf(TrapCode.INVALID_DISCRIMINANT, is(IntCond.UGE, x, type.cases()));
                yield x;
            }
            case FLAGS -> {
                int count = type.labels().size();
                yield count >= 32 ? x : and(x, (1L << count) - 1);
            }
            case OWN -> own(type.resource(), x);
            case BORROW -> borrow(type.resource(), x);
            default -> throw new IllegalArgumentException(type.kind().toString());
        };
    }

    /** Traps unless it is a code point that is no surrogate. */
    private Value checkedChar(Value x) {
        b.trapIf(TrapCode.INVALID_CHAR, is(IntCond.UGE, x, 0x110000));
        b.trapIf(TrapCode.INVALID_CHAR, is(IntCond.ULT, add(x, -0xd800), 0x800));
        return x;
    }

    // Handles.

    private Value own(int resource, Value handle) {
        Value number = b.i32(resource + 1);
        Value rep = ComponentHelper.HANDLE_TAKE
                .call(b, b.i32(from.instance()), handle, number)
                .result();
        return ComponentHelper.HANDLE_ADD
                .call(b, b.i32(to.instance()), number, rep, b.i32(ComponentContext.OWN))
                .result();
    }

    /** The instance that defines the resource gets what it stands for, another one a handle. */
    private Value borrow(int resource, Value handle) {
        Value number = b.i32(resource + 1);
        Value rep = ComponentHelper.HANDLE_REP
                .call(b, b.i32(from.instance()), handle, number)
                .result();
        int instance = to.instance();
        if (component.plan().resources().get(resource).component() == instance) {
            return rep;
        }
        setField(instance, ComponentContext.BORROWS, add(field(instance, ComponentContext.BORROWS), 1));
        return ComponentHelper.HANDLE_ADD
                .call(b, b.i32(instance), number, rep, b.i32(ComponentContext.BORROW))
                .result();
    }

    // Memory.

    private Value read(Type type, int bytes, Value pointer, long offset) {
        Value address = access.address(from.memory(), pointer, offset, bytes);
        return b.load(
                type,
                from.memory().access(Integer.numberOfTrailingZeros(bytes), false, access.canTrap),
                address,
                access.displacement);
    }

    private void write(int bytes, Value pointer, long offset, Value value) {
        Value address = access.address(to.memory(), pointer, offset, bytes);
        b.store(
                to.memory().access(Integer.numberOfTrailingZeros(bytes), false, access.canTrap),
                address,
                access.displacement,
                value);
    }

    /** Copies a value from {@code source + sourceOffset} to {@code target + targetOffset}. */
    final void memory(InterfaceType type, Value source, long sourceOffset, Value target, long targetOffset) {
        if (isOutlined(type)) {
            b.call(helper(type, false), add(source, sourceOffset), add(target, targetOffset));
        } else {
            memoryHere(type, source, sourceOffset, target, targetOffset);
        }
    }

    private void memoryHere(InterfaceType type, Value source, long sourceOffset, Value target, long targetOffset) {
        int bytes = (int) type.layout().bytes();
        if (component.isPlain(type)) {
            plain(bytes, source, sourceOffset, target, targetOffset);
            return;
        }
        switch (type.kind()) {
            case STRING, LIST, MAP -> {
                Value pointer = read(Type.I32, 4, source, sourceOffset);
                Value length = read(Type.I32, 4, source, sourceOffset + 4);
                Value[] copy = type.kind() == TypeKind.STRING ? string(pointer, length) : list(type, pointer, length);
                write(4, target, targetOffset, copy[0]);
                write(4, target, targetOffset + 4, copy[1]);
            }
            case RECORD, TUPLE -> {
                long at = 0;
                for (InterfaceType field : type.children()) {
                    at = ValueLayout.align(at, field.layout().alignment());
                    memory(field, source, sourceOffset + at, target, targetOffset + at);
                    at += field.layout().bytes();
                }
            }
            case VARIANT, OPTION, RESULT -> memoryVariant(type, source, sourceOffset, target, targetOffset);
            default -> {
                // Narrow ones are read with zeros above, which is what checking them expects.
                Value x = read(Type.I32, bytes, source, sourceOffset);
                write(bytes, target, targetOffset, scalar(type, x));
            }
        }
    }

    private void memoryVariant(InterfaceType type, Value source, long sourceOffset, Value target, long targetOffset) {
        int bytes = ValueLayout.discriminantBytes(type.cases());
        Value discriminant = read(Type.I32, bytes, source, sourceOffset);
        b.trapIf(TrapCode.INVALID_DISCRIMINANT, is(IntCond.UGE, discriminant, type.cases()));
        write(bytes, target, targetOffset, discriminant);
        long payloadAt = type.payloadOffset();
        Block done = label();
        Edge[] edges = new Edge[type.cases()];
        List<Block> cases = new ArrayList<>();
        for (int i = 0; i < edges.length; i++) {
            boolean empty = type.payload(i) == null;
            Block block = empty ? done : label();
            cases.add(empty ? null : block);
            edges[i] = new Edge(block);
        }
        b.switch_(discriminant, edges);
        for (int i = 0; i < edges.length; i++) {
            if (cases.get(i) != null) {
                begin(cases.get(i));
                memory(type.payload(i), source, sourceOffset + payloadAt, target, targetOffset + payloadAt);
                b.jump(done);
            }
        }
        begin(done);
    }

    /** Copies bytes as they are; both ranges have been checked. */
    private void plain(int bytes, Value source, long sourceOffset, Value target, long targetOffset) {
        if (bytes > MAX_INLINE) {
            memmove(
                    add(absolute(to.memory(), target), targetOffset),
                    add(absolute(from.memory(), source), sourceOffset),
                    b.i64(bytes));
            return;
        }
        for (int at = 0, width = 8; at < bytes; ) {
            if (width > bytes - at) {
                width /= 2;
                continue;
            }
            Value x = read(width == 8 ? Type.I64 : Type.I32, width, source, sourceOffset + at);
            write(width, target, targetOffset + at, x);
            at += width;
        }
    }

    /** The address of an index, in a range that has been checked. */
    final Value absolute(MemoryPlan memory, Value index) {
        return add(access.base(memory), wide(index));
    }

    /** Traps unless {@code bytes} (i64, below 2^60) from {@code index} on lie in the memory. */
    final void checkRange(TrapCode code, MemoryPlan memory, Value index, Value bytes) {
        Value length = access.length(memory);
        b.trapIf(code, b.icmp(IntCond.UGT, add(wide(index), bytes), length));
    }

    final void checkAlignment(Value index, int alignment) {
        if (alignment > 1) {
            b.trapIf(TrapCode.UNALIGNED_POINTER, and(index, alignment - 1));
        }
    }

    /** Calls the target's realloc; what it returns is checked. All sizes are i32. */
    final Value realloc(TrapCode code, Value old, Value oldBytes, int alignment, Value bytes) {
        Value result = callInside(to.instance(), to.realloc(), old, oldBytes, b.i32(alignment), bytes)
                .result();
        checkAlignment(result, alignment);
        checkRange(code, to.memory(), result, wide(bytes));
        return result;
    }

    /** New memory on the target's side. */
    final Value allocate(TrapCode code, int alignment, Value bytes) {
        return realloc(code, b.i32(0), b.i32(0), alignment, bytes);
    }

    // Strings and lists.

    private Value[] string(Value pointer, Value length) {
        var call = b.call(helper(null, true), pointer, length);
        return new Value[] {call.result(0), call.result(1)};
    }

    private Value[] list(InterfaceType type, Value pointer, Value length) {
        InterfaceType element = component.element(type);
        long size = element.layout().bytes();
        int alignment = element.layout().alignment();
        checkAlignment(pointer, alignment);
        Value bytes = b.binary(Opcode.MUL, wide(length), b.i64(size));
        b.trapIf(TrapCode.LIST_OUT_OF_BOUNDS, is(IntCond.UGE, bytes, ValueLayout.MAX_BYTES));
        checkRange(TrapCode.LIST_OUT_OF_BOUNDS, from.memory(), pointer, bytes);
        // All that is read is checked before the other side gets to know of it, where that can be done for itself.
        ComponentHelper check = ListCode.check(element);
        if (check == ComponentHelper.CHECK_CHARS) {
            check.call(b, absolute(from.memory(), pointer), wide(length));
        } else if (check != null) {
            check.call(b, absolute(from.memory(), pointer), wide(length), b.i32(element.cases() - 1));
        }
        Value copy = allocate(TrapCode.LIST_OUT_OF_BOUNDS, alignment, narrow(bytes));
        if (element.kind() == TypeKind.BOOL) {
            ComponentHelper.COPY_BOOLS.call(b, absolute(from.memory(), pointer), bytes, absolute(to.memory(), copy));
            return new Value[] {copy, length};
        }
        if (check != null || component.isPlain(element)) {
            memmove(absolute(to.memory(), copy), absolute(from.memory(), pointer), bytes);
            return new Value[] {copy, length};
        }
        Block head = label(Type.I32, Type.I32, Type.I32);
        Block body = label();
        Block done = label();
        b.jump(head, pointer, copy, length);
        begin(head);
        interruptCheck();
        Value source = head.params().get(0);
        Value target = head.params().get(1);
        Value left = head.params().get(2);
        b.branch(left, body, done);
        begin(body);
        memory(element, source, 0, target, 0);
        b.jump(head, add(source, size), add(target, size), add(left, -1));
        begin(done);
        done.setFrequency(Frequency.ONCE);
        return new Value[] {copy, length};
    }
}
