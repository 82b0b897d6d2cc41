// Calls through pointers in structs: what virtual methods become.
#include "kernel.h"

struct shape;
struct methods {
    u32 (*area)(const struct shape *);
    u32 (*grow)(struct shape *, u32);
};
struct shape {
    const struct methods *methods;
    u32 a, b;
};

static u32 square_area(const struct shape *s) {
    return s->a * s->a;
}
static u32 square_grow(struct shape *s, u32 by) {
    return s->a += by;
}
static u32 box_area(const struct shape *s) {
    return s->a * s->b;
}
static u32 box_grow(struct shape *s, u32 by) {
    s->b ^= by;
    return s->a += by;
}
static u32 line_area(const struct shape *s) {
    return s->a;
}
static u32 line_grow(struct shape *s, u32 by) {
    return s->b += by & 7;
}

static const struct methods square = {square_area, square_grow};
static const struct methods box = {box_area, box_grow};
static const struct methods line = {line_area, line_grow};

#define N 1000
static struct shape shapes[N];

void prepare(void) {
    for (u32 i = 0; i < N; i++) {
        u32 kind = i % 7;
        shapes[i].methods = kind < 3 ? &square : kind < 5 ? &box : &line;
        shapes[i].a = next() & 1023;
        shapes[i].b = next() & 1023;
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 sum = 0;
    for (u32 round = 0; round < 6000; round++) {
        for (u32 i = 0; i < N; i++) {
            struct shape *s = &shapes[i];
            sum += s->methods->area(s);
            if ((i & 3) == 0) {
                sum ^= s->methods->grow(s, round);
            }
        }
    }
    return sum;
}

KERNEL(EXPECTED)
