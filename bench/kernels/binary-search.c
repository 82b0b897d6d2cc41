// Binary search in 4 MB: two selects of one condition in each turn.
#include "kernel.h"

#define N 1000000
static u32 sorted[N];
static u32 wanted[4096];

void prepare(void) {
    u32 v = 0;
    for (u32 i = 0; i < N; i++) {
        v += 1 + (next() & 7);
        sorted[i] = v;
    }
    for (u32 i = 0; i < 4096; i++) {
        wanted[i] = next() % v;
    }
}

static __attribute__((noinline)) u32 search(const u32 *a, u32 n, u32 x) {
    u32 low = 0;
    u32 high = n;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (a[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 sum = 0;
    for (u32 round = 0; round < 60; round++) {
        for (u32 i = 0; i < 4096; i++) {
            sum += search(sorted, N, wanted[i] + round);
        }
    }
    return sum;
}

KERNEL(EXPECTED)
