package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import kiln.ir.Lanes;
import kiln.ir.V128;

/** Indices of shuffles: those that some instruction does, their neighbours that none does, and random ones. */
final class ShufflePatterns {
    private ShufflePatterns() {}

    /** By the name of what they do. */
    static Map<String, List<V128>> all() {
        Map<String, List<V128>> all = new LinkedHashMap<>();
        all.put("one operand", lanes(8, 2, (_, i) -> i, (_, i) -> i + 2));
        for (int bytes : new int[] {1, 2, 4, 8}) {
            int n = 16 / bytes;
            Random random = new Random(bytes);
            all.put(
                    "interleave " + bytes,
                    lanes(bytes, n, (k, i) -> i / 2 + (i % 2) * k, (k, i) -> n / 2 + i / 2 + (i % 2) * k));
            all.put(
                    "every second " + bytes,
                    lanes(bytes, n, (k, i) -> pick(k, 2 * i, n), (k, i) -> pick(k, 2 * i + 1, n)));
            all.put(
                    "transpose " + bytes,
                    lanes(bytes, n, (k, i) -> i / 2 * 2 + (i % 2) * k, (k, i) -> i / 2 * 2 + 1 + (i % 2) * k));
            all.put("blend " + bytes, random(40, () -> {
                int mask = random.nextInt(1 << n);
                return of(bytes, i -> i + ((mask >> i & 1) != 0 ? n : 0));
            }));
            all.put("one operand's lanes of " + bytes, random(60, () -> {
                int base = random.nextInt(2) * n;
                int[] from = random.ints(n, 0, n).toArray();
                return of(bytes, i -> base + from[i]);
            }));
            all.put("lanes of " + bytes, random(60, () -> {
                int[] from = random.ints(n, 0, 2 * n).toArray();
                return of(bytes, i -> from[i]);
            }));
            // Two of one operand, then two of the other.
            all.put("halves of lanes of " + bytes, random(20, () -> {
                int[] from = random.ints(n, 0, n).toArray();
                int base = random.nextInt(2) * n;
                return of(bytes, i -> from[i] + (i < n / 2 ? base : n - base));
            }));
            List<V128> same = new ArrayList<>();
            for (int lane = 0; lane < 2 * n; lane++) {
                int from = lane;
                same.add(of(bytes, _ -> from));
            }
            all.put("splat " + bytes, same);
            List<V128> insertions = new ArrayList<>();
            for (int k = 0; k < 20; k++) {
                int at = random.nextInt(n);
                int from = random.nextInt(2 * n);
                int base = random.nextInt(2) * n;
                insertions.add(of(bytes, i -> i == at ? from : base + i));
            }
            all.put("one lane of " + bytes, insertions);
            for (int within = 2 * bytes; within <= 16; within *= 2) {
                int group = within / bytes;
                all.put(
                        "reverse " + bytes + " in " + within,
                        List.of(
                                of(bytes, i -> i / group * group + group - 1 - i % group),
                                of(bytes, i -> n + i / group * group + group - 1 - i % group)));
            }
        }
        List<V128> rotations = new ArrayList<>();
        for (int by = 0; by <= 32; by++) {
            int first = by;
            rotations.add(of(1, i -> first + i & 31));
            rotations.add(of(1, i -> first + i & 15));
            rotations.add(of(1, i -> 16 + (first + i & 15)));
            // One byte of it is another one.
            rotations.add(of(1, i -> (i == 7 ? first + 1 : first) + i & 31));
        }
        all.put("rotations", rotations);
        Random random = new Random(1);
        all.put(
                "random bytes",
                random(
                        100,
                        () -> new V128(
                                random.nextLong() & 0x1f1f1f1f1f1f1f1fL, random.nextLong() & 0x1f1f1f1f1f1f1f1fL)));
        return all;
    }

    /** Lane {@code i} of the result, {@code k} being the distance to the lanes of the second operand, or 0. */
    private interface LaneOfOperands {
        int from(int k, int i);
    }

    private interface Indices {
        V128 next();
    }

    private static List<V128> random(int count, Indices indices) {
        List<V128> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(indices.next());
        }
        return all;
    }

    /** Each with two operands, with the first one twice, with the second one twice, and with both exchanged. */
    private static List<V128> lanes(int bytes, int n, LaneOfOperands... patterns) {
        List<V128> all = new ArrayList<>();
        for (LaneOfOperands p : patterns) {
            all.add(of(bytes, i -> p.from(n, i)));
            all.add(of(bytes, i -> p.from(0, i) % n));
            all.add(of(bytes, i -> n + p.from(0, i) % n));
            all.add(of(bytes, i -> (p.from(n, i) + n) % (2 * n)));
        }
        return all;
    }

    /** Lane {@code i} of both operands one after the other, or of the first one twice. */
    private static int pick(int k, int i, int n) {
        return i < n ? i : k + i - n;
    }

    private static V128 of(int bytes, IntUnaryOperator lane) {
        return V128.of(Lanes.I8X16, i -> lane.applyAsInt(i / bytes) * bytes + i % bytes);
    }
}
