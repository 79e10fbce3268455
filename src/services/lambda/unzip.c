/*
 * unzip.c: see unzip.h.  libarchive reads and writes; what may be written is decided here, and
 * once more by libarchive's own checks.
 */
#include "unzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

enum { READABLE = 0444, EXECUTABLE = 0111, FOLDER_MODE = 0555, END_RECORD_BYTES = 22 };

/* How far below the folder a path leads, piece by piece; -1 when it leaves it on the way. */
static int depth_of(str path, int depth)
{
    str piece;

    while (str_next(&path, '/', &piece)) {
        if (str_equal(piece, S("..")))
            depth--;
        else if (!str_empty(piece) && !str_equal(piece, S(".")))
            depth++;
        if (depth < 0)
            return -1;
    }
    return depth;
}

bool unzip_name_is_safe(str name)
{
    str rest = name, piece;

    if (str_empty(name) || str_starts_with(name, S("/")) || str_index(name, '\\') >= 0)
        return false;
    while (str_next(&rest, '/', &piece))
        if (str_equal(piece, S("..")))
            return false;
    return true;
}

bool unzip_link_is_safe(str name, str target)
{
    ptrdiff_t slash = str_last_index(name, '/');
    int depth = depth_of(str_head(name, slash < 0 ? 0 : (size_t)slash), 0);

    return !str_empty(target) && !str_starts_with(target, S("/")) && depth_of(target, depth) >= 0;
}

static bool is_safe(struct archive_entry *entry)
{
    str name = str_of(archive_entry_pathname(entry));

    if (!str_present(name) || !unzip_name_is_safe(name) || archive_entry_hardlink(entry))
        return false;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
        return true;
    case AE_IFLNK:
        return unzip_link_is_safe(name, str_of(archive_entry_symlink(entry)));
    default:
        return false;
    }
}

static void place(struct arena *arena, struct archive_entry *entry, str folder)
{
    mode_t executable = archive_entry_perm(entry) & EXECUTABLE ? EXECUTABLE : 0;
    str path = arena_format(arena, "%.*s/%s", STR_ARGS(folder), archive_entry_pathname(entry));

    archive_entry_set_pathname(entry, path.data);
    if (archive_entry_filetype(entry) != AE_IFLNK)
        archive_entry_set_perm(
            entry, archive_entry_filetype(entry) == AE_IFDIR ? FOLDER_MODE : (mode_t)READABLE | executable);
}

/* The sizes that a zip file claims prove nothing, so what really comes out is counted. */
static enum unzip_result copy_data(struct archive *from, struct archive *to, int64_t *left_bytes)
{
    const void *block;
    size_t size;
    la_int64_t offset;

    for (;;) {
        int status = archive_read_data_block(from, &block, &size, &offset);
        if (status == ARCHIVE_EOF)
            return UNZIP_OK;
        if (status < ARCHIVE_WARN)
            return UNZIP_BROKEN;
        *left_bytes -= (int64_t)size;
        if (*left_bytes < 0)
            return UNZIP_TOO_LARGE;
        if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN) {
            errno = archive_errno(to);
            return UNZIP_DISK;
        }
    }
}

static enum unzip_result unpack_entry(struct arena *arena, struct archive *from, struct archive *to,
                                      struct archive_entry *entry, str folder, int64_t *left_bytes)
{
    if (!is_safe(entry))
        return UNZIP_BROKEN;
    place(arena, entry, folder);
    int status = archive_write_header(to, entry);
    if (status < ARCHIVE_WARN) {
        errno = archive_errno(to);
        return errno == ENOSPC || errno == EACCES || errno == EROFS ? UNZIP_DISK : UNZIP_BROKEN;
    }
    enum unzip_result result = copy_data(from, to, left_bytes);
    if (result == UNZIP_OK && archive_write_finish_entry(to) < ARCHIVE_WARN) {
        errno = archive_errno(to);
        return UNZIP_DISK;
    }
    return result;
}

static enum unzip_result unpack(struct arena *arena, struct archive *from, struct archive *to, str folder,
                                int64_t left_bytes)
{
    struct archive_entry *entry;

    for (;;) {
        int status = archive_read_next_header(from, &entry);
        if (status == ARCHIVE_EOF)
            return UNZIP_OK;
        if (status < ARCHIVE_WARN)
            return UNZIP_BROKEN;
        enum unzip_result result = unpack_entry(arena, from, to, entry, folder, &left_bytes);
        if (result != UNZIP_OK)
            return result;
    }
}

/* Nothing but the end of a directory, which libarchive takes for no zip file at all. */
static bool is_without_entries(str zip)
{
    return zip.size == END_RECORD_BYTES && str_starts_with(zip, S("PK\005\006"));
}

enum unzip_result unzip(struct arena *arena, str zip, str folder, int64_t most_bytes)
{
    struct archive *from = archive_read_new(), *to = archive_write_disk_new();
    enum unzip_result result = is_without_entries(zip) ? UNZIP_EMPTY : UNZIP_BROKEN;
    struct arena_guard *guard =
        arena_hold(arena); /* only names are allocated; libarchive's memory must be freed */

    archive_read_support_format_zip_seekable(from);
    archive_write_disk_set_options(to, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                           ARCHIVE_EXTRACT_SECURE_NODOTDOT);
    if (archive_read_open_memory(from, zip.data, zip.size) == ARCHIVE_OK)
        result = unpack(arena, from, to, folder, most_bytes);
    if (archive_write_close(to) < ARCHIVE_WARN && result == UNZIP_OK)
        result = UNZIP_DISK;
    archive_write_free(to);
    archive_read_free(from);
    arena_let_go(arena, guard);
    return result;
}
