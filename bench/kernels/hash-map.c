// A hash map with open addressing: insertions, look-ups, removals by moving back.
#include "kernel.h"

#define SIZE 65536
static u32 keys[SIZE], values[SIZE];

void prepare(void) {}

static u32 hash(u32 x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}

static u32 *find(u32 key) {
    u32 i = hash(key) & (SIZE - 1);
    while (keys[i] != key) {
        if (keys[i] == 0) {
            return 0;
        }
        i = (i + 1) & (SIZE - 1);
    }
    return &values[i];
}

static void put(u32 key, u32 value) {
    u32 i = hash(key) & (SIZE - 1);
    while (keys[i] != 0 && keys[i] != key) {
        i = (i + 1) & (SIZE - 1);
    }
    keys[i] = key;
    values[i] = value;
}

static void drop(u32 key) {
    u32 i = hash(key) & (SIZE - 1);
    while (keys[i] != key) {
        if (keys[i] == 0) {
            return;
        }
        i = (i + 1) & (SIZE - 1);
    }
    for (u32 k = (i + 1) & (SIZE - 1); keys[k]; k = (k + 1) & (SIZE - 1)) {
        u32 home = hash(keys[k]) & (SIZE - 1);
        if (((k - home) & (SIZE - 1)) >= ((k - i) & (SIZE - 1))) {
            keys[i] = keys[k];
            values[i] = values[k];
            i = k;
        }
    }
    keys[i] = 0;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 sum = 0;
    for (u32 i = 0; i < 1500000; i++) {
        u32 r = next();
        u32 key = 1 + r % 40000;
        switch (r >> 20 & 3) {
        case 0:
            put(key, i);
            break;
        case 1:
            drop(key);
            break;
        default: {
            u32 *v = find(key);
            sum += v ? *v : 1;
        }
        }
    }
    return sum;
}

KERNEL(EXPECTED)
