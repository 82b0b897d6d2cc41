package kiln.tests.faults;

import static kiln.tests.faults.CodeWriter.I32;
import static kiln.tests.faults.CodeWriter.I64;
import static kiln.tests.faults.CodeWriter.VOID;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import kiln.tests.faults.CodeWriter.Label;

/**
 * Loops, dispatches and choices in the shapes that compilers and people make, which the optimiser's rules look for:
 * counters with steps up and down to bounds near and far, with several ways out, pointers beside counters, accesses
 * whose addresses come from both, interpreters, state machines, several selects of one condition. Loops end by their
 * counters, not for want of fuel, so that nothing in them hides what the counter is good for.
 */
final class LoopWriter {
    /** How many locals it has, of 32 and of 64 bits. Loops around own them in turn. */
    private static final int NARROW = 8;

    private static final int WIDE = 5;
    /** Of loops within loops, altogether. */
    private static final int MAX_TURNS = 160;
    /** Of one loop. */
    private static final int MOST = 36;

    private static final int EQ = 0;
    private static final int NE = 1;
    private static final int LT_S = 2;
    private static final int LT_U = 3;
    private static final int GT_S = 4;
    private static final int GT_U = 5;
    private static final int LE_S = 6;
    private static final int LE_U = 7;
    private static final int GE_S = 8;
    private static final int GE_U = 9;

    private final ProgramGenerator g;
    private final SplittableRandom random;
    private int first;
    /** Locals that loops around own: every program part may read them. */
    private int narrow;

    private int wide;
    /** A bound of how often what is written now runs. */
    private int turns;
    /** Whether some counter around is far from what addresses may be. */
    private boolean isFar;

    LoopWriter(ProgramGenerator g, SplittableRandom random) {
        this.g = g;
        this.random = random;
    }

    /** How many groups of locals {@link #begin} writes. */
    int groups() {
        return 2;
    }

    /** Declares locals; returns the number of the next one. */
    int begin(ByteArrayOutputStream out, int firstLocal) {
        first = firstLocal;
        narrow = 0;
        wide = 0;
        turns = 1;
        isFar = false;
        out.write(NARROW);
        out.write(I32);
        out.write(WIDE);
        out.write(I64);
        return first + NARROW + WIDE;
    }

    private boolean chance(int percent) {
        return g.chance(percent);
    }

    /** A statement with what belongs to it. */
    void statement(int depth) {
        switch (random.nextInt(depth > 0 ? 10 : 3)) {
            case 0 -> selects();
            case 1 -> reduce();
            case 2 -> tests(depth);
            case 3, 4, 5, 6 -> counted(depth);
            case 7 -> scan(depth);
            case 8 -> interpreter(depth);
            default -> machine(depth);
        }
    }

    // Locals

    private int claim(int type) {
        if (type == I32) {
            return narrow == NARROW ? -1 : first + narrow++;
        }
        return wide == WIDE ? -1 : first + NARROW + wide++;
    }

    private void get(int local) {
        g.put(0x20);
        g.index(local);
    }

    private void set(int local) {
        g.put(0x21);
        g.index(local);
    }

    private void tee(int local) {
        g.put(0x22);
        g.index(local);
    }

    /** The counter of a loop around, or what belongs to one; false if there is none. */
    boolean counter(int type) {
        if (type == I32 && narrow > 0 && (wide == 0 || chance(75))) {
            get(first + random.nextInt(narrow));
        } else if (type == I32 && wide > 0) {
            get(first + NARROW + random.nextInt(wide));
            g.put(0xa7);
        } else if (type == I64 && wide > 0 && (narrow == 0 || chance(60))) {
            get(first + NARROW + random.nextInt(wide));
        } else if (type == I64 && narrow > 0) {
            get(first + random.nextInt(narrow));
            g.put(g.pick(0xac, 0xad));
        } else {
            return false;
        }
        return true;
    }

    // Addresses

    /** An address of the memory's type that depends on a counter; false if there is no loop around. */
    boolean address(int type) {
        if (!counter(type)) {
            return false;
        }
        boolean isWide = type == I64;
        if (isFar && chance(85)) {
            g.number(type, g.pick(0xff, 0x3ff, 0xfff8, 63));
            g.put(isWide ? 0x83 : 0x71);
        }
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                g.number(type, 1 + random.nextInt(3));
                g.put(isWide ? 0x86 : 0x74);
            }
            case 2 -> {
                g.number(type, g.pick(2, 3, 5, 8, 12, 24));
                g.put(isWide ? 0x7e : 0x6c);
            }
            default -> {}
        }
        if (chance(50)) {
            g.number(type, g.pick(-16, -1, 1, 4, 16, 100, 4096, 65536 - 3, 65536 - 14, 65536 - 64, 65536 - 600));
            g.put(isWide ? 0x7c : 0x6a);
        } else if (chance(40)) {
            g.expr(type, 1);
            g.number(type, g.pick(0xff, 0xff8, 0x7fff));
            g.put(isWide ? 0x83 : 0x71);
            g.put(isWide ? 0x7c : 0x6a);
        }
        return true;
    }

    // Loops

    /** A loop with a counter, which ends after a number of turns that is known here, or bounded. */
    private void counted(int depth) {
        int limit = Math.min(MOST, MAX_TURNS / turns);
        int type = chance(35) ? I64 : I32;
        int narrowBefore = narrow;
        int wideBefore = wide;
        int turnsBefore = turns;
        boolean farBefore = isFar;
        int counter = claim(type);
        if (limit < 2 || counter < 0) {
            narrow = narrowBefore;
            wide = wideBefore;
            selects();
            return;
        }
        Test test = chance(55) ? constant(type, counter, limit) : variable(type, counter, limit);
        turns *= limit;
        pointers(depth, test);
        narrow = narrowBefore;
        wide = wideBefore;
        turns = turnsBefore;
        isFar = farBefore;
        // What the counter is in the end.
        int to = g.localOf(type);
        if (to >= 0 && chance(40)) {
            get(counter);
            set(to);
        }
    }

    /** How a loop goes on: while {@code counter op bound}; {@code bound} is a local, or -1 for a constant. */
    private record Test(int type, int counter, long step, int op, int bound, long constant, boolean isFirst) {}

    /** Bounds that are constants, in either direction, across zero, and where numbers end. */
    private Test constant(int type, int counter, int limit) {
        long step = g.pick(1, 1, 1, 1, 2, 3, 4, 8, 16, -1, -1, -2, -4, -8);
        int goal = 1 + random.nextInt(limit - 1);
        long start = switch (random.nextInt(9)) {
            case 0, 1, 2 -> 0;
            case 3 -> random.nextInt(100);
            case 4 -> -goal * step;
            case 5 -> -random.nextInt(40);
            case 6 -> Integer.MAX_VALUE - random.nextInt(40);
            case 7 -> Integer.MIN_VALUE + random.nextInt(40);
            default -> type == I32 ? -1L - random.nextInt(40) : Long.MAX_VALUE - random.nextInt(40);
        };
        boolean isFirst = chance(40);
        long bound = start + goal * step;
        int op = random.nextInt(10);
        if (op == EQ || op == LT_S && step < 0) {
            op = NE;
        }
        if (op != NE && chance(50)) {
            bound += random.nextInt(7) - 3;
        }
        if (type == I32) {
            start = (int) start;
            bound = (int) bound;
        }
        isFar |= start + 200 < 0 || start > 60_000 || bound > 60_000;
        Test test = new Test(type, counter, step, op, -1, bound, isFirst);
        if (!ends(test, start, limit)) {
            test = new Test(type, counter, step, NE, -1, wrap(type, start + goal * step), isFirst);
        }
        g.number(type, start);
        set(counter);
        return test;
    }

    private static long wrap(int type, long value) {
        return type == I32 ? (int) value : value;
    }

    private static boolean ends(Test t, long start, int limit) {
        long value = start;
        for (int n = 0; n < limit; n++) {
            if (t.isFirst && !holds(t, value)) {
                return true;
            }
            value = wrap(t.type, value + t.step);
            if (!t.isFirst && !holds(t, value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holds(Test t, long value) {
        int signed = Long.compare(value, t.constant);
        int unsigned = Long.compareUnsigned(value, t.constant);
        return switch (t.op) {
            case EQ -> signed == 0;
            case NE -> signed != 0;
            case LT_S -> signed < 0;
            case LT_U -> unsigned < 0;
            case GT_S -> signed > 0;
            case GT_U -> unsigned > 0;
            case LE_S -> signed <= 0;
            case LE_U -> unsigned <= 0;
            case GE_S -> signed >= 0;
            default -> unsigned >= 0;
        };
    }

    /** A bound that only the program knows, below {@code limit}. */
    private Test variable(int type, int counter, int limit) {
        long mask = Integer.highestOneBit(limit) - 1;
        int and = type == I32 ? 0x71 : 0x83;
        if (chance(35)) {
            // Down to zero.
            g.expr(type, 2);
            g.number(type, mask);
            g.put(and);
            set(counter);
            long step = g.pick(-1, -1, -2, -3);
            return new Test(type, counter, step, step == -1 && chance(50) ? NE : GT_S, -1, 0, step == -1 || chance(50));
        }
        int bound = claim(type);
        if (bound < 0) {
            return constant(type, counter, limit);
        }
        g.expr(type, 2);
        g.number(type, mask);
        g.put(and);
        set(bound);
        if (chance(70)) {
            g.number(type, 0);
        } else {
            g.expr(type, 1);
            g.number(type, mask);
            g.put(and);
        }
        set(counter);
        return new Test(type, counter, g.pick(1, 1, 1, 2, 3, 4), g.pick(LT_S, LT_U), bound, 0, chance(50));
    }

    /** The loop, with pointers that go along. */
    private void pointers(int depth, Test test) {
        int type = g.addressType();
        int pointer = chance(45) ? claim(type) : -1;
        long by = g.pick(1, 2, 4, 4, 8, 8, 16, -4);
        if (pointer >= 0) {
            if (chance(60)) {
                g.number(type, g.pick(16, 64, 128, 4096, 65536 - 64, 65536 - 300));
            } else {
                g.expr(type, 1);
                g.number(type, g.pick(0xff, 0xff8, 0x7ffc));
                g.put(type == I32 ? 0x71 : 0x83);
            }
            set(pointer);
        }
        Label exit = new Label(new int[0], false);
        g.put(2, VOID);
        g.within(exit, () -> {
            g.put(3, VOID);
            Label loop = new Label(new int[0], true);
            g.within(loop, () -> {
                if (test.isFirst) {
                    compare(test, true);
                    g.put(0x45, 0x0d, 1);
                }
                Runnable body = () -> {
                    g.statements(depth - 1);
                    reduce();
                    if (chance(40)) {
                        leave(exit);
                    }
                };
                if (chance(40)) {
                    // A block that ends where the loop goes on.
                    g.put(2, VOID);
                    g.within(new Label(new int[0], false), body);
                    g.put(0x0b);
                } else {
                    body.run();
                }
                if (pointer >= 0) {
                    get(pointer);
                    g.number(type, by);
                    g.put(type == I32 ? 0x6a : 0x7c);
                    set(pointer);
                    if (chance(30)) {
                        g.store();
                    }
                }
                step(test);
                if (test.isFirst) {
                    set(test.counter);
                    g.put(0x0c, 0);
                } else {
                    tee(test.counter);
                    compare(test, false);
                    g.put(0x0d, 0);
                }
            });
            g.put(0x0b);
        });
        g.put(0x0b);
    }

    private void step(Test t) {
        get(t.counter);
        boolean subtracts = chance(30);
        g.number(t.type, subtracts ? -t.step : t.step);
        g.put((t.type == I32 ? 0x6a : 0x7c) + (subtracts ? 1 : 0));
    }

    /** The comparison of a loop; {@code reads} says that the counter is not on the stack. */
    private void compare(Test t, boolean reads) {
        if (reads) {
            get(t.counter);
        }
        if (t.bound >= 0) {
            get(t.bound);
        } else if (t.constant == 0 && t.op == NE && chance(50)) {
            g.put(t.type == I32 ? 0x45 : 0x50, 0x45);
            return;
        } else {
            g.number(t.type, t.constant);
        }
        g.put((t.type == I32 ? 0x46 : 0x51) + t.op);
    }

    /** One more way out of a loop. */
    private void leave(Label exit) {
        if (chance(50)) {
            g.load(I32);
            if (chance(60)) {
                g.number(I32, random.nextInt(256));
                g.put(g.pick(0x46, 0x4a, 0x4b));
            }
        } else {
            g.expr(I32, 2);
        }
        if (chance(50)) {
            g.put(0x0d);
            g.index(g.depthOf(exit));
            return;
        }
        g.put(4, VOID);
        g.within(new Label(new int[0], false), () -> {
            take(I32);
            g.put(0x0c);
            g.index(g.depthOf(exit));
        });
        g.put(0x0b);
    }

    /** An expression to a local, or nowhere. */
    private void take(int type) {
        g.expr(type, 2);
        g.take(new int[] {type});
    }

    /** A local to which something is added, often what is in memory. */
    private void reduce() {
        int type = g.type();
        int l = g.localOf(type);
        if (l < 0 || type != I32 && type != I64) {
            g.store();
            return;
        }
        get(l);
        g.load(type);
        int first = type == I32 ? 0x6a : 0x7c;
        g.put(first + g.pick(0, 0, 0, 1, 2, 7, 8, 9, 10));
        set(l);
    }

    /** Goes along memory until something is found, for want of which fuel ends it. */
    private void scan(int depth) {
        int type = g.addressType();
        int pointer = claim(type);
        if (pointer < 0 || MAX_TURNS / turns < 2) {
            if (pointer >= 0) {
                unclaim(type);
            }
            selects();
            return;
        }
        int turnsBefore = turns;
        turns *= 8;
        g.number(type, g.pick(16, 20, 64, 100, 65536 - 16));
        set(pointer);
        g.put(2, VOID);
        Label exit = new Label(new int[0], false);
        g.within(exit, () -> {
            g.put(3, VOID);
            g.within(new Label(new int[0], true), () -> {
                g.burn();
                get(pointer);
                g.put(0x2d, 0, 0);
                int to = g.localOf(I32);
                if (to >= 0) {
                    tee(to);
                }
                if (chance(50)) {
                    g.put(0x45);
                } else {
                    g.number(I32, g.pick(0, 250, 255, 3, 253));
                    g.put(g.pick(0x46, 0x46, 0x4b));
                }
                g.put(0x0d);
                g.index(g.depthOf(exit));
                if (chance(50)) {
                    g.statements(Math.min(depth - 1, 1));
                }
                get(pointer);
                g.number(type, 1);
                g.put(type == I32 ? 0x6a : 0x7c);
                set(pointer);
                g.put(0x0c, 0);
            });
            g.put(0x0b);
        });
        g.put(0x0b);
        unclaim(type);
        turns = turnsBefore;
    }

    private void unclaim(int type) {
        if (type == I32) {
            narrow--;
        } else {
            wide--;
        }
    }

    // Dispatch

    /** Goes through bytes in memory, with a handler for each. */
    private void interpreter(int depth) {
        int type = g.addressType();
        int narrowBefore = narrow;
        int wideBefore = wide;
        int steps = claim(I32);
        int pc = claim(type);
        if (steps < 0 || pc < 0 || MAX_TURNS / turns < 4) {
            narrow = narrowBefore;
            wide = wideBefore;
            selects();
            return;
        }
        int at = g.pick(16, 24, 512, 65536 - 16);
        for (int k = 0; k < 16; k += 8) {
            g.number(type, at + k);
            g.number(I64, random.nextLong());
            g.put(0x37, 0, 0);
        }
        g.number(type, at);
        set(pc);
        dispatch(
                depth,
                steps,
                () -> {
                    get(pc);
                    g.put(0x2d, 0, 0);
                    get(pc);
                    g.number(type, 1);
                    g.put(type == I32 ? 0x6a : 0x7c);
                    if (chance(40)) {
                        g.number(type, -9);
                        g.put(type == I32 ? 0x71 : 0x83);
                    }
                    set(pc);
                },
                () -> {
                    if (chance(25)) {
                        get(pc);
                        g.number(type, g.pick(-2, -1, 1, 2));
                        g.put(type == I32 ? 0x6a : 0x7c);
                        set(pc);
                    }
                });
        narrow = narrowBefore;
        wide = wideBefore;
    }

    /** Goes from state to state, mostly to one that is known. */
    private void machine(int depth) {
        int narrowBefore = narrow;
        int steps = claim(I32);
        int state = claim(I32);
        if (steps < 0 || state < 0 || MAX_TURNS / turns < 4) {
            narrow = narrowBefore;
            selects();
            return;
        }
        g.number(I32, random.nextInt(4));
        set(state);
        dispatch(depth, steps, () -> get(state), () -> {
            if (chance(85)) {
                g.number(I32, random.nextInt(8));
                if (chance(35)) {
                    g.number(I32, random.nextInt(8));
                    g.expr(I32, 1);
                    g.put(0x1b);
                }
                set(state);
            }
        });
        narrow = narrowBefore;
    }

    /** A loop around a table of branches: {@code index} makes the index, {@code next} is at the end of each case. */
    private void dispatch(int depth, int steps, Runnable index, Runnable next) {
        int limit = Math.min(24, MAX_TURNS / turns);
        int turnsBefore = turns;
        turns *= limit;
        g.number(I32, limit);
        set(steps);
        int n = 2 + random.nextInt(7);
        Label exit = new Label(new int[0], false);
        g.put(2, VOID);
        g.within(exit, () -> {
            g.put(3, VOID);
            Label loop = new Label(new int[0], true);
            g.within(loop, () -> {
                countDown(steps, exit);
                List<Label> cases = new ArrayList<>();
                for (int i = 0; i < n; i++) {
                    g.put(2, VOID);
                    cases.add(g.open());
                }
                index.run();
                if (chance(60)) {
                    g.number(I32, g.pick(3, 7, 15));
                    g.put(0x71);
                }
                g.put(0x0e);
                g.index(n - 1);
                for (int i = 0; i < n; i++) {
                    g.index(chance(85) ? i : random.nextInt(n));
                }
                for (int i = 0; i < n; i++) {
                    g.put(0x0b);
                    g.close(cases.get(n - 1 - i));
                    int before = g.size;
                    g.size = Math.min(g.size, 30);
                    g.statements(Math.min(depth - 1, 1));
                    g.size += before - Math.min(before, 30);
                    next.run();
                    int way = random.nextInt(10);
                    if (way < 8 || i == n - 1) {
                        g.put(0x0c);
                        g.index(g.depthOf(way == 7 ? exit : loop));
                    }
                }
            });
            g.put(0x0b);
        });
        g.put(0x0b);
        turns = turnsBefore;
    }

    private void countDown(int steps, Label exit) {
        get(steps);
        g.put(0x45, 0x0d);
        g.index(g.depthOf(exit));
        get(steps);
        g.put(0x41, 1, 0x6b);
        set(steps);
    }

    // Choices

    /** Two integers, compared. */
    private void comparison(int type, Runnable left, Runnable right, int op) {
        left.run();
        right.run();
        g.put((type == I32 ? 0x46 : 0x51) + op);
    }

    /** Several selects of one condition, the least and the greatest of two, sums of conditions. */
    private void selects() {
        int type = chance(60) ? I32 : I64;
        int a = g.localOf(type);
        int b = g.localOf(type);
        if (a < 0) {
            take(g.type());
            return;
        }
        int op = random.nextInt(10);
        Runnable left = () -> get(a);
        long number = random.nextInt(-3, 70);
        Runnable right = chance(50) ? () -> get(b) : () -> g.number(type, number);
        switch (random.nextInt(4)) {
            case 0 -> {
                // The least or the greatest.
                left.run();
                right.run();
                comparison(type, left, right, op);
                g.put(0x1b);
                set(chance(50) ? a : b);
            }
            case 1 -> {
                for (int n = 2 + random.nextInt(2); n > 0; n--) {
                    int t = g.type();
                    g.expr(t, 1);
                    g.expr(t, 1);
                    comparison(type, left, right, op);
                    g.put(0x1b);
                    take(t, a, b);
                }
            }
            case 2 -> {
                comparison(type, left, right, op);
                comparison(type, right, left, random.nextInt(10));
                g.put(g.pick(0x6a, 0x6b, 0x71, 0x72, 0x73));
                if (chance(40)) {
                    g.put(0x45);
                }
                g.take(new int[] {I32});
            }
            default -> {
                // Within bounds.
                left.run();
                g.number(type, random.nextInt(50));
                g.put(type == I32 ? 0x6b : 0x7d);
                g.number(type, 1 + random.nextInt(50));
                g.put(type == I32 ? 0x49 : 0x54);
                g.put(4, VOID);
                g.within(new Label(new int[0], false), () -> take(type));
                g.put(0x0b);
            }
        }
    }

    /** To a local that is neither of two. */
    private void take(int type, int a, int b) {
        int to = g.localOf(type);
        if (to < 0 || to == a || to == b) {
            g.put(0x1a);
        } else {
            set(to);
        }
    }

    /** Conditions one after the other, on one value; and values that are used in one place only. */
    private void tests(int depth) {
        int type = chance(60) ? I32 : I64;
        int a = g.localOf(type);
        int sunk = g.localOf(I32);
        if (a < 0 || sunk < 0) {
            take(g.type());
            return;
        }
        if (chance(50)) {
            g.expr(I32, 3);
            set(sunk);
        }
        Label exit = new Label(new int[0], false);
        g.put(2, VOID);
        g.within(exit, () -> {
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                get(a);
                g.number(type, random.nextInt(-2, 20));
                g.put((type == I32 ? 0x46 : 0x51) + random.nextInt(10));
                if (chance(60)) {
                    g.put(0x0d);
                    g.index(g.depthOf(exit));
                } else {
                    g.put(4, VOID);
                    g.within(new Label(new int[0], false), () -> {
                        g.statements(Math.min(depth - 1, 1));
                        if (chance(50)) {
                            g.put(0x0c);
                            g.index(g.depthOf(exit));
                        }
                    });
                    g.put(0x0b);
                }
            }
            get(sunk);
            g.put(0x24, 1);
        });
        g.put(0x0b);
    }
}
