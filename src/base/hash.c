/*
 * hash.c: thin covers over OpenSSL and zlib.
 *
 * OpenSSL 3 looks an algorithm up by name at each use, which costs more than hashing a short message; so each
 * algorithm is fetched once, and each thread keeps its contexts.
 */
#include "base/hash.h"

#include "base/check.h"
#include "base/memory.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct {
    EVP_MD *md5, *sha256;
    pthread_key_t contexts; /* its destructor frees a thread's contexts when the thread ends */
} algorithms;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

/* A context keeps its algorithm, which EVP_DigestInit_ex2() would look for again. */
struct contexts {
    EVP_MD_CTX *md5, *sha256;
};

static void free_contexts(void *freed)
{
    struct contexts *contexts = freed;

    EVP_MD_CTX_free(contexts->md5);
    EVP_MD_CTX_free(contexts->sha256);
    free(contexts);
}

static void fetch(void)
{
    algorithms.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    algorithms.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    check(algorithms.md5 && algorithms.sha256);
    check(pthread_key_create(&algorithms.contexts, free_contexts) == 0);
}

static EVP_MD_CTX *context_for(const EVP_MD *algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    check(context && EVP_DigestInit_ex2(context, algorithm, NULL) == 1);
    return context;
}

static const struct contexts *thread_contexts(void)
{
    static _Thread_local struct contexts *contexts;

    pthread_once(&fetched, fetch);
    if (!contexts) {
        contexts = memory_take(sizeof *contexts);
        *contexts = (struct contexts){context_for(algorithms.md5), context_for(algorithms.sha256)};
        check(pthread_setspecific(algorithms.contexts, contexts) == 0);
    }
    return contexts;
}

static void digest(EVP_MD_CTX *context, str data, unsigned char *out)
{
    check(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    check(EVP_DigestUpdate(context, data.data, data.size) == 1);
    check(EVP_DigestFinal_ex(context, out, NULL) == 1);
}

struct md5 md5(str data)
{
    struct md5 out;

    digest(thread_contexts()->md5, data, out.bytes);
    return out;
}

struct sha256 sha256(str data)
{
    struct sha256 out;

    digest(thread_contexts()->sha256, data, out.bytes);
    return out;
}

/* A struct sha256_sum is OpenSSL's context. */
static EVP_MD_CTX *context_of(struct sha256_sum *sum)
{
    return (EVP_MD_CTX *)sum;
}

struct sha256_sum *sha256_begin(void)
{
    pthread_once(&fetched, fetch);
    return (struct sha256_sum *)context_for(algorithms.sha256);
}

void sha256_add(struct sha256_sum *sum, str data)
{
    check(EVP_DigestUpdate(context_of(sum), data.data, data.size) == 1);
}

struct sha256 sha256_end(struct sha256_sum *sum)
{
    struct sha256 out;

    check(EVP_DigestFinal_ex(context_of(sum), out.bytes, NULL) == 1);
    EVP_MD_CTX_free(context_of(sum));
    return out;
}

/* RFC 2104, as two digests: EVP_MAC costs three times as much on short messages. */
struct sha256 hmac_sha256(str key, str data)
{
    enum { BLOCK = 64 };
    EVP_MD_CTX *context = thread_contexts()->sha256;
    unsigned char inner[BLOCK] = {0}, outer[BLOCK];
    struct sha256 shortened, out;

    if (key.size > BLOCK) {
        shortened = sha256(key);
        key = HASH_STR(shortened);
    }
    if (key.size)
        memcpy(inner, key.data, key.size);
    for (size_t i = 0; i < BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    check(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    check(EVP_DigestUpdate(context, inner, BLOCK) == 1);
    check(EVP_DigestUpdate(context, data.data, data.size) == 1);
    check(EVP_DigestFinal_ex(context, out.bytes, NULL) == 1);
    check(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    check(EVP_DigestUpdate(context, outer, BLOCK) == 1);
    check(EVP_DigestUpdate(context, out.bytes, sizeof out.bytes) == 1);
    check(EVP_DigestFinal_ex(context, out.bytes, NULL) == 1);
    return out;
}

uint32_t crc32_of(str data)
{
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)data.data, data.size);
}

str hex_encode(struct arena *arena, str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(arena, bytes.size * 2 + 1);

    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
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
