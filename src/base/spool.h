#pragma once

/*
 * spool.h: a file without a name for one large request body.
 *
 * It is written from its beginning to its end, then mapped; its disk space is free again when it is closed,
 * or when the process ends.  One thread at a time.  The file is never synced.
 */
#include "base/hash.h"

struct spool;

/* NULL when the file cannot be made in that folder. */
struct spool *spool_open(const char *folder);
void spool_close(struct spool *spool);

/* Append bytes.  False: the disk is full, or has failed. */
bool spool_add(struct spool *spool, str bytes);
/*
 * Call it once, after the last spool_add(): returns all bytes, valid until spool_close().  False: out of
 * memory.
 */
bool spool_map(struct spool *spool, str *content);
/* The hash of all bytes that were added. */
const struct sha256 *spool_hash(const struct spool *spool);

/* Is the text a part of the mapping? */
bool spool_holds(const struct spool *spool, str text);
/*
 * Decode base64 in place: the bytes overwrite the beginning of the text, on the disk and in the mapping, so
 * they need no memory.  False: the text is not base64, or spool_failed(); the text is lost in all cases.
 */
bool spool_decode_base64(struct spool *spool, struct arena *arena, str text, str *bytes);
/* Has the disk refused a write? */
bool spool_failed(const struct spool *spool);
