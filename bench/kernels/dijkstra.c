// Shortest paths with a binary heap.
#include "kernel.h"

#define NODES 20000
#define DEGREE 6
static u32 target[NODES * DEGREE], weight[NODES * DEGREE];
static u32 distance[NODES];
struct entry {
    u32 distance, node;
};
static struct entry heap[NODES * DEGREE + 1];

void prepare(void) {
    for (u32 i = 0; i < NODES * DEGREE; i++) {
        target[i] = next() % NODES;
        weight[i] = 1 + next() % 1000;
    }
}

static u32 push(u32 count, struct entry e) {
    u32 i = count;
    while (i > 0) {
        u32 parent = (i - 1) / 2;
        if (heap[parent].distance <= e.distance) {
            break;
        }
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = e;
    return count + 1;
}

static u32 pop(u32 count) {
    struct entry last = heap[--count];
    u32 i = 0;
    for (;;) {
        u32 child = 2 * i + 1;
        if (child >= count) {
            break;
        }
        if (child + 1 < count && heap[child + 1].distance < heap[child].distance) {
            child++;
        }
        if (heap[child].distance >= last.distance) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return count;
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 6; round++) {
        for (u32 i = 0; i < NODES; i++) {
            distance[i] = ~0u;
        }
        u32 count = 0;
        distance[round] = 0;
        count = push(count, (struct entry) {0, round});
        while (count) {
            struct entry e = heap[0];
            count = pop(count);
            if (e.distance > distance[e.node]) {
                continue;
            }
            for (u32 k = e.node * DEGREE; k < (e.node + 1) * DEGREE; k++) {
                u32 d = e.distance + weight[k];
                if (d < distance[target[k]]) {
                    distance[target[k]] = d;
                    count = push(count, (struct entry) {d, target[k]});
                }
            }
        }
        for (u32 i = 0; i < NODES; i += 50) {
            result = result * 31 + distance[i];
        }
    }
    return result;
}

KERNEL(EXPECTED)
