// Backtracking with sets of bits and a choice of the cell with the fewest candidates: two selects of one condition,
// count of bits, count of trailing zeros, divisions by a constant.
#include "kernel.h"

static const char *const puzzle = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..";
static u8 cells[81];
static u16 rows[9], columns[9], boxes[9];
static u32 steps;

void prepare(void) {}

static int solve(void) {
    u32 best = 10;
    u32 at = 81;
    u32 candidates = 0;
    for (u32 i = 0; i < 81; i++) {
        if (cells[i]) {
            continue;
        }
        u32 free = 0x3fe & ~(rows[i / 9] | columns[i % 9] | boxes[i / 27 * 3 + i % 9 / 3]);
        u32 n = __builtin_popcount(free);
        if (n < best) {
            best = n;
            at = i;
            candidates = free;
        }
    }
    if (at == 81) {
        return 1;
    }
    steps++;
    while (candidates) {
        u32 v = __builtin_ctz(candidates);
        u32 bit = 1u << v;
        candidates &= candidates - 1;
        u32 r = at / 9, c = at % 9, b = at / 27 * 3 + at % 9 / 3;
        cells[at] = v;
        rows[r] |= bit;
        columns[c] |= bit;
        boxes[b] |= bit;
        if (solve()) {
            return 1;
        }
        cells[at] = 0;
        rows[r] &= ~bit;
        columns[c] &= ~bit;
        boxes[b] &= ~bit;
    }
    return 0;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 8; round++) {
        for (u32 i = 0; i < 9; i++) {
            rows[i] = columns[i] = boxes[i] = 0;
        }
        for (u32 i = 0; i < 81; i++) {
            u32 v = puzzle[i] == '.' ? 0 : puzzle[i] - '0';
            cells[i] = v;
            if (v) {
                rows[i / 9] |= 1u << v;
                columns[i % 9] |= 1u << v;
                boxes[i / 27 * 3 + i % 9 / 3] |= 1u << v;
            }
        }
        result += solve();
        for (u32 i = 0; i < 81; i++) {
            result = result * 33 + cells[i];
        }
    }
    return result + steps;
}

KERNEL(EXPECTED)
