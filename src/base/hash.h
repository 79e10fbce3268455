#pragma once

/*
 * hash.h: digests, checksums, encodings of bytes and random numbers.
 *
 * The algorithms are OpenSSL's and zlib's.  Every function may be called from any thread.
 */
#include "base/text.h"

enum { MD5_SIZE = 16, SHA256_SIZE = 32 };

struct md5 {
    unsigned char bytes[MD5_SIZE];
};
struct sha256 {
    unsigned char bytes[SHA256_SIZE];
};

struct md5 md5(str data);
struct sha256 sha256(str data);
struct sha256 hmac_sha256(str key, str data);
uint32_t crc32_of(str data);

/* A digest of data that comes piece by piece; sha256_end() frees it. */
struct sha256_sum;
struct sha256_sum *sha256_begin(void);
void sha256_add(struct sha256_sum *sum, str data);
struct sha256 sha256_end(struct sha256_sum *sum);

#define HASH_STR(hash) ((str){(const char *)(hash).bytes, sizeof(hash).bytes})

/* Lower-case hexadecimal digits. */
str hex_encode(struct arena *arena, str bytes);
/* False when the text is not pairs of hexadecimal digits. */
bool hex_decode(struct arena *arena, str text, str *bytes);

/* Standard alphabet, padded. */
str base64_encode(struct arena *arena, str bytes);
/* The same at the end of that text. */
void base64_add(struct text *text, str bytes);
/* Strict: padding required, no white space, unused bits zero. */
bool base64_decode(struct arena *arena, str text, str *bytes);

/* The alphabet for URLs and file names ('-' and '_'), not padded. */
str base64url_encode(struct arena *arena, str bytes);
/* As strict as base64_decode(). */
bool base64url_decode(struct arena *arena, str text, str *bytes);

/* True when equal; takes the same time wherever the first difference is. */
bool equal_in_constant_time(str a, str b);

void random_bytes(void *memory, size_t size);
uint64_t random_u64(void);
/* A version 4 UUID: 36 characters. */
str random_uuid(struct arena *arena);
/* `size` characters drawn from `alphabet`. */
str random_text(struct arena *arena, str alphabet, size_t size);

/*
 * An order of keys that is even, but keeps neighbours together: 4 bytes that are a hash of the key without
 * its last two bytes, then the key.  Keys that differ only in their last two bytes (O1234, O1235) are
 * neighbours, and a range of the 4 bytes holds its share of many keys.  The order is stored on disk: it is
 * the same in all versions.
 */
enum { SPREAD_BYTES = 4, SPREAD_UNHASHED_BYTES = 2 };
str spread_key(struct arena *arena, str key);
/* A number as the 4 bytes above, big-endian.  UINT32_MAX is above the 4 bytes of every key. */
str spread_bytes(struct arena *arena, uint32_t spread);
