package kiln.tests.bombs;

import java.util.function.IntFunction;

/**
 * A family of inputs by size.
 *
 * @param n the smallest size to test
 * @param modules of a size, to be linked in this order; their bytes grow in proportion to it
 */
record Bomb(String name, int n, IntFunction<byte[][]> modules) {
    @Override
    public String toString() {
        return name;
    }
}
