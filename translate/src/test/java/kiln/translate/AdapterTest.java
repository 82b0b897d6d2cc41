package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.artifact.component.TypeKind;
import org.junit.jupiter.api.Test;

/** Adapters between components, as IR that is executed, against the canonical ABI in Java. */
class AdapterTest {
    private static final int ROUNDS = Integer.getInteger("kiln.fuzz", 400);

    private static FunctionType function(List<InterfaceType> params, InterfaceType result) {
        List<String> names = new ArrayList<>();
        params.forEach(_ -> names.add("p" + names.size()));
        return new FunctionType(names, params, result);
    }

    /** Passes values through an adapter and compares what arrives. */
    private static AdapterMachine pass(
            FunctionType type,
            List<Object> args,
            Object result,
            StringEncoding from,
            StringEncoding to,
            int level,
            boolean explicitBounds) {
        AdapterMachine[] m = new AdapterMachine[1];
        m[0] = new AdapterMachine(type, List.of(), from, to, level, explicitBounds, core -> {
            CanonicalReference callee = new CanonicalReference(m[0].callee);
            assertEquals(args, lift(callee, type, core), "arguments");
            List<Long> results = new ArrayList<>();
            if (type.spillsResult()) {
                int at = m[0].callee.allocate(type.result().layout().alignment(), (int)
                        type.result().layout().bytes());
                callee.store(type.result(), result, at);
                results.add((long) at);
            } else if (type.result() != null) {
                callee.lower(type.result(), result, results);
            }
            return results.stream().mapToLong(i -> i).toArray();
        });
        CanonicalReference caller = new CanonicalReference(m[0].caller);
        List<Long> core = new ArrayList<>();
        if (type.spillsParams()) {
            InterfaceType tuple = tuple(type);
            int at = m[0].caller.allocate(
                    tuple.layout().alignment(), (int) tuple.layout().bytes());
            caller.store(tuple, args, at);
            core.add((long) at);
        } else {
            for (int i = 0; i < args.size(); i++) {
                caller.lower(type.params().get(i), args.get(i), core);
            }
        }
        int target = 0;
        if (type.spillsResult()) {
            target = m[0].caller.allocate(type.result().layout().alignment(), (int)
                    type.result().layout().bytes());
            core.add((long) target);
        }
        long[] results = m[0].call(core.stream().mapToLong(i -> i).toArray());
        if (type.result() != null) {
            Object back =
                    type.spillsResult() ? caller.load(type.result(), target) : caller.lift(type.result(), results, 0);
            assertEquals(result, back, "result");
        }
        assertEquals(1, m[0].callee.postReturns);
        for (int i = 0; i < 3; i++) {
            assertEquals(1, m[0].field(i, ComponentContext.MAY_LEAVE));
        }
        return m[0];
    }

    private static InterfaceType tuple(FunctionType type) {
        return new InterfaceType(TypeKind.TUPLE, List.of(), type.params(), -1, 0);
    }

    private static Object lift(CanonicalReference callee, FunctionType type, long[] core) {
        if (type.spillsParams()) {
            return callee.load(tuple(type), (int) core[0]);
        }
        return callee.lift(tuple(type), core, 0);
    }

    @Test
    void valuesOfAnyTypeArriveUnchanged() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random r = new Random(seed);
            List<InterfaceType> params = new ArrayList<>();
            for (int n = r.nextInt(5); n > 0; n--) {
                params.add(CanonicalReference.randomType(r, 3));
            }
            InterfaceType result = r.nextInt(4) == 0 ? null : CanonicalReference.randomType(r, 3);
            FunctionType type = function(params, result);
            List<Object> args = new ArrayList<>();
            params.forEach(p -> args.add(CanonicalReference.randomValue(p, r)));
            Object value = result == null ? null : CanonicalReference.randomValue(result, r);
            StringEncoding[] e = StringEncoding.values();
            try {
                pass(type, args, value, e[r.nextInt(3)], e[r.nextInt(3)], r.nextInt(3), r.nextBoolean());
            } catch (RuntimeException | AssertionError x) {
                throw new AssertionError("seed " + seed, x);
            }
        }
    }

    /** What a call with numbers, a string and a list of numbers comes to. */
    @Test
    void adapterAsText() {
        InterfaceType list = AdapterMachine.type(TypeKind.LIST, AdapterMachine.type(TypeKind.U16));
        FunctionType type = function(
                List.of(
                        AdapterMachine.type(TypeKind.U8),
                        AdapterMachine.type(TypeKind.STRING),
                        AdapterMachine.type(TypeKind.OPTION, AdapterMachine.type(TypeKind.F32))),
                list);
        AdapterMachine m =
                new AdapterMachine(type, List.of(), StringEncoding.UTF8, StringEncoding.UTF16, 0, false, null);
        String text = m.text(0);
        assertEquals(Fixtures.golden("adapter.ir", text), text);
    }

    @Test
    void codeIsLinearInTheSizeOfTypes() {
        // Twice each part, and cases in cases: 2^n values, n types.
        List<Integer> sizes = new ArrayList<>();
        for (int n : new int[] {4, 8, 16}) {
            InterfaceType t = AdapterMachine.type(TypeKind.STRING);
            for (int i = 0; i < n; i++) {
                t = AdapterMachine.type(TypeKind.TUPLE, t, AdapterMachine.type(TypeKind.RESULT, t, t));
            }
            InterfaceType list = AdapterMachine.type(TypeKind.LIST, t);
            AdapterMachine m = new AdapterMachine(
                    function(List.of(list), list), List.of(), StringEncoding.UTF8, StringEncoding.UTF8, 0, false, null);
            m.translateAll(0);
            sizes.add(m.size());
        }
        assertTrue(sizes.get(2) < 2.6 * sizes.get(1) + 3000, "sizes " + sizes);
        assertTrue(sizes.get(2) < 60_000, "sizes " + sizes);
    }
}
