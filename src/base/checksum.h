#pragma once

/*
 * checksum.h: the checksums that AWS's clients send with a body, of data that comes piece by piece.
 *
 * To add a kind, add its row to the table in checksum.c.
 */
#include "base/arena.h"

enum checksum_kind {
    CHECKSUM_NONE,
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
};

struct checksum;

/* "crc32", "crc32c", "crc64nvme", "sha1" or "sha256", in any case; CHECKSUM_NONE for another name. */
enum checksum_kind checksum_kind_of(str name);

/* Of any kind but CHECKSUM_NONE.  The caller frees it. */
struct checksum *checksum_new(enum checksum_kind kind);
void checksum_free(struct checksum *checksum);

void checksum_add(struct checksum *checksum, str data);
/* The checksum's bytes, a CRC big-endian; nothing may be added afterwards. */
str checksum_end(struct arena *arena, struct checksum *checksum);
