// What every kernel has: the marks between which engines measure, numbers that are always the same, and a check of the
// result. Freestanding: a kernel imports nothing but the marks, and traps if it computes the wrong thing.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;

__attribute__((import_module("bench"), import_name("start"))) void bench_start(void);
__attribute__((import_module("bench"), import_name("end"))) void bench_end(void);

static u32 seed = 12345;

static inline u32 next(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

// The kernel itself, not inlined into _start so that it is compiled as it would be in a program.
u32 kernel(void);
void prepare(void);

#define KERNEL(EXPECTED)                              \
    __attribute__((export_name("_start"))) void run(void) { \
        prepare();                                    \
        bench_start();                                \
        u32 result = kernel();                        \
        bench_end();                                  \
        if (result != (EXPECTED)) {                   \
            __builtin_trap();                         \
        }                                             \
    }
