/*
 * log_file.c: writes the write-ahead log in long pieces.
 *
 * SQLite writes a commit page by page, each after a header: some twenty system calls.  This file gathers
 * consecutive pieces and writes them when a commit ends, before any other operation on the file, when the
 * buffer is full, and when a piece is not consecutive.  Other connections look at a commit only when SQLite
 * has published it, which is after its last frame was written.
 *
 * A sync is several times faster when it need not store a new length of the file, too.  So the file grows in
 * steps, by zeros behind the last commit.  SQLite does not take them for a commit: it reads only as far as
 * the log's frames have valid checksums.
 *
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
#include "base/check.h"
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

/* SQLite's own files take less than 128 KiB at once. */
enum { FRAME_HEADER_BYTES = 24, COMMIT_FIELD = 4, COMMIT_FIELD_BYTES = 4, BUFFER_BYTES = 120 * 1024 };

/* The file grows by as much as it has, but by no less than this, and no more than STORE_LOG_GROWTH_BYTES. */
enum { LEAST_GROWTH_BYTES = 256 * 1024 };

struct log_file {
    sqlite3_file base;
    sqlite3_file *real;   /* just behind this struct in memory */
    char *buffer;         /* NULL until the first write */
    int size;             /* bytes in the buffer */
    sqlite3_int64 offset; /* in the file, of the buffer's first byte */
    bool ends_commit;     /* the next page is the last of its commit */
    sqlite3_int64 length; /* of the file, when it last grew; 0: unknown */
};

static sqlite3_int64 growth_behind(sqlite3_int64 end)
{
    if (end < LEAST_GROWTH_BYTES)
        return LEAST_GROWTH_BYTES;
    return end < STORE_LOG_GROWTH_BYTES ? end : STORE_LOG_GROWTH_BYTES;
}

/* If the file ends at `end`, add zeros.  An error is ignored here: the next commit meets it, and tells it. */
static void grow(struct log_file *file, sqlite3_int64 end)
{
    static const char zeros[64 * 1024];
    const sqlite3_io_methods *real = file->real->pMethods;

    if (end <= file->length || real->xFileSize(file->real, &file->length) != SQLITE_OK || end < file->length)
        return;
    file->length = end + growth_behind(end);
    while (end < file->length && real->xWrite(file->real, zeros, sizeof zeros, end) == SQLITE_OK)
        end += (sqlite3_int64)sizeof zeros;
}

static int flush(struct log_file *file)
{
    int size = file->size;

    file->size = 0; /* the commit is rolled back after trouble */
    int code = size ? file->real->pMethods->xWrite(file->real, file->buffer, size, file->offset) : SQLITE_OK;
    if (size == 0 || code != SQLITE_OK)
        return code;
    if (file->offset == 0)
        file->length = 0; /* the log was started over: another connection may have cut it */
    grow(file, file->offset + size);
    return SQLITE_OK;
}

static bool is_commit_header(const void *data, int size)
{
    static const char no_commit[COMMIT_FIELD_BYTES];

    return size == FRAME_HEADER_BYTES &&
           memcmp((const char *)data + COMMIT_FIELD, no_commit, sizeof no_commit) != 0;
}

/* False when out of memory. */
static bool has_buffer(struct log_file *file)
{
    if (!file->buffer)
        file->buffer = malloc(BUFFER_BYTES);
    return file->buffer != NULL;
}

static void add(struct log_file *file, const void *data, int size, sqlite3_int64 offset)
{
    check(size <= BUFFER_BYTES);
    if (file->size == 0)
        file->offset = offset;
    memcpy(file->buffer + file->size, data, (size_t)size);
    file->size += size;
}

static int write_bytes(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
    struct log_file *file = (struct log_file *)base;
    bool fits = offset == file->offset + file->size && size <= BUFFER_BYTES - file->size;
    int code = fits ? SQLITE_OK : flush(file);

    if (code == SQLITE_OK && !has_buffer(file))
        code = SQLITE_IOERR_NOMEM;
    if (code != SQLITE_OK)
        return code;
    add(file, data, size, offset);
    code = file->ends_commit ? flush(file) : SQLITE_OK;
    file->ends_commit = is_commit_header(data, size);
    return code;
}

static int read_bytes(sqlite3_file *base, void *data, int size, sqlite3_int64 offset)
{
    struct log_file *file = (struct log_file *)base;
    int code = flush(file);

    return code == SQLITE_OK ? file->real->pMethods->xRead(file->real, data, size, offset) : code;
}

static int cut(sqlite3_file *base, sqlite3_int64 size)
{
    struct log_file *file = (struct log_file *)base;
    int code = flush(file);

    return code == SQLITE_OK ? file->real->pMethods->xTruncate(file->real, size) : code;
}

static int sync_file(sqlite3_file *base, int flags)
{
    struct log_file *file = (struct log_file *)base;
    int code = flush(file);

    return code == SQLITE_OK ? file->real->pMethods->xSync(file->real, flags) : code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
    struct log_file *file = (struct log_file *)base;
    int code = flush(file);

    return code == SQLITE_OK ? file->real->pMethods->xFileSize(file->real, size) : code;
}

static int close_file(sqlite3_file *base)
{
    struct log_file *file = (struct log_file *)base;

    free(file->buffer);
    return file->real->pMethods->xClose(file->real);
}

static int control(sqlite3_file *base, int operation, void *argument)
{
    struct log_file *file = (struct log_file *)base;

    return file->real->pMethods->xFileControl(file->real, operation, argument);
}

/* Locks, sector size and device characteristics are those of the database's file. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_bytes,
    .xWrite = write_bytes,
    .xTruncate = cut,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xFileControl = control,
};

/* SQLite's own VFS serves all files other than the log. */
static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct log_file *file = (struct log_file *)base;

    if (!(flags & SQLITE_OPEN_WAL))
        return real->xOpen(real, name, base, flags, out_flags);
    *file = (struct log_file){.real = (sqlite3_file *)(file + 1)};
    int code = real->xOpen(real, name, file->real, flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

void log_file_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    check(real != NULL);
    vfs = *real;
    vfs.zName = LOG_FILE_VFS;
    vfs.pAppData = real;
    vfs.szOsFile += (int)sizeof(struct log_file);
    vfs.xOpen = open_file;
    check(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
}
