/*
 * checksum.c: CRC-32 is zlib's and the digests are OpenSSL's; the other two CRCs go through tables of their
 * own, a byte at a time.
 */
#include "base/checksum.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

/* Reflected polynomials: Castagnoli's, and that of the NVMe specification. */
#define POLYNOMIAL_CRC32C 0x82f63b78U
#define POLYNOMIAL_CRC64NVME 0x9a6c9329ac4bc9b5U

struct checksum {
    const struct kind *kind;
    uint64_t crc;
    EVP_MD_CTX *digest; /* NULL: a CRC */
};

struct kind {
    str name;
    size_t size; /* in bytes */
    const EVP_MD *(*digest)(void);
    uint64_t (*add)(uint64_t crc, str data); /* NULL: a digest */
};

static struct {
    uint64_t crc32c[256], crc64nvme[256];
} tables;

static void fill(uint64_t *table, uint64_t polynomial)
{
    for (uint64_t byte = 0; byte < 256; byte++) {
        table[byte] = byte;
        for (int bit = 0; bit < 8; bit++)
            table[byte] = table[byte] & 1 ? table[byte] >> 1 ^ polynomial : table[byte] >> 1;
    }
}

static void fill_tables(void)
{
    fill(tables.crc32c, POLYNOMIAL_CRC32C);
    fill(tables.crc64nvme, POLYNOMIAL_CRC64NVME);
}

static uint64_t add_by_table(const uint64_t *table, uint64_t crc, str data)
{
    for (size_t i = 0; i < data.size; i++)
        crc = crc >> 8 ^ table[(crc ^ (unsigned char)data.data[i]) & 0xff];
    return crc;
}

static uint64_t add_crc32(uint64_t crc, str data)
{
    return data.size ? crc32_z((uLong)crc, (const unsigned char *)data.data, data.size) : crc;
}

static uint64_t add_crc32c(uint64_t crc, str data)
{
    return add_by_table(tables.crc32c, crc ^ UINT32_MAX, data) ^ UINT32_MAX;
}

static uint64_t add_crc64nvme(uint64_t crc, str data)
{
    return ~add_by_table(tables.crc64nvme, ~crc, data);
}

static const struct kind kinds[] = {
    [CHECKSUM_CRC32] = {STR_INIT("crc32"), 4, NULL, add_crc32},
    [CHECKSUM_CRC32C] = {STR_INIT("crc32c"), 4, NULL, add_crc32c},
    [CHECKSUM_CRC64NVME] = {STR_INIT("crc64nvme"), 8, NULL, add_crc64nvme},
    [CHECKSUM_SHA1] = {STR_INIT("sha1"), 20, EVP_sha1, NULL},
    [CHECKSUM_SHA256] = {STR_INIT("sha256"), 32, EVP_sha256, NULL},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

enum checksum_kind checksum_kind_of(str name)
{
    for (unsigned i = CHECKSUM_NONE + 1; i < KINDS; i++)
        if (str_equal_nocase(kinds[i].name, name))
            return (enum checksum_kind)i;
    return CHECKSUM_NONE;
}

struct checksum *checksum_new(enum checksum_kind kind)
{
    static pthread_once_t filled = PTHREAD_ONCE_INIT;
    struct checksum *checksum = calloc(1, sizeof *checksum);

    check(checksum && kind != CHECKSUM_NONE);
    pthread_once(&filled, fill_tables);
    checksum->kind = &kinds[kind];
    if (!checksum->kind->digest)
        return checksum;
    checksum->digest = EVP_MD_CTX_new();
    check(checksum->digest && EVP_DigestInit_ex2(checksum->digest, checksum->kind->digest(), NULL) == 1);
    return checksum;
}

void checksum_free(struct checksum *checksum)
{
    if (checksum)
        EVP_MD_CTX_free(checksum->digest);
    free(checksum);
}

void checksum_add(struct checksum *checksum, str data)
{
    if (checksum->digest)
        check(EVP_DigestUpdate(checksum->digest, data.data, data.size) == 1);
    else
        checksum->crc = checksum->kind->add(checksum->crc, data);
}

str checksum_end(struct arena *arena, struct checksum *checksum)
{
    size_t size = checksum->kind->size;
    char *bytes = arena_alloc(arena, EVP_MAX_MD_SIZE);

    if (checksum->digest)
        check(EVP_DigestFinal_ex(checksum->digest, (unsigned char *)bytes, NULL) == 1);
    for (size_t i = 0; !checksum->digest && i < size; i++)
        bytes[i] = (char)(checksum->crc >> 8 * (size - 1 - i));
    return (str){bytes, size};
}
