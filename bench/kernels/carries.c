// Long numbers multiplied and added, sums and products of arrays: what one turn hands to the next is what takes time.
#include "kernel.h"

#define DIGITS 256
#define N 8192
static u32 left[DIGITS], right[DIGITS], product[2 * DIGITS];
static u32 first[N], second[N], sums[N];
static u64 wide[N];

void prepare(void) {
    for (u32 i = 0; i < DIGITS; i++) {
        left[i] = next() * 77777;
        right[i] = next() * 33333;
    }
    for (u32 i = 0; i < N; i++) {
        first[i] = next();
        second[i] = next();
        wide[i] = next() * (u64) next();
    }
}

static __attribute__((noinline)) void multiply(const u32 *a, const u32 *b, u32 *c) {
    for (u32 i = 0; i < 2 * DIGITS; i++) {
        c[i] = 0;
    }
    for (u32 i = 0; i < DIGITS; i++) {
        u64 carry = 0;
        for (u32 k = 0; k < DIGITS; k++) {
            u64 t = (u64) a[i] * b[k] + c[i + k] + carry;
            c[i + k] = (u32) t;
            carry = t >> 32;
        }
        c[i + DIGITS] = (u32) carry;
    }
}

static __attribute__((noinline)) u32 add(u32 *c, const u32 *a, const u32 *b, u32 n) {
    u64 carry = 0;
    for (u32 i = 0; i < n; i++) {
        carry += (u64) a[i] + b[i];
        c[i] = (u32) carry;
        carry >>= 32;
    }
    return (u32) carry;
}

static __attribute__((noinline)) u32 total(const u32 *a, u32 n) {
    u32 sum = 0;
    for (u32 i = 0; i < n; i++) {
        sum += a[i];
    }
    return sum;
}

static __attribute__((noinline)) u64 dot(const u32 *a, const u32 *b, u32 n) {
    u64 sum = 0;
    for (u32 i = 0; i < n; i++) {
        sum += (u64) a[i] * b[i];
    }
    return sum;
}

static __attribute__((noinline)) u64 mix(const u64 *a, u32 n) {
    u64 sum = 0;
    for (u32 i = 0; i < n; i++) {
        sum ^= a[i] >> (i & 31);
    }
    return sum;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 100; round++) {
        multiply(left, right, product);
        result = result * 5 + product[round];
        left[round] = result;
        for (u32 k = 0; k < 4; k++) {
            u32 n = N - round - k;
            result = result * 3 + total(first, n);
            result += (u32) dot(first, second, n) + (u32) mix(wide, n) + add(sums, first, second, n);
            first[round] = result;
        }
    }
    return result;
}

KERNEL(EXPECTED)
