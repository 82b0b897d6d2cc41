// Scans that end at a found element, within loops: the partition of quicksort, with pointers that stop at the pivot.
#include "kernel.h"

#define N 300000
static i32 input[N];
static i32 data[N];

void prepare(void) {
    for (u32 i = 0; i < N; i++) {
        input[i] = next();
    }
}

static void sort(i32 *a, i32 low, i32 high) {
    while (high - low > 12) {
        i32 pivot = a[low + (high - low) / 2];
        i32 i = low - 1;
        i32 j = high + 1;
        for (;;) {
            do {
                i++;
            } while (a[i] < pivot);
            do {
                j--;
            } while (a[j] > pivot);
            if (i >= j) {
                break;
            }
            i32 t = a[i];
            a[i] = a[j];
            a[j] = t;
        }
        sort(a, low, j);
        low = j + 1;
    }
    for (i32 i = low + 1; i <= high; i++) {
        i32 x = a[i];
        i32 k = i - 1;
        while (k >= low && a[k] > x) {
            a[k + 1] = a[k];
            k--;
        }
        a[k + 1] = x;
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 3; round++) {
        for (u32 i = 0; i < N; i++) {
            data[i] = input[i] ^ round;
        }
        sort(data, 0, N - 1);
        for (u32 i = 0; i < N; i += 1000) {
            result = result * 31 + data[i];
        }
    }
    return result;
}

KERNEL(EXPECTED)
