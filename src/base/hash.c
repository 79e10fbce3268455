/*
 * hash.c: thin covers over OpenSSL and zlib.
 *
 * MD5 and SHA-256 use OpenSSL's functions for one algorithm.  Its general ones (EVP) look the algorithm up
 * and allocate a state for each digest, which costs more than hashing a short message, and a request has
 * four.
 */
#define OPENSSL_API_COMPAT 10101 /* OpenSSL 3 keeps these functions, but recommends the general ones */
#include "base/hash.h"

#include "base/check.h"
#include "base/memory.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct md5 md5(str data)
{
    MD5_CTX context;
    struct md5 out;

    check(MD5_Init(&context) == 1);
    check(MD5_Update(&context, data.data, data.size) == 1);
    check(MD5_Final(out.bytes, &context) == 1);
    return out;
}

static void add(SHA256_CTX *context, str data)
{
    check(SHA256_Update(context, data.data, data.size) == 1);
}

static struct sha256 end(SHA256_CTX *context)
{
    struct sha256 out;

    check(SHA256_Final(out.bytes, context) == 1);
    return out;
}

struct sha256 sha256(str data)
{
    SHA256_CTX context;

    check(SHA256_Init(&context) == 1);
    add(&context, data);
    return end(&context);
}

struct sha256_sum {
    SHA256_CTX context;
};

struct sha256_sum *sha256_begin(void)
{
    struct sha256_sum *sum = memory_take(sizeof *sum);

    check(SHA256_Init(&sum->context) == 1);
    return sum;
}

void sha256_add(struct sha256_sum *sum, str data)
{
    add(&sum->context, data);
}

struct sha256 sha256_end(struct sha256_sum *sum)
{
    struct sha256 out = end(&sum->context);

    free(sum);
    return out;
}

/* SHA-256 of the key, with each of its bytes changed by `mask`, and of `data`. */
static struct sha256 keyed_digest(str key, char mask, str data)
{
    char block[SHA256_CBLOCK];
    SHA256_CTX context;

    memset(block, mask, sizeof block);
    for (size_t i = 0; i < key.size; i++)
        block[i] ^= key.data[i];
    check(SHA256_Init(&context) == 1);
    add(&context, (str){block, sizeof block});
    add(&context, data);
    return end(&context);
}

/* RFC 2104, as two digests: EVP_MAC costs three times as much on short messages. */
struct sha256 hmac_sha256(str key, str data)
{
    struct sha256 shortened, inner;

    if (key.size > SHA256_CBLOCK) {
        shortened = sha256(key);
        key = HASH_STR(shortened);
    }
    inner = keyed_digest(key, 0x36, data);
    return keyed_digest(key, 0x5c, HASH_STR(inner));
}

uint32_t crc32_of(str data)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)data.data, data.size);
}

/* Computed, so that compilers encode many bytes at a time. */
static char hex_digit(unsigned value)
{
    return (char)(value + (value < 10 ? '0' : 'a' - 10));
}

str hex_encode(struct arena *arena, str bytes)
{
    char *out = arena_alloc(arena, bytes.size * 2 + 1);

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        out[2 * i] = hex_digit(byte >> 4);
        out[2 * i + 1] = hex_digit(byte & 15);
    }
    return (str){out, bytes.size * 2};
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct arena *arena, str text, str *bytes)
{
    if (text.size % 2)
        return false;
    char *out = arena_alloc(arena, text.size / 2 + 1);
    for (size_t i = 0; i < text.size; i += 2) {
        int high = hex_value(text.data[i]), low = hex_value(text.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i / 2] = (char)(high << 4 | low);
    }
    *bytes = (str){out, text.size / 2};
    return true;
}

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t base64_size(str bytes)
{
    return (bytes.size + 2) / 3 * 4;
}

static void base64_write(char *next, str bytes)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.data[i] << 16;
        if (left > 1)
            group |= (uint32_t)(unsigned char)bytes.data[i + 1] << 8;
        if (left > 2)
            group |= (uint32_t)(unsigned char)bytes.data[i + 2];
        *next++ = base64_alphabet[group >> 18];
        *next++ = base64_alphabet[group >> 12 & 63];
        *next++ = left > 1 ? base64_alphabet[group >> 6 & 63] : '=';
        *next++ = left > 2 ? base64_alphabet[group & 63] : '=';
    }
}

str base64_encode(struct arena *arena, str bytes)
{
    size_t size = base64_size(bytes);
    char *out = arena_alloc(arena, size + 1);

    base64_write(out, bytes);
    return (str){out, size};
}

void base64_add(struct text *text, str bytes)
{
    size_t size = base64_size(bytes);

    base64_write(text_reserve(text, size), bytes);
    text_grew(text, size);
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct arena *arena, str text, str *bytes)
{
    if (text.size % 4)
        return false;

    size_t padding = 0;
    while (padding < 2 && padding < text.size && text.data[text.size - 1 - padding] == '=')
        padding++;
    size_t digits = text.size - padding;
    char *out = arena_alloc(arena, text.size / 4 * 3 + 1);
    size_t size = 0;
    uint32_t bits = 0;

    for (size_t i = 0; i < digits; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            out[size++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    if (padding && (bits & ((1u << (padding * 2)) - 1)))
        return false;
    *bytes = (str){out, size};
    return true;
}

str base64url_encode(struct arena *arena, str bytes)
{
    str text = base64_encode(arena, bytes);
    char *out = (char *)(uintptr_t)text.data;

    while (text.size > 0 && out[text.size - 1] == '=')
        text.size--;
    for (size_t i = 0; i < text.size; i++)
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    return text;
}

bool base64url_decode(struct arena *arena, str text, str *bytes)
{
    size_t padding = (4 - text.size % 4) % 4;
    char *out = arena_alloc(arena, text.size + padding + 1);

    if (str_index(text, '+') >= 0 || str_index(text, '/') >= 0 || str_index(text, '=') >= 0)
        return false;
    for (size_t i = 0; i < text.size; i++)
        out[i] = text.data[i] == '-' ? '+' : text.data[i] == '_' ? '/' : text.data[i];
    memset(out + text.size, '=', padding);
    return base64_decode(arena, (str){out, text.size + padding}, bytes);
}

bool equal_in_constant_time(str a, str b)
{
    return a.size == b.size && CRYPTO_memcmp(a.data, b.data, a.size) == 0;
}

void random_bytes(void *memory, size_t size)
{
    check(size <= INT32_MAX && RAND_bytes(memory, (int)size) == 1);
}

uint64_t random_u64(void)
{
    enum { POOL = 64 };
    static _Thread_local uint64_t pool[POOL];
    static _Thread_local size_t left;

    if (left == 0) {
        random_bytes(pool, sizeof pool);
        left = POOL;
    }
    return pool[--left];
}

str random_uuid(struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    uint64_t halves[2] = {random_u64(), random_u64()};
    char *out = arena_alloc(arena, 37), *next = out;

    memcpy(bytes, halves, sizeof bytes);
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *next++ = '-';
        *next++ = digits[bytes[i] >> 4];
        *next++ = digits[bytes[i] & 15];
    }
    return (str){out, 36};
}

str random_text(struct arena *arena, str alphabet, size_t size)
{
    char *out = arena_alloc(arena, size + 1);

    for (size_t i = 0; i < size; i++)
        out[i] = alphabet.data[random_u64() % alphabet.size];
    return (str){out, size};
}

/* FNV-1a, with its upper bits mixed by the last step of MurmurHash3. */
static uint32_t spread_of(str key)
{
    str hashed = str_head(key, key.size > SPREAD_UNHASHED_BYTES ? key.size - SPREAD_UNHASHED_BYTES : 0);
    uint64_t hash = str_hash(hashed);

    hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
    hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
    uint32_t spread = (uint32_t)(hash >> 32 ^ hash >> 1);
    return spread == UINT32_MAX ? UINT32_MAX - 1 : spread;
}

str spread_bytes(struct arena *arena, uint32_t spread)
{
    char *bytes = arena_alloc(arena, SPREAD_BYTES);

    for (int i = 0; i < SPREAD_BYTES; i++)
        bytes[i] = (char)(spread >> (8 * (SPREAD_BYTES - 1 - i)));
    return (str){bytes, SPREAD_BYTES};
}

str spread_key(struct arena *arena, str key)
{
    return arena_join(arena, spread_bytes(arena, spread_of(key)), key);
}
