// Compiled with: clang -target wasm32 -g -O1 -nostdlib, see DebugInfoTest.
__attribute__((noinline)) static int quotient(int a, int b) {
    int rest = a % 7;
    return rest + a / b; // line 4: traps if b is 0
}

static inline int twice(int x) {
    if (x == 1000) {
        __builtin_trap(); // line 9
    }
    return 2 * x;
}

__attribute__((export_name("divide"))) int divide(int a, int b) {
    return quotient(a, b) + 1; // line 15
}

__attribute__((export_name("both"))) int both(int a) {
    return twice(a) + divide(a, a - 5); // line 19
}
