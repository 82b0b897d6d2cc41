// A parser as a state machine: the state is a local, set to constants and switched on for each character.
#include "kernel.h"

#define SIZE 400000
static char text[SIZE + 1];

void prepare(void) {
    u32 i = 0;
    while (i < SIZE - 40) {
        u32 fields = 3 + next() % 5;
        for (u32 f = 0; f < fields && i < SIZE - 40; f++) {
            u32 kind = next() % 4;
            u32 n = 1 + next() % 7;
            if (kind == 0) {
                text[i++] = '"';
                for (u32 k = 0; k < n; k++) {
                    text[i++] = next() % 9 == 0 ? ',' : 'a' + next() % 26;
                }
                if (next() % 3 == 0) {
                    text[i++] = '"';
                    text[i++] = '"';
                }
                text[i++] = '"';
            } else {
                for (u32 k = 0; k < n; k++) {
                    text[i++] = '0' + next() % 10;
                }
            }
            text[i++] = f + 1 < fields ? ',' : '\n';
        }
    }
    text[i] = 0;
}

enum state { START, PLAIN, QUOTED, QUOTE };

static __attribute__((noinline)) u32 parse(const char *p) {
    enum state state = START;
    u32 fields = 0, rows = 0, sum = 0, number = 0;
    for (;;) {
        u8 c = *p++;
        switch (state) {
        case START:
            number = 0;
            if (c == '"') {
                state = QUOTED;
                break;
            }
            if (c == 0) {
                return sum + fields * 3 + rows * 7;
            }
            state = PLAIN;
            // fall through
        case PLAIN:
            if (c == ',') {
                fields++;
                sum += number;
                state = START;
            } else if (c == '\n') {
                fields++;
                rows++;
                sum += number;
                state = START;
            } else {
                number = number * 10 + (c - '0');
            }
            break;
        case QUOTED:
            if (c == '"') {
                state = QUOTE;
            } else {
                number = number * 31 + c;
            }
            break;
        case QUOTE:
            if (c == '"') {
                state = QUOTED;
            } else if (c == ',') {
                fields++;
                sum ^= number;
                state = START;
            } else if (c == '\n') {
                fields++;
                rows++;
                sum ^= number;
                state = START;
            } else {
                state = PLAIN;
            }
            break;
        }
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 20; round++) {
        result = result * 5 + parse(text + round * 8);
    }
    return result;
}

KERNEL(EXPECTED)
