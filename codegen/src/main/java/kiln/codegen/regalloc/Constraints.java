package kiln.codegen.regalloc;

import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Type;

/**
 * Places the operands of an instruction that names registers. All that is in registers in front of it is rearranged by
 * moves that happen at once: fixed uses go where they must be, and what lives on leaves the registers that the
 * instruction overwrites.
 */
final class Constraints {
    private static final byte NONE = -1;
    private static final byte LIVING = 1;
    private static final byte READ = 2;
    private static final byte LATE = 4;
    private static final byte FIXED = 8;

    private final Operands ops;
    private final Assigner assigner;
    private final RegisterChooser chooser;
    private final MoveResolver resolver;
    /** The instruction at work, whose operands get their registers. */
    private MachInst inst;
    /** How the instruction uses the variable in each register; LIVING for all that are in use afterwards. */
    private final byte[] role = new byte[64];
    /** Where the variable in each register is to be found while the instruction reads. */
    private final byte[] place = new byte[64];
    /** The first fixed register that the instruction wants it in, and the first that keeps its contents. */
    private final byte[] fixedAt = new byte[64];

    private final byte[] safeAt = new byte[64];
    private long claimed;
    private long safe;

    Constraints(Operands ops, Assigner assigner, RegisterChooser chooser, MoveResolver resolver) {
        this.ops = ops;
        this.assigner = assigner;
        this.chooser = chooser;
        this.resolver = resolver;
    }

    void place(int i) {
        inst = ops.insts[i];
        int from = ops.start[i];
        int to = ops.start[i + 1];
        long fixedUses = ops.fixedUses[i];
        long fixedDefs = ops.fixedDefs[i];
        long lost = ops.clobbers[i] | fixedDefs;
        long all = ops.allocatable[0] | ops.allocatable[1];
        safe = all & ~(fixedUses | lost);
        long occupied = all & ~assigner.free;
        classify(from, to, occupied, lost);
        claimed = fixedUses;
        placeStrict(i, from, to, occupied, all & ~fixedUses);
        placeEarly(i, from, to);
        // From the strictest wishes to the loosest.
        placeTemps(i, from, to, all & ~(fixedUses | fixedDefs), lost);
        placeRead(i, occupied, all & ~fixedUses);
        moveAll(from, to, occupied);
        rewriteUses(from, to);
        finish(i, from, to, occupied, all & ~lost);
    }

    private void classify(int from, int to, long occupied, long lost) {
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            role[r] = LIVING;
            place[r] = NONE;
            fixedAt[r] = NONE;
            safeAt[r] = NONE;
        }
        for (int o = from; o < to; o++) {
            byte kind = ops.kind[o];
            if (!Operands.isUse(kind)) {
                continue;
            }
            int r = assigner.regOf[ops.variable[o]];
            if (r < 0) {
                continue;
            }
            if (assigner.isDying(o)) {
                role[r] &= ~LIVING;
            }
            switch (kind) {
                case Operands.USE_LATE -> role[r] |= LATE;
                case Operands.USE_FIXED -> {
                    role[r] |= FIXED;
                    byte f = ops.detail[o];
                    if (fixedAt[r] == NONE || f == r) {
                        fixedAt[r] = f;
                    }
                    if ((lost >>> f & 1) == 0 && (safeAt[r] == NONE || f == r)) {
                        safeAt[r] = f;
                    }
                }
                default -> role[r] |= READ;
            }
        }
    }

    private static boolean isStrict(int role) {
        return (role & (LIVING | LATE)) != 0;
    }

    /** What must survive the instruction, or be read to its end. */
    private void placeStrict(int i, int from, int to, long occupied, long readable) {
        int[] need = new int[2];
        int[] needToRead = new int[2];
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.DEF_EARLY || ops.kind[o] == Operands.DEF_REUSE) {
                need[ops.classOf[ops.variable[o]]]++;
            } else if (ops.kind[o] == Operands.TEMP) {
                needToRead[ops.classOf[ops.variable[o]]]++;
            }
        }
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            if (!isStrict(role[r])) {
                needToRead[ops.classOf[assigner.occupant[r]]] += (role[r] & FIXED) == 0 ? 1 : 0;
                continue;
            }
            if ((safe >>> r & 1) != 0) {
                place[r] = (byte) r;
                claimed |= 1L << r;
            } else if (safeAt[r] >= 0) {
                place[r] = safeAt[r];
            } else {
                need[ops.classOf[assigner.occupant[r]]]++;
            }
        }
        // Where registers are short, a variable whose fixed register keeps its value is content with that one.
        for (int c = 0; c < 2; c++) {
            int available = Long.bitCount(safe & ~claimed & ops.allocatable[c]);
            int toRead = Long.bitCount(readable & ~claimed & ops.allocatable[c]) - need[c];
            for (long m = occupied & ops.allocatable[c];
                    m != 0 && (available < need[c] || toRead < needToRead[c]);
                    m &= m - 1) {
                int r = Long.numberOfTrailingZeros(m);
                if (isStrict(role[r]) && place[r] == r && safeAt[r] >= 0 && (safe >>> r & 1) != 0) {
                    claimed &= ~(1L << r);
                    place[r] = safeAt[r];
                    available++;
                    toRead++;
                }
            }
        }
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            if (isStrict(role[r]) && place[r] == NONE) {
                place[r] = (byte) pick(assigner.occupant[r], safe, i);
            }
        }
    }

    /** A register for {@code v} among {@code allowed}, preferably one that is empty now. */
    private int pick(int v, long allowed, int i) {
        long candidates = allowed & ~claimed & ops.allocatable[ops.classOf[v]];
        long empty = candidates & assigner.free;
        int r = chooser.choose(v, empty != 0 ? empty : candidates, i, NONE);
        claimed |= 1L << r;
        return r;
    }

    /** Definitions that are written while uses are still read, and those that overwrite a use. */
    private void placeEarly(int i, int from, int to) {
        for (int o = from; o < to; o++) {
            int v = ops.variable[o];
            if (ops.kind[o] == Operands.DEF_EARLY) {
                inst.setReg(o - from, ops.physical[pick(v, safe, i)]);
            } else if (ops.kind[o] == Operands.DEF_REUSE) {
                int use = from + ops.detail[o];
                int u = ops.variable[use];
                int r = u < 0 ? NONE : assigner.regOf[u];
                if (r >= 0 && !isStrict(role[r]) && place[r] == NONE) {
                    boolean stays = ((safe & ~claimed) >>> r & 1) != 0;
                    place[r] = (byte) (stays ? r : pick(v, safe, i));
                    claimed |= 1L << place[r];
                    inst.setReg(o - from, ops.physical[place[r]]);
                } else {
                    int copy = pick(v, safe, i);
                    resolver.add(ops.copiedType(o, from, to), copy, u < 0 ? ops.detail[use] : r);
                    inst.setReg(o - from, ops.physical[copy]);
                }
            }
        }
    }

    /** What the instruction reads for the last time, in no particular register. */
    private void placeRead(int i, long occupied, long readable) {
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            if (isStrict(role[r]) || place[r] != NONE) {
                continue;
            }
            if ((role[r] & FIXED) != 0) {
                place[r] = fixedAt[r];
            } else if (((readable & ~claimed) >>> r & 1) != 0) {
                place[r] = (byte) r;
                claimed |= 1L << r;
            }
        }
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            if (place[r] == NONE) {
                place[r] = (byte) pick(assigner.occupant[r], readable, i);
            }
        }
    }

    private void placeTemps(int i, int from, int to, long allowed, long lost) {
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.TEMP) {
                long all = allowed & ~claimed & ops.allocatable[ops.classOf[ops.variable[o]]];
                inst.setReg(o - from, ops.physical[pick(ops.variable[o], (all & ~lost) != 0 ? all & ~lost : all, i)]);
            }
        }
    }

    private void moveAll(int from, int to, long occupied) {
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            resolver.add(ops.typeOf[assigner.occupant[r]], place[r], r);
        }
        long done = 0;
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.USE_FIXED) {
                int f = ops.detail[o];
                int r = assigner.regOf[ops.variable[o]];
                if (place[r] != f && (done >>> f & 1) == 0) {
                    resolver.add(ops.typeOf[ops.variable[o]], f, r);
                    done |= 1L << f;
                }
            } else if (ops.kind[o] == Operands.PHYSICAL_FIXED) {
                resolver.add(ops.detail[o] < 32 ? Type.I64 : Type.V128, ops.detail[o], -2 - ops.variable[o]);
            }
        }
        if (!resolver.isEmpty()) {
            resolver.resolve();
        }
    }

    private void rewriteUses(int from, int to) {
        for (int o = from; o < to; o++) {
            byte kind = ops.kind[o];
            if (kind == Operands.USE_FIXED || kind == Operands.PHYSICAL_FIXED) {
                inst.setReg(o - from, ops.physical[ops.detail[o]]);
            } else if (Operands.isUse(kind)) {
                int v = ops.variable[o];
                int r = assigner.regOf[v];
                inst.setReg(o - from, r >= 0 ? ops.physical[place[r]] : assigner.location(v));
            }
        }
        // A use whose register is overwritten is the copy.
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.DEF_REUSE) {
                int use = from + ops.detail[o];
                Reg r = inst.reg(o - from);
                for (int k = from; k < to; k++) {
                    if (k == use
                            || ops.variable[use] >= 0
                                    && ops.kind[k] == Operands.USE
                                    && ops.variable[k] == ops.variable[use]) {
                        inst.setReg(k - from, r);
                    }
                }
            }
        }
    }

    /** Brings the assignment up to date and places the remaining definitions. */
    private void finish(int i, int from, int to, long occupied, long writable) {
        int[] living = new int[Long.bitCount(occupied)];
        int[] target = new int[living.length];
        int n = 0;
        long held = 0;
        for (long m = occupied; m != 0; m &= m - 1) {
            int r = Long.numberOfTrailingZeros(m);
            int v = assigner.occupant[r];
            if ((role[r] & LIVING) != 0) {
                living[n] = v;
                target[n++] = place[r];
            } else if ((role[r] & LATE) != 0) {
                held |= 1L << place[r];
            }
            assigner.release(v);
        }
        for (int k = 0; k < n; k++) {
            assigner.occupy(living[k], target[k]);
        }
        for (int o = from; o < to; o++) {
            switch (ops.kind[o]) {
                case Operands.DEF_FIXED -> inst.setReg(o - from, ops.physical[ops.detail[o]]);
                case Operands.DEF_EARLY, Operands.DEF_REUSE, Operands.TEMP ->
                    held |= 1L << inst.reg(o - from).bit();
                default -> {}
            }
        }
        for (int o = from; o < to; o++) {
            if (ops.kind[o] == Operands.DEF) {
                int v = ops.variable[o];
                long candidates = writable & assigner.free & ~held & ops.allocatable[ops.classOf[v]];
                int r = chooser.choose(v, candidates, i, NONE);
                held |= 1L << r;
                inst.setReg(o - from, ops.physical[r]);
            }
        }
        assigner.commitDefinitions(i);
    }
}
