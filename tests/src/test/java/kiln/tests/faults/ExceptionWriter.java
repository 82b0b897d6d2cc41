package kiln.tests.faults;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * What throws and what catches in the programs of {@link ProgramGenerator}. A seed gives the same program in both forms
 * of handlers, except for how it is written, so that an engine that knows one of them says what the other does.
 */
final class ExceptionWriter {
    /** How handlers are written. */
    enum Form {
        NONE,
        /** try with catch, catch_all, rethrow and delegate. */
        LEGACY,
        /** try_table, with references to exceptions in locals for what is thrown again. */
        TABLE
    }

    /** What tags carry. */
    static final int[][] TAGS = {
        {}, {ProgramGenerator.I32}, {ProgramGenerator.I64, ProgramGenerator.F64}, {ProgramGenerator.I32}
    };

    /** How many types {@link #types} writes. */
    static final int TYPES = 3 * TAGS.length + 2;

    private static final int VOID = 0x40;
    private static final int EXNREF = 0x69;
    private static final int ALL = -1;
    /** Handlers within handlers that can throw again what they have caught. */
    private static final int NESTING = 4;

    private final ProgramGenerator g;
    private final SplittableRandom random;
    private final Form form;
    /** Handlers around: labels of legacy ones, or locals. */
    private final List<ProgramGenerator.Label> open = new ArrayList<>();

    private int firstLocal;

    ExceptionWriter(ProgramGenerator g, SplittableRandom random, Form form) {
        this.g = g;
        this.random = random;
        this.form = form;
    }

    boolean isUsed() {
        return form != Form.NONE;
    }

    /** How many locals it wants in each function. */
    int locals() {
        return form == Form.TABLE ? NESTING : 0;
    }

    /** Declares them. */
    void begin(ByteArrayOutputStream out, int firstLocal) {
        this.firstLocal = firstLocal;
        open.clear();
        if (locals() > 0) {
            out.write(NESTING);
            out.write(EXNREF);
        }
    }

    /** The content of the tag section; types of tags follow {@code types} others. */
    static byte[] tags(int types) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(TAGS.length);
        for (int t = 0; t < TAGS.length; t++) {
            out.write(0);
            WasmFile.unsigned(out, types + t);
        }
        return out.toByteArray();
    }

    /** Types of the tags, then of blocks that clauses go to: payload, and payload and exception. */
    void types(ByteArrayOutputStream out) {
        for (int[] payload : TAGS) {
            out.write(0x60);
            ProgramGenerator.values(out, payload);
            out.write(0);
        }
        for (int ref = 0; ref <= 1; ref++) {
            for (int t = 0; t <= TAGS.length; t++) {
                int[] payload = t == TAGS.length ? new int[0] : TAGS[t];
                int[] all = Arrays.copyOf(payload, payload.length + (form == Form.TABLE ? ref : 0));
                if (all.length > payload.length) {
                    all[payload.length] = EXNREF;
                }
                out.write(0x60);
                out.write(0);
                ProgramGenerator.values(out, all);
            }
        }
    }

    /** The type of a block that a clause goes to. */
    private int blockType(int tag, boolean ref) {
        int kind = tag == ALL ? TAGS.length : tag;
        return g.functions().size() + TAGS.length + (ref ? TAGS.length + 1 : 0) + kind;
    }

    /** A module with a handler. */
    static byte[] smallest(Form form) {
        WasmFile file = new WasmFile();
        file.set(WasmFile.TYPE, new byte[] {1, 0x60, 0, 0});
        file.set(WasmFile.FUNCTION, new byte[] {1, 0});
        file.set(
                WasmFile.CODE,
                form == Form.TABLE
                        ? new byte[] {1, 11, 0, 2, VOID, 0x1f, VOID, 1, 2, 0, 0x0b, 0x0b, 0x0b}
                        : new byte[] {1, 6, 0, 6, VOID, 0x19, 0x0b, 0x0b});
        return file.toBytes();
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** A statement that throws or catches. */
    void statement(int depth) {
        if (depth > 0 && chance(75)) {
            guarded(depth);
        } else {
            throwing();
        }
    }

    /** Throws, mostly on a condition. */
    private void throwing() {
        boolean always = chance(10);
        if (!always) {
            g.expr(ProgramGenerator.I32, 2);
            g.put(4, VOID);
        }
        Runnable body = () -> {
            if (!open.isEmpty() && chance(30)) {
                again(random.nextInt(open.size()));
            } else {
                int tag = random.nextInt(TAGS.length);
                for (int t : TAGS[tag]) {
                    g.expr(t, 1);
                }
                g.put(8, tag);
            }
        };
        if (always) {
            body.run();
        } else {
            g.within(new ProgramGenerator.Label(new int[0], false), body);
            g.put(0x0b);
        }
    }

    /** What the handler has caught, thrown once more. */
    private void again(int handler) {
        if (form == Form.LEGACY) {
            g.put(9);
            g.index(g.depthOf(open.get(handler)));
        } else {
            g.put(0x20);
            g.index(firstLocal + handler);
            g.put(0x0a);
        }
    }

    private void guarded(int depth) {
        List<Integer> clauses = new ArrayList<>();
        for (int t = 0; t < TAGS.length; t++) {
            if (chance(50)) {
                clauses.add(t);
            }
        }
        Collections.shuffle(clauses, new Random(random.nextLong()));
        if (chance(35)) {
            clauses.add(ALL);
        }
        boolean delegates = clauses.isEmpty();
        boolean canRepeat = open.size() < NESTING && chance(60);
        if (form == Form.LEGACY) {
            legacy(depth, clauses, delegates, canRepeat);
        } else {
            table(depth, clauses, delegates, canRepeat);
        }
    }

    private void body(int depth) {
        g.statements(depth - 1);
        // Calls are what handlers are for.
        if (chance(70)) {
            g.call();
        }
    }

    private void handler(int depth, ProgramGenerator.Label label, boolean canRepeat) {
        if (canRepeat) {
            open.add(label);
        }
        g.statements(depth - 1);
        if (canRepeat) {
            open.removeLast();
        }
    }

    private void legacy(int depth, List<Integer> clauses, boolean delegates, boolean canRepeat) {
        ProgramGenerator.Label label = new ProgramGenerator.Label(new int[0], false, false);
        g.put(6, VOID);
        g.within(label, () -> {
            body(depth);
            for (int tag : clauses) {
                if (tag == ALL) {
                    g.put(0x19);
                } else {
                    g.put(7, tag);
                    g.take(TAGS[tag]);
                }
                handler(depth, label, canRepeat);
            }
        });
        if (delegates) {
            g.put(0x18, 0);
        } else {
            g.put(0x0b);
        }
    }

    /**
     * Blocks within blocks, one for each clause, whose ends the clauses branch to. Only the outermost one is a label
     * for others: what a legacy try is.
     */
    private void table(int depth, List<Integer> clauses, boolean delegates, boolean canRepeat) {
        ProgramGenerator.Label done = new ProgramGenerator.Label(new int[0], false, false);
        List<Integer> all = delegates ? List.of(ALL) : clauses;
        g.put(2, VOID);
        g.within(done, () -> {
            List<ProgramGenerator.Label> hidden = new ArrayList<>();
            for (int k = all.size() - 1; k >= 0; k--) {
                // Results: the payload and the exception, by a type of the function section, or one of them.
                g.put(2);
                g.index(blockType(all.get(k), canRepeat || delegates));
                hidden.add(g.open());
            }
            g.put(0x1f, VOID, all.size());
            for (int k = 0; k < all.size(); k++) {
                g.put((all.get(k) == ALL ? 2 : 0) + (canRepeat || delegates ? 1 : 0));
                if (all.get(k) != ALL) {
                    g.put(all.get(k));
                }
                g.put(k);
            }
            ProgramGenerator.Label own = g.open();
            body(depth);
            g.put(0x0b);
            g.close(own);
            g.put(0x0c);
            g.index(g.depthOf(done));
            for (int k = 0; k < all.size(); k++) {
                g.put(0x0b);
                g.close(hidden.get(all.size() - 1 - k));
                if (delegates) {
                    g.put(0x0a);
                    return;
                }
                if (canRepeat) {
                    g.put(0x21);
                    g.index(firstLocal + open.size());
                }
                if (all.get(k) != ALL) {
                    g.take(TAGS[all.get(k)]);
                }
                handler(depth, done, canRepeat);
                g.put(0x0c);
                g.index(g.depthOf(done));
            }
        });
        g.put(0x0b);
    }
}
