// An interpreter: instructions of a register machine in a loop around a switch.
#include "kernel.h"

enum code { ADD, SUB, MUL, LOADI, LESS, JUMPIF, JUMP, STORE, LOAD, XOR, SHIFT, HALT };
struct instruction {
    u8 code, a, b, c;
};

static u32 memory[256];
// r0 = 0; r1 = i; r2 = limit; r3 = sum; r4 = 1; r5..r7 temporary
static struct instruction program[] = {
    {LOADI, 0, 0, 0},  {LOADI, 1, 0, 0},  {LOADI, 2, 200, 0}, {MUL, 2, 2, 2},   {LOADI, 3, 1, 0}, {LOADI, 4, 1, 0},
    {MUL, 5, 1, 3},    {XOR, 3, 3, 5},    {SHIFT, 6, 3, 5},   {ADD, 3, 3, 6},   {STORE, 1, 3, 0}, {LOAD, 7, 6, 0},
    {LESS, 5, 7, 3},   {JUMPIF, 5, 0, 2}, {SUB, 3, 3, 7},     {JUMP, 0, 0, 0},  {ADD, 3, 3, 4},   {ADD, 1, 1, 4},
    {LESS, 5, 1, 2},   {JUMPIF, 5, 1, 14}, {HALT, 3, 0, 0},
};

void prepare(void) {}

static __attribute__((noinline)) u32 run_program(const struct instruction *p, u32 *r) {
    for (;;) {
        struct instruction i = *p++;
        switch (i.code) {
        case ADD:
            r[i.a] = r[i.b] + r[i.c];
            break;
        case SUB:
            r[i.a] = r[i.b] - r[i.c];
            break;
        case MUL:
            r[i.a] = r[i.b] * r[i.c];
            break;
        case LOADI:
            r[i.a] = i.b;
            break;
        case LESS:
            r[i.a] = r[i.b] < r[i.c];
            break;
        case JUMPIF:
            if (r[i.a]) {
                p += i.b ? -(i32) i.c : (i32) i.c;
            }
            break;
        case JUMP:
            p += i.c;
            break;
        case STORE:
            memory[r[i.a] & 255] = r[i.b];
            break;
        case LOAD:
            r[i.a] = memory[r[i.b] & 255];
            break;
        case XOR:
            r[i.a] = r[i.b] ^ r[i.c];
            break;
        case SHIFT:
            r[i.a] = r[i.b] >> (i.c & 31);
            break;
        case HALT:
            return r[i.a];
        }
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 20; round++) {
        u32 registers[16] = {0};
        result = result * 31 + run_program(program, registers);
    }
    return result;
}

KERNEL(EXPECTED)
