package kiln.codegen.regalloc;

import java.util.Arrays;

/** In which registers the parameters of a block would save moves, and how many. */
final class RegisterVotes {
    /** How many registers are remembered for a parameter. */
    private static final int MAX = 4;

    private int[] count = new int[8];
    private int[] register = new int[8 * MAX];
    private double[] weight = new double[8 * MAX];

    void start(int params) {
        if (count.length < params) {
            count = new int[params];
            register = new int[params * MAX];
            weight = new double[params * MAX];
        }
        Arrays.fill(count, 0, params, 0);
    }

    /** Register {@code r} saves {@code w} moves for parameter {@code j}. */
    void add(int j, int r, double w) {
        int k = j * MAX;
        int end = k + count[j];
        while (k < end && register[k] != r) {
            k++;
        }
        if (k < end) {
            weight[k] += w;
        } else if (count[j] < MAX) {
            register[k] = r;
            weight[k] = w;
            count[j]++;
        }
    }

    /** The register out of {@code candidates} that saves most moves, the first of several; -1 if none saves any. */
    int best(int j, long candidates) {
        int best = -1;
        double most = 0;
        for (int k = j * MAX; k < j * MAX + count[j]; k++) {
            if (weight[k] > most && (candidates >>> register[k] & 1) != 0) {
                best = register[k];
                most = weight[k];
            }
        }
        return best;
    }
}
