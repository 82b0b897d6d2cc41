// Points of the Mandelbrot set in doubles: a loop that ends by either of two conditions.
#include "kernel.h"

void prepare(void) {}

static __attribute__((noinline)) u32 turns(double x, double y) {
    double a = 0, b = 0;
    u32 n = 0;
    while (n < 300 && a * a + b * b < 4) {
        double t = a * a - b * b + x;
        b = 2 * a * b + y;
        a = t;
        n++;
    }
    return n;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 sum = 0;
    for (u32 i = 0; i < 220; i++) {
        for (u32 k = 0; k < 220; k++) {
            sum = sum * 3 + turns(k * (3.0 / 220) - 2.2, i * (2.4 / 220) - 1.2);
        }
    }
    return sum;
}

KERNEL(EXPECTED)
