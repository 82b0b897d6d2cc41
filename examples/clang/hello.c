#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        printf("%s%c", argv[i], i + 1 < argc ? ' ' : '\n');
    }
    return 0;
}
