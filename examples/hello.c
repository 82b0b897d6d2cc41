// Built with: clang --target=wasm32-wasi -O2 -o hello.wasm hello.c
// and jco 1.35.0: jco new hello.wasm --wasi-command -o hello.component.wasm
#include <stdio.h>

int main(void) {
    puts("Hello from WebAssembly.");
    return 0;
}
