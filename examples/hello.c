// Built with: clang --target=wasm32-wasi -O2 -o hello.wasm hello.c
#include <stdio.h>

int main(void) {
    puts("Hello from WebAssembly.");
    return 0;
}
