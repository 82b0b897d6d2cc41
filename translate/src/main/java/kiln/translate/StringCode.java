package kiln.translate;

import static kiln.artifact.api.TrapCode.STRING_OUT_OF_BOUNDS;

import kiln.artifact.FuncKey;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.ValueLayout;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.IntCond;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * The function that copies strings between two components: {@code (pointer, length) -> (pointer, length)}. It allocates
 * in the steps that the specification gives ({@code store_string}), which a component can observe.
 */
final class StringCode extends ValueCode {
    /** In the length of a string that may be Latin-1: it is UTF-16. */
    private static final int UTF16_TAG = 1 << 31;

    StringCode(ComponentFunctions component, FuncKey key, Signature signature) {
        super(component, key, signature);
    }

    /** What strings are made of, once the tag of {@link StringEncoding#LATIN1_UTF16} is seen. */
    private enum Units {
        UTF8(1),
        UTF16(2),
        LATIN1(1);

        final int bytes;

        Units(int bytes) {
            this.bytes = bytes;
        }
    }

    void translate() {
        Value pointer = param(0);
        Value length = param(1);
        switch (source().encoding()) {
            case UTF8 -> copy(Units.UTF8, pointer, length);
            case UTF16 -> {
                checkAlignment(pointer, 2);
                copy(Units.UTF16, pointer, length);
            }
            case LATIN1_UTF16 -> {
                checkAlignment(pointer, 2);
                Block utf16 = label();
                Block latin1 = label();
                b.branch(is(IntCond.SLT, length, 0), utf16, latin1);
                begin(latin1);
                copy(Units.LATIN1, pointer, length);
                begin(utf16);
                copy(Units.UTF16, pointer, and(length, ~UTF16_TAG));
            }
        }
    }

    private void copy(Units units, Value pointer, Value count) {
        Value bytes = scaled(wide(count), units.bytes);
        checkSize(bytes);
        checkRange(STRING_OUT_OF_BOUNDS, source().memory(), pointer, bytes);
        switch (target().encoding()) {
            case UTF8 -> {
                switch (units) {
                    case UTF8 -> same(units, pointer, count, 1);
                    case UTF16 ->
                        toUtf8(ComponentHelper.NARROW_ASCII, ComponentHelper.UTF16_TO_UTF8, units, pointer, count, 3);
                    case LATIN1 ->
                        toUtf8(ComponentHelper.COPY_ASCII, ComponentHelper.LATIN1_TO_UTF8, units, pointer, count, 2);
                }
            }
            case UTF16 -> {
                switch (units) {
                    case UTF8 -> utf8ToUtf16(pointer, count);
                    case UTF16 -> same(units, pointer, count, 2);
                    case LATIN1 -> latin1ToUtf16(pointer, count);
                }
            }
            case LATIN1_UTF16 -> {
                if (units == Units.LATIN1) {
                    same(units, pointer, count, 2);
                } else if (source().encoding() == StringEncoding.LATIN1_UTF16) {
                    probablyUtf16(pointer, count);
                } else {
                    toLatin1(units, pointer, count);
                }
            }
        }
    }

    private Value scaled(Value count, int bytes) {
        return bytes == 1 ? count : shl(count, 1);
    }

    private void checkSize(Value bytes) {
        b.trapIf(STRING_OUT_OF_BOUNDS, is(IntCond.UGE, bytes, ValueLayout.MAX_BYTES));
    }

    private Value inSource(Value pointer) {
        return absolute(source().memory(), pointer);
    }

    private Value inTarget(Value pointer) {
        return absolute(target().memory(), pointer);
    }

    /** The same units on both sides. */
    private void same(Units units, Value pointer, Value count, int alignment) {
        Value bytes = scaled(count, units.bytes);
        switch (units) {
            case UTF8 -> ComponentHelper.UTF8_CHECK.call(b, inSource(pointer), wide(count));
            case UTF16 -> ComponentHelper.UTF16_CHECK.call(b, inSource(pointer), wide(count));
            case LATIN1 -> {
                // Every byte is a character.
            }
        }
        Value copy = allocate(STRING_OUT_OF_BOUNDS, alignment, bytes);
        memmove(inTarget(copy), inSource(pointer), wide(bytes));
        b.ret(copy, count);
    }

    private void latin1ToUtf16(Value pointer, Value count) {
        checkSize(shl(wide(count), 1));
        Value copy = allocate(STRING_OUT_OF_BOUNDS, 2, shl(count, 1));
        ComponentHelper.WIDEN.call(b, inSource(pointer), wide(count), inTarget(copy));
        b.ret(copy, count);
    }

    /** As many bytes as there are units, in the hope for ASCII; else the most that there can be, which is cut down. */
    private void toUtf8(
            ComponentHelper ascii, ComponentHelper rest, Units units, Value pointer, Value count, int worst) {
        Value first = allocate(STRING_OUT_OF_BOUNDS, 1, count);
        Value done = narrow(
                ascii.call(b, inSource(pointer), wide(count), inTarget(first)).result());
        Block all = label();
        Block more = label();
        b.branch(b.icmp(IntCond.EQ, done, count), all, more);
        begin(all);
        b.ret(first, count);
        begin(more);
        Value most = b.binary(kiln.ir.Opcode.MUL, wide(count), b.i64(worst));
        checkSize(most);
        Value second = realloc(STRING_OUT_OF_BOUNDS, first, count, 1, narrow(most));
        Value from = add(inSource(pointer), scaled(wide(done), units.bytes));
        Value to = add(inTarget(second), wide(done));
        Value written = rest.call(b, from, wide(sub(count, done)), to).result();
        shrink(second, narrow(most), add(done, narrow(written)), 1, 1, 0);
    }

    /**
     * Returns a string, for which too much may have been allocated.
     *
     * @param tag to be set in the length that is returned
     */
    private void shrink(Value pointer, Value allocated, Value units, int bytes, int alignment, int tag) {
        Block cut = label();
        Block done = label(Type.I32);
        Value used = scaled(units, bytes);
        b.branch(b.icmp(IntCond.ULT, used, allocated), new Edge(cut), new Edge(done, pointer));
        begin(cut);
        b.jump(done, realloc(STRING_OUT_OF_BOUNDS, pointer, allocated, alignment, used));
        begin(done);
        b.ret(done.params().getFirst(), or(units, b.i32(tag)));
    }

    private void utf8ToUtf16(Value pointer, Value count) {
        checkSize(shl(wide(count), 1));
        Value most = shl(count, 1);
        Value copy = allocate(STRING_OUT_OF_BOUNDS, 2, most);
        Value units = ComponentHelper.UTF8_TO_UTF16
                .call(b, inSource(pointer), wide(count), inTarget(copy))
                .result();
        shrink(copy, most, narrow(units), 2, 2, 0);
    }

    /** As Latin-1 as far as it goes; from there on, and what was written already, UTF-16. */
    private void toLatin1(Units units, Value pointer, Value count) {
        Value first = allocate(STRING_OUT_OF_BOUNDS, 2, count);
        Value read;
        Value written;
        if (units == Units.UTF8) {
            var call = ComponentHelper.UTF8_TO_LATIN1.call(b, inSource(pointer), wide(count), inTarget(first));
            read = narrow(call.result(0));
            written = narrow(call.result(1));
        } else {
            var call = ComponentHelper.NARROW.call(b, inSource(pointer), wide(count), inTarget(first));
            read = narrow(call.result());
            written = read;
        }
        Block all = label();
        Block more = label();
        b.branch(b.icmp(IntCond.EQ, read, count), all, more);
        begin(all);
        shrink(first, count, written, 1, 2, 0);
        begin(more);
        checkSize(shl(wide(count), 1));
        Value most = shl(count, 1);
        Value second = realloc(STRING_OUT_OF_BOUNDS, first, count, 2, most);
        Value to = inTarget(second);
        ComponentHelper.WIDEN_IN_PLACE.call(b, to, wide(written));
        Value from = add(inSource(pointer), scaled(wide(read), units.bytes));
        Value rest = wide(sub(count, read));
        Value at = add(to, shl(wide(written), 1));
        if (units == Units.UTF8) {
            Value more16 = ComponentHelper.UTF8_TO_UTF16.call(b, from, rest, at).result();
            shrink(second, most, add(written, narrow(more16)), 2, 2, UTF16_TAG);
        } else {
            ComponentHelper.UTF16_CHECK.call(b, from, rest);
            memmove(at, from, shl(rest, 1));
            b.ret(second, or(count, b.i32(UTF16_TAG)));
        }
    }

    /** A string that was UTF-16, because something in it once needed that. */
    private void probablyUtf16(Value pointer, Value count) {
        Value bytes = shl(count, 1);
        Value seen = ComponentHelper.UTF16_CHECK
                .call(b, inSource(pointer), wide(count))
                .result();
        Value copy = allocate(STRING_OUT_OF_BOUNDS, 2, bytes);
        Value to = inTarget(copy);
        memmove(to, inSource(pointer), wide(bytes));
        Block latin1 = label();
        Block utf16 = label();
        b.branch(test(and(seen, Transcoders.NOT_LATIN1_16)), utf16, latin1);
        begin(utf16);
        b.ret(copy, or(count, b.i32(UTF16_TAG)));
        begin(latin1);
        ComponentHelper.NARROW.call(b, to, wide(count), to);
        Value cut = realloc(STRING_OUT_OF_BOUNDS, copy, bytes, 2, count);
        b.ret(cut, count);
    }
}
