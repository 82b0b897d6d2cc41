// Backtracking with sets of bits: queens on a board, with the free columns taken by their lowest bit.
#include "kernel.h"

static u32 columns[16];

void prepare(void) {}

static u32 place(u32 all, u32 row, u32 used, u32 left, u32 right) {
    if (used == all) {
        return 1;
    }
    u32 count = 0;
    u32 free = all & ~(used | left | right);
    while (free) {
        u32 bit = free & -free;
        columns[row] = __builtin_ctz(free);
        free ^= bit;
        count += place(all, row + 1, used | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 n = 4; n <= 12; n++) {
        result = result * 31 + place((1u << n) - 1, 0, 0, 0, 0);
    }
    return result + columns[3];
}

KERNEL(EXPECTED)
