// Shuffles decks of cards and deals from them: a generator of random numbers whose state lies behind a pointer, while
// bytes that are swapped in between might be that state, for all that a compiler knows. So each number goes on in
// memory with what the one before has left there.
#include "kernel.h"

#define CARDS 52
#define DECKS 60000

struct generator {
    u32 state;
    u32 drawn;
};

static struct generator generator;
static u8 deck[CARDS];

void prepare(void) {
    generator.state = next();
    for (u32 i = 0; i < CARDS; i++) {
        deck[i] = i;
    }
}

static u32 below(struct generator *g, u32 limit) {
    g->state = g->state * 1103515245u + 12345u;
    g->drawn++;
    return (u64)g->state * limit >> 32;
}

static void shuffle(struct generator *g, u8 *cards, u32 n) {
    for (u32 i = n - 1; i > 0; i--) {
        u32 j = below(g, i + 1);
        u8 card = cards[i];
        cards[i] = cards[j];
        cards[j] = card;
    }
}

// Not static, so that nothing is known of where its operands point.
__attribute__((noinline)) u32 play(struct generator *g, u8 *cards) {
    u32 result = 0;
    for (u32 i = 0; i < DECKS; i++) {
        shuffle(g, cards, CARDS);
        u32 pairs = 0;
        for (u32 k = 1; k < CARDS; k++) {
            pairs += cards[k] % 13 == cards[k - 1] % 13;
        }
        result = result * 31 + pairs;
    }
    return result + g->drawn;
}

u32 kernel(void) {
    return play(&generator, deck);
}

KERNEL(EXPECTED)
