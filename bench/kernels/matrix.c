// Product of two matrices of floats.
#include "kernel.h"

#define N 160
static float a[N][N], b[N][N], c[N][N];

void prepare(void) {
    for (u32 i = 0; i < N; i++) {
        for (u32 k = 0; k < N; k++) {
            a[i][k] = (float) (next() & 15);
            b[i][k] = (float) (next() & 15);
        }
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 12; round++) {
        for (u32 i = 0; i < N; i++) {
            for (u32 k = 0; k < N; k++) {
                float sum = 0;
                for (u32 m = 0; m < N; m++) {
                    sum += a[i][m] * b[m][k];
                }
                c[i][k] = sum;
            }
        }
        a[round][round] += 1;
        for (u32 i = 0; i < N; i++) {
            result = result * 31 + (u32) c[i][(i * 7) % N];
        }
    }
    return result;
}

KERNEL(EXPECTED)
