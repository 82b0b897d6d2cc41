// Small functions that call themselves.
#include "kernel.h"

void prepare(void) {}

static __attribute__((noinline)) u32 fibonacci(u32 n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) u32 ackermann(u32 m, u32 n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static __attribute__((noinline)) u32 hanoi(u32 n, u32 from, u32 to) {
    return n == 0 ? from : hanoi(n - 1, from, 6 - from - to) * 3 + hanoi(n - 1, 6 - from - to, to);
}

__attribute__((noinline)) u32 kernel(void) {
    return fibonacci(32) + ackermann(2, 900) * 3 + hanoi(21, 1, 3);
}

KERNEL(EXPECTED)
