package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.MemoryOp;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;

/**
 * An operation on vectors one operand of which, or several, are other operations' results, since back ends fuse what
 * belongs together: whatever looks alike must not be. Each leaf is loaded, a constant, or a leaf that was there before.
 */
final class VectorPairs {
    private static final Region AREA = new Region(Region.Kind.STACK, 1);
    /** Bytes of a record of leaves; each has 16. */
    static final int STRIDE = 8 * 16;

    /**
     * A leaf, if {@code operation} is null: number {@code leaf} of the record, or a constant.
     */
    private record Node(VectorCase operation, List<Node> operands, Type type, int leaf, V128 constant) {}

    private final Random random;
    private final List<VectorCase> cases;
    private final List<Node> leaves = new ArrayList<>();
    private final Node root;

    /**
     * @param outer the last operation
     * @param inner what an operand of it is, if it has one of that type
     * @param cases operations for its operands, all of whose results are the same on all machines
     */
    VectorPairs(VectorCase outer, VectorCase inner, List<VectorCase> cases, Random random) {
        this.random = random;
        this.cases = cases;
        List<Type> types = outer.operands();
        int n = types.size();
        Node[] operands = new Node[n];
        int at = random.nextInt(n);
        for (int i = 0; i < n; i++) {
            int k = (at + i) % n;
            boolean fits = i == 0 && types.get(k) == inner.result();
            operands[k] = fits ? operation(inner) : random.nextInt(4) == 0 ? any(outer, k) : leaf(outer, k);
        }
        root = new Node(outer, Arrays.asList(operands), outer.result(), -1, null);
    }

    private Node operation(VectorCase c) {
        List<Node> operands = new ArrayList<>();
        for (int i = 0; i < c.operands().size(); i++) {
            operands.add(leaf(c, i));
        }
        return new Node(c, operands, c.result(), -1, null);
    }

    private Node any(VectorCase user, int operand) {
        VectorCase c = cases.get(random.nextInt(cases.size()));
        return c.result() == user.operands().get(operand) ? operation(c) : leaf(user, operand);
    }

    private Node leaf(VectorCase c, int operand) {
        Type type = c.operands().get(operand);
        List<Node> before = leaves.stream().filter(l -> l.type == type).toList();
        if (!before.isEmpty() && random.nextInt(3) == 0) {
            return before.get(random.nextInt(before.size()));
        }
        boolean constant = leaves.size() == STRIDE / 16 || random.nextInt(c.isCount(operand) ? 2 : 4) == 0;
        if (constant) {
            List<V128> constants = VectorInputs.constants(c, operand);
            return new Node(null, List.of(), type, -1, constants.get(random.nextInt(constants.size())));
        }
        Node leaf = new Node(null, List.of(), type, leaves.size(), null);
        leaves.add(leaf);
        return leaf;
    }

    VectorCase outer() {
        return root.operation;
    }

    /** Types of what a record holds. */
    List<Type> leaves() {
        return leaves.stream().map(Node::type).toList();
    }

    /** The operands of the outer operation, given a record. */
    V128[] operands(V128[] record) {
        return root.operands.stream().map(n -> value(n, record)).toArray(V128[]::new);
    }

    private static V128 value(Node n, V128[] record) {
        if (n.operation == null) {
            return n.constant != null ? n.constant : record[n.leaf];
        }
        return n.operation.apply(n.operands.stream().map(o -> value(o, record)).toArray(V128[]::new));
    }

    /** As the functions of {@link VectorForm}. */
    Function function(int number) {
        Function f = new Function(FuncKey.wasmFunction(0, number), VectorForm.SIGNATURE);
        Builder b = new Builder(f);
        b.setBlock(f.newBlock());
        List<Value> params = VectorForm.SIGNATURE.params().stream()
                .map(t -> b.block().addParam(t))
                .toList();
        Block body = f.newBlock();
        Block exit = f.newBlock();
        b.jump(body, params.get(0), params.get(1), params.get(2));
        b.setBlock(body);
        Value in = body.addParam(Type.I64);
        Value out = body.addParam(Type.I64);
        Value left = body.addParam(Type.I32);
        Value[] loaded = new Value[leaves.size()];
        for (int i = 0; i < loaded.length; i++) {
            Type t = leaves.get(i).type;
            loaded[i] = b.load(t, MemoryOp.of(t, AREA), in, 16L * i);
        }
        Value result = append(b, root, loaded);
        b.store(MemoryOp.of(result.type(), AREA), out, 0, result);
        Value nextIn = b.binary(Opcode.ADD, in, b.i64(STRIDE));
        Value nextOut = b.binary(Opcode.ADD, out, b.i64(VectorForm.RESULT_BYTES));
        Value nextLeft = b.binary(Opcode.SUB, left, b.i32(1));
        b.branch(nextLeft, new Edge(body, nextIn, nextOut, nextLeft), new Edge(exit));
        b.setBlock(exit);
        b.ret();
        return f;
    }

    private static Value append(Builder b, Node n, Value[] loaded) {
        if (n.operation == null) {
            return n.constant == null
                    ? loaded[n.leaf]
                    : n.type == Type.V128 ? b.vconst(n.constant) : b.constant(n.type, n.constant.low());
        }
        return n.operation.append(
                b, n.operands.stream().map(o -> append(b, o, loaded)).toArray(Value[]::new));
    }
}
