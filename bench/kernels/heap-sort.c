// Heap sort through a comparison function that is called through a pointer, and merge sort of a linked list.
#include "kernel.h"

#define N 60000
struct item {
    u32 key;
    struct item *next;
};
static struct item items[N];
static struct item *order[N];

void prepare(void) {}

static int by_key(const struct item *a, const struct item *b) {
    return a->key < b->key ? -1 : a->key > b->key;
}

static int by_low_half(const struct item *a, const struct item *b) {
    return (i32) (a->key & 0xffff) - (i32) (b->key & 0xffff);
}

typedef int comparison(const struct item *, const struct item *);
static comparison *const comparisons[] = {by_key, by_low_half};

static __attribute__((noinline)) void heap_sort(struct item **a, u32 n, comparison *compare) {
    for (u32 start = n / 2; n > 1;) {
        if (start > 0) {
            start--;
        } else {
            struct item *t = a[--n];
            a[n] = a[0];
            a[0] = t;
        }
        u32 i = start;
        struct item *x = a[i];
        for (u32 child; (child = 2 * i + 1) < n; i = child) {
            if (child + 1 < n && compare(a[child], a[child + 1]) < 0) {
                child++;
            }
            if (compare(x, a[child]) >= 0) {
                break;
            }
            a[i] = a[child];
        }
        a[i] = x;
    }
}

static __attribute__((noinline)) struct item *merge_sort(struct item *list) {
    for (u32 size = 1;; size *= 2) {
        struct item *p = list;
        struct item *tail = 0;
        u32 merges = 0;
        list = 0;
        while (p) {
            merges++;
            struct item *q = p;
            u32 left = 0;
            for (u32 i = 0; i < size && q; i++) {
                left++;
                q = q->next;
            }
            u32 right = size;
            while (left > 0 || (right > 0 && q)) {
                struct item *e;
                if (left > 0 && (right == 0 || !q || p->key <= q->key)) {
                    e = p;
                    p = p->next;
                    left--;
                } else {
                    e = q;
                    q = q->next;
                    right--;
                }
                if (tail) {
                    tail->next = e;
                } else {
                    list = e;
                }
                tail = e;
            }
            p = q;
        }
        tail->next = 0;
        if (merges <= 1) {
            return list;
        }
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 4; round++) {
        for (u32 i = 0; i < N; i++) {
            items[i].key = next();
            items[i].next = i + 1 < N ? &items[i + 1] : 0;
            order[i] = &items[i];
        }
        heap_sort(order, N, comparisons[round & 1]);
        struct item *p = merge_sort(items);
        for (u32 i = 0; i < N; i++, p = p->next) {
            result = result * 31 + (p->key ^ order[i]->key);
        }
    }
    return result;
}

KERNEL(EXPECTED)
