package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.codegen.RegSet;
import kiln.ir.Frequency;
import kiln.ir.Type;
import kiln.ir.analysis.FlowGraph;

/** Makes a random function in SSA form: any control flow with critical edges split, all kinds of operands. */
final class RandomFunction {
    private static final Type[] PLAIN = {Type.I64, Type.I32, Type.I64, Type.F64, Type.I64, Type.V128};
    private static final Type[] WITH_REFERENCES = {Type.I64, Type.I32, Type.REF, Type.F64, Type.I64, Type.V128, Type.REF
    };

    private final Random random;
    private final MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
    private final int blocks;
    private final int instsPerBlock;
    private final double callShare;
    private final Type[] types;
    private int names;
    /** Variables that an instruction of each block may use: its dominators' and its own. */
    private final List<List<Reg>> available = new ArrayList<>();

    private RandomFunction(long seed, int blocks, int instsPerBlock) {
        this.random = new Random(seed);
        this.blocks = blocks;
        this.instsPerBlock = instsPerBlock;
        this.callShare = random.nextInt(3) * 0.05;
        this.types = seed % 3 == 1 ? PLAIN : WITH_REFERENCES;
    }

    static MachFunction generate(long seed, int blocks, int instsPerBlock) {
        return new RandomFunction(seed, blocks, instsPerBlock).build();
    }

    private MachFunction build() {
        List<int[]> successors = graph();
        int n = successors.size();
        FlowGraph flow = new FlowGraph(0, successors.toArray(int[][]::new));
        for (int b = 0; b < n; b++) {
            f.addBlock(Frequency.inLoops(
                    flow.loopDepth(b), random.nextInt(6) == 0 && b != 0 ? Frequency.RARE : Frequency.ONCE));
            available.add(new ArrayList<>());
        }
        int[] postorder = flow.postorder();
        for (int i = postorder.length - 1; i >= 0; i--) {
            int b = postorder[i];
            MachBlock m = f.blocks().get(b);
            if (b != 0) {
                available.get(b).addAll(available.get(flow.idom(b)));
                for (int k = random.nextInt(4); k > 0; k--) {
                    Reg p = f.newVirtual(type());
                    m.params().add(p);
                    available.get(b).add(p);
                }
            }
            fill(b, m);
        }
        for (int b = 0; b < n; b++) {
            MachBlock m = f.blocks().get(b);
            if (!flow.isReachable(b)) {
                m.insts().add(new FakeInst("end" + b));
                continue;
            }
            for (int s : successors.get(b)) {
                MachBlock t = f.blocks().get(s);
                Reg[] args = new Reg[t.params().size()];
                for (int k = 0; k < args.length; k++) {
                    args[k] = pick(b, t.params().get(k).type(), m);
                }
                m.addSuccessor(t, args);
            }
            FakeInst end = new FakeInst("end" + names++);
            if (successors.get(b).length > 1) {
                end.use(pick(b, Type.I64, m));
            }
            m.insts().add(end);
        }
        return f;
    }

    private List<int[]> graph() {
        List<int[]> result = new ArrayList<>();
        for (int b = 0; b < blocks; b++) {
            int kind = random.nextInt(10);
            int count = b == blocks - 1 ? 0 : kind < 3 ? 1 : kind < 9 ? 2 : 4;
            int[] s = new int[count];
            for (int k = 0; k < count; k++) {
                int near = Math.min(blocks - 1, b + 1 + random.nextInt(3));
                int back = Math.max(1, b - random.nextInt(6));
                // The only edge of a block leads back now and then: a loop without an end, often of one block.
                boolean endless = count == 1 && b > 0 && random.nextInt(6) == 0;
                s[k] = k == 0
                        ? endless ? back : Math.max(1, near)
                        : random.nextInt(5) < 3 ? Math.max(1, near) : Math.min(blocks - 1, back);
            }
            result.add(Arrays.stream(s).distinct().toArray());
        }
        int[] incoming = new int[blocks];
        result.forEach(s -> Arrays.stream(s).forEach(t -> incoming[t]++));
        for (int b = 0; b < blocks; b++) {
            int[] s = result.get(b);
            for (int k = 0; s.length > 1 && k < s.length; k++) {
                if (incoming[s[k]] > 1) {
                    result.add(new int[] {s[k]});
                    s[k] = result.size() - 1;
                }
            }
        }
        return result;
    }

    private Reg pick(int b, Type type, MachBlock m) {
        RegClass c = RegClass.of(type);
        List<Reg> list = available.get(b);
        int tries = 12;
        while (tries-- > 0 && !list.isEmpty()) {
            // Recent ones more often, but old ones too, so that there is pressure.
            int back = random.nextInt(3) > 0 ? random.nextInt(Math.min(8, list.size())) : random.nextInt(list.size());
            Reg r = list.get(list.size() - 1 - back);
            if (r.regClass() == c && isSpecial(r.type()) == isSpecial(type)) {
                return r;
            }
        }
        Reg r = f.newVirtual(type);
        m.insts().add(new FakeInst("const" + names++).def(r).constant());
        list.add(r);
        return r;
    }

    private static boolean isSpecial(Type type) {
        return type == Type.V128 || type == Type.REF;
    }

    private void fill(int b, MachBlock m) {
        List<MachInst> out = m.insts();
        for (int k = random.nextInt(instsPerBlock + 1); k > 0; k--) {
            FakeInst inst = instruction(b, m);
            out.add(inst);
            for (int o = 0; o < inst.form().count(); o++) {
                if (inst.form().role(o).isDef()) {
                    available.get(b).add(inst.reg(o));
                }
            }
        }
    }

    private Reg value(int b, MachBlock m) {
        return pick(b, type(), m);
    }

    private Reg integer(int b, MachBlock m) {
        return pick(b, Type.I64, m);
    }

    private Reg fresh() {
        return f.newVirtual(type());
    }

    private Type type() {
        return types[random.nextInt(types.length)];
    }

    private FakeInst instruction(int b, MachBlock m) {
        if (random.nextDouble() < callShare) {
            return call(b, m);
        }
        FakeInst i = new FakeInst("op" + names++);
        switch (random.nextInt(16)) {
            case 0 -> {
                i = i.def(fresh()).constant();
            }
            case 1 -> i = i.use(integer(b, m)).useLate(value(b, m)).def(fresh());
            case 2 -> i = i.use(value(b, m)).defEarly(fresh()).use(value(b, m));
            case 3 ->
                i = i.use(value(b, m))
                        .temp(fresh())
                        .temp(f.newVirtual(Type.I32))
                        .def(fresh());
            case 4 -> i = i.useAny(value(b, m)).use(value(b, m)).def(fresh());
            case 5 ->
                i = i.use(integer(b, m))
                        .useFixed(integer(b, m), FakeMachine.I[2])
                        .defReuse(f.newVirtual(Type.I64));
            case 6 ->
                i = i.useFixed(integer(b, m), FakeMachine.I[0])
                        .useLate(integer(b, m))
                        .defFixed(f.newVirtual(Type.I64), FakeMachine.I[0])
                        .clobber(RegSet.of(FakeMachine.I[3]));
            case 7 -> {
                Reg s = value(b, m);
                FakeInst move = FakeInst.move(f.newVirtual(s.type()), s);
                return move;
            }
            case 8 -> {
                Reg s = integer(b, m);
                i = i.useFixed(s, FakeMachine.I[1])
                        .useFixed(s, FakeMachine.I[4])
                        .use(s);
                if (random.nextBoolean()) {
                    i = i.defFixed(f.newVirtual(Type.I64), FakeMachine.I[4]);
                }
            }
            case 9 -> i = i.use(FakeMachine.PINNED).use(value(b, m)).def(fresh());
            case 10 -> i = i.use(FakeMachine.PINNED).defReuse(f.newVirtual(Type.I64));
            case 11, 12 -> {
                Reg s = integer(b, m);
                Reg other = random.nextInt(4) == 0 ? s : integer(b, m);
                Reg result = f.newVirtual(Type.I64);
                i = switch (random.nextInt(4)) {
                    case 0 -> i.use(s).use(other).defReuse(result);
                    case 1 -> i.use(s).useAny(other).defReuse(result);
                    case 2 -> i.use(s).use(other).defReuseEither(result);
                    default -> i.use(s).useAny(other).defReuseEither(result);
                };
                if (random.nextInt(4) == 0) {
                    i = i.useLate(value(b, m));
                }
            }
            case 13 -> {
                // A native call: some registers survive.
                i = i.useFixed(integer(b, m), FakeMachine.I[0]).useFixed(integer(b, m), FakeMachine.I[1]);
                i = i.defFixed(f.newVirtual(Type.I64), FakeMachine.I[0]);
                i = i.clobber(RegSet.of(
                        FakeMachine.I[0],
                        FakeMachine.I[1],
                        FakeMachine.I[2],
                        FakeMachine.I[3],
                        FakeMachine.V[0],
                        FakeMachine.V[1],
                        FakeMachine.V[2],
                        FakeMachine.V[3],
                        FakeMachine.V[4]));
            }
            default -> {
                for (int k = random.nextInt(4); k > 0; k--) {
                    i = i.use(value(b, m));
                }
                i = i.def(fresh());
            }
        }
        return i;
    }

    private FakeInst call(int b, MachBlock m) {
        FakeInst i = new FakeInst("call" + names++);
        if (random.nextBoolean()) {
            i = i.use(integer(b, m));
        }
        for (int k = random.nextInt(6) == 0 ? 12 : random.nextInt(2); k > 0; k--) {
            i = i.useAny(value(b, m));
        }
        for (int k = 0; k < random.nextInt(5); k++) {
            Reg r = types == PLAIN || random.nextBoolean() ? integer(b, m) : pick(b, Type.REF, m);
            i = i.useFixed(r, FakeMachine.I[k]);
        }
        if (random.nextBoolean()) {
            i = i.useFixed(pick(b, Type.F64, m), FakeMachine.V[0]);
        }
        for (int k = 0; k < random.nextInt(3); k++) {
            Type type = types == PLAIN || random.nextBoolean() ? Type.I64 : Type.REF;
            i = i.defFixed(f.newVirtual(type), FakeMachine.I[k]);
        }
        if (random.nextBoolean()) {
            i = i.defFixed(f.newVirtual(Type.F64), FakeMachine.V[0]);
        }
        if (random.nextInt(4) == 0) {
            i = i.temp(f.newVirtual(Type.I64));
        }
        if (random.nextInt(4) == 0) {
            i = i.useFixed(FakeMachine.PINNED, FakeMachine.I[5]);
        }
        return i.clobber(FakeMachine.ALL).collecting();
    }
}
