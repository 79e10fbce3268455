#pragma once

/*
 * gzip.h: unpacking compressed request bodies, and packing replies.
 */
#include "base/arena.h"

enum gzip_result { GZIP_OK, GZIP_BAD, GZIP_TOO_LARGE };

/* Unpack; stops as soon as the result would be larger than `limit` bytes. */
enum gzip_result gzip_inflate(struct arena *arena, str packed, size_t limit, str *unpacked);
/* Pack, as quickly as gzip can. */
str gzip_deflate(struct arena *arena, str text);
