// Naive and Horspool search of words in a text.
#include "kernel.h"

#define SIZE 200000
static char text[SIZE + 1];
static const char *const words[] = {"abcab", "bbabcc", "caabbac", "ccccacab", "aabbccaabb", "bcabcabcabca"};

void prepare(void) {
    for (u32 i = 0; i < SIZE; i++) {
        text[i] = 'a' + next() % 3;
    }
}

static u32 length(const char *s) {
    u32 n = 0;
    while (s[n]) {
        n++;
    }
    return n;
}

static __attribute__((noinline)) u32 naive(const char *t, const char *w) {
    u32 count = 0;
    for (; *t; t++) {
        u32 k = 0;
        while (w[k] && t[k] == w[k]) {
            k++;
        }
        count += !w[k];
    }
    return count;
}

static __attribute__((noinline)) u32 horspool(const char *t, u32 n, const char *w) {
    u32 skip[256];
    u32 m = length(w);
    for (u32 i = 0; i < 256; i++) {
        skip[i] = m;
    }
    for (u32 i = 0; i + 1 < m; i++) {
        skip[(u8) w[i]] = m - 1 - i;
    }
    u32 count = 0;
    u32 at = 0;
    while (at + m <= n) {
        u32 k = m;
        while (k > 0 && t[at + k - 1] == w[k - 1]) {
            k--;
        }
        count += k == 0;
        at += skip[(u8) t[at + m - 1]];
    }
    return count;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 4; round++) {
        for (u32 i = 0; i < sizeof words / sizeof *words; i++) {
            result = result * 31 + naive(text, words[i]);
            result = result * 31 + horspool(text, SIZE, words[i]);
        }
    }
    return result;
}

KERNEL(EXPECTED)
