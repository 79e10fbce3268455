/*
 * positions.c: open addressing, at most half full.
 */
#include "base/positions.h"

#include "base/check.h"
#include "base/hash.h"

#include <pthread.h>
#include <string.h>

/* ---- the hash: https://www.aumasson.jp/siphash/siphash.pdf ---- */

static uint64_t key[2];

static void draw_key(void)
{
    random_bytes(key, sizeof key);
}

struct sip {
    uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_round(struct sip *sip)
{
    sip->a += sip->b;
    sip->c += sip->d;
    sip->b = rotate(sip->b, 13) ^ sip->a;
    sip->d = rotate(sip->d, 16) ^ sip->c;
    sip->a = rotate(sip->a, 32);
    sip->c += sip->b;
    sip->a += sip->d;
    sip->b = rotate(sip->b, 17) ^ sip->c;
    sip->d = rotate(sip->d, 21) ^ sip->a;
    sip->c = rotate(sip->c, 32);
}

static void sip_take(struct sip *sip, uint64_t word)
{
    sip->d ^= word;
    sip_round(sip);
    sip->a ^= word;
}

uint64_t keyed_hash(str text)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t word;
    size_t i = 0;

    pthread_once(&once, draw_key);
    struct sip sip = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                      key[1] ^ 0x7465646279746573};
    for (; i + sizeof word <= text.size; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        sip_take(&sip, word);
    }
    word = (uint64_t)text.size << 56;
    for (size_t j = 0; i + j < text.size; j++)
        word |= (uint64_t)(unsigned char)text.data[i + j] << (8 * j);
    sip_take(&sip, word);
    sip.c ^= 0xff;
    for (int round = 0; round < 3; round++)
        sip_round(&sip);
    return sip.a ^ sip.b ^ sip.c ^ sip.d;
}

/* ---- the table ---- */

struct positions positions_for(struct arena *arena, size_t count)
{
    uint32_t size = 8;

    check(count < UINT32_MAX / 4);
    while (size < 2 * count)
        size *= 2;
    return (struct positions){arena_alloc(arena, size * sizeof(struct position_slot)), size - 1};
}

void positions_add(struct positions *positions, uint64_t hash, size_t position)
{
    uint32_t slot = (uint32_t)hash & positions->mask;

    while (positions->slots[slot].position)
        slot = (slot + 1) & positions->mask;
    positions->slots[slot] = (struct position_slot){(uint32_t)position + 1, (uint32_t)(hash >> 32)};
}

/* *slot keeps the tag in its upper half. */
bool positions_next(const struct positions *positions, uint64_t *slot, size_t *position)
{
    uint32_t tag = (uint32_t)(*slot >> 32), at = (uint32_t)*slot & positions->mask;

    while (positions->slots[at].position && positions->slots[at].tag != tag)
        at = (at + 1) & positions->mask;

    uint32_t found = positions->slots[at].position;
    *slot = (uint64_t)tag << 32 | ((at + 1) & positions->mask);
    *position = found - (size_t)1;
    return found != 0;
}
