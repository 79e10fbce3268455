/*
 * spool.c: files for large request bodies.
 *
 * The mapping is read-only.  Changes to the file use pwrite(), which reports a full disk; a write to a
 * mapping could only end the process.
 */
#include "base/spool.h"

#include "base/check.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct spool {
    int file;
    size_t size;
    bool failed; /* the disk has refused a write */
    char *map;   /* NULL until it is mapped */
    struct sha256_sum *sum;
    struct sha256 hash;
};

struct spool *spool_open(const char *folder)
{
    char path[PATH_MAX];

    int size = snprintf(path, sizeof path, "%s/body-XXXXXX", folder);
    int file = size < (int)sizeof path ? mkostemp(path, O_CLOEXEC) : -1;
    if (file < 0)
        return NULL;
    unlink(path);
    struct spool *spool = memory_take(sizeof *spool);
    spool->file = file;
    spool->sum = sha256_begin();
    return spool;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    if (spool->map)
        munmap(spool->map, spool->size);
    if (spool->sum)
        sha256_end(spool->sum);
    close(spool->file);
    free(spool);
}

static bool write_at(struct spool *spool, size_t at, str bytes)
{
    while (bytes.size > 0) {
        ssize_t written = pwrite(spool->file, bytes.data, bytes.size, (off_t)at);
        if (written < 0 && errno != EINTR) {
            spool->failed = true;
            return false;
        }
        if (written > 0) {
            bytes = str_from(bytes, (size_t)written);
            at += (size_t)written;
        }
    }
    return true;
}

bool spool_add(struct spool *spool, str bytes)
{
    check(spool->sum && !spool->map);
    if (!write_at(spool, spool->size, bytes))
        return false;
    sha256_add(spool->sum, bytes);
    spool->size += bytes.size;
    return true;
}

bool spool_map(struct spool *spool, str *content)
{
    check(!spool->map && spool->size > 0);
    spool->hash = sha256_end(spool->sum);
    spool->sum = NULL;
    void *map = mmap(NULL, spool->size, PROT_READ, MAP_SHARED, spool->file, 0);
    if (map == MAP_FAILED)
        return false;
    spool->map = map;
    *content = (str){spool->map, spool->size};
    return true;
}

const struct sha256 *spool_hash(const struct spool *spool)
{
    check(!spool->sum);
    return &spool->hash;
}

bool spool_holds(const struct spool *spool, str text)
{
    return spool->map && text.data >= spool->map && text.data + text.size <= spool->map + spool->size;
}

bool spool_failed(const struct spool *spool)
{
    return spool->failed;
}

bool spool_decode_base64(struct spool *spool, struct arena *arena, str text, str *bytes)
{
    enum { STEP_TEXT = 64 * 1024, STEP_BYTES = STEP_TEXT / 4 * 3 };
    size_t begin = (size_t)(text.data - spool->map), size = 0;
    struct arena_mark mark = arena_mark(arena);
    str decoded;

    check(spool_holds(spool, text));
    for (str rest = text; rest.size > 0; rest = str_from(rest, str_head(rest, STEP_TEXT).size)) {
        str step = str_head(rest, STEP_TEXT);
        bool is_last = step.size == rest.size;
        if (!base64_decode(arena, step, &decoded) || (!is_last && decoded.size != STEP_BYTES) ||
            !write_at(spool, begin + size, decoded))
            return false;
        size += decoded.size;
        arena_rewind(arena, mark);
    }
    *bytes = (str){text.data, size};
    return true;
}
