package kiln.translate;

import kiln.artifact.api.TrapCode;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.IntCond;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/**
 * Conversions between encodings of strings. As long as they are ASCII (or Latin-1 in UTF-16, or no surrogates, where
 * that is what matters) some vectors a step, near the end and between other characters eight bytes a step.
 */
final class Transcoders extends BulkCode {
    /** The top bit of each byte: not ASCII. */
    private static final long NOT_ASCII = 0x8080808080808080L;
    /** Of four units of UTF-16. */
    private static final long NOT_ASCII_16 = 0xff80ff80ff80ff80L;

    static final long NOT_LATIN1_16 = 0xff00ff00ff00ff00L;
    private static final long TOP_16 = 0x8000800080008000L;
    private static final long ONES_16 = 0x0001000100010001L;

    private Transcoders(ComponentFunctions component, ComponentHelper helper) {
        super(component, helper.key(), helper.signature());
    }

    static Function translate(ComponentFunctions component, ComponentHelper helper) {
        Transcoders t = new Transcoders(component, helper);
        switch (helper) {
            case UTF8_CHECK -> t.fromUtf8(Goal.CHECK);
            case UTF8_TO_UTF16 -> t.fromUtf8(Goal.UTF16);
            case UTF8_TO_LATIN1 -> t.fromUtf8(Goal.LATIN1);
            case UTF16_CHECK -> t.utf16Check();
            case UTF16_TO_UTF8 -> t.utf16ToUtf8();
            case LATIN1_TO_UTF8 -> t.latin1ToUtf8();
            case WIDEN -> t.widen();
            case WIDEN_IN_PLACE -> t.widenInPlace();
            case NARROW -> t.prefix(2, NOT_LATIN1_16, 0xff00);
            case NARROW_ASCII -> t.prefix(2, NOT_ASCII_16, 0xff80);
            case COPY_ASCII -> t.prefix(1, NOT_ASCII, 0x80);
            default -> throw new IllegalArgumentException(helper.name());
        }
        return t.function;
    }

    private void require(Value condition) {
        b.trapIfZero(TrapCode.INVALID_STRING, condition);
    }

    private void refuse(Value condition) {
        b.trapIf(TrapCode.INVALID_STRING, condition);
    }

    private Value either(Value x, int constant) {
        return or(x, b.iconst(x.type(), constant));
    }

    /**
     * Begins a loop over a string: at {@code head} it is at place p in the source and q in what is written. Goes on in
     * {@code fast} if eight bytes are left, else in {@code single} if there are any, else in {@code done}; the last two
     * have p and q as parameters.
     */
    private void loop(Block head, Value end, Block fast, Block single, Block done) {
        begin(head);
        interruptCheck();
        Value p = head.params().get(0);
        Value q = head.params().get(1);
        Value left = sub(end, p);
        Block tail = label();
        b.branch(is(IntCond.UGE, left, STEP), fast, tail);
        begin(tail);
        b.branch(test(left), new Edge(single, p, q), new Edge(done, p, q));
    }

    /**
     * A loop that goes to {@code head} with the first place from which on so many vectors have a bit of {@code mask},
     * or are not there, and, where it {@code collects} them, with the OR of what q was and all words before it. Most
     * texts that are only to be checked are done then.
     */
    private void skip(Block wide, Block head, Value end, int count, long mask, boolean collects) {
        Value[] vectors = vectors(wide, head, end, count, mask);
        Value seen = q(wide);
        if (collects) {
            Value all = anyOf(vectors);
            seen = or(seen, or(half(all, 0), half(all, 1)));
        }
        b.jump(wide, add(p(wide), (long) count * VECTOR), seen);
    }

    private Value half(Value vector, int lane) {
        return b.vectorOfLane(VectorOp.EXTRACT_LANE.on(Lanes.I64X2), lane, vector);
    }

    // From UTF-8.

    /** What becomes of UTF-8. */
    private enum Goal {
        CHECK,
        UTF16,
        LATIN1
    }

    private void fromUtf8(Goal goal) {
        Value from = param(0);
        Value end = add(from, param(1));
        Value to = goal == Goal.CHECK ? b.i64(0) : param(2);
        Block head = place();
        Block fast = label();
        Block ascii = label();
        Block single = place();
        Block small = label();
        Block multi = label();
        Block done = place();
        Block wide = place();
        b.jump(wide, from, to);
        switch (goal) {
            case CHECK -> skip(wide, head, end, 4, NOT_ASCII, false);
            case UTF16 -> widen(wide, vectors(wide, head, end, 2, NOT_ASCII));
            case LATIN1 -> copy(wide, vectors(wide, head, end, 4, NOT_ASCII));
        }
        loop(head, end, fast, single, done);

        begin(fast);
        Value word = load(8, p(head), 0);
        b.branch(test(and(word, NOT_ASCII)), new Edge(single, p(head), q(head)), new Edge(ascii));
        begin(ascii);
        b.jump(wide, add(p(head), STEP), writeAscii(goal, q(head), word));

        begin(single);
        Value p = p(single);
        Value q = q(single);
        Value lead = load(1, p, 0);
        b.branch(and(lead, 0x80), multi, small);
        begin(small);
        b.jump(head, add(p, 1), writeUnit(goal, q, lead));

        begin(multi);
        Value left = sub(end, p);
        Block two = label();
        Block more = label();
        Block three = label();
        Block four = label();
        refuse(is(IntCond.ULT, lead, 0xc2));
        if (goal == Goal.LATIN1) {
            b.branch(is(IntCond.UGT, lead, 0xc3), new Edge(done, p, q), new Edge(two));
        } else {
            b.branch(is(IntCond.ULT, lead, 0xe0), two, more);
        }

        begin(two);
        refuse(is(IntCond.ULT, left, 2));
        Value second = trail(p, 1);
        Value code = or(shl(and(lead, 0x1f), 6), second);
        b.jump(head, add(p, 2), writeUnit(goal, q, code));
        if (goal != Goal.LATIN1) {
            begin(more);
            b.branch(is(IntCond.ULT, lead, 0xf0), three, four);

            begin(three);
            refuse(is(IntCond.ULT, left, 3));
            code = or(or(shl(and(lead, 0xf), 12), shl(trail(p, 1), 6)), trail(p, 2));
            refuse(is(IntCond.ULT, code, 0x800));
            refuse(is(IntCond.EQ, and(code, 0xf800), 0xd800));
            b.jump(head, add(p, 3), writeUnit(goal, q, code));

            begin(four);
            refuse(is(IntCond.UGT, lead, 0xf4));
            refuse(is(IntCond.ULT, left, 4));
            Value high = or(shl(and(lead, 7), 18), shl(trail(p, 1), 12));
            code = or(or(high, shl(trail(p, 2), 6)), trail(p, 3));
            Value beyond = add(code, -0x10000);
            refuse(is(IntCond.UGE, beyond, 0x100000));
            b.jump(head, add(p, 4), writePair(goal, q, beyond));
        }

        begin(done);
        switch (goal) {
            case CHECK -> b.ret();
            case UTF16 -> b.ret(shr(sub(q(done), to), 1));
            case LATIN1 -> b.ret(sub(p(done), from), sub(q(done), to));
        }
    }

    /** The six bits of a byte that goes on with a character. */
    private Value trail(Value p, int offset) {
        Value unit = load(1, p, offset);
        require(is(IntCond.EQ, and(unit, 0xc0), 0x80));
        return and(unit, 0x3f);
    }

    private Value writeAscii(Goal goal, Value q, Value word) {
        return switch (goal) {
            case CHECK -> q;
            case LATIN1 -> {
                store(8, q, 0, word);
                yield add(q, STEP);
            }
            case UTF16 -> {
                spread(q, word);
                yield add(q, 2 * STEP);
            }
        };
    }

    // Ends of a step of vectors, which write what it has read and go on at its head.

    private void copy(Block wide, Value[] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            store(VECTOR, q(wide), i * VECTOR, vectors[i]);
        }
        next(wide, vectors.length * VECTOR, vectors.length * VECTOR);
    }

    /** Bytes as units of UTF-16. */
    private void widen(Block wide, Value[] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            widen(q(wide), vectors[i], 2 * i * VECTOR);
        }
        next(wide, vectors.length * VECTOR, 2 * vectors.length * VECTOR);
    }

    private void widen(Value to, Value bytes, int offset) {
        store(VECTOR, to, offset, b.vector(VectorOp.EXTEND_LOW_U.on(Lanes.I16X8), bytes));
        store(VECTOR, to, offset + VECTOR, b.vector(VectorOp.EXTEND_HIGH_U.on(Lanes.I16X8), bytes));
    }

    /** Units of UTF-16 that are bytes, as bytes. */
    private void narrow(Block wide, Value[] vectors) {
        for (int i = 0; i < vectors.length; i += 2) {
            Value bytes = b.vector(VectorOp.NARROW_U.on(Lanes.I8X16), vectors[i], vectors[i + 1]);
            store(VECTOR, q(wide), i / 2 * VECTOR, bytes);
        }
        next(wide, vectors.length * VECTOR, vectors.length / 2 * VECTOR);
    }

    private void next(Block wide, int read, int written) {
        b.jump(wide, add(p(wide), read), add(q(wide), written));
    }

    /** Writes eight bytes as eight units of UTF-16. */
    private void spread(Value q, Value word) {
        store(8, q, 0, spread(and(word, 0xffffffffL)));
        store(8, q, 8, spread(shr(word, 32)));
    }

    private Value spread(Value four) {
        Value x = and(or(four, shl(four, 16)), 0x0000ffff0000ffffL);
        return and(or(x, shl(x, 8)), 0x00ff00ff00ff00ffL);
    }

    private Value writeUnit(Goal goal, Value q, Value unit) {
        return switch (goal) {
            case CHECK -> q;
            case LATIN1 -> {
                store(1, q, 0, unit);
                yield add(q, 1);
            }
            case UTF16 -> {
                store(2, q, 0, unit);
                yield add(q, 2);
            }
        };
    }

    /** Writes a character of two units, less 0x10000. */
    private Value writePair(Goal goal, Value q, Value beyond) {
        if (goal == Goal.CHECK) {
            return q;
        }
        Value high = either(shr(beyond, 10), 0xd800);
        Value low = either(and(beyond, 0x3ff), 0xdc00);
        store(4, q, 0, or(high, shl(low, 16)));
        return add(q, 4);
    }

    // From UTF-16.

    /** The code point, less 0x10000, of a pair that begins with {@code high} at p. */
    private Value pair(Value end, Value p, Value high) {
        refuse(is(IntCond.UGE, high, 0xdc00));
        refuse(is(IntCond.ULT, sub(end, p), 4));
        Value low = load(2, p, 2);
        require(is(IntCond.EQ, and(low, 0xfc00), 0xdc00));
        return or(shl(and(high, 0x3ff), 10), and(low, 0x3ff));
    }

    private void utf16Check() {
        Value from = param(0);
        Value end = add(from, shl(param(1), 1));
        Block head = place();
        Block fast = label();
        Block clean = label();
        Block single = place();
        Block plain = label();
        Block surrogate = label();
        Block done = place();
        Block wide = place();
        b.jump(wide, from, b.i64(0));
        // Without its top bit no unit is a surrogate.
        skip(wide, head, end, 2, TOP_16, true);
        loop(head, end, fast, single, done);
        begin(fast);
        Value word = load(8, p(head), 0);
        // A lane of zero is a surrogate; the subtraction borrows out of such a lane only.
        Value lanes = b.binary(Opcode.XOR, and(word, 0xf800f800f800f800L), b.i64(0xd800d800d800d800L));
        Value zero =
                and(b.binary(Opcode.AND, sub(lanes, b.i64(ONES_16)), b.binary(Opcode.XOR, lanes, b.i64(-1))), TOP_16);
        b.branch(test(zero), new Edge(single, p(head), q(head)), new Edge(clean));
        begin(clean);
        b.jump(head, add(p(head), STEP), or(q(head), word));
        begin(single);
        Value unit = load(2, p(single), 0);
        Value seen = or(q(single), wide(unit));
        b.branch(is(IntCond.EQ, and(unit, 0xf800), 0xd800), surrogate, plain);
        begin(plain);
        b.jump(head, add(p(single), 2), seen);
        begin(surrogate);
        pair(end, p(single), unit);
        b.jump(head, add(p(single), 4), seen);
        begin(done);
        b.ret(q(done));
    }

    private void utf16ToUtf8() {
        Value from = param(0);
        Value end = add(from, shl(param(1), 1));
        Value to = param(2);
        Block head = place();
        Block fast = label();
        Block ascii = label();
        Block single = place();
        Block small = label();
        Block large = label();
        Block two = label();
        Block more = label();
        Block three = label();
        Block four = label();
        Block done = place();
        Block wide = place();
        b.jump(wide, from, to);
        narrow(wide, vectors(wide, head, end, 4, NOT_ASCII_16));
        loop(head, end, fast, single, done);
        begin(fast);
        Value word = load(8, p(head), 0);
        b.branch(test(and(word, NOT_ASCII_16)), new Edge(single, p(head), q(head)), new Edge(ascii));
        begin(ascii);
        store(4, q(head), 0, pack(word));
        b.jump(wide, add(p(head), STEP), add(q(head), STEP / 2));

        begin(single);
        Value p = p(single);
        Value q = q(single);
        Value unit = load(2, p, 0);
        b.branch(is(IntCond.ULT, unit, 0x80), small, large);
        begin(small);
        store(1, q, 0, unit);
        b.jump(head, add(p, 2), add(q, 1));
        begin(large);
        b.branch(is(IntCond.ULT, unit, 0x800), two, more);
        begin(two);
        store(1, q, 0, either(shr(unit, 6), 0xc0));
        store(1, q, 1, trailing(unit, 0));
        b.jump(head, add(p, 2), add(q, 2));
        begin(more);
        b.branch(is(IntCond.EQ, and(unit, 0xf800), 0xd800), four, three);
        begin(three);
        store(1, q, 0, either(shr(unit, 12), 0xe0));
        store(1, q, 1, trailing(unit, 6));
        store(1, q, 2, trailing(unit, 0));
        b.jump(head, add(p, 2), add(q, 3));
        begin(four);
        Value code = add(pair(end, p, unit), 0x10000);
        store(1, q, 0, either(shr(code, 18), 0xf0));
        store(1, q, 1, trailing(code, 12));
        store(1, q, 2, trailing(code, 6));
        store(1, q, 3, trailing(code, 0));
        b.jump(head, add(p, 4), add(q, 4));
        begin(done);
        b.ret(sub(q(done), to));
    }

    private Value trailing(Value code, int shift) {
        return either(and(shift == 0 ? code : shr(code, shift), 0x3f), 0x80);
    }

    /** Four units that are bytes as four bytes. */
    private Value pack(Value word) {
        Value x = and(or(word, shr(word, 8)), 0x0000ffff0000ffffL);
        return narrow(or(x, shr(x, 16)));
    }

    // From Latin-1, and of what is not converted.

    private void latin1ToUtf8() {
        Value from = param(0);
        Value end = add(from, param(1));
        Value to = param(2);
        Block head = place();
        Block fast = label();
        Block ascii = label();
        Block single = place();
        Block small = label();
        Block large = label();
        Block done = place();
        Block wide = place();
        b.jump(wide, from, to);
        copy(wide, vectors(wide, head, end, 4, NOT_ASCII));
        loop(head, end, fast, single, done);
        begin(fast);
        Value word = load(8, p(head), 0);
        b.branch(test(and(word, NOT_ASCII)), new Edge(single, p(head), q(head)), new Edge(ascii));
        begin(ascii);
        store(8, q(head), 0, word);
        b.jump(wide, add(p(head), STEP), add(q(head), STEP));
        begin(single);
        Value unit = load(1, p(single), 0);
        b.branch(and(unit, 0x80), large, small);
        begin(small);
        store(1, q(single), 0, unit);
        b.jump(head, add(p(single), 1), add(q(single), 1));
        begin(large);
        store(1, q(single), 0, either(shr(unit, 6), 0xc0));
        store(1, q(single), 1, trailing(unit, 0));
        b.jump(head, add(p(single), 1), add(q(single), 2));
        begin(done);
        b.ret(sub(q(done), to));
    }

    private void widen() {
        Value from = param(0);
        Block head = place();
        Block fast = label();
        Block single = place();
        Block done = place();
        Block wide = place();
        Value end = add(from, param(1));
        b.jump(wide, from, param(2));
        widen(wide, vectors(wide, head, end, 2, 0));
        loop(head, end, fast, single, done);
        begin(fast);
        spread(q(head), load(8, p(head), 0));
        b.jump(head, add(p(head), STEP), add(q(head), 2 * STEP));
        begin(single);
        store(2, q(single), 0, load(1, p(single), 0));
        b.jump(head, add(p(single), 1), add(q(single), 2));
        begin(done);
        b.ret();
    }

    /** From the end, since a unit is written where two of them lie that come later. */
    private void widenInPlace() {
        Block wide = label(Type.I64);
        Block many = label();
        Block head = label(Type.I64);
        Block body = label();
        Block done = label();
        b.jump(wide, param(1));
        begin(wide);
        interruptCheck();
        Value rest = wide.params().getFirst();
        b.branch(is(IntCond.UGE, rest, VECTOR), new Edge(many), new Edge(head, rest));
        begin(many);
        // What is written begins where these bytes do, or later.
        Value first = add(rest, -VECTOR);
        widen(add(param(0), shl(first, 1)), load(VECTOR, add(param(0), first), 0), 0);
        b.jump(wide, first);
        begin(head);
        interruptCheck();
        Value left = head.params().getFirst();
        b.branch(test(left), body, done);
        begin(body);
        Value i = add(left, -1);
        store(2, add(param(0), shl(i, 1)), 0, load(1, add(param(0), i), 0));
        b.jump(head, i);
        begin(done);
        b.ret();
    }

    /**
     * Writes units as bytes until one has a bit of {@code tooLarge}.
     *
     * @param bytes of a unit that is read
     * @param anyTooLarge the same for eight bytes at once
     */
    private void prefix(int bytes, long anyTooLarge, int tooLarge) {
        Value from = param(0);
        Value end = add(from, bytes == 2 ? shl(param(1), 1) : param(1));
        Block head = place();
        Block fast = label();
        Block all = label();
        Block single = place();
        Block fits = label();
        Block done = place();
        Block wide = place();
        b.jump(wide, from, param(2));
        Value[] vectors = vectors(wide, head, end, 4, anyTooLarge);
        if (bytes == 2) {
            narrow(wide, vectors);
        } else {
            copy(wide, vectors);
        }
        loop(head, end, fast, single, done);
        begin(fast);
        Value word = load(8, p(head), 0);
        b.branch(test(and(word, anyTooLarge)), new Edge(single, p(head), q(head)), new Edge(all));
        begin(all);
        if (bytes == 2) {
            store(4, q(head), 0, pack(word));
        } else {
            store(8, q(head), 0, word);
        }
        b.jump(wide, add(p(head), STEP), add(q(head), STEP / bytes));
        begin(single);
        Value unit = load(bytes, p(single), 0);
        b.branch(and(unit, tooLarge), new Edge(done, p(single), q(single)), new Edge(fits));
        begin(fits);
        store(1, q(single), 0, unit);
        b.jump(head, add(p(single), bytes), add(q(single), 1));
        begin(done);
        b.ret(sub(q(done), param(2)));
    }
}
