#pragma once

/*
 * spool.h: a file without a name, for one large request body that is on its way.
 *
 * It is written from its beginning to its end, then mapped, and its room on the disk is free again when it is
 * closed, or when the process ends.  One thread at a time.  Nothing of it is ever synced.
 */
#include "base/hash.h"

struct spool;

/* NULL when the file cannot be made in that folder. */
struct spool *spool_open(const char *folder);
void spool_close(struct spool *spool);

/* Adds bytes to the end.  False: the disk has no room for them, or has failed. */
bool spool_add(struct spool *spool, str bytes);
/* Call once, after the last spool_add(): all bytes, to be read until spool_close().  False: no memory. */
bool spool_map(struct spool *spool, str *content);
/* Of all bytes that were added. */
const struct sha256 *spool_hash(const struct spool *spool);

/* Is the text a part of what was mapped? */
bool spool_holds(const struct spool *spool, str text);
/*
 * Decodes base64 where it is: the bytes take the place of the text's beginning, on the disk and in the
 * mapping, so they cost no memory.  *good is as base64_decode() says; the text is gone either way.  False:
 * the disk has failed.
 */
bool spool_decode_base64(struct spool *spool, struct arena *arena, str text, str *bytes, bool *good);
