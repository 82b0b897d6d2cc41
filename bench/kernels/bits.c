// Counting bits: sets of 64 bits walked by their lowest bit, leading zeros, a sieve of bits.
#include "kernel.h"

#define WORDS 20000
static u64 set[WORDS];

void prepare(void) {}

static __attribute__((noinline)) void sieve(u64 *s, u32 n) {
    for (u32 i = 0; i < WORDS; i++) {
        s[i] = ~0ull;
    }
    s[0] &= ~3ull;
    for (u32 p = 2; p * p < n; p++) {
        if (s[p >> 6] >> (p & 63) & 1) {
            for (u32 k = p * p; k < n; k += p) {
                s[k >> 6] &= ~(1ull << (k & 63));
            }
        }
    }
}

static __attribute__((noinline)) u32 walk(const u64 *s) {
    u32 sum = 0;
    for (u32 i = 0; i < WORDS; i++) {
        for (u64 w = s[i]; w; w &= w - 1) {
            sum += (u32) __builtin_ctzll(w) + i * 64;
        }
    }
    return sum;
}

static __attribute__((noinline)) u32 levels(const u64 *s) {
    u32 sum = 0;
    for (u32 i = 0; i < WORDS; i++) {
        sum += __builtin_popcountll(s[i]) * 3 + (s[i] ? __builtin_clzll(s[i]) : 64);
    }
    return sum;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 15; round++) {
        sieve(set, WORDS * 64 - round);
        for (u32 k = 0; k < 10; k++) {
            result = result * 31 + walk(set) + levels(set);
        }
    }
    return result;
}

KERNEL(EXPECTED)
