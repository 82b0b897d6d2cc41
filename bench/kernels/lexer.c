// A lexer and an evaluator of expressions: classes of characters in chains of comparisons and a table, recursion.
#include "kernel.h"

#define SIZE 100000
static char text[SIZE + 64];
static const char *at;
static u32 variables[26];

static char *expression(char *p, u32 depth) {
    u32 terms = 1 + next() % 4;
    for (u32 i = 0; i < terms; i++) {
        if (i) {
            *p++ = "+-*/&|"[next() % 6];
        }
        u32 kind = next() % 4;
        if (kind == 0 && depth < 4) {
            *p++ = '(';
            p = expression(p, depth + 1);
            *p++ = ')';
        } else if (kind == 1) {
            *p++ = 'a' + next() % 26;
        } else {
            u32 n = 1 + next() % 5;
            for (u32 k = 0; k < n; k++) {
                *p++ = '0' + next() % 10;
            }
        }
        if (next() % 4 == 0) {
            *p++ = ' ';
        }
    }
    return p;
}

void prepare(void) {
    char *p = text;
    while (p < text + SIZE - 8000) {
        p = expression(p, 0);
        *p++ = ';';
    }
    *p = 0;
    for (u32 i = 0; i < 26; i++) {
        variables[i] = next();
    }
}

enum token { END, NUMBER, NAME, PLUS, MINUS, TIMES, OVER, AND, OR, OPEN, CLOSE, SEMICOLON };
static enum token token;
static u32 value;

static void advance(void) {
    for (;;) {
        u8 c = *at++;
        if (c == ' ' || c == '\t' || c == '\n') {
            continue;
        }
        if (c >= '0' && c <= '9') {
            value = c - '0';
            while (*at >= '0' && *at <= '9') {
                value = value * 10 + (*at++ - '0');
            }
            token = NUMBER;
            return;
        }
        if (c >= 'a' && c <= 'z') {
            value = variables[c - 'a'];
            token = NAME;
            return;
        }
        switch (c) {
        case '+': token = PLUS; return;
        case '-': token = MINUS; return;
        case '*': token = TIMES; return;
        case '/': token = OVER; return;
        case '&': token = AND; return;
        case '|': token = OR; return;
        case '(': token = OPEN; return;
        case ')': token = CLOSE; return;
        case ';': token = SEMICOLON; return;
        default: at--; token = END; return;
        }
    }
}

static u32 parse(u32 level);

static u32 primary(void) {
    u32 v = value;
    if (token == OPEN) {
        advance();
        v = parse(0);
    }
    advance();
    return v;
}

static u32 level_of(enum token t) {
    return t == PLUS || t == MINUS ? 2 : t == TIMES || t == OVER ? 3 : t == AND || t == OR ? 1 : 0;
}

static u32 parse(u32 level) {
    u32 left = primary();
    for (;;) {
        enum token op = token;
        u32 l = level_of(op);
        if (l <= level) {
            return left;
        }
        advance();
        u32 right = parse(l);
        switch (op) {
        case PLUS: left += right; break;
        case MINUS: left -= right; break;
        case TIMES: left *= right; break;
        case OVER: left = right ? left / right : 0; break;
        case AND: left &= right; break;
        default: left |= right; break;
        }
    }
}

__attribute__((noinline)) u32 kernel(void) {
    u32 result = 0;
    for (u32 round = 0; round < 60; round++) {
        at = text;
        advance();
        while (token != END) {
            result = result * 31 + parse(0);
            advance();
        }
    }
    return result;
}

KERNEL(EXPECTED)
